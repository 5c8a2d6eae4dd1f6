//! The function's own binary between a small Lambda and the table: when its entries are written, and its metrics.

#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::io::BufRead;
use std::io::BufReader;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use serde_json::Value as Json;
use tests::Muster;
use tests::storage;
use tokio::net::TcpListener;
use tokio::sync::watch;

const EVENT: &str = include_str!("../../../events/employees/get-one.json");

/// What Lambda and the table saw, in this order; clones are the same.
#[derive(Clone)]
struct Seen {
    steps: Arc<Mutex<Vec<&'static str>>>,
    count: watch::Sender<usize>,
    events: Arc<Vec<String>>,
}

impl Seen {
    fn new(events: Vec<String>) -> Self {
        Self { steps: Arc::default(), count: watch::Sender::new(0), events: Arc::new(events) }
    }

    fn note(&self, step: &'static str) -> usize {
        let mut steps = self.steps.lock().expect("the steps");
        steps.push(step);
        self.count.send_replace(steps.len());
        steps.iter().filter(|one| **one == step).count()
    }

    /// Waits until something happened so often.
    async fn times(&self, step: &str, times: usize) {
        let mut count = self.count.subscribe();
        let steps = self.steps.clone();
        let happened = || steps.lock().expect("the steps").iter().filter(|one| **one == step).count() >= times;
        let waits = async { count.wait_for(|_| happened()).await.map(drop).expect("the sender is there") };
        let waited = tokio::time::timeout(Duration::from_secs(10), waits).await;
        waited.unwrap_or_else(|_| panic!("{step} did not happen {times} times: {:?}", self.steps));
    }
}

/// Lambda's two interfaces, for some events one after the other.
fn lambda(seen: Seen, extensions: bool) -> Router {
    let register = async move |State(seen): State<Seen>, headers: HeaderMap, body: String| {
        if !extensions {
            return StatusCode::FORBIDDEN.into_response();
        }
        assert_eq!(headers["lambda-extension-name"], "muster-record");
        assert_eq!(body, r#"{"events":["INVOKE"]}"#);
        seen.note("registered");
        ([("lambda-extension-identifier", "extension-1")], "{}").into_response()
    };
    let next_for_extension = async |State(seen): State<Seen>, headers: HeaderMap| {
        assert_eq!(headers["lambda-extension-identifier"], "extension-1");
        let asked = seen.note("extension waits");
        // An invocation ends once both have asked for the next one.
        if asked > seen.events.len() {
            std::future::pending::<()>().await;
        }
        seen.times("invoked", asked).await;
        r#"{"eventType":"INVOKE"}"#
    };
    let next = async |State(seen): State<Seen>| {
        let asked = seen.note("function waits");
        if asked > seen.events.len() {
            std::future::pending::<()>().await;
        }
        if seen.steps.lock().expect("the steps").contains(&"registered") {
            seen.times("extension waits", asked).await;
        }
        seen.note("invoked");
        let headers = [
            ("lambda-runtime-aws-request-id", format!("invocation-{asked}")),
            ("lambda-runtime-deadline-ms", "4102444800000".to_owned()),
            ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:1:function:employees".to_owned()),
        ];
        (headers, seen.events[asked - 1].clone()).into_response()
    };
    let answered = async |State(seen): State<Seen>, Path((_, how)): Path<(String, String)>, body: String| {
        seen.note(if how == "error" { "refused" } else { "answered" });
        if how == "response" {
            assert!(body.contains(r#""statusCode":200"#), "{body}");
        }
        StatusCode::ACCEPTED
    };
    Router::new()
        .route("/2020-01-01/extension/register", post(register))
        .route("/2020-01-01/extension/event/next", get(next_for_extension))
        .route("/2018-06-01/runtime/invocation/next", get(next))
        .route("/2018-06-01/runtime/invocation/{id}/{how}", post(answered))
        .with_state(seen)
}

/// The table, to which no entry comes before the answer was sent, if that is asked for.
fn table(seen: Seen, after_answer: bool) -> Router {
    let forward = async move |State(seen): State<Seen>, headers: HeaderMap, body: Bytes| -> Response {
        let is_entry = String::from_utf8_lossy(&body).contains(r#""entity":{"S":"record"}"#);
        if is_entry && after_answer {
            seen.times("answered", 1).await;
        }
        let http = reqwest::Client::new();
        let sent = http.post(&storage::endpoints().dynamodb).headers(headers).body(body).send().await;
        let answer = sent.expect("the storage answers");
        let (status, bytes) = (answer.status(), answer.bytes().await.expect("a body"));
        if is_entry {
            seen.note("recorded");
        }
        (status, bytes).into_response()
    };
    Router::new().fallback(forward).with_state(seen)
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
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "employees"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
            ("AWS_REGION", "eu-central-1"),
            ("AWS_ACCESS_KEY_ID", "local"),
            ("AWS_SECRET_ACCESS_KEY", "local"),
            ("AWS_ENDPOINT_URL_DYNAMODB", &format!("http://{table}")),
            ("MUSTER_TABLE", "muster"),
            ("MUSTER_RECORD_DAYS", "30"),
        ] {
            command.env(name, value);
        }
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

async fn recorded(muster: &Muster) -> usize {
    let entries = muster.recorded().await;
    entries.iter().filter(|entry| entry.deed.request_id.as_deref() == Some("JKJaXmPLvHcESHA=")).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_goes_first_and_the_process_stays_until_its_entry_is_written() {
    let (muster, event) = company().await;
    let seen = Seen::new(vec![event]);
    let (lambda, table) = (serve(lambda(seen.clone(), true)).await, serve(table(seen.clone(), true)).await);
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
async fn an_invocation_that_is_no_request_holds_nothing_up() {
    let (muster, event) = company().await;
    let seen = Seen::new(vec!["{\"no\": \"event of API Gateway\"}".to_owned(), event]);
    let (lambda, table) = (serve(lambda(seen.clone(), true)).await, serve(table(seen.clone(), true)).await);
    let _function = Function::start(&lambda, &table);
    seen.times("extension waits", 3).await;
    assert_eq!(recorded(&muster).await, 1);
    assert_eq!(seen.steps.lock().expect("the steps").iter().filter(|one| **one == "refused").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_extension_the_answer_waits_for_its_entry() {
    let (muster, event) = company().await;
    let seen = Seen::new(vec![event]);
    let (lambda, table) = (serve(lambda(seen.clone(), false)).await, serve(table(seen.clone(), false)).await);
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
    let (_muster, event) = company().await;
    let seen = Seen::new(vec![event.clone(), event]);
    let (lambda, table) = (serve(lambda(seen.clone(), true)).await, serve(table(seen.clone(), false)).await);
    let mut command = Function::command(&lambda, &table);
    command.envs([("MUSTER_METRICS", "routes"), ("MUSTER_STACK", "muster-test"), ("MUSTER_LOG", "off")]);
    let mut function = Function(command.stdout(Stdio::piped()).spawn().expect("the function runs"));
    let output = function.0.stdout.take().expect("its output");
    let lines = tokio::task::spawn_blocking(|| BufReader::new(output).lines().take(2).collect::<Vec<_>>());
    let lines = tokio::time::timeout(Duration::from_secs(10), lines).await.expect("two lines").expect("they are read");
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
    // The first one reads the credential and the settings as well.
    assert_eq!((&lines[0]["ReadUnits"], &lines[1]["ReadUnits"]), (&Json::from(3.0), &Json::from(1.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_being_asked_no_metrics_are_written() {
    let (_muster, event) = company().await;
    let seen = Seen::new(vec![event]);
    let (lambda, table) = (serve(lambda(seen.clone(), true)).await, serve(table(seen.clone(), false)).await);
    let mut command = Function::command(&lambda, &table);
    let mut function = Function(command.stdout(Stdio::piped()).spawn().expect("the function runs"));
    let output = function.0.stdout.take().expect("its output");
    seen.times("extension waits", 2).await;
    drop(function);
    let text = std::io::read_to_string(output).expect("its output");
    assert!(text.contains("\"message\":\"request\"") && !text.contains("CloudWatchMetrics"), "{text}");
}
