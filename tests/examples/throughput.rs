//! How many attendance periods a second are created through HTTP, beside the
//! raw speed of the embedded store: `cargo run --release -p tests --example throughput`.

use std::time::Duration;
use std::time::Instant;

use futures_util::future::join_all;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;
use tests::Client;
use tests::Muster;
use tests::many;

/// For how long each way is measured.
const RUN: Duration = Duration::from_secs(8);
/// How many clients send at the same time.
const CLIENTS: u64 = 8;

/// A day that nothing else is on: each number is another employee or another day.
fn row(number: u64) -> Json {
    let date =
        Date::constant(2020, 1, 1).checked_add(jiff::Span::new().days(i64::try_from(number / 300).expect("small")));
    json!({
        "employee": number % 300 + 1, "date": date.expect("a date").to_string(), "start_time": "08:00",
        "end_time": "16:45", "break": 45, "comment": "as on every day",
    })
}

async fn post(client: &Client, rows: Vec<Json>) -> u64 {
    let answer = client.post("/v1/company/attendances", &json!({ "attendances": rows })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    rows.len() as u64
}

/// Rows a second, with batches of so many rows.
async fn through_http(client: &Client, first: &mut u64, batch: u64) -> f64 {
    let (began, mut stored) = (Instant::now(), 0);
    while began.elapsed() < RUN {
        let posts = (0..CLIENTS).map(|index| {
            let from = *first + index * batch;
            post(client, (from..from + batch).map(row).collect())
        });
        stored += join_all(posts).await.into_iter().sum::<u64>();
        *first += CLIENTS * batch;
    }
    per_second(stored, began)
}

#[expect(clippy::cast_precision_loss, reason = "counts of a few seconds")]
fn per_second(count: u64, began: Instant) -> f64 {
    count as f64 / began.elapsed().as_secs_f64()
}

#[tokio::main]
async fn main() {
    let muster = Muster::start().await;
    many::store(&muster, 1..=300).await;
    let client = muster.admin().await;
    let mut first = 0;
    let raw = many::raw_transactions(&muster, RUN, CLIENTS).await;
    let single = through_http(&client, &mut first, 1).await;
    let batched = through_http(&client, &mut first, 100).await;
    println!("| way | a second | of the raw speed |");
    println!("| --- | ---: | ---: |");
    println!("| raw: a day's items in a transaction of their own | {raw:.0} | 1.00 |");
    println!("| periods, one a call, {CLIENTS} clients | {single:.0} | {:.2} |", single / raw);
    println!("| periods, a hundred a call, {CLIENTS} clients | {batched:.0} | {:.2} |", batched / raw);
}
