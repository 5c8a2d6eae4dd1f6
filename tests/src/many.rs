//! Many employees, much attendance and many absences at once, written past the API but in its own shape.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;
use std::time::Instant;

use absences::model::Absence;
use absences::model::CertificateStatus;
use absences::model::Span;
use absences::model::Status as AbsenceStatus;
use absences::model::worth::Workdays;
use absences::store::ChangeMark as AbsenceMark;
use attendances::model::Day;
use attendances::model::Minute;
use attendances::model::Period;
use attendances::model::Status;
use attendances::model::Work;
use attendances::store::ChangeMark as AttendanceMark;
use attendances::store::LIST;
use attendances::store::Place;
use dynoxide::AttributeValue;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::aws::config;
use shared::aws::counts::Deltas;
use shared::aws::counts::SHARDS;
use shared::aws::counts::Tally;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::lists;
use shared::aws::lists::Listed;
use shared::aws::lists::Mark;
use shared::aws::ranks;
use shared::aws::staff::ChangeMark;
use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::ids::AbsenceId;
use shared::ids::AbsenceTypeId;
use shared::ids::AttendanceId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;

use crate::Muster;

/// When all employees were stored. A number weighs by its digits without the zeros at its end, and a time of the
/// clock has some in one of ten runs.
const STORED: Timestamp = Timestamp::constant(1_700_000_123, 456_000_000);

/// Stores employees with these ids, all of the same size, with change marks and
/// rank index; e-mail claims are left out, which nothing that reads pages needs.
/// The company must have no employees yet.
pub async fn store(muster: &Muster, ids: RangeInclusive<u32>) {
    let company = &muster.company;
    let mut items = index(company, ids.clone());
    for id in numbers(ids) {
        let employee = Employee::new(id, changes(id), STORED);
        let mark = ChangeMark { id, changed: employee.changed() };
        items.push(Item::encode(keys::change(company, employee.updated_at, id), &mark).expect("a mark"));
        items.push(Item::encode(keys::employee(company, id), &employee).expect("an employee"));
    }
    muster.deps.table.batch_put(items).await.expect("the items are stored");
}

/// Stores employees as [`store`] does, without marks, straight into the database
/// file of a data folder that no process uses: a hundred thousand in seconds.
pub fn import(data_dir: &Path, company: &CompanyId, ids: RangeInclusive<u32>) {
    let employees = numbers(ids.clone()).map(|id| {
        Item::encode(keys::employee(company, id), &Employee::new(id, changes(id), STORED)).expect("an employee")
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

/// The absences of a company, of days and of a kind that may lie over others: on each of some days the same
/// number begins, of one employee after the other and of one length after the other; and on one day, all begin one.
#[derive(Clone, Debug)]
pub struct Absences {
    /// Whose they are.
    pub employees: RangeInclusive<u32>,
    /// The first day on which some begin.
    pub first: Date,
    /// On how many days some begin.
    pub days: usize,
    /// How many begin on these days.
    pub count: usize,
    /// How many days they have.
    pub lengths: Vec<i64>,
    /// When all employees begin one besides, of nine days.
    pub closing: Date,
    /// Of which kind they are.
    pub kind: u64,
    /// How many of them have a mark among the changes.
    pub marked: usize,
    /// How many of those were changed at [`FRESH`]; they can be read by their numbers as well.
    pub fresh: usize,
}

/// When all absences were changed that were not changed later.
const CHANGED: i64 = 1_700_000_000_000;
/// When the fresh ones were changed.
pub const FRESH: Timestamp = Timestamp::constant(1_700_086_400, 0);

impl Absences {
    /// Number, employee and days of each. All numbers have seven digits, so that all
    /// absences of a length weigh the same.
    pub fn all(&self) -> impl Iterator<Item = (AbsenceId, EmployeeId, Span)> + '_ {
        let days = |number: usize| jiff::Span::new().days(i64::try_from(number).expect("a number"));
        let people: Vec<EmployeeId> = numbers(self.employees.clone()).collect();
        let closing = people.clone().into_iter().map(|employee| (employee, self.closing, 9));
        let spread = (0..self.count).map(move |index| {
            let start = self.first.checked_add(days(index * self.days / self.count)).expect("a date");
            (people[index % people.len()], start, self.lengths[index % self.lengths.len()])
        });
        (1_000_001..).zip(spread.chain(closing)).map(|(id, (employee, start, length))| {
            let end = start.checked_add(jiff::Span::new().days(length - 1)).expect("a date");
            let span = Span { start, end, half_start: false, half_end: false, times: None };
            (AbsenceId::new(id).expect("an id"), employee, span)
        })
    }

    /// An absence as the API would have stored it.
    fn absence(&self, company: &Company, index: usize, (id, employee, span): (AbsenceId, EmployeeId, Span)) -> Absence {
        let changed = Timestamp::from_millisecond(CHANGED).expect("an instant");
        let at = if index < self.fresh { FRESH } else { changed };
        let whose = Employee::new(employee, changes(employee), at);
        Absence {
            id,
            employee,
            absence_type: AbsenceTypeId::new(self.kind).expect("a kind"),
            unit: AbsenceUnit::Day,
            overlaps: true,
            span,
            worth: Workdays::of(company, &whose).worth(&company.zone, AbsenceUnit::Day, &span),
            status: AbsenceStatus::Approved,
            certificate: CertificateStatus::NotRequired,
            comment: None,
            created_at: at,
            updated_at: at,
            approved_at: Some(at),
            decision: None,
        }
    }

    /// Stores them straight into the database file of a data folder that no process
    /// uses, as the API would have stored them; but for all but the fresh ones their
    /// places by number are left out, and for all but the first employee those under
    /// the employee, and all heads: no list needs them.
    pub fn import(&self, data_dir: &Path, company: &Company) {
        // Encoded once and changed where absences differ: encoding each one would take minutes.
        let mut models: BTreeMap<(i32, i8, bool), Model> = BTreeMap::new();
        let items = self.all().enumerate().flat_map(|(index, one)| {
            let like = (one.2.length(), one.2.start.weekday().to_monday_zero_offset(), index < self.fresh);
            let model = models.entry(like).or_insert_with(|| Model::of(company, self.absence(company, index, one)));
            self.items(company, index, model, one)
        });
        write_dynamodb(data_dir, self.counts(company).iter().map(in_dynamodb).chain(items));
    }

    fn counts(&self, company: &Company) -> Vec<Item> {
        let (company_id, one) = (&company.profile.id, Tally { confirmed: 1, unconfirmed: 0 });
        let model = self.absence(company, 0, self.all().next().expect("an absence"));
        let mut counts: BTreeMap<(String, u32), Deltas> = BTreeMap::new();
        for (shard, (id, employee, span)) in (0..2).cycle().zip(self.all()) {
            for (list, date) in (Absence { id, employee, span, ..model.clone() }).listings() {
                counts.entry((list, shard)).or_default().add(date, employee, one);
            }
        }
        let items =
            counts.iter().map(|((list, shard), counts)| counts.items(company_id, list, *shard).expect("counts"));
        items.flatten().collect()
    }

    /// The items of an absence, made from those of one with the same weight.
    fn items(
        &self,
        company: &Company,
        index: usize,
        model: &Model,
        (id, employee, span): (AbsenceId, EmployeeId, Span),
    ) -> Vec<dynoxide::Item> {
        let company = &company.profile.id;
        let absence = Absence { id, employee, span, ..model.absence.clone() };
        let is_wanted = |key: &Key| {
            let by_number = *key == keys::absence(company, id.get());
            let of_employee = key.pk == keys::absences_of(company, employee);
            (index < self.fresh || !by_number) && (employee.get() == *self.employees.start() || !of_employee)
        };
        let places = lists::places(company, &absence).into_iter().filter(is_wanted);
        let places = places.map(|key| absence_like(&model.item, key, &absence));
        let mark = (index < self.marked).then(|| lists::mark_key(company, &absence));
        places.chain(mark.map(|key| absence_like(&model.mark, key, &absence))).collect()
    }
}

/// An absence, its item and that of its mark, from which others are made.
struct Model {
    absence: Absence,
    item: dynoxide::Item,
    mark: dynoxide::Item,
}

impl Model {
    fn of(company: &Company, absence: Absence) -> Self {
        let company = &company.profile.id;
        let item = Item::encode(keys::absence(company, absence.id.get()), &absence).expect("an absence");
        let mark = AbsenceMark::of(&absence);
        let mark = Item::encode(lists::mark_key(company, &absence), &mark).expect("a mark");
        Self { absence, item: in_dynamodb(&item), mark: in_dynamodb(&mark) }
    }
}

/// An item of an absence, made from that of another one.
fn absence_like(model: &dynoxide::Item, key: Key, absence: &Absence) -> dynoxide::Item {
    let mut item = model.clone();
    let (start, end) = (absence.span.start.to_string(), absence.span.end.to_string());
    for (name, text) in [("pk", key.pk), ("sk", key.sk), ("start", start), ("end", end)] {
        item.insert(name.to_owned(), AttributeValue::S(text));
    }
    for (name, number) in [("id", absence.id.to_string()), ("employee", absence.employee.to_string())] {
        item.insert(name.to_owned(), AttributeValue::N(number));
    }
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
