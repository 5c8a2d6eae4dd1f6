//! Invariants under concurrency, through HTTP.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Client;
use tests::Muster;

const PATH: &str = "/v1/company/employees";
const WRITERS: usize = 64;

/// Runs a request of each writer at the same time.
async fn at_once<F>(requests: impl Iterator<Item = F>) -> Vec<Answer>
where
    F: Future<Output = Answer> + Send + 'static,
{
    let running: Vec<_> = requests.map(tokio::spawn).collect();
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.expect("no panic"));
    }
    answers
}

fn create(client: &Client, fields: Json) -> impl Future<Output = Answer> + Send + 'static {
    let client = client.clone();
    async move { client.post(PATH, &json!({ "employee": fields })).await }
}

fn update(client: &Client, id: u64, fields: Json) -> impl Future<Output = Answer> + Send + 'static {
    let client = client.clone();
    async move { client.patch(&format!("{PATH}/{id}"), &json!({ "employee": fields })).await }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_email_address_is_given_once() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let answers = at_once((0..WRITERS).map(|index| {
        // The same address in two spellings.
        let email = if index % 2 == 0 { "one@test.example" } else { "ONE@Test.Example" };
        create(&client, json!({"email": email, "first_name": format!("No {index}"), "last_name": "X"}))
    }))
    .await;
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(created.len(), 1);
    for answer in answers.iter().filter(|answer| answer.status != 200) {
        assert_eq!((answer.status, answer.message()), (422, "The email has already been taken."));
    }
    let list = client.get(PATH).await.body;
    assert_eq!(list["metadata"]["total_elements"], 1);
    assert_eq!(list["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["data"][0]["attributes"]["id"]["value"], created[0].body["data"]["id"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_id_is_handed_out_once_and_everybody_is_counted() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let answers = at_once((0..WRITERS).map(|index| {
        create(&client, json!({"email": format!("{index}@test.example"), "first_name": "A", "last_name": "B"}))
    }))
    .await;
    let ids: BTreeSet<u64> = answers.iter().map(|answer| answer.body["data"]["id"].as_u64().expect("an id")).collect();
    assert_eq!(ids.len(), WRITERS);
    let list = client.get(&format!("{PATH}?limit=200")).await.body;
    assert_eq!(list["metadata"]["total_elements"], WRITERS, "the counter is a full count");
    let listed: BTreeSet<u64> = list["data"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["attributes"]["id"]["value"].as_u64())
        .collect();
    assert_eq!(listed, ids);
    // And the rank index finds each of them at its offset.
    for (offset, id) in ids.iter().enumerate() {
        let page = client.get(&format!("{PATH}?limit=1&offset={offset}")).await.body;
        assert_eq!(page["data"][0]["attributes"]["id"]["value"], *id, "at {offset}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn updates_of_different_fields_at_once_lose_nothing() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let id = client.create_employee(json!({})).await;
    let fields = [
        json!({"position": "P"}),
        json!({"gender": "diverse"}),
        json!({"preferred_name": "N"}),
        json!({"office": "Lyon"}),
        json!({"custom_attributes": {"dynamic_1": "T"}}),
        json!({"custom_attributes": {"dynamic_3": 3}}),
        json!({"hire_date": "2020-02-02"}),
        json!({"weekly_working_hours": 20}),
    ];
    for answer in at_once(fields.into_iter().map(|fields| update(&client, id, fields))).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let read = client.employee(id).await;
    for (key, value) in [
        ("position", json!("P")),
        ("gender", json!("diverse")),
        ("preferred_name", json!("N")),
        ("dynamic_1", json!("T")),
        ("dynamic_3", json!(3)),
        ("hire_date", json!("2020-02-02T00:00:00+01:00")),
        ("weekly_working_hours", json!("20")),
    ] {
        assert_eq!(read[key]["value"], value, "{key}");
    }
    let marks = client.get(&format!("{PATH}?updated_since=1999-01-01")).await.body;
    assert_eq!(marks["metadata"]["total_elements"], 1, "one mark of change for one employee");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_writes_cannot_close_a_circle_together() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    for _ in 0..8 {
        let mut ring = Vec::new();
        for _ in 0..4 {
            ring.push(client.create_employee(json!({})).await);
        }
        // Each wants the next as boss: all four together would be a circle.
        let wishes = (0..4).map(|index| update(&client, ring[index], json!({"supervisor_id": ring[(index + 1) % 4]})));
        let answers = at_once(wishes).await;
        let granted = answers.iter().filter(|answer| answer.status == 200).count();
        assert_eq!(granted, 3, "{:?}", answers.iter().map(|a| &a.text).collect::<Vec<_>>());
        let mut at = ring[0];
        for step in 0.. {
            assert!(step < 4, "a circle");
            match client.value(at, "supervisor").await["attributes"]["id"]["value"].as_u64() {
                Some(boss) => at = boss,
                None => break,
            }
        }
    }
}
