//! The access patterns of absences.
//!
//! An absence is stored whole in each place where it is looked for: under its
//! number, among those of its employee, in its lists and in the lists of its
//! runs. Whatever changes one of an employee's absences also writes the
//! employee's *head*, and only if that is as it was read: so no two writes of one
//! employee's absences pass each other, and what they rest on, that no days
//! overlap and that nothing is overdrawn, holds when they are stored. The same
//! transaction keeps the ledger, the counts by which pages are found, the mark
//! among the changes and the days on which the employee is away.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::Employee;
use shared::aws::away;
use shared::aws::away::AwayDays;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lists;
use shared::aws::lists::Listed;
use shared::aws::lists::Mark;
use shared::aws::staff;
use shared::aws::table;
use shared::aws::table::Range;
use shared::aws::transaction::Condition;
use shared::aws::transaction::Transaction;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::AbsenceId;
use shared::ids::AbsenceTypeId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::record::Subject;

use crate::model;
use crate::model::Absence;
use crate::model::Book;
use crate::model::Span;
use crate::model::TimeOffType;
use crate::model::ledger::Ledger;
use crate::model::runs;

pub mod list;
pub mod recount;

/// The counter of absence ids.
const SEQUENCE: &str = "absence";

impl Entity for Absence {
    const TYPE: &'static str = "absence";
}

/// What holds for all absences of an employee, and is written with each of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// A random number that no other state of the employee's absences has had.
    pub version: u64,
    /// What was taken.
    pub ledger: Ledger,
}

impl Entity for Head {
    const TYPE: &'static str = "absence_head";
}

/// That an absence was changed, under the time of its last change; with as much of it as filters ask for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// Its number.
    pub id: AbsenceId,
    /// Whose it is.
    pub employee: EmployeeId,
    /// Of which kind it is.
    #[serde(rename = "type")]
    pub absence_type: AbsenceTypeId,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
    /// When it was changed, in milliseconds since 1970.
    pub at: i64,
}

impl Entity for ChangeMark {
    const TYPE: &'static str = "absence_change";
}

impl Mark for ChangeMark {
    type Of = Absence;

    fn of(absence: &Absence) -> Self {
        let Absence { id, employee, absence_type, span: Span { start, end, .. }, .. } = *absence;
        Self { id, employee, absence_type, start, end, at: absence.updated_at.as_millisecond() }
    }

    fn number(&self) -> u32 {
        self.id.get()
    }

    fn order(&self) -> (Date, EmployeeId, u32) {
        (self.start, self.employee, self.id.get())
    }
}

impl Listed for Absence {
    type Mark = ChangeMark;

    fn number(&self) -> u32 {
        self.id.get()
    }

    fn employee(&self) -> EmployeeId {
        self.employee
    }

    fn updated_at(&self) -> Timestamp {
        self.updated_at
    }

    fn key(company: &CompanyId, number: u32) -> Key {
        keys::absence(company, number)
    }

    fn other_keys(&self, company: &CompanyId) -> Vec<Key> {
        vec![keys::absence_of(company, self.employee, self.span.end, self.id)]
    }

    fn listings(&self) -> Vec<(String, Date)> {
        let mut lists = vec![list_of(self.unit).to_owned()];
        if self.unit == AbsenceUnit::Hour {
            lists.push(list_of_type(self.absence_type));
        }
        let runs = runs::runs(&self.span);
        let of_runs = lists.iter().flat_map(|list| runs.iter().map(|run| (list_of_runs(list, run.class), run.first)));
        let of_runs: Vec<_> = of_runs.collect();
        lists.into_iter().map(|list| (list, self.span.start)).chain(of_runs).collect()
    }

    fn list_of_changes(&self) -> &'static str {
        list_of(self.unit)
    }
}

/// The list of a unit, in the names of keys.
#[must_use]
pub fn list_of(unit: AbsenceUnit) -> &'static str {
    match unit {
        AbsenceUnit::Day => "TIME_OFF",
        AbsenceUnit::Hour => "ABSENCE_PERIOD",
    }
}

/// The list of the absences of hours of one kind, by which lists of them can be filtered.
#[must_use]
pub fn list_of_type(absence_type: AbsenceTypeId) -> String {
    format!("{}_OF_{absence_type}", list_of(AbsenceUnit::Hour))
}

/// The list of the runs of a length that belong to another list.
#[must_use]
pub fn list_of_runs(list: &str, class: u32) -> String {
    format!("{list}_RUN_{class}")
}

/// The kinds of absence that a company declares, in the order of their numbers.
///
/// Access pattern: none of its own; they are among the company's settings, which a process keeps for 30 seconds.
pub async fn types(deps: &Deps, permit: &ReadPermit) -> Result<Vec<TimeOffType>, Error> {
    let company = deps.companies.get(permit.company()).await?;
    Ok(TimeOffType::all(&company).collect())
}

/// An absence of days or of hours.
///
/// Access pattern: `GetItem`.
pub async fn get(deps: &Deps, permit: &ReadPermit, unit: AbsenceUnit, id: AbsenceId) -> Result<Option<Absence>, Error> {
    let absence: Option<Absence> = deps.table.get(keys::absence(permit.company(), id.get())).await?;
    Ok(absence.filter(|absence| absence.unit == unit))
}

/// The employees of some absences. Access pattern: `BatchGetItem`.
pub async fn employees(
    deps: &Deps,
    permit: &ReadPermit,
    ids: &BTreeSet<EmployeeId>,
) -> Result<BTreeMap<EmployeeId, Employee>, Error> {
    staff::find(&deps.table, permit.company(), ids).await
}

/// An employee's book, with the absences that end on a day or later.
///
/// Access pattern: `GetItem` of the employee beside `Query` of the absences since then and the head.
pub async fn book(deps: &Deps, permit: &ReadPermit, id: EmployeeId, since: Date) -> Result<Option<Book>, Error> {
    open(deps, permit.company(), id, since).await
}

async fn open(deps: &Deps, company: &CompanyId, id: EmployeeId, since: Date) -> Result<Option<Book>, Error> {
    let range = Range { pk: keys::absences_of(company, id), from: Some(keys::date_sk(since)), to: None, limit: None };
    let employee = deps.table.get::<Employee>(keys::employee(company, id));
    // Backwards, so that the head comes first: absences that are newer than it are found out when the head is
    // written, and absences that are older than it would not be.
    let (employee, items) = tokio::try_join!(employee, deps.table.query_backwards(range))?;
    let Some(employee) = employee else { return Ok(None) };
    let mut book = Book { employee, version: 0, ledger: Ledger::default(), absences: Vec::new() };
    for item in items {
        match item.entity_type() {
            Head::TYPE => {
                let head: Head = item.decode()?;
                (book.version, book.ledger) = (head.version, head.ledger);
            }
            _ => book.absences.push(item.decode()?),
        }
    }
    book.absences.reverse();
    Ok(Some(book))
}

/// From when on absences have to be known for one on these days to be written:
/// from the beginning of its year, whose days away are written anew.
fn since(spans: impl Iterator<Item = Span>) -> Date {
    spans.map(|span| span.start.first_of_year()).min().unwrap_or(Date::MIN)
}

/// Stores a new absence as `draft` makes it, which sees the employee's book; the absence and its employee.
///
/// Access pattern: `UpdateItem` of the id counter beside what [`book`] reads, then one transaction.
pub async fn create(
    deps: &Deps,
    permit: &WritePermit,
    (employee, span): (EmployeeId, Span),
    draft: impl Fn(AbsenceId, &Book) -> Result<Absence, Error>,
) -> Result<(Absence, Employee), Error> {
    let company = permit.company();
    permit.touched().touch(Subject::Employee, employee);
    let since = since([span].into_iter());
    let take = deps.table.take(keys::sequence(company, SEQUENCE), 1, AbsenceId::MAX);
    let (number, first) = tokio::try_join!(take, Box::pin(open(deps, company, employee, since)))?;
    let id = AbsenceId::new(number).ok_or_else(|| Error::Internal("the absence ids are used up".to_owned()))?;
    permit.touched().touch(Subject::Absence, id);
    let (draft, mut first) = (&draft, Some(first));
    let work = || {
        let read = first.take();
        async move {
            let book = match read {
                Some(book) => book,
                None => Box::pin(open(deps, company, employee, since)).await?,
            };
            let book = book.ok_or_else(model::no_employee)?;
            let absence = draft(id, &book)?;
            commit(deps, company, &book, None, Some(&absence)).await?;
            Ok((absence, book.employee))
        }
    };
    table::unless_raced("The record of the employee's absences", work).await
}

/// What a change does to an absence.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is as it was.
    Nothing,
    /// It says this now.
    Write(Box<Absence>),
    /// It is removed.
    Remove,
}

/// Changes an absence as `decide` says, which sees it as it is stored, and the
/// employee's book. The absence as it is now, or as it was when it was removed;
/// none if there is none.
///
/// Access pattern: `GetItem`, then what [`book`] reads since the absence's year
/// or that of `to`, then one transaction. Nothing is written when nothing changes.
pub async fn change(
    deps: &Deps,
    permit: &WritePermit,
    (unit, id): (AbsenceUnit, AbsenceId),
    to: Option<Date>,
    decide: impl Fn(&Absence, &Book) -> Result<Change, Error>,
) -> Result<Option<Absence>, Error> {
    let company = permit.company();
    let work = || async {
        let stored: Option<Absence> = deps.table.get(keys::absence(company, id.get())).await?;
        let Some(stored) = stored.filter(|stored| stored.unit == unit) else { return Ok(None) };
        permit.touched().touch(Subject::Employee, stored.employee);
        let to = to.map(|start| Span { start, ..stored.span });
        let since = since([Some(stored.span), to].into_iter().flatten());
        let book = open(deps, company, stored.employee, since).await?.ok_or_else(model::no_employee)?;
        // Otherwise it was written between the two reads.
        if !book.absences.contains(&stored) {
            return Err(Error::Raced);
        }
        let after = match decide(&stored, &book)? {
            Change::Nothing => return Ok(Some(stored)),
            Change::Remove => None,
            Change::Write(absence) => {
                let updated_at = stored.updated_at.max(deps.clock.now());
                Some(Absence { updated_at, ..*absence })
            }
        };
        commit(deps, company, &book, Some(&stored), after.as_ref()).await?;
        Ok(Some(after.unwrap_or(stored)))
    };
    table::unless_raced("The record of the employee's absences", work).await
}

/// One transaction in which an absence comes, changes or goes.
async fn commit(
    deps: &Deps,
    company: &CompanyId,
    book: &Book,
    before: Option<&Absence>,
    after: Option<&Absence>,
) -> Result<(), Error> {
    let mut transaction = put_head(deps.table.transaction(), company, book, before, after)?;
    if before.is_none() {
        let employee = keys::employee(company, book.employee.id);
        transaction = transaction.require(employee, Condition::exists(), model::no_employee());
    }
    transaction = put_away(transaction, company, book, before, after)?;
    transaction = lists::replace(transaction, company, (before, after), None)?;
    if transaction.is_too_large() {
        let message = "So long an absence cannot be moved in one step; delete it and create it again.";
        return Err(model::not_valid(Error::invalid("start_date", message)));
    }
    transaction.commit().await
}

fn put_head<'t>(
    transaction: Transaction<'t>,
    company: &CompanyId,
    book: &Book,
    before: Option<&Absence>,
    after: Option<&Absence>,
) -> Result<Transaction<'t>, Error> {
    let random = getrandom::u64().map_err(|_| Error::Internal("the system has no random numbers".to_owned()))?;
    // As many bits as a number keeps wherever it passes through a double; never the 0 of a head that is not stored.
    let mut head = Head { version: (random >> 11).max(1), ledger: book.ledger.clone() };
    if let Some(before) = before {
        head.ledger.strike(before);
    }
    if let Some(after) = after {
        head.ledger.enter(after);
    }
    let as_read = match book.version {
        0 => Condition::absent(),
        version => Condition::exists().number_is(&["version"], version),
    };
    let item = Item::encode(keys::absence_head(company, book.employee.id), &head)?;
    Ok(transaction.put_if(item, as_read, Error::Raced))
}

/// Writes the days away of the years in which they differ. The book holds all absences of these years.
fn put_away<'t>(
    mut transaction: Transaction<'t>,
    company: &CompanyId,
    book: &Book,
    before: Option<&Absence>,
    after: Option<&Absence>,
) -> Result<Transaction<'t>, Error> {
    let others = book.absences.iter().filter(|one| before.is_none_or(|before| before.id != one.id));
    let others: BTreeSet<Date> = others.filter(|one| one.is_away()).flat_map(|one| one.span.days()).collect();
    let with = |absence: Option<&Absence>| {
        let own = absence.filter(|absence| absence.is_away()).into_iter().flat_map(|absence| absence.span.days());
        others.iter().copied().chain(own).collect::<BTreeSet<Date>>()
    };
    let (old, new) = (with(before), with(after));
    let years: BTreeSet<i16> = old.symmetric_difference(&new).map(|date| date.year()).collect();
    for year in years {
        transaction = match AwayDays::of(book.employee.id, year, &new) {
            Some(days) => transaction.put(away::item(company, &days)?),
            None => transaction.delete(keys::away(company, year, book.employee.id)),
        };
    }
    Ok(transaction)
}
