//! Many employees at once, written past the API but in its own shape.

use std::ops::RangeInclusive;
use std::path::Path;

use employees::store::ChangeMark;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::aws::config;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::ranks;
use shared::clock::Clock;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;

use crate::Muster;

/// Stores employees with these ids, all of the same size, with change marks and
/// rank index; e-mail claims are left out, which nothing that reads pages needs.
/// The company must have no employees yet.
pub async fn store(muster: &Muster, ids: RangeInclusive<u32>) {
    let company = &muster.company;
    let now = muster.deps.clock.now();
    let mut items = index(company, ids.clone());
    for id in numbers(ids) {
        let employee = Employee::new(id, changes(id), now);
        let mark = ChangeMark { id, changed: employee.changed().clone() };
        items.push(Item::encode(keys::change(company, employee.updated_at, id), &mark).expect("a mark"));
        items.push(Item::encode(keys::employee(company, id), &employee).expect("an employee"));
    }
    muster.deps.table.batch_put(items).await.expect("the items are stored");
}

/// Stores employees as [`store`] does, without marks, straight into the database
/// file of a data folder that no process uses: a hundred thousand in seconds.
pub fn import(data_dir: &Path, company: &CompanyId, ids: RangeInclusive<u32>) {
    let now = Clock::system().now();
    let employees = numbers(ids.clone()).map(|id| {
        Item::encode(keys::employee(company, id), &Employee::new(id, changes(id), now)).expect("an employee")
    });
    let items: Vec<_> = index(company, ids)
        .into_iter()
        .chain(employees)
        .map(|item| serde_json::from_value(item.to_dynamodb_json()).expect("an item"))
        .collect();
    let path = data_dir.join("dynamodb.sqlite");
    let database = dynoxide::Database::new(&path.to_string_lossy()).expect("the database");
    database.enable_bulk_loading().expect("bulk loading");
    database.import_items(config::LOCAL_TABLE, items, dynoxide::ImportOptions::default()).expect("the import");
    database.disable_bulk_loading().expect("no bulk loading");
}

fn numbers(ids: RangeInclusive<u32>) -> impl Iterator<Item = EmployeeId> {
    ids.filter_map(|id| EmployeeId::new(u64::from(id)))
}

/// Root and nodes of the rank index.
fn index(company: &CompanyId, ids: RangeInclusive<u32>) -> Vec<Item> {
    let (root, nodes) = ranks::build(company, numbers(ids));
    let root = Item::encode(keys::rank_root(company), &root).expect("a root");
    let nodes = nodes.into_iter().map(|(key, node)| Item::encode(key, &node).expect("a node"));
    std::iter::once(root).chain(nodes).collect()
}

fn changes(id: EmployeeId) -> Changes {
    // A number weighs a byte for two digits: what a small id saves is filled up, so that all weigh the same.
    let filler = 10 - id.to_string().len().div_ceil(2);
    let text = |key: &str, text: String| (key.parse().expect("a key"), Some(Value::Text(text)));
    Changes::from([
        text("email", format!("employee-{:010}@many.example", id.get())),
        text("first_name", "Erika".to_owned()),
        text("last_name", format!("Muster {:010}{}", id.get(), "x".repeat(filler))),
        text("status", "active".to_owned()),
        text("position", "Member of the department of large numbers".to_owned()),
    ])
}
