//! How much of each day of an absence counts.
//!
//! What counts is the employee's working time: a day that the schedule leaves
//! free counts nothing, a public holiday neither, half a holiday half. It is
//! counted when the absence is written and stored with it, so that a new schedule
//! does not change what was taken before it.

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::Employee;
use shared::attributes::definition::EntryKind;
use shared::calendar::Zone;
use shared::company::Company;
use shared::company::DayLength;
use shared::company::Details;
use shared::company::Holidays;
use shared::company::absences::AbsenceUnit;
use shared::holidays::Holiday;

use crate::model::Span;

/// Minutes of a working day of somebody of whom neither a schedule nor weekly hours are known.
const USUAL_MINUTES: u16 = 8 * 60;
/// Half days of a whole day.
const WHOLE: u16 = 2;

/// What each day of an absence counts, in half days or in minutes; runs of days that count the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Worth(Vec<(u16, u16)>);

impl Worth {
    fn of(days: impl Iterator<Item = u16>) -> Self {
        let mut runs: Vec<(u16, u16)> = Vec::new();
        for worth in days {
            match runs.last_mut() {
                Some((same, count)) if *same == worth => *count += 1,
                _ => runs.push((worth, 1)),
            }
        }
        Self(runs)
    }

    /// What all days count.
    #[must_use]
    pub fn total(&self) -> i64 {
        self.0.iter().map(|(worth, count)| i64::from(*worth) * i64::from(*count)).sum()
    }

    /// The same days, those before `from` as they were and the others as `newer` counts them.
    #[must_use]
    pub fn renewed(&self, span: &Span, newer: &Self, from: Date) -> Self {
        let both = self.days(span).zip(newer.days(span));
        Self::of(both.map(|((date, old), (_, new))| if date < from { old } else { new }))
    }

    /// The days of a span and what each counts.
    pub fn days(&self, span: &Span) -> impl Iterator<Item = (Date, u16)> {
        let worth = self.0.iter().flat_map(|(worth, count)| std::iter::repeat_n(*worth, usize::from(*count)));
        span.days().zip(worth)
    }
}

/// When an employee works.
#[derive(Clone, Debug)]
pub struct Workdays {
    /// Minutes of each weekday, Monday first.
    week: [u16; 7],
    holidays: Holidays,
}

impl Workdays {
    /// By the schedule and the calendar that the employee has now. Without a
    /// schedule it is Monday to Friday, a fifth of the weekly hours each.
    #[must_use]
    pub fn of(company: &Company, employee: &Employee) -> Self {
        let schedule = employee.work_schedule().and_then(|id| company.entry(EntryKind::WorkSchedule, id));
        let week = if let Some(Details::WorkSchedule { week, .. }) = schedule.map(|entry| &entry.details) {
            week.map(DayLength::minutes)
        } else {
            let fifth = employee.weekly_hours().and_then(|hours| (hours * Decimal::from(12)).to_u16());
            let day = fifth.filter(|minutes| *minutes > 0).unwrap_or(USUAL_MINUTES);
            [day, day, day, day, day, 0, 0]
        };
        let holidays = employee.holiday_calendar().and_then(|id| company.holidays().remove(&id));
        Self { week, holidays: holidays.unwrap_or_default() }
    }

    /// What each day of an absence counts: half days or minutes. Half a day off
    /// on a day of which half is a holiday is all that is left of it. By the
    /// clock, no more counts than would have been worked.
    #[must_use]
    pub fn worth(&self, zone: &Zone, unit: AbsenceUnit, span: &Span) -> Worth {
        Worth::of(span.days().map(|date| {
            let whole = match unit {
                AbsenceUnit::Day if self.minutes(date) > 0 => WHOLE,
                AbsenceUnit::Day => 0,
                AbsenceUnit::Hour => self.minutes(date),
            };
            let half = whole.div_ceil(2);
            let due = match self.holidays.on(date) {
                Holiday::None => whole,
                Holiday::Half => half,
                Holiday::Whole => 0,
            };
            match span.times {
                Some((start, end)) => {
                    let passing = zone.minutes_between(date, start.time(), end.time());
                    due.min(u16::try_from(passing).unwrap_or(0))
                }
                None if span.is_half(date) => due.min(half),
                None => due,
            }
        }))
    }

    fn minutes(&self, date: Date) -> u16 {
        let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
        self.week.get(weekday).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use shared::minute::Minute;

    use super::*;

    fn span(start: &str, end: &str, halves: (bool, bool)) -> Span {
        let date = |text: &str| text.parse().expect("a date");
        Span { start: date(start), end: date(end), half_start: halves.0, half_end: halves.1, times: None }
    }

    fn berlin() -> Zone {
        Zone::named("Europe/Berlin").expect("a zone")
    }

    fn full_time() -> Workdays {
        Workdays { week: [480, 480, 480, 480, 240, 0, 0], holidays: Holidays::default() }
    }

    fn days(workdays: &Workdays, span: &Span) -> i64 {
        workdays.worth(&berlin(), AbsenceUnit::Day, span).total()
    }

    #[test]
    fn free_days_count_nothing_and_half_days_half() {
        let whole = (false, false);
        assert_eq!(days(&full_time(), &span("2026-11-27", "2026-11-30", whole)), 4, "Friday and Monday");
        assert_eq!(days(&full_time(), &span("2026-11-28", "2026-11-29", whole)), 0);
        assert_eq!(days(&full_time(), &span("2026-11-26", "2026-11-30", (true, true))), 4);
        assert_eq!(days(&full_time(), &span("2026-11-26", "2026-11-26", (true, false))), 1);
        assert_eq!(days(&full_time(), &span("2026-11-28", "2026-11-30", (true, false))), 2, "half of a free Saturday");
    }

    #[test]
    fn hours_follow_each_weekday_and_the_clock() {
        let worth = |span: &Span| full_time().worth(&berlin(), AbsenceUnit::Hour, span);
        let days: Vec<u16> = worth(&span("2026-11-26", "2026-11-30", (true, false)))
            .days(&span("2026-11-26", "2026-11-30", (true, false)))
            .map(|(_, minutes)| minutes)
            .collect();
        assert_eq!(days, [240, 240, 0, 0, 480]);
        let by_clock = |date: &str, start, end| {
            let minute = |number| Minute::new(number).expect("a time");
            worth(&Span { times: Some((minute(start), minute(end))), ..span(date, date, (false, false)) }).total()
        };
        assert_eq!(by_clock("2026-11-26", 600, 690), 90);
        assert_eq!(by_clock("2026-11-27", 0, 1439), 240, "no more than would have been worked");
        assert_eq!(by_clock("2026-11-28", 600, 690), 0, "on a free day nothing");
        // The clocks go back on a Sunday, on which this one works.
        let sunday = Workdays { week: [480; 7], holidays: Holidays::default() };
        let night = Span {
            times: Some((Minute::new(60).expect("a time"), Minute::new(240).expect("a time"))),
            ..span("2026-10-25", "2026-10-25", (false, false))
        };
        assert_eq!(sunday.worth(&berlin(), AbsenceUnit::Hour, &night).total(), 240);
    }

    #[test]
    fn what_was_taken_stays_when_the_schedule_changes() {
        let span = span("2026-11-23", "2026-11-29", (false, false));
        let old = full_time().worth(&berlin(), AbsenceUnit::Day, &span);
        let mornings = Workdays { week: [240, 240, 0, 0, 0, 0, 0], holidays: Holidays::default() };
        let newer = mornings.worth(&berlin(), AbsenceUnit::Day, &span);
        let renewed = |from: &str| old.renewed(&span, &newer, from.parse().expect("a date")).total();
        assert_eq!((old.total(), newer.total()), (10, 4));
        assert_eq!((renewed("2026-11-23"), renewed("2026-11-26"), renewed("2026-12-01")), (4, 6, 10));
    }

    proptest! {
        #[test]
        fn runs_say_what_each_day_said(worths in proptest::collection::vec(0u16..3, 1..60)) {
            let worth = Worth::of(worths.iter().copied());
            let start = Date::constant(2026, 1, 1);
            let end = start.saturating_add(jiff::Span::new().days(i64::try_from(worths.len()).expect("few") - 1));
            let span = Span { start, end, half_start: false, half_end: false, times: None };
            let read: Vec<u16> = worth.days(&span).map(|(_, worth)| worth).collect();
            prop_assert_eq!(&read, &worths);
            prop_assert_eq!(worth.total(), worths.iter().map(|worth| i64::from(*worth)).sum::<i64>());
        }
    }
}
