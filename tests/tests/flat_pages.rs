//! A page costs the same at any depth and in a company of any size.

use serde_json::Value as Json;
use shared::http::limits::Limits;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::many;
use tests::storage;

const PAGE: u32 = 50;

/// What a page costs, once everything that is kept is kept: read units, store calls, round trips.
async fn cost(client: &Client, offset: u32, first: u32) -> (u64, u64, u64) {
    let path = format!("/v1/company/employees?limit={PAGE}&offset={offset}");
    client.get(&path).await;
    let answer = client.get(&path).await;
    assert_eq!(answer.body["data"].as_array().map(Vec::len), Some(PAGE as usize), "{}", answer.body);
    assert_eq!(answer.body["data"][0]["attributes"]["id"]["value"], first);
    let line = answer.log_line();
    let number = |key: &str| line[key].as_u64().expect("a number");
    // Reads that are strongly consistent cost whole units.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few whole units")]
    let units = line["read_units"].as_f64().map(|units| units as u64).expect("units");
    (units, number("store_calls"), number("round_trips"))
}

/// The cost of the first, the middle and the last page of a company of so many employees.
async fn costs(employees: u32) -> Vec<(u64, u64, u64)> {
    let folder = tempfile::tempdir().expect("a folder");
    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let (credential, secret) = muster.credential(&["employees:read"], &["*"]).await;
    let company = muster.company.clone();
    // The file is written past the endpoint, so the endpoint must not have it open.
    storage.stop().await;
    many::import(folder.path(), &company, 1..=employees);

    let storage = storage::start_in(folder.path()).await;
    let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
    let login = serde_json::json!({"client_id": credential.client_id, "client_secret": secret});
    let answer = muster.anonymous().post("/v1/auth", &login).await;
    let client = muster.bearer(answer.body["data"]["token"].as_str().expect("a token"));
    let mut costs = Vec::new();
    for offset in [0, employees / 2, employees - PAGE] {
        costs.push(cost(&client, offset, offset + 1).await);
    }
    let body: Json = client.get("/v1/company/employees?limit=1").await.body;
    assert_eq!(body["metadata"]["total_elements"], employees);
    storage.stop().await;
    costs
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_and_the_last_page_cost_the_same_with_a_hundred_and_a_hundred_thousand_employees() {
    let small = Box::pin(costs(100)).await;
    let large = Box::pin(costs(100_000)).await;
    println!("page of {PAGE}: (read units, calls, round trips) at the first, middle and last page");
    println!("  100 employees      {small:?}");
    println!("  100,000 employees  {large:?}");
    // Behind an offset the index is read as well: its root and one node, a unit each.
    let (page, ..) = small[0];
    for (units, calls, round_trips) in small.iter().chain(&large) {
        assert!((page..=page + 1).contains(units), "{units} units for a page of {page}");
        assert!(*calls <= 2 && *round_trips <= 2, "{calls} calls in {round_trips} round trips");
    }
    assert_eq!(small[0].0, large[0].0, "the first page");
    assert_eq!(small[2].0, large[2].0, "the last page");
    assert_eq!(large[1].0, large[2].0, "the middle and the last page");
}
