//! A page of a million attendance periods costs the same at any depth.
//!
//! `-- --nocapture` prints the table of docs/PERFORMANCE.md, with latencies, which are not asserted.

use std::time::Duration;
use std::time::Instant;

use jiff::civil::Date;
use serde_json::Value as Json;
use shared::http::limits::Limits;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::many::Attendance;
use tests::storage;

const PATH: &str = "/v1/company/attendances";
const PAGE: u64 = 200;

/// 500 employees, 500 working days, four periods on each: about 100 weeks. They
/// begin after the holidays of January: a page of a holiday reads the calendars of its employees as well.
fn attendance() -> Attendance {
    let monday = Date::constant(2024, 1, 8);
    Attendance { employees: 1_001..=1_500, monday, weeks: 100, periods: 4, marked: 50_001 }
}

const TOTAL: u64 = 1_000_000;
const WINDOW: &str = "start_date=2024-01-01&end_date=2025-12-31";

/// Read units, store calls, round trips.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Cost {
    units: f64,
    calls: u64,
    trips: u64,
}

async fn get(client: &Client, query: &str) -> (Json, Cost, Duration) {
    let began = Instant::now();
    let answer = client.get(&format!("{PATH}?{query}")).await;
    let took = began.elapsed();
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let line = answer.log_line();
    let number = |key: &str| line[key].as_u64().expect("a number");
    let units = line["read_units"].as_f64().expect("units");
    (answer.body.clone(), Cost { units, calls: number("store_calls"), trips: number("round_trips") }, took)
}

fn within_a_fifth(one: f64, other: f64) -> bool {
    one.max(other) <= 1.2 * one.min(other)
}

async fn pages(client: &Client, window: &str, total: u64) -> Vec<Cost> {
    let mut costs = Vec::new();
    for (name, offset) in [("first", 0), ("middle", total / 2 + 7), ("last", total - PAGE)] {
        get(client, &format!("{window}&offset={offset}")).await;
        let (body, cost, _) = get(client, &format!("{window}&offset={offset}")).await;
        assert_eq!(body["metadata"]["total_elements"], total, "{name}");
        let ids: Vec<u64> =
            body["data"].as_array().expect("a list").iter().map(|one| one["id"].as_u64().expect("an id")).collect();
        let first = ids[0];
        assert_eq!(ids, (first..first + PAGE).collect::<Vec<_>>(), "{name}: a page is a run of the list");
        println!("| {window} | {name} | {} | {} | {} |", cost.units, cost.calls, cost.trips);
        costs.push(cost);
    }
    for cost in &costs {
        assert!(within_a_fifth(cost.units, costs[0].units), "{costs:?}");
        assert_eq!((cost.calls, cost.trips), (costs[0].calls, costs[0].trips), "{costs:?}");
    }
    costs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_of_a_million_periods_cost_the_same_everywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let (credential, secret) = muster.credential(&["attendances:read"], &[]).await;
    let company = muster.company.clone();
    // The file is written past the endpoint, so the endpoint must not have it open.
    storage.stop().await;
    attendance().import(folder.path(), &company);

    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let login = serde_json::json!({"client_id": credential.client_id, "client_secret": secret});
    let answer = muster.anonymous().post("/v1/auth", &login).await;
    let client = muster.bearer(answer.body["data"]["token"].as_str().expect("a token"));

    println!("| days | page | read units | calls | round trips |");
    let (body, ..) = get(&client, &format!("{WINDOW}&offset={}", TOTAL / 2)).await;
    assert_eq!(body["data"][0]["id"], 1_000_001 + TOTAL / 2, "the exact period stands at the offset");
    let two_years = pages(&client, WINDOW, TOTAL).await;
    let month = pages(&client, "start_date=2025-03-01&end_date=2025-03-31", 21 * 500 * 4).await;
    assert_eq!(two_years[0].trips, month[0].trips);

    one_employee(&client).await;
    changes(&client).await;
    latencies(&client).await;
    storage.stop().await;
}

/// A month of one employee costs what it weighs: 21 days of about 500 bytes.
async fn one_employee(client: &Client) {
    let (body, cost, _) = get(client, "start_date=2025-03-01&end_date=2025-03-31&employees[]=1001").await;
    assert_eq!(body["metadata"]["total_elements"], 21 * 4);
    println!("| a month of one employee | all | {} | {} | {} |", cost.units, cost.calls, cost.trips);
    assert!(cost.units <= 4.0 && cost.calls == 2 && cost.trips == 2, "{cost:?}");
}

/// More days changed than one listing goes through: a few days are looked through, many are refused.
async fn changes(client: &Client) {
    let few = "start_date=2025-03-03&end_date=2025-03-04&updated_from=2020-01-01";
    let (body, ..) = get(client, few).await;
    assert_eq!(body["metadata"]["total_elements"], 2 * 500 * 4);
    let (body, ..) = get(client, &format!("{few}&updated_to=2021-01-01")).await;
    assert_eq!(body["metadata"]["total_elements"], 0);
    let answer = client.get(&format!("{PATH}?{WINDOW}&updated_from=2020-01-01")).await;
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.message().contains("start_date and end_date"), "{}", answer.message());
}

/// Medians of pages at the beginning, in the middle and at the end, taken in turns.
async fn latencies(client: &Client) {
    let offsets = [0, TOTAL / 2, TOTAL - PAGE];
    let mut taken = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..15 {
        for (offset, taken) in offsets.iter().zip(&mut taken) {
            taken.push(get(client, &format!("{WINDOW}&offset={offset}")).await.2);
        }
    }
    let medians = taken.map(|mut taken| {
        taken.sort();
        taken[taken.len() / 2].as_secs_f64() * 1_000.0
    });
    println!("medians in ms, debug build: first {:.1}, middle {:.1}, last {:.1}", medians[0], medians[1], medians[2]);
    println!("last page over first page: {:.2}", medians[2] / medians[0]);
}
