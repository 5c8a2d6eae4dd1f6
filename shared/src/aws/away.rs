//! On which days employees are away. The absences keep it, in the transaction in
//! which they change; attendance shows it beside each period.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use futures_util::future::try_join_all;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::error::Error;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;

/// About how many employees' days of a year are read for the price of one item by its key: 4 KB.
const PER_UNIT: u32 = 24;

/// The days of a year on which an employee is away: a bit for each day, in base64.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwayDays {
    /// Whose they are.
    pub employee: EmployeeId,
    /// Of which year.
    pub year: i16,
    days: String,
}

impl Entity for AwayDays {
    const TYPE: &'static str = "away_days";
}

impl AwayDays {
    /// Those of a year among some days; none if there is none.
    #[must_use]
    pub fn of(employee: EmployeeId, year: i16, days: &BTreeSet<Date>) -> Option<Self> {
        let mut bits = Vec::new();
        for date in days.iter().filter(|date| date.year() == year) {
            let (byte, bit) = place(*date);
            bits.resize(bits.len().max(byte + 1), 0_u8);
            bits[byte] |= bit;
        }
        (!bits.is_empty()).then(|| Self { employee, year, days: STANDARD_NO_PAD.encode(bits) })
    }

    /// The days.
    #[must_use]
    pub fn dates(&self) -> BTreeSet<Date> {
        let bits = STANDARD_NO_PAD.decode(&self.days).unwrap_or_default();
        let Ok(first) = Date::new(self.year, 1, 1) else { return BTreeSet::new() };
        let year = first.series(jiff::Span::new().days(1)).take_while(|date| date.year() == self.year);
        year.filter(|date| {
            let (byte, bit) = place(*date);
            bits.get(byte).is_some_and(|bits| bits & bit != 0)
        })
        .collect()
    }
}

fn place(date: Date) -> (usize, u8) {
    let day = usize::try_from(date.day_of_year()).unwrap_or(1) - 1;
    (day / 8, 1 << (day % 8))
}

/// Those of some employees' days on which they are away.
///
/// Access pattern: `Query` of the employees of each day, from the first to the
/// last one; days whose employees lie among each other are one query. Where few
/// of many are wanted, `BatchGetItem` of these. All side by side.
pub async fn find(
    table: &Table,
    company: &CompanyId,
    wanted: &BTreeSet<(Date, EmployeeId)>,
) -> Result<BTreeSet<(Date, EmployeeId)>, Error> {
    let (mut keys, mut ranges) = (Vec::new(), Vec::new());
    for ((year, first, last), employees) in spans(wanted) {
        let width = (last.get() - first.get()) / PER_UNIT;
        if usize::try_from(width).unwrap_or(usize::MAX) > employees.len() {
            keys.extend(employees.into_iter().map(|employee| keys::away(company, year, employee)));
        } else {
            ranges.push(Range {
                pk: keys::away_days(company),
                from: Some(keys::away_sk(year, first)),
                to: Some(keys::away_sk(year, last)),
                limit: None,
            });
        }
    }
    let queries = try_join_all(ranges.into_iter().map(|range| table.query(range)));
    let (in_ranges, by_keys) = tokio::try_join!(queries, table.batch_get(keys))?;
    let mut away = BTreeSet::new();
    for item in in_ranges.into_iter().flatten().chain(by_keys) {
        let days: AwayDays = item.decode()?;
        away.extend(days.dates().into_iter().map(|date| (date, days.employee)));
    }
    Ok(away.intersection(wanted).copied().collect())
}

/// Runs of employees of a year: each day's, joined with those that they reach into.
fn spans(wanted: &BTreeSet<(Date, EmployeeId)>) -> Vec<((i16, EmployeeId, EmployeeId), BTreeSet<EmployeeId>)> {
    let mut days: BTreeMap<Date, BTreeSet<EmployeeId>> = BTreeMap::new();
    for (date, employee) in wanted {
        days.entry(*date).or_default().insert(*employee);
    }
    let mut ends: Vec<((i16, EmployeeId, EmployeeId), BTreeSet<EmployeeId>)> = days
        .into_iter()
        .filter_map(|(date, employees)| Some(((date.year(), *employees.first()?, *employees.last()?), employees)))
        .collect();
    ends.sort_by_key(|(span, _)| *span);
    let mut spans: Vec<((i16, EmployeeId, EmployeeId), BTreeSet<EmployeeId>)> = Vec::new();
    for ((year, first, last), employees) in ends {
        match spans.last_mut() {
            Some(((same, _, reach), all)) if *same == year && first <= *reach => {
                *reach = last.max(*reach);
                all.extend(employees);
            }
            _ => spans.push(((year, first, last), employees)),
        }
    }
    spans
}

/// The days of a year as an item; for who writes them.
pub fn item(company: &CompanyId, days: &AwayDays) -> Result<Item, Error> {
    Item::encode(keys::away(company, days.year, days.employee), days)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn employee(id: u64) -> EmployeeId {
        EmployeeId::new(id).expect("an id")
    }

    #[test]
    fn a_page_across_midnight_is_two_runs_and_days_of_all_are_one() {
        let day = |day| Date::constant(2026, 3, day);
        let wanted = [(1, 9_900), (1, 10_000), (2, 1), (2, 100)].map(|(date, id)| (day(date), employee(id)));
        let spans_of = |wanted: &[(Date, EmployeeId)]| -> Vec<(u32, u32)> {
            let spans = spans(&wanted.iter().copied().collect());
            spans.into_iter().map(|((_, first, last), _)| (first.get(), last.get())).collect()
        };
        assert_eq!(spans_of(&wanted), [(1, 100), (9_900, 10_000)]);
        let wanted = [(1, 5), (1, 20), (2, 1), (2, 20), (3, 1), (3, 4)].map(|(date, id)| (day(date), employee(id)));
        assert_eq!(spans_of(&wanted), [(1, 20)]);
    }

    proptest! {
        #[test]
        fn days_read_back_as_they_were_written(days in proptest::collection::btree_set(0i64..366, 0..40)) {
            let first = Date::constant(2028, 1, 1);
            let dates: BTreeSet<Date> =
                days.iter().map(|day| first.saturating_add(jiff::Span::new().days(*day))).collect();
            let stored = AwayDays::of(employee(1), 2028, &dates);
            prop_assert_eq!(stored.is_none(), dates.is_empty());
            prop_assert_eq!(stored.map(|stored| stored.dates()).unwrap_or_default(), dates);
        }
    }
}
