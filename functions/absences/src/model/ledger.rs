//! What an employee took, by kind of absence and month, so that a balance needs no absence of years ago.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::ids::AbsenceTypeId;

use crate::model::Absence;
use crate::model::Status;

/// What was taken: approved, and pending besides. In half days or minutes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// What is approved.
    #[serde(rename = "a", default, skip_serializing_if = "is_zero")]
    pub approved: i64,
    /// What waits for a decision.
    #[serde(rename = "p", default, skip_serializing_if = "is_zero")]
    pub pending: i64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(number: &i64) -> bool {
    *number == 0
}

/// What each month holds of each kind: `<type>#<year and month>`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Ledger(BTreeMap<String, Taken>);

impl Ledger {
    /// Enters an absence.
    pub fn enter(&mut self, absence: &Absence) {
        self.change(absence, 1);
    }

    /// Takes an absence out again.
    pub fn strike(&mut self, absence: &Absence) {
        self.change(absence, -1);
    }

    fn change(&mut self, absence: &Absence, sign: i64) {
        for (date, worth) in absence.worth.days(&absence.span).filter(|(_, worth)| *worth > 0) {
            let taken = self.0.entry(month_key(absence.absence_type, date)).or_default();
            let by = sign * i64::from(worth);
            match absence.status {
                Status::Approved => taken.approved += by,
                Status::Pending => taken.pending += by,
                Status::Rejected => {}
            }
        }
        self.0.retain(|_, taken| *taken != Taken::default());
    }

    /// What was taken of a kind in the months from one date's to another's, both included.
    #[must_use]
    pub fn taken(&self, absence_type: AbsenceTypeId, from: Date, to: Date) -> Taken {
        let mut sum = Taken::default();
        if from > to {
            return sum;
        }
        for (_, taken) in self.0.range(month_key(absence_type, from)..=month_key(absence_type, to)) {
            sum.approved += taken.approved;
            sum.pending += taken.pending;
        }
        sum
    }

    /// The last year in which something of a kind was taken.
    #[must_use]
    pub fn last_year(&self, absence_type: AbsenceTypeId) -> Option<i16> {
        let all = month_key(absence_type, Date::ZERO)..=month_key(absence_type, Date::MAX);
        let (last, _) = self.0.range(all).next_back()?;
        last.split_once('#')?.1.get(..4)?.parse().ok()
    }
}

fn month_key(absence_type: AbsenceTypeId, date: Date) -> String {
    format!("{absence_type}#{:04}-{:02}", date.year(), date.month())
}
