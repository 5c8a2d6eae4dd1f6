//! What must be true of a company's attendance in the table, whatever was done to it.

use std::collections::BTreeMap;

use attendances::model::Day;
use attendances::store::ChangeMark;
use attendances::store::LIST;
use attendances::store::Place;
use jiff::civil::Date;
use shared::aws::counts;
use shared::aws::counts::Tally;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::table::Range;
use shared::ids::AttendanceId;
use shared::ids::EmployeeId;

use crate::Muster;

/// Every day of a company's attendance, after all that is derived from them was
/// compared with them: the copies under each employee, the place of each id, the
/// marks of changes and both kinds of counts. The periods of each day are disjoint.
pub async fn attendance(muster: &Muster, employees: impl IntoIterator<Item = u64>) -> Vec<Day> {
    let company = &muster.company;
    let days: Vec<Day> = all(muster, keys::attendance_days(company)).await.into_iter().map(decode).collect();
    let mut own: Vec<Day> = Vec::new();
    for employee in employees {
        let employee = EmployeeId::new(employee).expect("an id");
        own.extend(all(muster, keys::attendances(company, employee)).await.into_iter().map(decode::<Day>));
    }
    own.sort_by_key(|day| (day.date, day.employee));
    assert_eq!(own, days, "the copies under the employees differ from those of the company");
    for day in &days {
        assert_disjoint(day);
    }
    assert_places(muster, &days).await;
    assert_marks(muster, &days).await;
    assert_counts(muster, &days).await;
    days
}

async fn all(muster: &Muster, pk: String) -> Vec<Item> {
    let range = Range { pk, from: None, to: None, limit: None };
    muster.deps.table.query(range).await.expect("a query")
}

fn decode<E: shared::aws::items::Entity>(item: Item) -> E {
    item.decode().expect("an entity")
}

fn assert_disjoint(day: &Day) {
    assert!(!day.periods.is_empty(), "an empty day is stored: {day:?}");
    for pair in day.periods.windows(2) {
        let end = pair[0].work.end;
        assert!(end.is_some_and(|end| end <= pair[1].work.start), "{} on {}: {pair:?}", day.employee, day.date);
    }
}

async fn assert_places(muster: &Muster, days: &[Day]) {
    let any = AttendanceId::new(1).expect("an id");
    let items = all(muster, keys::attendance_id(&muster.company, any).pk).await;
    let stored: BTreeMap<u64, Place> =
        items.into_iter().map(|item| (item.sort_key().parse().expect("a number"), decode(item))).collect();
    let mut wanted = BTreeMap::new();
    for day in days {
        let place = Place { employee: day.employee, date: day.date };
        wanted.extend(day.periods.iter().map(|period| (u64::from(period.id.get()), place)));
    }
    assert_eq!(stored, wanted, "the places of the ids are not where the periods are");
}

async fn assert_marks(muster: &Muster, days: &[Day]) {
    let stored: BTreeMap<String, ChangeMark> = all(muster, keys::attendance_changes(&muster.company))
        .await
        .into_iter()
        .map(|item| (item.sort_key().to_owned(), decode(item)))
        .collect();
    let wanted: BTreeMap<_, _> = days
        .iter()
        .map(|day| {
            let key = keys::attendance_change(&muster.company, day.marked_at, day.date, day.employee);
            (key.sk, ChangeMark::of(day))
        })
        .collect();
    assert_eq!(stored, wanted, "the marks of changes are not those of the days");
    for day in days {
        let latest = day.periods.iter().map(|period| period.updated_at.as_millisecond()).max();
        assert!(latest.is_some_and(|latest| latest <= day.marked_at), "a period changed after its day: {day:?}");
    }
}

async fn assert_counts(muster: &Muster, days: &[Day]) {
    let table = &muster.deps.table;
    let (first, last) = (Date::constant(1000, 1, 1), Date::constant(9999, 12, 31));
    let counted = counts::days(table, &muster.company, LIST, first, last).await.expect("counts");
    let mut by_day: BTreeMap<Date, BTreeMap<u32, Tally>> = BTreeMap::new();
    for day in days {
        let sum = by_day.entry(day.date).or_default().entry(counts::group(day.employee)).or_default();
        *sum = plus(*sum, day.tally());
    }
    let totals: Vec<_> =
        by_day.iter().map(|(date, groups)| (*date, groups.values().copied().fold(Tally::default(), plus))).collect();
    assert_eq!(counted.iter().collect::<Vec<_>>(), totals, "the counts of months are not a full count");
    for (date, wanted) in by_day {
        let mut groups = counts::groups(table, &muster.company, LIST, date).await.expect("counts");
        groups.retain(|_, tally| *tally != Tally::default());
        assert_eq!(groups, wanted, "the counts of {date} are not a full count");
    }
}

fn plus(one: Tally, other: Tally) -> Tally {
    one.minus(Tally::default().minus(other))
}
