//! The access patterns of employees. `docs/BUDGETS.md` lists what each costs.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::AttributeKey;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::attributes::employee::comparable_email;
use shared::attributes::readable::Supervisors;
use shared::attributes::system;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::ranks;
use shared::aws::staff;
use shared::aws::staff::ChangeMark;
use shared::aws::table;
use shared::aws::table::Range;
use shared::aws::table::Table;
use shared::aws::transaction::Condition;
use shared::aws::transaction::Transaction;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::patch::Patch;
use shared::record::Subject;

use crate::model;

/// How many persons may stand between an employee and the top.
const MAX_CHAIN: usize = 60;
/// How many changes a listing of changed employees reads at most: what a small function's memory holds with ease.
const MAX_CHANGES: usize = 20_000;
/// The counter of employee ids.
const SEQUENCE: &str = "employee";

/// Who has an e-mail address: what keeps it unique, and what finds an employee by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailClaim {
    /// The employee.
    pub id: EmployeeId,
}

impl Entity for EmailClaim {
    const TYPE: &'static str = "email";
}

/// An employee.
///
/// Access pattern: `GetItem`.
pub async fn get(deps: &Deps, permit: &ReadPermit, id: EmployeeId) -> Result<Option<Employee>, Error> {
    read(&deps.table, permit.company(), id).await
}

async fn read(table: &Table, company: &CompanyId, id: EmployeeId) -> Result<Option<Employee>, Error> {
    table.get(keys::employee(company, id)).await
}

/// A page of all employees in the order of their ids, and how many there are.
///
/// Access pattern: a `Query` of exactly the page, beside a `GetItem` of the
/// total at offset 0; behind an offset, after a seek in the rank index.
pub async fn list(deps: &Deps, permit: &ReadPermit, page: Page) -> Result<(u64, Vec<Employee>), Error> {
    let company = permit.company();
    if page.offset == 0 {
        return tokio::try_join!(ranks::total(&deps.table, company), range(&deps.table, company, None, page.limit));
    }
    let seek = ranks::seek(&deps.table, company, page.offset).await?;
    match seek.first {
        None => Ok((seek.total, Vec::new())),
        Some(first) => Ok((seek.total, range(&deps.table, company, Some(first), page.limit).await?)),
    }
}

async fn range(
    table: &Table,
    company: &CompanyId,
    first: Option<EmployeeId>,
    limit: u64,
) -> Result<Vec<Employee>, Error> {
    let range = Range {
        pk: keys::employees(company),
        from: first.map(keys::employee_sk),
        to: None,
        limit: usize::try_from(limit).ok(),
    };
    table.query(range).await?.into_iter().map(Item::decode).collect()
}

/// The employee with an e-mail address, without regard to case.
///
/// Access pattern: `GetItem` of the address, then of the employee.
pub async fn find_by_email(deps: &Deps, permit: &ReadPermit, email: &str) -> Result<Option<Employee>, Error> {
    let comparable = comparable_email(email);
    // DynamoDB takes sort keys of 1 to 1,024 bytes; no address is longer than 254 characters.
    if comparable.is_empty() || comparable.len() > 1_024 {
        return Ok(None);
    }
    let claim: Option<EmailClaim> = deps.table.get(keys::email(permit.company(), &comparable)).await?;
    match claim {
        None => Ok(None),
        Some(claim) => get(deps, permit, claim.id).await,
    }
}

/// The ids of the employees that changed at or after an instant, in their order;
/// with `attributes`, of those of whom one of these changed.
///
/// Access pattern: `Query` of the changes since then; a page of 1 MB holds about 1,000.
pub async fn changed_since(
    deps: &Deps,
    permit: &ReadPermit,
    since: Timestamp,
    attributes: Option<&BTreeSet<String>>,
) -> Result<Vec<EmployeeId>, Error> {
    let range = Range {
        pk: keys::changes(permit.company()),
        from: Some(keys::changes_since(since)),
        to: None,
        limit: Some(MAX_CHANGES + 1),
    };
    let since = since.as_millisecond();
    let marks = deps.table.query(range).await?;
    if marks.len() > MAX_CHANGES {
        return Err(model::too_many_changes(MAX_CHANGES));
    }
    // A set, because who changes while the pages are read moves to their end and is met again. By id and not by
    // time, because who changes while a client turns pages must keep the same place.
    let mut ids = BTreeSet::new();
    for item in marks {
        let mark: ChangeMark = item.decode()?;
        if attributes.is_none_or(|attributes| attributes.iter().any(|key| changed(&mark, key, since))) {
            ids.insert(mark.id);
        }
    }
    Ok(ids.into_iter().collect())
}

/// Whether an attribute changed; when the record was last modified changes with every other.
fn changed(mark: &ChangeMark, key: &str, since: i64) -> bool {
    key == system::LAST_MODIFIED_AT || mark.changed.get(key).is_some_and(|at| *at >= since)
}

/// Employees by id, in the order of their ids.
///
/// Access pattern: `BatchGetItem`, a hundred at a time and all at once.
pub async fn get_many(deps: &Deps, permit: &ReadPermit, ids: &[EmployeeId]) -> Result<Vec<Employee>, Error> {
    let keys = ids.iter().map(|id| keys::employee(permit.company(), *id)).collect();
    let items = deps.table.batch_get(keys).await?;
    let mut employees: Vec<Employee> = items.into_iter().map(Item::decode).collect::<Result<_, _>>()?;
    employees.sort_by_key(|employee| employee.id);
    Ok(employees)
}

/// Those to whom the employees of a page report.
///
/// Access pattern: `BatchGetItem` of those who are not on the page themselves; none if all are.
pub async fn supervisors(deps: &Deps, permit: &ReadPermit, page: &[Employee]) -> Result<Supervisors, Error> {
    let wanted: BTreeSet<EmployeeId> = page.iter().filter_map(Employee::supervisor).collect();
    let mut found: Supervisors =
        page.iter().filter(|one| wanted.contains(&one.id)).map(|one| (one.id, one.clone())).collect();
    let missing: Vec<EmployeeId> = wanted.into_iter().filter(|id| !found.contains_key(id)).collect();
    if !missing.is_empty() {
        found.extend(get_many(deps, permit, &missing).await?.into_iter().map(|one| (one.id, one)));
    }
    Ok(found)
}

/// Takes so many ids that nobody else gets; the first of them.
///
/// Access pattern: `UpdateItem` of the id counter.
pub async fn take_ids(deps: &Deps, permit: &WritePermit, count: u32) -> Result<EmployeeId, Error> {
    let first = deps.table.take(keys::sequence(permit.company(), SEQUENCE), count, EmployeeId::MAX).await?;
    EmployeeId::new(first).ok_or_else(|| Error::Internal("the employee ids are used up".to_owned()))
}

/// Keeps ids up to `id` from being given to others, where an operator brings records that have theirs.
///
/// Access pattern: `UpdateItem` of the id counter.
pub async fn reserve_id(deps: &Deps, permit: &WritePermit, id: EmployeeId) -> Result<(), Error> {
    deps.table.raise(keys::sequence(permit.company(), SEQUENCE), i64::from(id.get())).await
}

/// A new employee, with an id that was taken or reserved.
#[derive(Clone, Debug, PartialEq)]
pub struct New {
    /// The number.
    pub id: EmployeeId,
    /// The attributes.
    pub changes: Changes,
    /// The person to whom the employee reports.
    pub supervisor: Option<EmployeeId>,
}

/// How many employees one transaction takes: each is at most five of its hundred items.
pub const MAX_NEW: usize = 19;

/// Stores new employees, all of them or none; up to [`MAX_NEW`].
///
/// Access pattern: one transaction: each employee and e-mail address if both
/// are new, the marks of the changes, the rank index, and that supervisors who
/// are not among the new ones are there.
pub async fn create(deps: &Deps, permit: &WritePermit, new: Vec<New>) -> Result<(), Error> {
    let company = permit.company();
    let now = deps.clock.now();
    let ids: BTreeSet<EmployeeId> = new.iter().map(|one| one.id).collect();
    let supervisors: BTreeSet<EmployeeId> = new.iter().filter_map(|one| one.supervisor).collect();
    let mut transaction = deps.table.transaction();
    for New { id, changes, supervisor } in new {
        let changes = with_supervisor(changes, supervisor.map_or(Patch::Keep, Patch::Set))?;
        permit.touched().touch(Subject::Employee, id);
        permit.touched().change(changes.keys());
        transaction = put_new(transaction, company, &Employee::new(id, changes, now))?;
    }
    transaction = ranks::insert(transaction, company, ids.iter().copied());
    for supervisor in supervisors.difference(&ids) {
        let key = keys::employee(company, *supervisor);
        transaction = transaction.require(key, present(), model::no_supervisor(supervisor));
    }
    transaction.commit().await
}

fn put_new<'t>(
    transaction: Transaction<'t>,
    company: &CompanyId,
    employee: &Employee,
) -> Result<Transaction<'t>, Error> {
    let id = employee.id;
    let email = comparable_email(employee.email().unwrap_or_default());
    let claim = Item::encode(keys::email(company, &email), &EmailClaim { id })?;
    let exists = Error::Conflict(format!("There is another employee with the id {id}."));
    Ok(transaction
        .put_if(claim, Condition::absent(), model::email_taken())
        .put_if(Item::encode(keys::employee(company, id), employee)?, Condition::absent(), exists)
        .put(staff::mark(company, employee)?))
}

/// The employees with these e-mail addresses, by their addresses in lower case.
///
/// Access pattern: `BatchGetItem` of the addresses, then of the employees.
pub async fn find_all_by_email(
    deps: &Deps,
    permit: &WritePermit,
    emails: impl Iterator<Item = &str>,
) -> Result<BTreeMap<String, Employee>, Error> {
    let company = permit.company();
    let claims = emails.map(|email| keys::email(company, &comparable_email(email))).collect();
    let ids = deps.table.batch_get(claims).await?.into_iter().map(Item::decode::<EmailClaim>);
    let employees = ids.map(|claim| claim.map(|claim| keys::employee(company, claim.id))).collect::<Result<_, _>>()?;
    let items = deps.table.batch_get(employees).await?;
    items
        .into_iter()
        .map(|item| {
            let employee: Employee = item.decode()?;
            Ok((comparable_email(employee.email().unwrap_or_default()), employee))
        })
        .collect()
}

/// Where an item holds the status.
const STATUS_TEXT: [&str; 3] = ["values", system::STATUS, "text"];

/// A supervisor must be a current employee.
fn present() -> Condition {
    Condition::exists().text_is_not(&STATUS_TEXT, "inactive")
}

fn with_supervisor(mut changes: Changes, supervisor: Patch<EmployeeId>) -> Result<Changes, Error> {
    let value = match supervisor {
        Patch::Keep => return Ok(changes),
        Patch::Clear => None,
        Patch::Set(id) => Some(Value::Employee(id)),
    };
    changes.insert(system::SUPERVISOR.parse()?, value);
    Ok(changes)
}

/// Changes an employee and tells which attributes that changed; `None` if there is no such employee.
///
/// Access pattern: `GetItem`, then one transaction: the employee if its version
/// is the one that was read, and the mark of the change in place of the one
/// before. A new supervisor adds a `GetItem` for each person between the two and
/// the top, and their links are conditions of the transaction, so that no two
/// writes can close a circle together. Nothing is written when nothing changes.
pub async fn update(
    deps: &Deps,
    permit: &WritePermit,
    id: EmployeeId,
    changes: &Changes,
    supervisor: &Patch<EmployeeId>,
) -> Result<Option<BTreeSet<AttributeKey>>, Error> {
    permit.touched().touch(Subject::Employee, id);
    let work = || try_update(deps, permit.company(), id, changes, supervisor);
    let differing = table::unless_raced(&format!("Employee {id}"), work).await?;
    permit.touched().change(differing.iter().flatten());
    Ok(differing)
}

async fn try_update(
    deps: &Deps,
    company: &CompanyId,
    id: EmployeeId,
    changes: &Changes,
    supervisor: &Patch<EmployeeId>,
) -> Result<Option<BTreeSet<AttributeKey>>, Error> {
    let Some(stored) = read(&deps.table, company, id).await? else { return Ok(None) };
    let mut employee = stored.clone();
    let differing = employee.apply(with_supervisor(changes.clone(), *supervisor)?, deps.clock.now());
    if differing.is_empty() {
        return Ok(Some(differing));
    }
    let mut transaction = staff::replace(deps.table.transaction(), company, &stored, &employee)?;
    if let (Patch::Set(supervisor), true) = (supervisor, differing.contains(system::SUPERVISOR)) {
        transaction = above(deps, company, id, *supervisor, transaction).await?;
    }
    transaction.commit().await?;
    Ok(Some(differing))
}

/// Walks from a new supervisor to the top, refuses a circle, and demands that the walk is still true.
async fn above<'t>(
    deps: &Deps,
    company: &CompanyId,
    id: EmployeeId,
    supervisor: EmployeeId,
    mut transaction: Transaction<'t>,
) -> Result<Transaction<'t>, Error> {
    let mut step = Some(supervisor);
    for _ in 0..MAX_CHAIN {
        let Some(current) = step else { return Ok(transaction) };
        if current == id {
            return Err(model::supervisor_circle(id, supervisor));
        }
        let found = read(&deps.table, company, current).await?;
        let is_current = found.as_ref().is_some_and(|found| found.status() != Some("inactive"));
        if current == supervisor && !is_current {
            return Err(model::no_supervisor(supervisor));
        }
        step = found.as_ref().and_then(Employee::supervisor);
        let link: [&str; 3] = ["values", system::SUPERVISOR, "employee"];
        let mut as_read = match step {
            Some(next) => Condition::exists().number_is(&link, u64::from(next.get())),
            None => Condition::exists().missing(&link),
        };
        if current == supervisor {
            as_read = as_read.text_is_not(&STATUS_TEXT, "inactive");
        }
        transaction = transaction.require(keys::employee(company, current), as_read, Error::Raced);
    }
    Err(Error::invalid(model::SUPERVISOR_ID, format!("More than {MAX_CHAIN} persons would stand above employee {id}.")))
}
