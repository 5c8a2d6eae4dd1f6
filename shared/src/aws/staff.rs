//! Employees beside other records. What is written of them, only their own function writes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::attributes::Employee;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::table::Table;
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
