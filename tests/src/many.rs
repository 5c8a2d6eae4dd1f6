//! Many employees at once, written past the API but in its own shape.

use std::ops::RangeInclusive;

use employees::store::ChangeMark;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::ranks;
use shared::ids::EmployeeId;

use crate::Muster;

/// Stores employees with these ids, all of the same size, with change marks and
/// rank index; e-mail claims are left out, which nothing that reads pages needs.
/// The company must have no employees yet.
pub async fn store(muster: &Muster, ids: RangeInclusive<u32>) {
    let company = &muster.company;
    let table = &muster.deps.table;
    let now = muster.deps.clock.now();
    let ids: Vec<EmployeeId> = ids.filter_map(|id| EmployeeId::new(u64::from(id))).collect();
    let mut items = Vec::new();
    for &id in &ids {
        let employee = Employee::new(id, changes(id), now);
        let mark = ChangeMark { id, changed: employee.changed().clone() };
        items.push(Item::encode(keys::change(company, employee.updated_at, id), &mark).expect("a mark"));
        items.push(Item::encode(keys::employee(company, id), &employee).expect("an employee"));
    }
    let (root, nodes) = ranks::build(company, ids.into_iter());
    items.push(Item::encode(keys::rank_root(company), &root).expect("a root"));
    items.extend(nodes.into_iter().map(|(key, node)| Item::encode(key, &node).expect("a node")));
    table.batch_put(items).await.expect("the items are stored");
}

fn changes(id: EmployeeId) -> Changes {
    let text = |key: &str, text: String| (key.parse().expect("a key"), Some(Value::Text(text)));
    Changes::from([
        text("email", format!("employee-{:010}@many.example", id.get())),
        text("first_name", "Erika".to_owned()),
        text("last_name", format!("Muster {:010}", id.get())),
        text("status", "active".to_owned()),
        text("position", "Member of the department of large numbers".to_owned()),
    ])
}
