//! How the absences that run on a day are found without reading those that do not.
//!
//! A list is in the order of first days. Those that began before a day and still
//! run on it lie anywhere before it: to read backwards until none is left would
//! cost as much as the longest absence is long. So the days after an absence's
//! first one are cut into runs whose lengths are powers of two, as the binary
//! form of their number says, and each run is an entry of the list of its
//! length: thirteen days are a run of eight, one of four and one of one. A run of
//! a length that holds a day began within that length before it, without
//! exception, and exactly one run of each absence holds it.

use jiff::civil::Date;

use crate::model::Span;
use crate::model::days_between;

/// How many lengths of runs there are: 1, 2, 4 … 1,024 days.
pub const CLASSES: u32 = 11;

/// A part of an absence, of a length that is a power of two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Run {
    /// Which power of two.
    pub class: u32,
    /// Its first day.
    pub first: Date,
}

/// The runs of an absence's days after the first one; none if it has only that.
#[must_use]
pub fn runs(span: &Span) -> Vec<Run> {
    let days = days_between(span.start, span.end).unsigned_abs();
    let mut first = span.start.saturating_add(jiff::Span::new().days(1));
    let mut runs = Vec::new();
    for class in (0..CLASSES).rev().filter(|class| days & (1 << class) != 0) {
        runs.push(Run { class, first });
        first = first.saturating_add(jiff::Span::new().days(1_i64 << class));
    }
    runs
}

/// The first days that runs of a length have which hold a day.
#[must_use]
pub fn window(class: u32, date: Date) -> (Date, Date) {
    (date.saturating_sub(jiff::Span::new().days((1_i64 << class) - 1)), date)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::MAX_DAYS;

    fn span(start: Date, days: i32) -> Span {
        let end = start.saturating_add(jiff::Span::new().days(days - 1));
        Span { start, end, half_start: false, half_end: false, times: None }
    }

    #[test]
    fn thirteen_further_days_are_three_runs() {
        let runs = runs(&span(Date::constant(2026, 3, 1), 14));
        let shown: Vec<_> = runs.iter().map(|run| (run.class, run.first.to_string())).collect();
        let wanted = [(3, "2026-03-02"), (2, "2026-03-10"), (0, "2026-03-14")];
        assert_eq!(shown, wanted.map(|(class, first)| (class, first.to_owned())));
    }

    proptest! {
        #[test]
        fn a_day_is_in_one_run_of_what_began_before_it_and_in_none_else(length in 1..=MAX_DAYS, offset in -3i64..2_100) {
            let start = Date::constant(2026, 2, 27);
            let span = span(start, length);
            let day = start.saturating_add(jiff::Span::new().days(offset));
            let holding = runs(&span).into_iter().filter(|run| {
                let (from, to) = window(run.class, day);
                (from..=to).contains(&run.first)
            });
            prop_assert_eq!(holding.count() == 1, span.start < day && day <= span.end);
        }
    }
}
