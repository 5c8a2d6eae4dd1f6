//! Which record of a list stands at an offset, at the same cost for every offset.
//!
//! A list here is ordered by day, then by employee, and an employee can have
//! several records on a day. v1 pages such lists by offset and promises an exact
//! total of any range of days. Two kinds of items count, both written in the
//! transaction that stores the records:
//!
//! - a *month* holds a count for each of its days: from the months of a range
//!   come the total and the day on which an offset falls;
//! - a *day* holds a count for each group of 16 employees: from it comes the
//!   group, so that a page reads at most 16 employees' days too many at each end.
//!
//! Each is split into shards, of which a writer takes any, so that those who
//! write at the same time seldom meet; readers sum the shards up.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;

use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::transaction::Transaction;
use crate::error::Error;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;

/// Into how many items each count is split.
pub const SHARDS: u32 = 8;
/// How many employee numbers share a count of a day.
const GROUP: u32 = 16;

/// How many records: those that every reader sees, and those that only who asks for them sees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Records that count: confirmed ones.
    pub confirmed: i64,
    /// Records that wait for a decision, or were refused.
    pub unconfirmed: i64,
}

impl Tally {
    fn plus(self, other: Self) -> Self {
        Self { confirmed: self.confirmed + other.confirmed, unconfirmed: self.unconfirmed + other.unconfirmed }
    }

    /// This less another.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        self.plus(Self { confirmed: -other.confirmed, unconfirmed: -other.unconfirmed })
    }

    /// How many of them a reader sees. The shards of a count are read a moment
    /// apart: a sum below nothing is nothing.
    fn visible(self, all: bool) -> u64 {
        let sum = if all { self.confirmed + self.unconfirmed } else { self.confirmed };
        u64::try_from(sum).unwrap_or(0)
    }
}

/// A shard of the counts of a month or a day: `c<number>` confirmed, `u<number>` unconfirmed ones.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Counts {
    #[serde(flatten)]
    by_name: BTreeMap<String, i64>,
}

impl Entity for Counts {
    const TYPE: &'static str = "counts";
}

impl Counts {
    fn add(&mut self, number: u32, tally: Tally) {
        for (kind, by) in [('c', tally.confirmed), ('u', tally.unconfirmed)] {
            *self.by_name.entry(format!("{kind}{number}")).or_default() += by;
        }
        self.by_name.retain(|_, count| *count != 0);
    }

    fn tallies(&self) -> impl Iterator<Item = (u32, Tally)> + '_ {
        self.by_name.iter().filter_map(|(name, count)| {
            let (kind, number) = name.split_at_checked(1)?;
            let tally = match kind {
                "c" => Tally { confirmed: *count, unconfirmed: 0 },
                _ => Tally { confirmed: 0, unconfirmed: *count },
            };
            Some((number.parse().ok()?, tally))
        })
    }
}

/// By how much a write changes the counts of a list.
#[derive(Clone, Debug, Default)]
pub struct Deltas(BTreeMap<(Date, u32), Tally>);

impl Deltas {
    /// Counts records of an employee on a day.
    pub fn add(&mut self, date: Date, employee: EmployeeId, by: Tally) {
        let sum = self.0.entry((date, group(employee))).or_default();
        *sum = sum.plus(by);
    }

    /// The parts of a transaction that change the counts, in one shard of each.
    #[must_use]
    pub fn write<'t>(
        &self,
        transaction: Transaction<'t>,
        company: &CompanyId,
        list: &str,
        shard: u32,
    ) -> Transaction<'t> {
        self.counts(company, list, shard).into_iter().fold(transaction, |transaction, (key, counts)| {
            transaction.add(key, Counts::TYPE, counts.by_name.into_iter())
        })
    }

    /// The counts as items of one shard, for writing a whole list at once.
    pub fn items(&self, company: &CompanyId, list: &str, shard: u32) -> Result<Vec<Item>, Error> {
        self.counts(company, list, shard).into_iter().map(|(key, counts)| Item::encode(key, &counts)).collect()
    }

    fn counts(&self, company: &CompanyId, list: &str, shard: u32) -> BTreeMap<keys::Key, Counts> {
        let mut counts: BTreeMap<keys::Key, Counts> = BTreeMap::new();
        for ((date, group), tally) in &self.0 {
            let day = u32::from(date.day().unsigned_abs());
            counts.entry(keys::month_count(company, list, *date, shard)).or_default().add(day, *tally);
            counts.entry(keys::day_count(company, list, *date, shard)).or_default().add(*group, *tally);
        }
        counts.retain(|_, counts| !counts.by_name.is_empty());
        counts
    }
}

/// How many records lie on each day of a range.
#[derive(Clone, Debug, Default)]
pub struct Days(BTreeMap<Date, Tally>);

/// A range of employees' days that holds a page, and how many records in it stand before the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// The first day and the first employee of it.
    pub first: (Date, EmployeeId),
    /// The last day and the last employee of it.
    pub last: (Date, EmployeeId),
    /// How many records to leave out.
    pub skip: u64,
}

/// The counts of each day from one to another, both included.
///
/// Access pattern: `Query` of the months; one round trip per MB, which is 500 years.
pub async fn days(table: &Table, company: &CompanyId, list: &str, from: Date, to: Date) -> Result<Days, Error> {
    let range = Range {
        pk: keys::month_counts(company, list),
        from: Some(keys::month_sk(from)),
        to: Some(keys::behind(&keys::month_sk(to))),
        limit: None,
    };
    let mut days: BTreeMap<Date, Tally> = BTreeMap::new();
    for item in table.query(range).await? {
        let month = item.sort_key().get(..7).unwrap_or_default().to_owned();
        for (day, tally) in item.decode::<Counts>()?.tallies() {
            let date = format!("{month}-{day:02}").parse::<Date>();
            let date = date.map_err(|_| Error::Internal("a count is of a day that does not exist".to_owned()))?;
            if (from..=to).contains(&date) {
                let sum = days.entry(date).or_default();
                *sum = sum.plus(tally);
            }
        }
    }
    Ok(Days(days))
}

impl Days {
    /// How many records there are: confirmed ones, or all of them.
    #[must_use]
    pub fn total(&self, all: bool) -> u64 {
        self.0.values().map(|tally| tally.visible(all)).sum()
    }

    /// The counts of the days that have any.
    pub fn iter(&self) -> impl Iterator<Item = (Date, Tally)> + '_ {
        self.0.iter().map(|(date, tally)| (*date, *tally)).filter(|(_, tally)| *tally != Tally::default())
    }

    /// The day on which the record at an offset lies, and how many of that day stand before it.
    fn place(&self, offset: u64, all: bool) -> Option<(Date, u64)> {
        let counts = self.0.iter().map(|(date, tally)| (*date, tally.visible(all)));
        place(counts, offset)
    }
}

/// Finds the one in which the record at an offset lies.
fn place<T>(counts: impl Iterator<Item = (T, u64)>, mut offset: u64) -> Option<(T, u64)> {
    for (what, count) in counts {
        if offset < count {
            return Some((what, offset));
        }
        offset -= count;
    }
    None
}

/// Where a page lies; `None` when the offset is past the end.
///
/// Access pattern: `Query` of the day on which the page begins, beside one of the day on which it ends.
pub async fn locate(
    table: &Table,
    company: &CompanyId,
    list: &str,
    days: &Days,
    (offset, limit, all): (u64, u64, bool),
) -> Result<Option<Span>, Error> {
    let end = offset.saturating_add(limit).min(days.total(all));
    let ends = (days.place(offset, all), days.place(end.saturating_sub(1), all));
    let (Some((first_day, first_rank)), Some((last_day, last_rank))) = ends else { return Ok(None) };
    let dates: BTreeSet<Date> = [first_day, last_day].into();
    let read = dates.into_iter().map(|date| groups(table, company, list, date));
    let read = futures_util::future::try_join_all(read).await?;
    let find = |groups: Option<&BTreeMap<u32, Tally>>, rank: u64| {
        let counts = groups.into_iter().flatten().map(|(group, tally)| (*group, tally.visible(all)));
        place(counts, rank)
    };
    // Days and groups are read a moment apart: where they differ, the whole day is read.
    let (lowest, skip) = match find(read.first(), first_rank) {
        Some((group, skip)) => (u64::from(group) * u64::from(GROUP), skip),
        None => (0, first_rank),
    };
    let highest = match find(read.last(), last_rank) {
        Some((group, _)) => u64::from(group) * u64::from(GROUP) + u64::from(GROUP - 1),
        None => u64::MAX,
    };
    let number = |id: u64| {
        EmployeeId::new(id.clamp(1, u64::from(EmployeeId::MAX)))
            .ok_or_else(|| Error::Internal("no employee has this number".to_owned()))
    };
    Ok(Some(Span { first: (first_day, number(lowest)?), last: (last_day, number(highest)?), skip }))
}

/// The counts of each group of employees on a day; an employee's group is the number divided by 16.
///
/// Access pattern: `Query` of the day's shards.
pub async fn groups(table: &Table, company: &CompanyId, list: &str, date: Date) -> Result<BTreeMap<u32, Tally>, Error> {
    let day = keys::date_sk(date);
    let to = Some(keys::behind(&day));
    let range = Range { pk: keys::day_counts(company, list), from: Some(day), to, limit: None };
    let mut groups: BTreeMap<u32, Tally> = BTreeMap::new();
    for item in table.query(range).await? {
        for (group, tally) in item.decode::<Counts>()?.tallies() {
            let sum = groups.entry(group).or_default();
            *sum = sum.plus(tally);
        }
    }
    Ok(groups)
}

/// The group of an employee among the counts of a day.
#[must_use]
pub fn group(employee: EmployeeId) -> u32 {
    employee.get() / GROUP
}

/// Any shard, for a writer to begin with.
#[must_use]
pub fn any_shard() -> u32 {
    getrandom::u32().unwrap_or(0) % SHARDS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn date(day: i8) -> Date {
        Date::constant(2026, 3, day)
    }

    #[test]
    fn what_is_added_and_taken_away_leaves_no_count() {
        let company: CompanyId = "a".parse().expect("a slug");
        let one = Tally { confirmed: 1, unconfirmed: 0 };
        let employee = EmployeeId::new(40).expect("an id");
        let mut deltas = Deltas::default();
        deltas.add(date(1), employee, one);
        assert_eq!(deltas.counts(&company, "ATTENDANCE", 0).len(), 2);
        deltas.add(date(1), employee, Tally::default().minus(one));
        assert!(deltas.counts(&company, "ATTENDANCE", 0).is_empty());
    }

    proptest! {
        #[test]
        fn every_offset_falls_on_the_day_that_counting_finds(
            tallies in proptest::collection::btree_map(1i8..=31, (0i64..9, 0i64..9), 0..31),
            all in any::<bool>(),
        ) {
            let tallies = tallies.into_iter().map(|(day, (confirmed, unconfirmed))| (date(day), Tally { confirmed, unconfirmed }));
            let days = Days(tallies.collect());
            let naive: Vec<Date> = days.0.iter()
                .flat_map(|(date, tally)| std::iter::repeat_n(*date, usize::try_from(tally.visible(all)).unwrap_or(0)))
                .collect();
            prop_assert_eq!(days.total(all), naive.len() as u64);
            for (offset, date) in naive.iter().enumerate() {
                let (found, rank) = days.place(offset as u64, all).expect("within the total");
                prop_assert_eq!(found, *date);
                prop_assert_eq!(rank, naive[..offset].iter().filter(|other| *other == date).count() as u64);
            }
            prop_assert_eq!(days.place(naive.len() as u64, all), None);
        }
    }
}
