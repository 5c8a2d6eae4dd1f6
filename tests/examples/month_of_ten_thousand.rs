//! What a month of 10,000 employees costs on DynamoDB on-demand, counted call by
//! call on the embedded store: `cargo run -p tests --example month_of_ten_thousand`.

use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tests::Answer;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::many;
use tests::many::Attendance;
use tests::storage;

/// us-east-1 since November 2024, in dollars for a million units.
const READ_PRICE: f64 = 0.125;
const WRITE_PRICE: f64 = 0.625;

const EMPLOYEES: u32 = 10_000;
/// Two periods on each of the 20 working days of four weeks.
const PERIODS: u32 = EMPLOYEES * 20 * 2;
const MONTH: &str = "start_date=2025-03-03&end_date=2025-03-30";
const PATH: &str = "/v1/company/attendances";

struct Prices;

impl Prices {
    /// A row of the table: a call, how often it is made in a month, and what that costs.
    fn row(name: &str, answers: &[Answer], calls: u32) -> f64 {
        let (mut read, mut write) = (0.0, 0.0);
        for answer in answers {
            assert_eq!(answer.status, 200, "{name}: {}", answer.body);
            let line = answer.log_line();
            read += line["read_units"].as_f64().expect("units");
            write += line["write_units"].as_f64().expect("units");
        }
        let number = f64::from(u32::try_from(answers.len()).expect("a few"));
        let (read, write) = (read / number, write / number);
        let dollars = f64::from(calls) * (read * READ_PRICE + write * WRITE_PRICE) / 1e6;
        println!("| {name} | {read:.1} | {write:.1} | {calls} | {dollars:.3} |");
        dollars
    }
}

fn period(employee: u32, day: u32, start: &str, end: Option<&str>) -> Json {
    json!({
        "employee": employee, "date": format!("2025-04-{day:02}"), "start_time": start, "end_time": end, "break": 0,
    })
}

async fn post(client: &Client, rows: &[Json]) -> Answer {
    client.post(PATH, &json!({ "attendances": rows })).await
}

async fn list(client: &Client, query: &str) -> Answer {
    client.get(&format!("{PATH}?{query}")).await
}

async fn reads(client: &Client) {
    let mut pages = Vec::new();
    for offset in [0, PERIODS / 2, PERIODS - 200] {
        pages.push(list(client, &format!("{MONTH}&offset={offset}")).await);
    }
    Prices::row("read all of it, 200 a page", &pages, PERIODS / 200);
    let own = list(client, &format!("{MONTH}&employees[]=1")).await;
    Prices::row("read each employee's month once", &[own], EMPLOYEES);
    let mut pages = Vec::new();
    for offset in [0, 10_000, 19_800] {
        pages.push(list(client, &format!("{MONTH}&updated_from=2020-01-01&offset={offset}")).await);
    }
    assert_eq!(pages[0].body["metadata"]["total_elements"], 2 * EMPLOYEES);
    Prices::row("read each day's changes (20,000 periods), 200 a page", &pages, 20 * 100);
}

async fn writes(client: &Client) {
    let (mut begun, mut ended) = (Vec::new(), Vec::new());
    for (start, end) in [("08:00", "12:00"), ("13:00", "17:00")] {
        let answer = post(client, &[period(1, 1, start, None)]).await;
        let path = format!("{PATH}/{}", answer.body["data"]["id"][0]);
        begun.push(answer);
        ended.push(client.patch(&path, &json!({ "end_time": end })).await);
    }
    let clock = Prices::row("clock in: a POST that begins a period", &begun, PERIODS);
    let clock = clock + Prices::row("clock out: a PATCH that ends it", &ended, PERIODS);
    println!("| *a time clock's month* | | | | *{clock:.3}* |");
    let rows: Vec<Json> = (1..=50)
        .flat_map(|employee| {
            [("08:00", "12:00"), ("13:00", "17:00")].map(|(start, end)| period(employee, 2, start, Some(end)))
        })
        .collect();
    let batch = post(client, &rows).await;
    Prices::row("the same in batches of 100 rows, a day of 50 employees each", &[batch], PERIODS / 100);
}

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let (credential, secret) = muster.credential(&["attendances:read", "attendances:write"], &[]).await;
    let company = muster.company.clone();
    storage.stop().await;
    many::import(folder.path(), &company, 1..=EMPLOYEES);
    let monday = Date::constant(2025, 3, 3);
    let month = Attendance { employees: 1..=EMPLOYEES, monday, weeks: 4, periods: 2, marked: 10_000 };
    month.import(folder.path(), &company);

    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let answer = muster.anonymous().post("/v1/auth", &login).await;
    let client = muster.bearer(answer.body["data"]["token"].as_str().expect("a token"));
    list(&client, MONTH).await;
    println!("| call | read units | write units | calls a month | dollars |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    writes(&client).await;
    reads(&client).await;
    storage.stop().await;
}
