//! What is left of a kind of absence.
//!
//! A year begins with what the employee is entitled to and what came over from
//! the year before, if the company lets anything come over. What came over is
//! used first and lapses when its time is up. Who is employed for a part of the
//! year is entitled to a twelfth for each whole month of it, rounded up to half a
//! day or a minute. Where law or contract give more, the company file says so.

use jiff::civil::Date;
use shared::attributes::Employee;
use shared::attributes::value::Entitlement;
use shared::company::absences::CarryOver;
use shared::error::Error;

use crate::model::Absence;
use crate::model::Status;
use crate::model::TimeOffType;
use crate::model::ledger::Ledger;
use crate::model::not_inserted;

/// What counts as taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counted {
    /// What is approved.
    Approved,
    /// That, and what waits for a decision.
    All,
}

/// What is left of one kind of absence, in half days or minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// Today: without what is approved and taken up to and with today.
    pub now: i64,
    /// Without all that is approved or pending for the year.
    pub available: i64,
}

/// An employee's account of a kind of absence.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    absence_type: &'a TimeOffType,
    entitlement: &'a Entitlement,
    employee: &'a Employee,
    ledger: &'a Ledger,
}

impl<'a> Account<'a> {
    /// The account, if the employee has an entitlement to that kind: what is not limited is not counted down.
    #[must_use]
    pub fn of(employee: &'a Employee, absence_type: &'a TimeOffType, ledger: &'a Ledger) -> Option<Self> {
        let entitlement = employee.entitlement(absence_type.id)?;
        Some(Self { absence_type, entitlement, employee, ledger })
    }

    /// What is left today. `current` are the employee's absences that end in this month or later.
    #[must_use]
    pub fn balance(&self, today: Date, current: &[Absence]) -> Balance {
        let year = today.year();
        let until_today = {
            let before =
                self.taken(first_of_year(year), today.first_of_month().yesterday().unwrap_or(today), Counted::Approved);
            before + taken_this_month(self.absence_type, today, current)
        };
        let carried = self.carried_into(year, Counted::Approved);
        let now = self.granted(year) + carried - self.lapsed(year, carried, today, Counted::Approved) - until_today;

        let carried = self.carried_into(year, Counted::All);
        let planned = self.taken(first_of_year(year), last_of_year(year), Counted::All);
        let available = self.granted(year) + carried - self.lapsed(year, carried, today, Counted::All) - planned;
        Balance { now, available }
    }

    /// Refuses an absence that takes more than there is, in any year on which it
    /// bears: what it takes of this year cannot come over into the next. `before`
    /// is the ledger as it was; what was overdrawn already may stay so.
    pub fn check(&self, absence: &Absence, before: &'a Ledger) -> Result<(), Error> {
        let kind = self.absence_type;
        if kind.rules.negative_balance {
            return Ok(());
        }
        let first = absence.span.start.year();
        let last = self.ledger.last_year(kind.id).unwrap_or(first).max(absence.span.end.year());
        let without = Self { ledger: before, ..*self };
        for year in first..=last {
            let left = self.left_at_end(year, Counted::All);
            if left < 0 && left < without.left_at_end(year, Counted::All) {
                let reason = format!("It takes more {} than is left for {year}", kind.name);
                return Err(not_inserted("time_off_type_id", &reason));
            }
        }
        Ok(())
    }

    /// What the employee is entitled to in a year.
    fn granted(&self, year: i16) -> i64 {
        let full = self.absence_type.unit.count(self.entitlement.in_year(year)).unwrap_or(0);
        let (first, last) = (self.employee.first_day(), self.employee.last_day());
        let months = (1..=12).filter_map(|month| Date::new(year, month, 1).ok());
        let employed = months.filter(|month| {
            first.is_none_or(|first| first <= *month) && last.is_none_or(|last| last >= month.last_of_month())
        });
        let twelfths = full * i64::try_from(employed.count()).unwrap_or(0);
        // Towards more, for amounts that are never below nothing.
        (twelfths + 11).div_euclid(12)
    }

    /// What comes over from the year before; what is missing there is missing here as well.
    fn carried_into(&self, year: i16, counted: Counted) -> i64 {
        let Some(rule) = &self.absence_type.rules.carry_over else { return 0 };
        (rule.since..year)
            .fold(0, |carried, year| self.over(rule, self.left(year, carried, last_of_year(year), counted)))
    }

    fn over(&self, rule: &CarryOver, left: i64) -> i64 {
        let most = rule.most.and_then(|most| self.absence_type.unit.count(most)).unwrap_or(i64::MAX);
        left.min(most)
    }

    fn left_at_end(&self, year: i16, counted: Counted) -> i64 {
        self.left(year, self.carried_into(year, counted), last_of_year(year), counted)
    }

    /// What is left of a year in the end, of which so much came over; what lapses until `today` is lost.
    fn left(&self, year: i16, carried: i64, today: Date, counted: Counted) -> i64 {
        let taken = self.taken(first_of_year(year), last_of_year(year), counted);
        self.granted(year) + carried - self.lapsed(year, carried, today, counted) - taken
    }

    /// What of that which came over was not used in time.
    fn lapsed(&self, year: i16, carried: i64, today: Date, counted: Counted) -> i64 {
        let Some(rule) = &self.absence_type.rules.carry_over else { return 0 };
        let last_day = rule.last_day(year);
        // What lasts until the end of the year is not lost but left.
        if rule.months == 12 || today <= last_day {
            return 0;
        }
        (carried - self.taken(first_of_year(year), last_day, counted)).max(0)
    }

    fn taken(&self, from: Date, to: Date, counted: Counted) -> i64 {
        let taken = self.ledger.taken(self.absence_type.id, from, to);
        match counted {
            Counted::Approved => taken.approved,
            Counted::All => taken.approved + taken.pending,
        }
    }
}

/// What was taken from the first of the month up to and with today.
fn taken_this_month(kind: &TimeOffType, today: Date, current: &[Absence]) -> i64 {
    let taken = current.iter().filter(|one| one.absence_type == kind.id && one.status == Status::Approved);
    let days = taken.flat_map(|one| one.worth.days(&one.span));
    days.filter(|(date, _)| (today.first_of_month()..=today).contains(date)).map(|(_, worth)| i64::from(worth)).sum()
}

fn first_of_year(year: i16) -> Date {
    Date::new(year, 1, 1).unwrap_or(Date::MIN)
}

fn last_of_year(year: i16) -> Date {
    Date::new(year, 12, 31).unwrap_or(Date::MAX)
}
