//! What a company says of its kinds of absence.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::Serialize;

use crate::error::Error;

/// What an absence type counts as (`TimeOffTypeResource.category` of the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the contract's words, which say what they mean")]
pub enum AbsenceCategory {
    FamilyCare,
    MaternityParentalLeave,
    ChildCare,
    ShortTimeAllowance,
    Quarantine,
    IrrevocableExemption,
    SickLeave,
    StrikeAndLockout,
    PublicDuty,
    UnpaidSuspension,
    PaidVacation,
    UnpaidVacation,
    UnexcusedAbsence,
    OffsiteWork,
    Other,
    Undefined,
}

/// Whether an absence is taken in days or hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AbsenceUnit {
    /// Whole and half days.
    #[default]
    Day,
    /// From one time to another.
    Hour,
}

/// More half days or minutes than anybody lives through, so that sums of them are never out of range.
const MAX_COUNT: i64 = 100_000_000;

impl AbsenceUnit {
    /// Into how many of the smallest parts that are counted a day or an hour is divided: half days, or minutes.
    #[must_use]
    pub fn parts(self) -> i64 {
        match self {
            Self::Day => 2,
            Self::Hour => 60,
        }
    }

    /// Days or hours in the smallest parts that are counted, if they are whole ones and no more than a life has.
    #[must_use]
    pub fn count(self, amount: Decimal) -> Option<i64> {
        let parts = amount.checked_mul(Decimal::from(self.parts()))?;
        let count = parts.is_integer().then(|| parts.to_i64()).flatten()?;
        (count.abs() <= MAX_COUNT).then_some(count)
    }

    /// Days or hours from the smallest parts that are counted, to two places.
    #[must_use]
    pub fn show(self, count: i64) -> Decimal {
        (Decimal::from(count) / Decimal::from(self.parts())).round_dp(2).normalize()
    }
}

/// A company's own rules for a kind of absence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AbsenceRules {
    /// Whether it may lie over other absences, as working from home does.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub overlap: bool,
    /// Whether more may be taken than there is.
    pub negative_balance: bool,
    /// After how many days in a row, weekends included, a certificate is asked for; 0 asks for it from the first day on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate_after: Option<u16>,
    /// What is left of a year can be taken in the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carry_over: Option<CarryOver>,
}

impl Default for AbsenceRules {
    fn default() -> Self {
        Self { overlap: false, negative_balance: true, certificate_after: None, carry_over: None }
    }
}

impl AbsenceRules {
    /// Whether the company says nothing of its own.
    #[must_use]
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// Checks what the type system cannot.
    pub fn validate(&self, unit: AbsenceUnit) -> Result<(), Error> {
        let Some(carry_over) = &self.carry_over else { return Ok(()) };
        if !(1..=12).contains(&carry_over.months) {
            return Err(Error::invalid("carry_over.months", "The months of a carry_over must be between 1 and 12."));
        }
        if !(1970..=9000).contains(&carry_over.since) {
            return Err(Error::invalid(
                "carry_over.since",
                "The since of a carry_over must be a year between 1970 and 9000.",
            ));
        }
        match carry_over.most.map(|most| unit.count(most).filter(|count| *count >= 0)) {
            Some(None) => Err(Error::invalid(
                "carry_over.most",
                "The most of a carry_over must be days and halves, or hours and minutes.",
            )),
            _ => Ok(()),
        }
    }
}

/// How what is left of a year goes over into the next one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarryOver {
    /// The first year of which something is carried over: of those before, muster does not know what was taken.
    pub since: i16,
    /// How many days or hours at most; all that is left where nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub most: Option<Decimal>,
    /// For how many months of the next year it can be taken; what was not taken by then lapses.
    #[serde(default = "whole_year")]
    pub months: i8,
}

fn whole_year() -> i8 {
    12
}

impl CarryOver {
    /// The last day of a year on which what came from the year before can be taken.
    #[must_use]
    pub fn last_day(&self, year: i16) -> Date {
        Date::new(year, self.months, 1).map_or(Date::MAX, Date::last_of_month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_in_halves_and_hours_in_minutes() {
        let amount = |text: &str| text.parse::<Decimal>().expect("a number");
        assert_eq!(AbsenceUnit::Day.count(amount("10.5")), Some(21));
        assert_eq!(AbsenceUnit::Day.count(amount("10.25")), None);
        assert_eq!(AbsenceUnit::Hour.count(amount("7.5")), Some(450));
        assert_eq!(AbsenceUnit::Day.show(-21).to_string(), "-10.5");
        assert_eq!(AbsenceUnit::Hour.show(100).to_string(), "1.67");
    }

    #[test]
    fn what_is_carried_over_lapses_at_the_end_of_a_month() {
        let until = |months| CarryOver { since: 2025, most: None, months }.last_day(2028).to_string();
        assert_eq!(
            (until(2), until(3), until(12)),
            ("2028-02-29".to_owned(), "2028-03-31".to_owned(), "2028-12-31".to_owned())
        );
    }

    #[test]
    fn rules_that_say_nothing_are_not_stored() {
        assert!(AbsenceRules::default().is_default());
        let rules: AbsenceRules = serde_json::from_str("{\"negative_balance\": false}").expect("rules");
        assert!(!rules.is_default() && !rules.overlap);
        let bad = AbsenceRules {
            carry_over: Some(CarryOver { since: 2025, most: None, months: 13 }),
            ..AbsenceRules::default()
        };
        assert!(bad.validate(AbsenceUnit::Day).is_err());
    }
}
