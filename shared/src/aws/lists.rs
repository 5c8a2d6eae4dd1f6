//! Records in lists by day, of which every page costs the same.
//!
//! A record is stored whole in each place where it is looked for: under its
//! number, where its resource wants it besides, and in its lists, in the order of
//! days, then of employees. Lists are counted ([`counts`]), so a page at any
//! offset is found from counts alone. The last change of each record is marked
//! under its time. All of it is written in the transaction that the resource
//! makes of it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::aws::counts;
use crate::aws::counts::Deltas;
use crate::aws::counts::SHARDS;
use crate::aws::counts::Tally;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::keys::Key;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::transaction::Condition;
use crate::aws::transaction::Transaction;
use crate::error::Error;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;
use crate::page::Page;

/// How many changed records one listing goes through.
pub const MAX_CHANGES: usize = 50_000;
/// Among how many shards of a count writers choose: these records are few beside
/// attendance, and lists without dates read the counts of all months.
const FEW_SHARDS: u32 = 2;

/// A record that stands in lists by day.
pub trait Listed: Entity {
    /// What is kept of its last change, with as much of it as filters ask for.
    type Mark: Mark;

    /// Its number, unique in the company.
    fn number(&self) -> u32;
    /// Whose it is.
    fn employee(&self) -> EmployeeId;
    /// When it was last changed.
    fn updated_at(&self) -> Timestamp;
    /// Where the records with these numbers are.
    fn key(company: &CompanyId, number: u32) -> Key;
    /// Where it is besides.
    fn other_keys(&self, company: &CompanyId) -> Vec<Key>;
    /// The lists in which it stands, and on which day in each.
    fn listings(&self) -> Vec<(String, Date)>;
    /// The list whose changes it is among.
    fn list_of_changes(&self) -> &'static str;
}

/// That a record was changed.
pub trait Mark: Entity {
    /// The record that it is of.
    type Of;

    /// The mark of a record.
    fn of(record: &Self::Of) -> Self;
    /// The number of the record.
    fn number(&self) -> u32;
    /// Its day, its employee and its number: what lists are sorted by.
    fn order(&self) -> (Date, EmployeeId, u32);
}

/// Everywhere a record is stored.
#[must_use]
pub fn places<L: Listed>(company: &CompanyId, record: &L) -> BTreeSet<Key> {
    let listed = record.listings();
    let listed =
        listed.iter().map(|(list, date)| keys::list_entry(company, list, *date, record.employee(), record.number()));
    let own = [L::key(company, record.number())];
    own.into_iter().chain(record.other_keys(company)).chain(listed).collect()
}

/// The parts of a transaction in which a record comes, changes or goes. `guard`
/// is what must hold for the record under its number, and the refusal if it does not.
pub fn replace<'t, L>(
    transaction: Transaction<'t>,
    company: &CompanyId,
    (before, after): (Option<&L>, Option<&L>),
    guard: Option<(Condition, Error)>,
) -> Result<Transaction<'t>, Error>
where
    L: Listed,
    L::Mark: Mark<Of = L>,
{
    let transaction = put_places(transaction, company, (before, after), guard)?;
    let mut transaction = put_mark(transaction, company, before, after)?;
    let shard = counts::any_shard() % FEW_SHARDS.min(SHARDS);
    for (list, deltas) in deltas(before, after) {
        transaction = deltas.write(transaction, company, &list, shard);
    }
    Ok(transaction)
}

fn put_places<'t, L: Listed>(
    mut transaction: Transaction<'t>,
    company: &CompanyId,
    (before, after): (Option<&L>, Option<&L>),
    mut guard: Option<(Condition, Error)>,
) -> Result<Transaction<'t>, Error> {
    let own = before.or(after).map(|record| L::key(company, record.number()));
    let mut guard_of = |key: &Key| guard.take_if(|_| own.as_ref() == Some(key));
    let places_of = |record: Option<&L>| record.map(|record| places(company, record)).unwrap_or_default();
    let (old, new) = (places_of(before), places_of(after));
    for key in old.difference(&new) {
        transaction = match guard_of(key) {
            Some((condition, refusal)) => transaction.delete_if(key.clone(), condition, refusal),
            None => transaction.delete(key.clone()),
        };
    }
    let Some(record) = after else { return Ok(transaction) };
    for key in new {
        let guard = guard_of(&key);
        let item = Item::encode(key, record)?;
        transaction = match guard {
            Some((condition, refusal)) => transaction.put_if(item, condition, refusal),
            None => transaction.put(item),
        };
    }
    Ok(transaction)
}

/// The key of a record's mark.
#[must_use]
pub fn mark_key<L: Listed>(company: &CompanyId, record: &L) -> Key {
    keys::list_change(company, record.list_of_changes(), record.updated_at(), record.number())
}

fn put_mark<'t, L>(
    mut transaction: Transaction<'t>,
    company: &CompanyId,
    before: Option<&L>,
    after: Option<&L>,
) -> Result<Transaction<'t>, Error>
where
    L: Listed,
    L::Mark: Mark<Of = L>,
{
    let new = after.map(|record| mark_key(company, record));
    if let Some(old) = before.map(|record| mark_key(company, record)).filter(|old| Some(old) != new.as_ref()) {
        transaction = transaction.delete(old);
    }
    match (new, after) {
        (Some(key), Some(record)) => Ok(transaction.put(Item::encode(key, &L::Mark::of(record))?)),
        _ => Ok(transaction),
    }
}

/// By how much a change of a record changes the counts of its lists.
#[must_use]
pub fn deltas<L: Listed>(before: Option<&L>, after: Option<&L>) -> BTreeMap<String, Deltas> {
    let one = Tally { confirmed: 1, unconfirmed: 0 };
    let mut lists: BTreeMap<String, Deltas> = BTreeMap::new();
    let gone = before.map(|before| (before, Tally::default().minus(one)));
    for (record, by) in gone.into_iter().chain(after.map(|after| (after, one))) {
        for (list, date) in record.listings() {
            lists.entry(list).or_default().add(date, record.employee(), by);
        }
    }
    lists
}

/// A range of days of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// The list.
    pub list: String,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
}

/// A page of some stretches, one behind the other, and how many records they have.
///
/// Access pattern: `Query` of the months' counts of each stretch, side by side;
/// of those on the page, `Query` of the counts of the days on which it begins and
/// ends; `Query` of the entries between. Three round trips and the units of the
/// page, at every offset.
pub async fn page<L: Listed>(
    table: &Table,
    company: &CompanyId,
    stretches: Vec<Stretch>,
    page: Page,
) -> Result<(u64, Vec<L>), Error> {
    let counted = stretches.iter().map(|one| counts::days(table, company, &one.list, one.from, one.to));
    let counted = try_join_all(counted).await?;
    let (mut before, mut parts) = (0_u64, Vec::new());
    let end = page.offset.saturating_add(page.limit);
    for (stretch, days) in stretches.into_iter().zip(counted) {
        let count = days.total(true);
        let (first, last) = (page.offset.max(before), end.min(before + count));
        if first < last {
            parts.push((stretch.list, days, Page { offset: first - before, limit: last - first }));
        }
        before += count;
    }
    let parts = parts.iter().map(|(list, days, page)| part(table, company, list, days, *page));
    Ok((before, try_join_all(parts).await?.into_iter().flatten().collect()))
}

async fn part<L: Listed>(
    table: &Table,
    company: &CompanyId,
    list: &str,
    days: &counts::Days,
    page: Page,
) -> Result<Vec<L>, Error> {
    let Some(span) = counts::locate(table, company, list, days, (page.offset, page.limit, true)).await? else {
        return Ok(Vec::new());
    };
    let range = Range {
        pk: keys::list_entries(company, list),
        from: Some(keys::list_entry_sk(span.first.0, span.first.1)),
        to: Some(keys::behind(&keys::list_entry_sk(span.last.0, span.last.1))),
        limit: None,
    };
    let entries = table.query(range).await?.into_iter().map(Item::decode).collect::<Result<Vec<L>, _>>()?;
    Ok(Page { offset: span.skip, ..page }.slice(entries))
}

/// A page of the records that were changed within some time and that `takes` takes, and how many of them there are.
///
/// Access pattern: `Query` of the marks of changes since then, one round trip
/// per MB, then `BatchGetItem` of the records on the page.
pub async fn changed<L>(
    table: &Table,
    company: &CompanyId,
    list: &str,
    (since, until): (Option<Timestamp>, Option<Timestamp>),
    takes: impl Fn(&L::Mark) -> bool,
    page: Page,
) -> Result<(u64, Vec<L>), Error>
where
    L: Listed,
    L::Mark: Mark<Of = L>,
{
    let since = since.unwrap_or(Timestamp::UNIX_EPOCH);
    // The store refuses a range that ends before it begins.
    if until.is_some_and(|until| until < since) {
        return Ok((0, Vec::new()));
    }
    let range = Range {
        pk: keys::list_changes(company, list),
        from: Some(keys::changes_since(since)),
        to: until.map(|until| keys::behind(&keys::changes_since(until))),
        limit: Some(MAX_CHANGES + 1),
    };
    let marks = table.query(range).await?;
    if marks.len() > MAX_CHANGES {
        let message = format!("More than {MAX_CHANGES} records were changed then. Ask for a shorter time.");
        return Err(Error::malformed("updated_from", message));
    }
    // A map, because a record that changes while the marks are read is met again at their end.
    let mut latest: BTreeMap<u32, L::Mark> = BTreeMap::new();
    for item in marks {
        let mark: L::Mark = item.decode()?;
        latest.insert(mark.number(), mark);
    }
    let mut matching: Vec<_> = latest.into_values().filter(takes).map(|mark| mark.order()).collect();
    matching.sort_unstable();
    let total = matching.len() as u64;
    let keys = page.slice(matching).into_iter().map(|(_, _, number)| L::key(company, number)).collect();
    let mut records = table.batch_get(keys).await?.into_iter().map(Item::decode).collect::<Result<Vec<L>, _>>()?;
    records.sort_by_key(|record| L::Mark::of(record).order());
    Ok((total, records))
}
