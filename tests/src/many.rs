//! Many employees and much attendance at once, written past the API but in its own shape.

use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use attendances::model::Day;
use attendances::model::Minute;
use attendances::model::Period;
use attendances::model::Status;
use attendances::model::Work;
use attendances::store::ChangeMark as AttendanceMark;
use attendances::store::LIST;
use attendances::store::Place;
use dynoxide::AttributeValue;
use employees::store::ChangeMark;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::aws::config;
use shared::aws::counts::Deltas;
use shared::aws::counts::SHARDS;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::ranks;
use shared::clock::Clock;
use shared::ids::AttendanceId;
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
    write(data_dir, index(company, ids).into_iter().chain(employees));
}

/// Writes items straight into the database file.
fn write(data_dir: &Path, items: impl Iterator<Item = Item>) {
    write_dynamodb(data_dir, items.map(|item| in_dynamodb(&item)));
}

/// An item in the form in which the embedded DynamoDB takes it.
fn in_dynamodb(item: &Item) -> dynoxide::Item {
    serde_json::from_value(item.to_dynamodb_json()).expect("an item")
}

fn write_dynamodb(data_dir: &Path, items: impl Iterator<Item = dynoxide::Item>) {
    let path = data_dir.join("dynamodb.sqlite");
    let database = dynoxide::Database::new(&path.to_string_lossy()).expect("the database");
    database.enable_bulk_loading().expect("bulk loading");
    let mut items = items.peekable();
    while items.peek().is_some() {
        // Some at a time, because items in memory are many times larger than in the file.
        let some: Vec<_> = items.by_ref().take(20_000).collect();
        database.import_items(config::LOCAL_TABLE, some, dynoxide::ImportOptions::default()).expect("the import");
    }
    database.disable_bulk_loading().expect("no bulk loading");
}

/// The attendance of a company: each employee has some periods on each working day from a Monday on.
#[derive(Clone, Debug)]
pub struct Attendance {
    /// Whose it is.
    pub employees: RangeInclusive<u32>,
    /// The first day.
    pub monday: Date,
    /// How many weeks.
    pub weeks: u32,
    /// How many periods a day has.
    pub periods: u32,
    /// How many days have a mark among the changes.
    pub marked: usize,
}

impl Attendance {
    fn days(&self) -> impl Iterator<Item = (Date, EmployeeId)> + '_ {
        let dates = (0..self.weeks * 7).filter(|day| day % 7 < 5);
        let dates = dates.map(|day| self.monday.checked_add(jiff::Span::new().days(day)).expect("a date"));
        dates.flat_map(|date| numbers(self.employees.clone()).map(move |employee| (date, employee)))
    }

    /// The first id of a day's periods. All have seven digits, so that all days weigh the same.
    fn first_id(&self, index: usize) -> u64 {
        1_000_001 + index as u64 * u64::from(self.periods)
    }

    /// A day as the API would have stored it.
    fn day(&self, index: usize, date: Date, employee: EmployeeId) -> Day {
        let at = Timestamp::from_millisecond(1_700_000_000_000).expect("an instant");
        let periods = (0..self.periods).map(|number| {
            let time =
                |minutes: u32| Minute::read(&format!("{:02}:{:02}", 10 + minutes / 60, minutes % 60)).expect("a time");
            let (start, end) = (time(number * 60 + 10), Some(time(number * 60 + 60)));
            let work = Work { start, end, break_minutes: 10, comment: None, project: None };
            let id = AttendanceId::new(self.first_id(index) + u64::from(number)).expect("an id");
            Period::new(id, work, Status::Confirmed, at)
        });
        let marked_at = at.as_millisecond();
        Day { employee, date, version: 1_000_000_000_000, marked_at, periods: periods.collect() }
    }

    /// Stores it straight into the database file of a data folder that no
    /// process uses, as the API would have stored it; but the places of ids are
    /// left out, which no list needs, and the days under the employee for all but the first employee.
    pub fn import(&self, data_dir: &Path, company: &CompanyId) {
        let mut counts = vec![Deltas::default(); SHARDS as usize];
        let mut beside = Vec::new();
        let (date, employee) = self.days().next().expect("a day");
        let model = self.day(0, date, employee);
        for (index, (date, employee)) in self.days().enumerate() {
            counts[index % SHARDS as usize].add(date, employee, model.tally());
            if employee.get() == *self.employees.start() {
                let day = self.day(index, date, employee);
                beside.push(Item::encode(keys::attendance(company, employee, date), &day).expect("a day"));
            }
        }
        for (shard, counts) in (0..).zip(counts) {
            beside.extend(counts.items(company, LIST, shard).expect("counts"));
        }
        // Encoded once and changed where days differ: a quarter of a million encodings would take a minute.
        let key = |date, employee| keys::attendance_change(company, model.marked_at, date, employee);
        let mark = Item::encode(key(date, employee), &AttendanceMark::of(&model)).expect("a mark");
        let day = Item::encode(keys::attendance_day(company, date, employee), &model).expect("a day");
        let (mark, day) = (in_dynamodb(&mark), in_dynamodb(&day));
        let marks =
            self.days().take(self.marked).map(|(date, employee)| like(&mark, key(date, employee).sk, date, employee));
        let days = self.days().enumerate().map(|(index, (date, employee))| self.day_like(&day, index, date, employee));
        write_dynamodb(data_dir, beside.iter().map(in_dynamodb).chain(marks).chain(days));
    }

    /// A day among those of the company, made from another one.
    fn day_like(&self, model: &dynoxide::Item, index: usize, date: Date, employee: EmployeeId) -> dynoxide::Item {
        let mut day = like(model, keys::attendance_day_sk(date, employee), date, employee);
        let Some(AttributeValue::L(periods)) = day.get_mut("periods") else { panic!("a day has periods") };
        for (id, period) in (self.first_id(index)..).zip(periods) {
            let AttributeValue::M(period) = period else { panic!("a period has fields") };
            period.insert("id".to_owned(), AttributeValue::N(id.to_string()));
        }
        day
    }
}

/// An item of a day, made from that of another one.
fn like(model: &dynoxide::Item, sk: String, date: Date, employee: EmployeeId) -> dynoxide::Item {
    let mut item = model.clone();
    item.insert("sk".to_owned(), AttributeValue::S(sk));
    item.insert("date".to_owned(), AttributeValue::S(date.to_string()));
    item.insert("employee".to_owned(), AttributeValue::N(employee.to_string()));
    item
}

/// How many transactions a second the embedded store takes from so many clients
/// at once, each of the four items that a new attendance day is.
pub async fn raw_transactions(muster: &Muster, run: Duration, clients: u64) -> f64 {
    let company: CompanyId = "raw".parse().expect("a slug");
    let like = Attendance { employees: 1..=1, monday: Date::constant(2020, 1, 6), weeks: 1, periods: 1, marked: 0 };
    let employee = EmployeeId::new(1).expect("an id");
    let (began, mut done) = (Instant::now(), 0_u32);
    while began.elapsed() < run {
        let commits = (0..clients).map(|client| {
            let number = u64::from(done) + client;
            let date =
                like.monday.checked_add(jiff::Span::new().days(i64::try_from(number % 1_000_000).expect("small")));
            let (date, day) = (date.expect("a date"), like.day(0, like.monday, employee));
            let id = AttendanceId::new(number + 1).expect("an id");
            let mark = AttendanceMark::of(&day);
            let items = [
                Item::encode(keys::attendance(&company, employee, date), &day),
                Item::encode(keys::attendance_day(&company, date, employee), &day),
                Item::encode(keys::attendance_change(&company, 1, date, employee), &mark),
                Item::encode(keys::attendance_id(&company, id), &Place { employee, date }),
            ];
            let transaction = items
                .into_iter()
                .fold(muster.deps.table.transaction(), |transaction, item| transaction.put(item.expect("an item")));
            transaction.commit()
        });
        futures_util::future::try_join_all(commits).await.expect("the transactions are taken");
        done += u32::try_from(clients).expect("small");
    }
    f64::from(done) / began.elapsed().as_secs_f64()
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
