//! Which absences can lie on one day.
//!
//! A whole day has room for nothing else. Two halves fill it, whichever they are:
//! v1 does not say which half is meant. Absences by the clock fit where they do not
//! cross, and beside one half. What was rejected is in nobody's way, and what
//! may overlap, such as working from home, neither.

use jiff::civil::Date;
use shared::minute::Minute;

use crate::model::Absence;
use crate::model::Span;

/// What an absence takes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    Half,
    Clock(Minute, Minute),
}

fn part(span: &Span, date: Date) -> Part {
    match span.times {
        Some((start, end)) => Part::Clock(start, end),
        None if span.is_half(date) => Part::Half,
        None => Part::Whole,
    }
}

/// The employee's absences beside which this one cannot be, in the order in which they are given.
#[must_use]
pub fn in_the_way<'o>(absence: &Absence, others: &'o [Absence]) -> Vec<&'o Absence> {
    if absence.overlaps || !absence.stands() {
        return Vec::new();
    }
    let (start, end) = (absence.span.start, absence.span.end);
    let near: Vec<&Absence> = others
        .iter()
        .filter(|other| other.id != absence.id && other.stands() && !other.overlaps && other.span.meets(start, end))
        .collect();
    let clashes = |other: &Absence| {
        let mut shared = other.span.days().filter(|date| (start..=end).contains(date));
        shared.any(|date| clash(part(&absence.span, date), part(&other.span, date), &near, date))
    };
    near.iter().copied().filter(|other| clashes(other)).collect()
}

/// Whether a new part of a day cannot be beside one that is there, together with all that is there.
fn clash(new: Part, there: Part, near: &[&Absence], date: Date) -> bool {
    let on_date = near.iter().filter(|other| other.span.meets(date, date)).map(|other| part(&other.span, date));
    let halves = on_date.filter(|part| *part == Part::Half).count();
    match (new, there) {
        (Part::Whole, _) | (_, Part::Whole) => true,
        // There are two already.
        (Part::Half | Part::Clock(..), Part::Half) => halves > 1,
        // The new half is the second one and leaves no room by the clock.
        (Part::Half, Part::Clock(..)) => halves > 0,
        (Part::Clock(start, end), Part::Clock(other_start, other_end)) => start < other_end && other_start < end,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;
    use shared::company::absences::AbsenceUnit;
    use shared::ids::AbsenceId;
    use shared::ids::AbsenceTypeId;
    use shared::ids::EmployeeId;

    use super::*;
    use crate::model::CertificateStatus;
    use crate::model::Status;
    use crate::model::worth::Worth;

    fn absence(id: u64, span: Span) -> Absence {
        Absence {
            id: AbsenceId::new(id).expect("an id"),
            employee: EmployeeId::new(1).expect("an id"),
            absence_type: AbsenceTypeId::new(1).expect("an id"),
            unit: AbsenceUnit::Day,
            overlaps: false,
            span,
            worth: Worth::default(),
            status: Status::Approved,
            certificate: CertificateStatus::NotRequired,
            comment: None,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
            approved_at: None,
            decision: None,
        }
    }

    fn days(first: i8, last: i8, half_start: bool, half_end: bool) -> Span {
        let date = |day| Date::constant(2026, 3, day);
        Span { start: date(first), end: date(last), half_start, half_end, times: None }
    }

    fn clock(day: i8, from: u16, until: u16) -> Span {
        let minute = |number| Minute::new(number * 60).expect("a time");
        Span { times: Some((minute(from), minute(until))), ..days(day, day, false, false) }
    }

    /// Whether the last of these finds the others in its way.
    fn blocked(spans: &[Span]) -> bool {
        let absences: Vec<_> = spans.iter().zip(1..).map(|(span, id)| absence(id, *span)).collect();
        absences.split_last().is_some_and(|(last, others)| !in_the_way(last, others).is_empty())
    }

    #[test]
    fn whole_days_exclude_each_other_and_halves_share_one() {
        let half = days(5, 5, true, false);
        assert!(blocked(&[days(1, 5, false, false), days(5, 9, false, false)]));
        assert!(!blocked(&[days(1, 4, false, false), days(5, 9, false, false)]));
        assert!(!blocked(&[days(1, 5, false, true), days(5, 9, true, false)]), "half a day each");
        assert!(!blocked(&[half, half]), "v1 does not say which half");
        assert!(blocked(&[half, half, half]));
        assert!(blocked(&[half, days(4, 6, false, false)]));
        assert!(blocked(&[days(1, 3, true, true), days(2, 2, true, false)]), "the day between is whole");
    }

    #[test]
    fn hours_fit_where_they_do_not_cross() {
        let half = days(5, 5, false, true);
        assert!(!blocked(&[clock(5, 8, 10), clock(5, 10, 12)]));
        assert!(blocked(&[clock(5, 8, 10), clock(5, 9, 12)]));
        assert!(blocked(&[clock(5, 8, 10), days(5, 5, false, false)]));
        assert!(!blocked(&[clock(5, 8, 10), half]) && !blocked(&[half, clock(5, 8, 10)]));
        assert!(blocked(&[half, half, clock(5, 8, 10)]) && blocked(&[half, clock(5, 8, 10), half]));
    }

    #[test]
    fn what_was_rejected_or_may_overlap_is_in_nobodys_way() {
        let week = absence(1, days(1, 7, false, false));
        let rejected = Absence { status: Status::Rejected, ..week.clone() };
        let home_office = Absence { overlaps: true, ..week.clone() };
        let new = absence(2, days(3, 3, false, false));
        assert_eq!(in_the_way(&new, std::slice::from_ref(&week)), [&week]);
        assert!(in_the_way(&new, &[rejected, home_office.clone()]).is_empty());
        assert!(in_the_way(&Absence { id: new.id, ..home_office }, &[week]).is_empty());
    }

    fn any_span() -> impl Strategy<Value = Span> {
        prop_oneof![
            (1i8..9, 0i8..3, any::<(bool, bool)>()).prop_map(|(first, more, (a, b))| days(
                first,
                first + more,
                a,
                b && more > 0
            )),
            (1i8..9, 0u16..20, 1u16..4).prop_map(|(day, from, hours)| clock(day, from, from + hours)),
        ]
    }

    proptest! {
        /// In whatever order they come, no day holds more than a day.
        #[test]
        fn no_day_is_ever_overfull(spans in proptest::collection::vec(any_span(), 1..12)) {
            let mut kept: Vec<Absence> = Vec::new();
            for (span, id) in spans.into_iter().zip(1..) {
                let new = absence(id, span);
                if in_the_way(&new, &kept).is_empty() {
                    kept.push(new);
                }
            }
            for day in 1..=12 {
                let date = Date::constant(2026, 3, day);
                let parts: Vec<Part> =
                    kept.iter().filter(|one| one.span.meets(date, date)).map(|one| part(&one.span, date)).collect();
                let count = |wanted: fn(&Part) -> bool| parts.iter().filter(|part| wanted(part)).count();
                let (whole, halves) = (count(|part| *part == Part::Whole), count(|part| *part == Part::Half));
                prop_assert!(whole == 0 || parts.len() == 1, "{:?}", parts);
                prop_assert!(halves < 2 || parts.len() == 2, "{:?}", parts);
            }
        }
    }
}
