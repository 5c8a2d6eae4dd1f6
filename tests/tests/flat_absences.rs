//! A page of absences costs the same at any depth, within those that run on the
//! first day that is asked for and within those that begin later, in a company of any size.
//!
//! `-- --nocapture` prints the table of docs/PERFORMANCE.md.

use std::collections::BTreeSet;

use absences::model::Span;
use absences::model::runs;
use absences::model::runs::CLASSES;
use jiff::civil::Date;
use serde_json::json;
use shared::aws::lists::MAX_CHANGES;
use shared::http::limits::Limits;
use shared::ids::AbsenceId;
use shared::ids::EmployeeId;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::absences::HOME_OFFICE;
use tests::absences::TIME_OFFS;
use tests::many;
use tests::many::Absences;
use tests::many::FRESH;
use tests::storage;

const PAGE: usize = 50;
const OF_EACH: usize = 26;
/// Some years behind the first absences, and some before the last.
const START: Date = Date::constant(2023, 3, 15);
/// A day behind it on which all begin an absence.
const CLOSING: Date = Date::constant(2024, 12, 23);
/// The stretches of a list that begins on a day: one for each length of runs, and those that begin later.
const STRETCHES: u64 = CLASSES as u64 + 1;

/// Absences within six years, so many for each employee. Many of those that run on a day began months before.
fn absences(employees: u32) -> Absences {
    let count = usize::try_from(employees).expect("a number") * OF_EACH;
    Absences {
        employees: 1_001..=1_000 + employees,
        first: Date::constant(2020, 1, 6),
        days: 6 * 365,
        count,
        lengths: vec![1, 2, 5, 10, 33, 385],
        closing: CLOSING,
        kind: HOME_OFFICE,
        marked: count - 1_000,
        fresh: count / 50,
    }
}

/// What a page costs, once everything that is kept is kept.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    /// Read units but for those of the page's employees, of whom each costs one.
    units: f64,
    calls: u64,
    trips: u64,
}

/// A page, how many records the list has, and the cost.
async fn page(client: &Client, name: &str, query: &str) -> (Vec<u32>, usize, Cost) {
    let path = format!("{TIME_OFFS}?{query}");
    client.get(&path).await;
    let answer = client.get(&path).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let small = |number: Option<u64>| u32::try_from(number.expect("a number")).expect("a small one");
    let data = answer.body["data"].as_array().expect("a list").iter().map(|one| &one["attributes"]);
    let (ids, people): (Vec<u32>, BTreeSet<u32>) = data
        .map(|one| (small(one["id"].as_u64()), small(one["employee"]["attributes"]["id"]["value"].as_u64())))
        .unzip();
    let line = answer.log_line();
    let (calls, trips) = (line["store_calls"].as_u64(), line["round_trips"].as_u64());
    let units = line["read_units"].as_f64().expect("units") - f64::from(small(Some(people.len() as u64)));
    let cost = Cost { units, calls: calls.expect("calls"), trips: trips.expect("trips") };
    println!("| {name} | {units} + {} | {} | {} |", people.len(), cost.calls, cost.trips);
    let total = small(answer.body["metadata"]["total_elements"].as_u64());
    (ids, usize::try_from(total).expect("a number"), cost)
}

/// A record of the list that begins on [`START`]: in which of its stretches it stands, on which day there, and its
/// number.
type Row = (u32, Date, u32);

/// The rows of the list that begins on [`START`], in its order, and how many of them run on that day and began before.
fn rows(absences: &Absences) -> (Vec<Row>, usize) {
    let place = |(id, employee, span): (AbsenceId, EmployeeId, Span)| {
        if span.start >= START {
            return Some((CLASSES, span.start, employee, id.get()));
        }
        let holding = runs::runs(&span).into_iter().find(|run| {
            let (from, to) = runs::window(run.class, START);
            (from..=to).contains(&run.first)
        })?;
        Some((holding.class, holding.first, employee, id.get()))
    };
    let mut places: Vec<_> = absences.all().filter_map(place).collect();
    places.sort_unstable();
    let rows: Vec<Row> = places.into_iter().map(|(stretch, date, _, id)| (stretch, date, id)).collect();
    // What the runs say of who runs on the day is what the days say.
    let naive = absences.all().filter(|(.., span)| span.end >= START).map(|(id, ..)| id.get());
    assert_eq!(rows.iter().map(|row| row.2).collect::<BTreeSet<_>>(), naive.collect());
    let running = absences.all().filter(|(.., span)| span.start < START && span.end >= START).count();
    assert_eq!(rows.iter().filter(|row| row.0 < CLASSES).count(), running);
    (rows, running)
}

/// What the first, a middle and the last whole page cost within those that run and
/// within those that begin later, and one in the middle of the day on which all begin.
async fn costs(client: &Client, rows: &[Row], running: usize) -> [Cost; 7] {
    let last_running = running / PAGE;
    let (first_later, last_later) = (running.div_ceil(PAGE) + 1, rows.len() / PAGE);
    let on_closing = |row: &Row| row.0 == CLASSES && row.1 == CLOSING;
    let closing = rows.iter().position(on_closing).expect("a day");
    let closing = closing + rows.iter().filter(|row| on_closing(row)).count() / 2;
    let mut costs = Vec::new();
    for (name, number) in [
        ("running, first page", 1),
        ("running, middle page", 2 + last_running / 2),
        ("running, last page", last_running),
        ("later, first page", first_later),
        ("later, middle page", first_later.midpoint(last_later)),
        ("later, last page", last_later),
        ("within a day on which all begin", closing / PAGE + 1),
    ] {
        let query = format!("start_date={START}&limit={PAGE}&offset={number}");
        let (ids, total, cost) = page(client, name, &query).await;
        assert_eq!(total, rows.len());
        let wanted = &rows[(number - 1) * PAGE..number * PAGE];
        assert_eq!(ids, wanted.iter().map(|row| row.2).collect::<Vec<_>>(), "{name}");
        let stretches: BTreeSet<u32> = wanted.iter().map(|row| row.0).collect();
        assert_within(cost, stretches.len() as u64);
        costs.push(cost);
    }
    costs.try_into().expect("seven pages")
}

/// The counts of months of each stretch; of each stretch that is on the page, the
/// counts of one day or two and the entries; the employees.
fn assert_within(cost: Cost, on_page: u64) {
    assert!(cost.calls <= STRETCHES + 3 * on_page + 1, "{cost:?}, {on_page} stretches on the page");
    // Four wait for each other. Of two that are sent together, one can have its answer before the other one is sent.
    assert!(cost.trips <= 6, "{cost:?}");
    assert!(cost.units <= 45.0, "{cost:?}");
}

fn same(one: Cost, other: Cost) -> bool {
    let (less, more) = (one.units.min(other.units), one.units.max(other.units));
    // A page can begin and end on one day or on two, and the entries of long absences weigh more.
    more <= 1.25 * less + 1.0 && one.calls.abs_diff(other.calls) <= 1
}

/// Stores the absences of a company with so many employees and measures its pages.
async fn measure(employees: u32) -> [Cost; 7] {
    let absences = absences(employees);
    let folder = tempfile::tempdir().expect("a folder");
    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let (credential, secret) = muster.credential(&["absences:read"], &[]).await;
    let company = muster.deps.companies.get(&muster.company).await.expect("the company");
    // The file is written past the endpoint, so the endpoint must not have it open.
    storage.stop().await;
    many::import(folder.path(), &muster.company, absences.employees.clone());
    absences.import(folder.path(), &company);

    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let answer = muster.anonymous().post("/v1/auth", &login).await;
    let client = muster.bearer(answer.body["data"]["token"].as_str().expect("a token"));
    let (rows, running) = rows(&absences);
    let count = absences.all().count();
    println!("{count} absences of {employees} employees; {running} of them run on {START}");
    println!("| page of {PAGE} | read units + employees | calls | round trips |");
    let costs = costs(&client, &rows, running).await;
    all_running(&client, &rows, running).await;
    other_lists(&client, &absences).await;
    storage.stop().await;
    costs
}

/// Every one that runs stands on one of the pages, once.
async fn all_running(client: &Client, rows: &[Row], running: usize) {
    let (large, mut seen) = (500, Vec::new());
    for number in 1..=running.div_ceil(large) {
        let query = format!("start_date={START}&limit={large}&offset={number}");
        seen.extend(page(client, &format!("running, page {number} of {large}"), &query).await.0);
    }
    assert_eq!(seen[..running], rows.iter().map(|row| row.2).collect::<Vec<_>>()[..running]);
}

/// What costs as much as it weighs: all from the beginning on, one employee's, and what was changed.
async fn other_lists(client: &Client, absences: &Absences) {
    let count = absences.all().count();
    let last = count / PAGE;
    let (_, total, first) = page(client, "all, first page", &format!("limit={PAGE}")).await;
    let (ids, _, deep) = page(client, "all, last page", &format!("limit={PAGE}&offset={last}")).await;
    assert_eq!((total, ids.len()), (count, PAGE));
    assert!(same(first, deep) && first.calls <= 5 && first.trips <= 5 && first.units <= 25.0, "{first:?} and {deep:?}");
    let (ids, _, own) = page(client, "one employee", &format!("employees[]={}", absences.employees.start())).await;
    assert_eq!(ids.len(), OF_EACH + 1);
    assert!(own.units <= 5.0 && own.calls == 2, "{own:?}");
    let since = format!("updated_from={FRESH}&limit={PAGE}");
    let (_, total, fresh) = page(client, &format!("{} that changed since", absences.fresh), &since).await;
    assert_eq!(total, absences.fresh);
    // A mark weighs less than a fifth of a kilobyte.
    let units = f64::from(u32::try_from(absences.fresh / 20 + PAGE + 1).expect("a small number"));
    assert!(fresh.calls == 3 && fresh.units <= units, "{fresh:?}");
    if absences.marked > MAX_CHANGES {
        let answer = client.get(&format!("{TIME_OFFS}?updated_from=2020-01-01")).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.body["error"]["error_data"]["updated_from"].is_array(), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_absences_cost_the_same_everywhere() {
    let small = Box::pin(measure(200)).await;
    let large = Box::pin(measure(2_000)).await;
    for [_, middle_running, last_running, later @ ..] in [small, large] {
        // The first page of those that run has several short lists on it; its bounds are above.
        assert!(same(middle_running, last_running), "{middle_running:?} and {last_running:?}");
        assert!(later.iter().all(|cost| same(*cost, later[0])), "{later:?}");
    }
    for (small, large) in small.into_iter().zip(large).skip(1) {
        assert!(same(small, large), "{small:?} and {large:?}");
    }
}
