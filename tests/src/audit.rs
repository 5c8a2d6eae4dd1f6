//! What must be true of a company's attendance and absences in the table, whatever was done to them.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use absences::model::Absence;
use absences::model::Status;
use absences::model::TimeOffType;
use absences::model::runs::CLASSES;
use absences::store::ChangeMark as AbsenceMark;
use absences::store::Head;
use absences::store::list_of;
use absences::store::list_of_runs;
use absences::store::list_of_type;
use attendances::model::Day;
use attendances::store::ChangeMark;
use attendances::store::LIST;
use attendances::store::Place;
use futures_util::future::join_all;
use jiff::civil::Date;
use shared::aws::away::AwayDays;
use shared::aws::counts;
use shared::aws::counts::Tally;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lists::Mark;
use shared::aws::lists::places;
use shared::aws::table::Range;
use shared::company::absences::AbsenceUnit;
use shared::ids::AbsenceId;
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

fn decode<E: Entity>(item: Item) -> E {
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

/// Every absence of a company, in the order of their numbers, after all that is
/// derived from them was compared with them: each copy, the head of each employee
/// with the ledger, the marks of changes, the counts of each list and the days on
/// which somebody is away. No day holds more than a day.
pub async fn absences(muster: &Muster, employees: impl IntoIterator<Item = u64>) -> Vec<Absence> {
    let company = &muster.company;
    let employees: Vec<EmployeeId> = employees.into_iter().map(|id| EmployeeId::new(id).expect("an id")).collect();
    let any = AbsenceId::new(1).expect("an id");
    let lists = lists_of_absences(muster).await;
    let partitions = [keys::absence(company, any.get()).pk].into_iter();
    let partitions = partitions.chain(employees.iter().map(|employee| keys::absences_of(company, *employee)));
    let partitions = partitions.chain(lists.iter().map(|list| keys::list_entries(company, list)));
    let read = partitions.map(|pk| async { (all(muster, pk.clone()).await, pk) });
    let mut copies: BTreeMap<Key, Absence> = BTreeMap::new();
    let mut heads: BTreeMap<Key, Head> = BTreeMap::new();
    for (items, pk) in join_all(read).await {
        for item in items {
            let key = Key { pk: pk.clone(), sk: item.sort_key().to_owned() };
            if item.entity_type() == Head::TYPE {
                heads.insert(key, decode(item));
            } else {
                copies.insert(key, decode(item));
            }
        }
    }
    let numbered = keys::absence(company, any.get()).pk;
    let absences: Vec<Absence> =
        copies.iter().filter(|(key, _)| key.pk == numbered).map(|(_, absence)| absence.clone()).collect();
    let wanted: BTreeMap<Key, Absence> =
        absences.iter().flat_map(|one| places(company, one).into_iter().map(|key| (key, one.clone()))).collect();
    assert_eq!(copies, wanted, "a copy of an absence is missing, too many or not as the one under its number");
    assert_heads(muster, &employees, &absences, &heads);
    assert_room(&absences);
    assert_absence_marks(muster, &absences).await;
    for list in &lists {
        let entries = copies.iter().filter(|(key, _)| key.pk == keys::list_entries(company, list));
        assert_absence_counts(muster, list, entries).await;
    }
    assert_away(muster, &absences).await;
    absences
}

/// Every list in which an absence is or ever was. Where a list never had an entry,
/// and therefore no count, the lists of its runs are left out: they are many.
async fn lists_of_absences(muster: &Muster) -> Vec<String> {
    let company = muster.deps.companies.get(&muster.company).await.expect("the company");
    let hours = TimeOffType::all(&company).filter(|kind| kind.unit == AbsenceUnit::Hour);
    let lists = [AbsenceUnit::Day, AbsenceUnit::Hour].map(|unit| list_of(unit).to_owned());
    let lists = lists.into_iter().chain(hours.map(|kind| list_of_type(kind.id)));
    let used = lists.map(|list| async move {
        let (entries, months) =
            (keys::list_entries(&muster.company, &list), keys::month_counts(&muster.company, &list));
        let (entries, months) = tokio::join!(all(muster, entries), all(muster, months));
        (!entries.is_empty() || !months.is_empty()).then_some(list)
    });
    let with_runs = join_all(used).await.into_iter().flatten().flat_map(|list| {
        let runs: Vec<String> = (0..CLASSES).map(|class| list_of_runs(&list, class)).collect();
        std::iter::once(list).chain(runs)
    });
    with_runs.collect()
}

/// Each head's ledger is the sum of the employee's absences; who never had any has no head.
fn assert_heads(muster: &Muster, employees: &[EmployeeId], absences: &[Absence], heads: &BTreeMap<Key, Head>) {
    for employee in employees {
        let mut wanted: BTreeMap<String, (i64, i64)> = BTreeMap::new();
        let own: Vec<&Absence> = absences.iter().filter(|one| one.employee == *employee).collect();
        for absence in &own {
            for (date, worth) in absence.worth.days(&absence.span) {
                let month = format!("{}#{:04}-{:02}", absence.absence_type, date.year(), date.month());
                let sum = wanted.entry(month).or_default();
                match absence.status {
                    Status::Approved => sum.0 += i64::from(worth),
                    Status::Pending => sum.1 += i64::from(worth),
                    Status::Rejected => {}
                }
            }
        }
        wanted.retain(|_, sum| *sum != (0, 0));
        let head = heads.get(&keys::absence_head(&muster.company, *employee));
        assert!(head.is_some_and(|head| head.version > 0) || own.is_empty(), "{employee} has absences and no head");
        let ledger = serde_json::to_value(head.map(|head| &head.ledger)).expect("a ledger");
        let stored: BTreeMap<String, (i64, i64)> = ledger
            .as_object()
            .into_iter()
            .flatten()
            .map(|(month, taken)| {
                let part = |name: &str| taken.get(name).map_or(0, |part| part.as_i64().expect("a number"));
                (month.clone(), (part("a"), part("p")))
            })
            .collect();
        assert_eq!(stored, wanted, "the ledger of {employee} is not the sum of the absences");
    }
}

/// Asserts that on no day of an employee lie more than one whole, two halves, or one half and hours that do not cross.
pub fn assert_room(absences: &[Absence]) {
    let mut days: BTreeMap<(EmployeeId, Date), Vec<&Absence>> = BTreeMap::new();
    for absence in absences.iter().filter(|one| one.status != Status::Rejected && !one.overlaps) {
        for date in absence.span.days() {
            days.entry((absence.employee, date)).or_default().push(absence);
        }
    }
    for ((employee, date), all) in days {
        let mut times: Vec<_> = all.iter().filter_map(|one| one.span.times).collect();
        times.sort();
        let halves = all.iter().filter(|one| one.span.times.is_none() && one.span.is_half(date)).count();
        let wholes = all.len() - times.len() - halves;
        assert!(
            all.len() == 1 || (wholes == 0 && (halves < 2 || all.len() == 2)),
            "{employee} is away for more than all of {date}: {all:?}"
        );
        assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].0), "hours of {employee} cross on {date}: {all:?}");
    }
}

async fn assert_absence_marks(muster: &Muster, absences: &[Absence]) {
    for unit in [AbsenceUnit::Day, AbsenceUnit::Hour] {
        let list = list_of(unit);
        let stored: BTreeMap<String, AbsenceMark> = all(muster, keys::list_changes(&muster.company, list))
            .await
            .into_iter()
            .map(|item| (item.sort_key().to_owned(), decode(item)))
            .collect();
        let of_unit = absences.iter().filter(|one| one.unit == unit);
        let wanted: BTreeMap<_, _> = of_unit
            .map(|one| {
                let key = keys::list_change(&muster.company, list, one.updated_at, one.id.get());
                (key.sk, AbsenceMark::of(one))
            })
            .collect();
        assert_eq!(stored, wanted, "the marks of changes in {list} are not those of the absences");
    }
}

/// The counts of months and of groups of days are those of the entries that lie in a list.
async fn assert_absence_counts<'a>(muster: &Muster, list: &str, entries: impl Iterator<Item = (&'a Key, &'a Absence)>) {
    let (table, company) = (&muster.deps.table, &muster.company);
    let mut by_day: BTreeMap<Date, BTreeMap<u32, Tally>> = BTreeMap::new();
    for (key, absence) in entries {
        let date = key.sk.get(..10).and_then(|date| date.parse().ok()).expect("a date");
        let sum = by_day.entry(date).or_default().entry(counts::group(absence.employee)).or_default();
        *sum = plus(*sum, Tally { confirmed: 1, unconfirmed: 0 });
    }
    let months = all(muster, keys::month_counts(company, list)).await;
    assert!(by_day.is_empty() || !months.is_empty(), "nothing counts the entries of {list}");
    if months.is_empty() {
        return;
    }
    let years = (Date::constant(1000, 1, 1), Date::constant(9999, 12, 31));
    let counted = counts::days(table, company, list, years.0, years.1).await.expect("counts");
    let totals: Vec<_> =
        by_day.iter().map(|(date, groups)| (*date, groups.values().copied().fold(Tally::default(), plus))).collect();
    assert_eq!(counted.iter().collect::<Vec<_>>(), totals, "the counts of months of {list} are not a full count");
    // Days without entries as well: their counts must have come back to nothing.
    let days = all(muster, keys::day_counts(company, list)).await;
    let counted = days.iter().map(|item| item.sort_key().get(..10).and_then(|date| date.parse().ok()).expect("a date"));
    let dates: BTreeSet<Date> = counted.chain(by_day.keys().copied()).collect();
    for date in dates {
        let mut groups = counts::groups(table, company, list, date).await.expect("counts");
        groups.retain(|_, tally| *tally != Tally::default());
        assert_eq!(groups, by_day.remove(&date).unwrap_or_default(), "the counts of {date} in {list}");
    }
}

/// Somebody is away on the days of approved absences that may not lie over others, and on no other.
async fn assert_away(muster: &Muster, absences: &[Absence]) {
    let stored: BTreeMap<(EmployeeId, i16), BTreeSet<Date>> = all(muster, keys::away_days(&muster.company))
        .await
        .into_iter()
        .map(|item| {
            let days: AwayDays = decode(item);
            ((days.employee, days.year), days.dates())
        })
        .collect();
    let mut wanted: BTreeMap<(EmployeeId, i16), BTreeSet<Date>> = BTreeMap::new();
    for absence in absences.iter().filter(|one| one.status == Status::Approved && !one.overlaps) {
        for date in absence.span.days() {
            wanted.entry((absence.employee, date.year())).or_default().insert(date);
        }
    }
    assert_eq!(stored, wanted, "the days on which employees are away are not those of the absences");
}
