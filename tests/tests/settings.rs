//! What readers see of a company's settings while, and after, they are applied.

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use muster::apply;
use muster::apply::file::CompanyFile;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::company::Details;
use shared::deps::Deps;
use shared::http::limits::Limits;
use tests::Client;
use tests::Muster;
use tests::faults;
use tests::faults::Fault;
use tests::storage;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::sync::mpsc;

/// Of version 0 and of every later one: three settings of different kinds that tell which.
fn version(muster: &Muster, number: usize) -> CompanyFile {
    let text = format!(
        "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}
document_categories: [{{id: 9001, name: Category of version {number}}}]
absence_types: [{{id: 9001, name: Type of version {number}, category: other}}]
attributes: [{{key: position, label: Position of version {number}}}]",
        muster.company
    );
    CompanyFile::parse("a version", &text).expect("a company file")
}

fn with_categories(muster: &Muster, names: &[impl Display]) -> CompanyFile {
    let categories: Vec<String> = names.iter().map(|name| format!("  - {{name: {name}}}\n")).collect();
    let text = format!(
        "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}\ndocument_categories:\n{}",
        muster.company,
        categories.concat()
    );
    CompanyFile::parse("categories", &text).expect("a company file")
}

/// The same company in a process that has read nothing of it.
async fn somewhere_else(muster: &Muster) -> (Muster, Client) {
    let twin = Muster::twin(muster).await;
    let client = twin.admin().await;
    (twin, client)
}

async fn texts(client: &Client, path: &str, at: &str) -> Vec<String> {
    let answer = client.get(path).await;
    let entries = answer.body["data"].as_array().expect("a list");
    entries.iter().map(|entry| entry.pointer(at).and_then(Json::as_str).expect("a text").to_owned()).collect()
}

async fn categories(client: &Client) -> Vec<String> {
    texts(client, "/v1/company/document-categories", "/attributes/name").await
}

/// The versions that a reader finds in each of the three.
async fn seen(muster: &Muster) -> Vec<String> {
    let (_twin, client) = somewhere_else(muster).await;
    let types = texts(&client, "/v1/company/time-off-types", "/attributes/name").await;
    let labels = texts(&client, "/v1/company/employees/attributes", "/label").await;
    let all = [categories(&client).await, types, labels].concat();
    let version = |text: &String| text.split_once(" of version ").map(|(_, number)| number.to_owned());
    all.iter().filter_map(version).collect()
}

#[tokio::test]
async fn an_apply_that_is_cut_off_anywhere_shows_all_or_nothing() {
    let muster = Muster::start().await;
    let (cut, faults) = faults::deps(muster.deps.clock.clone()).await;
    apply::apply(&muster.deps, &version(&muster, 0), &mut |_| {}).await.expect("it is applied");
    assert_eq!(seen(&muster).await, ["0", "0", "0"]);
    let (mut old, mut new) = (0, 0);
    // Calls that come after it is seen have nothing to do with it.
    for (call, number) in (0..).zip(1..) {
        if new == 3 {
            break;
        }
        let (file, before) = (version(&muster, number), (number - 1).to_string());
        faults.plan(call, Fault::CutAfter);
        let applied = apply::apply(&cut, &file, &mut |_| {}).await;
        let calls = faults.end();
        assert!(applied.is_err(), "it has more than {call} calls, and not {calls}");
        let found = seen(&muster).await;
        let which = found.first().expect("a version");
        assert_eq!(found, [which.as_str(); 3], "cut off after call {call}");
        if *which == before {
            old += 1;
        } else {
            assert_eq!(*which, number.to_string());
            new += 1;
        }
        // Whoever applies it again brings it to its end: it is what the next one finds.
        apply::apply(&muster.deps, &file, &mut |_| {}).await.expect("it is applied");
    }
    assert!(old > 5, "{old} calls before it is seen");
}

/// Who stands before the table: the first call that publishes is told of, and waits until it may go on.
#[derive(Clone)]
struct Gate {
    reached: mpsc::Sender<()>,
    opened: Arc<Notify>,
}

async fn pass(State(gate): State<Gate>, headers: HeaderMap, body: Bytes) -> Response {
    let publishes = String::from_utf8_lossy(&body).contains(r#""entity":{"S":"published_settings"}"#);
    // Nobody listens for the second one.
    if publishes && gate.reached.send(()).await.is_ok() {
        gate.opened.notified().await;
    }
    let http = reqwest::Client::new();
    let sent = http.post(&storage::endpoints().dynamodb).headers(headers).body(body).send().await;
    let answer = sent.expect("the storage answers");
    (answer.status(), answer.bytes().await.expect("a body")).into_response()
}

#[tokio::test]
async fn who_is_overtaken_before_publishing_reads_again() {
    let muster = Muster::start().await;
    let (sender, mut reached) = mpsc::channel(1);
    let gate = Gate { reached: sender, opened: Arc::default() };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    // By the same name as the storage: an emulator tells by it what is meant.
    let address = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let router = Router::new().fallback(pass).with_state(gate.clone());
    tokio::spawn(async move { axum::serve(listener, router).await });
    let slow = Deps::new(storage::table_at(&address), muster.deps.clock.clone(), Limits::off());

    let (of_slow, of_fast) = (with_categories(&muster, &["Slow"]), with_categories(&muster, &["Fast"]));
    let overtake = async {
        let comes = tokio::time::timeout(Duration::from_mins(1), reached.recv()).await;
        comes.expect("it comes to publishing").expect("the gate is there");
        drop(reached);
        apply::apply(&muster.deps, &of_fast, &mut |_| {}).await.expect("it is applied");
        gate.opened.notify_one();
    };
    let mut quiet = |_: &str| {};
    let (applied, ()) = tokio::join!(apply::apply(&slow, &of_slow, &mut quiet), overtake);
    applied.expect("it is applied");
    let (_twin, client) = somewhere_else(&muster).await;
    assert_eq!(categories(&client).await, ["Contracts", "Slow", "Fast"]);
}

#[tokio::test]
async fn settings_may_be_larger_than_an_item() {
    let muster = Muster::start().await;
    let wide = |number: usize| format!("{number} {}", "€".repeat(250));
    let many: Vec<String> = (0..450).map(wide).collect();
    apply::apply(&muster.deps, &with_categories(&muster, &many), &mut |_| {}).await.expect("it is applied");
    let (_twin, client) = somewhere_else(&muster).await;
    let found = categories(&client).await;
    assert!(many.iter().all(|name| found.contains(name)), "{} categories", found.len());

    // Entries stay; what an attribute has for options can grow, and shrink again.
    let options = |count: usize| {
        let options: Vec<String> = (0..count).map(|number| format!("\"{}\"", wide(number))).collect();
        let text = format!(
            "company: {{id: {}, name: Test GmbH, time_zone: Europe/Berlin}}
attributes: [{{key: dynamic_99, label: Wide, type: list, options: [{}]}}]",
            muster.company,
            options.join(", ")
        );
        CompanyFile::parse("options", &text).expect("a company file")
    };
    for count in [450, 2] {
        apply::apply(&muster.deps, &options(count), &mut |_| {}).await.expect("it is applied");
        let (_twin, client) = somewhere_else(&muster).await;
        // An option that both have.
        client.create_employee(json!({"dynamic_99": wide(1)})).await;
        let found = categories(&client).await;
        assert_eq!(found.len(), 451, "with {count} options");
    }
}

#[tokio::test]
async fn settings_that_are_too_large_are_refused_before_anything_is_stored() {
    let muster = Muster::start().await;
    let many: Vec<String> = (0..5_000).map(|number| format!("{number} {}", "€".repeat(250))).collect();
    let refused =
        apply::apply(&muster.deps, &with_categories(&muster, &many), &mut |_| {}).await.expect_err("too large");
    assert!(refused.to_string().contains("more than 3600 KB"), "{refused}");
    let stored = muster.deps.companies.load(&muster.company).await.expect("settings");
    let categories = stored.entries.iter().filter(|entry| entry.details == Details::DocumentCategory);
    assert_eq!(categories.count(), 1, "what there was");
}

/// As they are stored.
#[derive(Serialize, Deserialize)]
struct Published {
    version: u64,
    parts: usize,
    text: String,
}

impl Entity for Published {
    const TYPE: &'static str = "published_settings";
}

#[tokio::test]
async fn settings_that_cannot_be_read_are_repaired_by_applying_the_file() {
    let muster = Muster::start().await;
    // As after a roll back: of a newer version, with something that this one does not know.
    let text = json!({"profile": {"id": muster.company, "name": "A", "time_zone": "Europe/Berlin", "motto": "B"}});
    let published = Published { version: 7, parts: 1, text: text.to_string() };
    let item = Item::encode(keys::published(&muster.company, 0), &published).expect("an item");
    assert!(muster.deps.table.put(item, None).await.expect("it is stored"));
    let (_twin, client) = somewhere_else(&muster).await;
    let answer = client.get("/v1/company/document-categories").await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    let cause = answer.log_line()["cause"].as_str().expect("a cause").to_owned();
    assert!(cause.contains("published settings cannot be read at byte") && !cause.contains("motto"), "{cause}");
    apply::apply(&muster.deps, &with_categories(&muster, &["Again"]), &mut |_| {}).await.expect("it is applied");
    let (_twin, client) = somewhere_else(&muster).await;
    assert_eq!(categories(&client).await, ["Contracts", "Again"]);
}
