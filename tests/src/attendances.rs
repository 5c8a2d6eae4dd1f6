//! What tests of attendances send and read.

use serde_json::Value as Json;
use serde_json::json;

use crate::Answer;
use crate::Client;
use crate::Muster;

/// Where attendances are.
pub const PATH: &str = "/v1/company/attendances";

/// A company with one employee, and a client that may do everything.
pub async fn start() -> (Muster, Client, u64) {
    let (muster, client, employees) = Muster::staffed(1).await;
    (muster, client, employees[0])
}

/// A row of a batch.
#[must_use]
pub fn row(employee: u64, date: &str, start: &str, end: &str) -> Json {
    json!({"employee": employee, "date": date, "start_time": start, "end_time": end, "break": 0})
}

/// Sends a batch.
pub async fn create(client: &Client, rows: Json) -> Answer {
    client.post(PATH, &json!({ "attendances": rows })).await
}

/// The id of a period that is created.
pub async fn created(client: &Client, row: Json) -> u64 {
    let answer = create(client, json!([row])).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"]["id"][0].as_u64().expect("an id")
}

/// The id of a period that is sent for approval.
pub async fn pending(client: &Client, row: Json) -> u64 {
    let answer = client.post(PATH, &json!({"attendances": [row], "skip_approval": false})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"]["id"][0].as_u64().expect("an id")
}

/// What a period says.
pub async fn read(client: &Client, id: u64) -> Json {
    let answer = client.get(&format!("{PATH}/{id}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"]["attributes"].clone()
}

/// The ids of all periods that a list with this query shows.
pub async fn ids(client: &Client, query: &str) -> Vec<u64> {
    let answer = client.get(&format!("{PATH}?start_date=1900-01-01&end_date=2999-12-31{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body["data"].as_array().expect("a list");
    assert_eq!(answer.body["metadata"]["total_elements"], data.len(), "{}", answer.body);
    data.iter().map(|one| one["id"].as_u64().expect("an id")).collect()
}
