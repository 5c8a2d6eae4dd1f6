//! Employees beside other records, and how a change of one is stored.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::attributes::AttributeKey;
use crate::attributes::Employee;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::table::Table;
use crate::aws::transaction::Condition;
use crate::aws::transaction::Transaction;
use crate::error::Error;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;

/// Employees by their numbers; those who do not exist are left out.
///
/// Access pattern: `BatchGetItem`; none when nobody is wanted.
pub async fn find(
    table: &Table,
    company: &CompanyId,
    ids: &BTreeSet<EmployeeId>,
) -> Result<BTreeMap<EmployeeId, Employee>, Error> {
    let keys = ids.iter().map(|id| keys::employee(company, *id)).collect();
    let found = table.batch_get(keys).await?.into_iter().map(Item::decode::<Employee>);
    found.map(|employee| employee.map(|employee| (employee.id, employee))).collect()
}

/// When the attributes of an employee were last changed, found by the time of the latest change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// The employee.
    pub id: EmployeeId,
    /// Each attribute, with milliseconds since 1970.
    pub changed: BTreeMap<AttributeKey, i64>,
}

impl Entity for ChangeMark {
    const TYPE: &'static str = "change";
}

/// The mark of an employee's latest change.
pub fn mark(company: &CompanyId, employee: &Employee) -> Result<Item, Error> {
    let mark = ChangeMark { id: employee.id, changed: employee.changed() };
    Item::encode(keys::change(company, employee.updated_at, employee.id), &mark)
}

/// Stores a changed employee, if the record is as it was read, and the mark of
/// the change in place of the one before. [`Error::Raced`] if somebody was faster.
///
/// Access pattern: two or three parts of a transaction.
pub fn replace<'t>(
    transaction: Transaction<'t>,
    company: &CompanyId,
    stored: &Employee,
    employee: &Employee,
) -> Result<Transaction<'t>, Error> {
    let same_version = Condition::exists().number_is(&["version"], stored.version);
    let item = Item::encode(keys::employee(company, employee.id), employee)?;
    let transaction = transaction.put_if(item, same_version, Error::Raced).put(mark(company, employee)?);
    let place = |at: Timestamp| keys::change(company, at, employee.id);
    let (old, new) = (place(stored.updated_at), place(employee.updated_at));
    Ok(if old == new { transaction } else { transaction.delete(old) })
}
