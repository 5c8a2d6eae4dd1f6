//! The function's own binary between a small Lambda and the table: when its entries are written, and its metrics.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;
use tempfile::TempDir;
use tests::COMPANY;
use tests::Muster;
use tests::PATIENCE;
use tests::lambda::Lambda;
use tests::lambda::Step;
use tests::lambda::VARIABLES;
use tests::storage;
use tests::storage::Storage;
use tokio::net::TcpListener;
use tokio::sync::watch;

const EVENT: &str = include_str!("../../../events/employees/get-one.json");

/// What Lambda and the table saw, in this order; clones are the same.
#[derive(Clone)]
struct Seen {
    steps: Arc<Mutex<Vec<&'static str>>>,
    count: watch::Sender<usize>,
}

impl Seen {
    fn new() -> Self {
        Self { steps: Arc::default(), count: watch::Sender::new(0) }
    }

    fn note(&self, step: &'static str) {
        let count = {
            let mut steps = self.steps.lock().expect("the steps");
            steps.push(step);
            steps.len()
        };
        // Not under the lock of the steps, which whoever waits takes under that of the count.
        self.count.send_replace(count);
    }

    /// Waits until something happened so often.
    async fn times(&self, step: &str, times: usize) {
        let mut count = self.count.subscribe();
        let steps = self.steps.clone();
        let happened = || steps.lock().expect("the steps").iter().filter(|one| **one == step).count() >= times;
        let waits = async { count.wait_for(|_| happened()).await.map(drop).expect("the sender is there") };
        let waited = tokio::time::timeout(PATIENCE, waits).await;
        waited.unwrap_or_else(|_| panic!("{step} did not happen {times} times: {:?}", self.steps));
    }
}

/// Lambda, which hands over the events one after the other: each once everybody waits.
async fn lambda(seen: &Seen, takes_extensions: bool, events: Vec<String>) -> String {
    let noted = seen.clone();
    let heard = move |step| {
        noted.note(match step {
            Step::Registers(name, events) => {
                assert_eq!((name.as_str(), events.as_str()), ("muster-record", r#"{"events":["INVOKE"]}"#));
                "registered"
            }
            Step::Waits => "function waits",
            Step::ExtensionWaits => "extension waits",
            Step::Answers(body) => {
                let body = String::from_utf8_lossy(&body);
                assert!(body.contains(r#""statusCode":200"#), "{body}");
                "answered"
            }
            Step::Fails(_) => "refused",
        });
    };
    let lambda = Lambda::start(takes_extensions, heard).await;
    let (address, seen) = (lambda.address.clone(), seen.clone());
    tokio::spawn(async move {
        for (count, event) in (1..).zip(events) {
            seen.times("function waits", count).await;
            if takes_extensions {
                seen.times("extension waits", count).await;
            }
            lambda.invoke(event);
        }
        // It is there for as long as the test is.
        std::future::pending::<()>().await;
    });
    address
}

/// The table, to which no entry comes before the answer was sent, if that is asked for.
fn table(seen: Seen, after_answer: bool) -> Router {
    table_of(&storage::endpoints().dynamodb, seen, after_answer)
}

/// The same of another storage.
fn table_of(endpoint: &str, seen: Seen, after_answer: bool) -> Router {
    let forward =
        async move |State((seen, endpoint)): State<(Seen, String)>, headers: HeaderMap, body: Bytes| -> Response {
            seen.note("called");
            let is_entry = String::from_utf8_lossy(&body).contains(r#""entity":{"S":"record"}"#);
            if is_entry && after_answer {
                seen.times("answered", 1).await;
            }
            let http = reqwest::Client::new();
            let sent = http.post(&endpoint).headers(headers).body(body).send().await;
            let answer = sent.expect("the storage answers");
            let (status, bytes) = (answer.status(), answer.bytes().await.expect("a body"));
            if is_entry {
                seen.note("recorded");
            }
            (status, bytes).into_response()
        };
    Router::new().fallback(forward).with_state((seen, endpoint.to_owned()))
}

async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

/// A running function; stopped when the test ends.
struct Function(Child);

impl Function {
    fn start(lambda: &str, table: &str) -> Self {
        Self(Self::command(lambda, table).spawn().expect("the function runs"))
    }

    fn command(lambda: &str, table: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_employees"));
        for (name, value) in [
            ("AWS_LAMBDA_RUNTIME_API", lambda),
            ("AWS_LAMBDA_FUNCTION_NAME", "employees"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{table}")),
            ("MUSTER_TABLE", "muster"),
            ("MUSTER_RECORD_DAYS", "30"),
        ] {
            command.env(name, value);
        }
        command.envs(VARIABLES);
        command
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A company with an employee, and an event that asks for that one.
async fn company() -> (Muster, String) {
    let (muster, client, _) = Muster::staffed(1).await;
    let event = EVENT.replace("${TOKEN}", client.token.as_deref().expect("a token"));
    (muster, event)
}

/// A company with an employee that has a storage for itself: among others, chance decides whether it is the first one,
/// which a function reads before its first event.
struct Alone {
    storage: Storage,
    _muster: Muster,
    _folder: TempDir,
}

impl Alone {
    async fn start() -> (Self, String) {
        let folder = tempfile::tempdir().expect("a folder");
        let storage = storage::start_in(folder.path()).await;
        let muster = Muster::over(storage.table(), COMPANY, Limits::off()).await;
        let client = muster.admin().await;
        assert_eq!(client.create_employee(json!({})).await, 1);
        let event = EVENT.replace("${TOKEN}", client.token.as_deref().expect("a token"));
        (Self { storage, _muster: muster, _folder: folder }, event)
    }
}

async fn recorded(muster: &Muster) -> usize {
    let entries = muster.recorded().await;
    entries.iter().filter(|entry| entry.deed.request_id.as_deref() == Some("JKJaXmPLvHcESHA=")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_goes_first_and_the_process_stays_until_its_entry_is_written() {
    let (muster, event) = company().await;
    let seen = Seen::new();
    let (lambda, table) = (lambda(&seen, true, vec![event]).await, serve(table(seen.clone(), true)).await);
    let _function = Function::start(&lambda, &table);
    seen.times("extension waits", 2).await;
    assert_eq!(recorded(&muster).await, 1);
    let steps = seen.steps.lock().expect("the steps").clone();
    let at = |step: &str| steps.iter().position(|one| *one == step).expect("a step");
    assert_eq!(at("registered"), 0, "{steps:?}");
    assert!(at("answered") < at("recorded"), "{steps:?}");
    let last = steps.iter().rposition(|one| *one == "extension waits").expect("a step");
    assert!(at("recorded") < last, "{steps:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_only_company_is_read_at_the_start_and_the_first_request_has_two_calls() {
    let (alone, event) = Alone::start().await;
    let seen = Seen::new();
    let table = serve(table_of(&alone.storage.endpoints().dynamodb, seen.clone(), true)).await;
    let lambda = lambda(&seen, true, vec![event]).await;
    let _function = Function::start(&lambda, &table);
    seen.times("answered", 1).await;
    let steps = seen.steps.lock().expect("the steps").clone();
    let called = |before: &str| {
        let end = steps.iter().position(|one| *one == before).expect("a step");
        steps[..end].iter().filter(|step| **step == "called").count()
    };
    assert_eq!(called("function waits"), 1, "the company: {steps:?}");
    assert_eq!(called("answered"), 3, "and the credential and the employee: {steps:?}");
    alone.storage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invocation_that_is_no_request_holds_nothing_up() {
    let (muster, event) = company().await;
    let seen = Seen::new();
    let (lambda, table) = (
        lambda(&seen, true, vec!["{\"no\": \"event of API Gateway\"}".to_owned(), event]).await,
        serve(table(seen.clone(), true)).await,
    );
    let _function = Function::start(&lambda, &table);
    seen.times("extension waits", 3).await;
    assert_eq!(recorded(&muster).await, 1);
    assert_eq!(seen.steps.lock().expect("the steps").iter().filter(|one| **one == "refused").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_extension_the_answer_waits_for_its_entry() {
    let (muster, event) = company().await;
    let seen = Seen::new();
    let (lambda, table) = (lambda(&seen, false, vec![event]).await, serve(table(seen.clone(), false)).await);
    let _function = Function::start(&lambda, &table);
    seen.times("answered", 1).await;
    let steps = seen.steps.lock().expect("the steps").clone();
    let at = |step: &str| steps.iter().position(|one| *one == step).expect("a step");
    assert!(at("recorded") < at("answered"), "{steps:?}");
    assert_eq!(recorded(&muster).await, 1);
}

/// The rules of CloudWatch's embedded metric format, without which it takes no metric from a line.
fn assert_embedded_metrics(line: &Json) {
    let metadata = &line["_aws"];
    let keys = |value: &Json| value.as_object().expect("an object").keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(metadata), ["Timestamp", "CloudWatchMetrics"]);
    // Seconds or nanoseconds would lie far from now, and CloudWatch takes two weeks of the past at most.
    let at = metadata["Timestamp"].as_i64().expect("whole milliseconds");
    let now = jiff::Timestamp::now().as_millisecond();
    assert!((now - 60_000..=now).contains(&at), "{at}");
    let directives = metadata["CloudWatchMetrics"].as_array().expect("directives");
    assert!(!directives.is_empty());
    for directive in directives {
        assert_eq!(keys(directive), ["Namespace", "Dimensions", "Metrics"]);
        let namespace = directive["Namespace"].as_str().expect("a namespace");
        assert!((1..=255).contains(&namespace.len()) && !namespace.starts_with("AWS/"));
        for set in directive["Dimensions"].as_array().expect("sets") {
            let set = set.as_array().expect("a set");
            assert!((1..=30).contains(&set.len()));
            for dimension in set {
                let value = &line[dimension.as_str().expect("a name")];
                let value = value.as_str().unwrap_or_else(|| panic!("no {dimension} in {line}"));
                assert!((1..=1_024).contains(&value.len()) && value.is_ascii(), "{value}");
            }
        }
        let metrics = directive["Metrics"].as_array().expect("metrics");
        assert!((1..=100).contains(&metrics.len()));
        for metric in metrics {
            assert_eq!(keys(metric), ["Name", "Unit"]);
            assert!(["Count", "Milliseconds"].contains(&metric["Unit"].as_str().expect("a unit")));
            let name = metric["Name"].as_str().expect("a name");
            assert!(line[name].is_f64() || line[name].is_u64(), "{name} in {line}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_request_leaves_a_line_of_metrics_that_nothing_filters_out() {
    let (alone, event) = Alone::start().await;
    let seen = Seen::new();
    let table = serve(table_of(&alone.storage.endpoints().dynamodb, seen.clone(), false)).await;
    let lambda = lambda(&seen, true, vec![event.clone(), event]).await;
    let mut command = Function::command(&lambda, &table);
    command.envs([("MUSTER_METRICS", "routes"), ("MUSTER_STACK", "muster-test"), ("MUSTER_LOG", "off")]);
    let mut function = Function(command.stdout(Stdio::piped()).spawn().expect("the function runs"));
    let output = function.0.stdout.take().expect("its output");
    let lines = tokio::task::spawn_blocking(|| BufReader::new(output).lines().take(2).collect::<Vec<_>>());
    let lines = tokio::time::timeout(PATIENCE, lines).await.expect("two lines").expect("they are read");
    let lines: Vec<Json> = lines
        .into_iter()
        .map(|line| serde_json::from_str(&line.expect("a line")).expect("a line is JSON and nothing else"))
        .collect();
    lines.iter().for_each(assert_embedded_metrics);
    for line in &lines {
        // All that is in it: nothing of who asked, and for whom.
        let mut keys: Vec<_> = line.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        assert_eq!(keys, ["Latency", "ReadUnits", "Requests", "_aws", "route", "stack"]);
        assert_eq!(line["stack"], "muster-test");
        assert_eq!(line["route"], "/v1/company/employees/{employee_id}");
        assert_eq!(line["Requests"], 1.0);
        assert!(line["Latency"].as_f64().expect("milliseconds") < 10_000.0);
    }
    // The first one reads the credential as well; the settings were there before it.
    assert_eq!((&lines[0]["ReadUnits"], &lines[1]["ReadUnits"]), (&Json::from(2.0), &Json::from(1.0)));
    alone.storage.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_no_metrics_are_written() {
    let (_muster, event) = company().await;
    let seen = Seen::new();
    let (lambda, table) = (lambda(&seen, true, vec![event]).await, serve(table(seen.clone(), false)).await);
    let mut command = Function::command(&lambda, &table);
    let mut function = Function(command.stdout(Stdio::piped()).spawn().expect("the function runs"));
    let output = function.0.stdout.take().expect("its output");
    seen.times("extension waits", 2).await;
    drop(function);
    let text = std::io::read_to_string(output).expect("its output");
    assert!(text.contains("\"message\":\"request\"") && !text.contains("CloudWatchMetrics"), "{text}");
}
