//! Storage that fails when a test wants it to: a proxy before each embedded endpoint.

use std::sync::Arc;
use std::sync::Mutex;

use axum::Router;
use axum::body;
use axum::extract::Request;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::Uri;
use axum::response::IntoResponse;
use axum::response::Response;
use shared::aws::record::DEFAULT_DAYS;
use shared::aws::record::Record;
use shared::clock::Clock;
use shared::deps::Deps;
use shared::http::limits::Limits;
use tokio::net::TcpListener;

use crate::place;
use crate::rights;
use crate::storage;

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It does not reach the store, and neither does any later one: the process was cut off.
    CutBefore,
    /// It reaches the store, and no later one does: the process was cut off before the answer came.
    CutAfter,
    /// It alone does not reach the store.
    Refused,
    /// It alone reaches the store, and its answer is lost.
    AnswerLost,
}

/// Faults and the calls up to now; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Faults(Arc<Mutex<Plan>>);

#[derive(Debug, Default)]
struct Plan {
    calls: usize,
    fault: Option<(usize, Fault)>,
}

impl Faults {
    /// Lets the call with a number fail, counted from 0 and from now on.
    ///
    /// # Panics
    ///
    /// Panics when another thread panicked while it held the plan.
    pub fn plan(&self, call: usize, fault: Fault) {
        *self.0.lock().expect("a plan") = Plan { calls: 0, fault: Some((call, fault)) };
    }

    /// Lets no further call fail, and tells how many there were since the plan was made.
    ///
    /// # Panics
    ///
    /// Panics when another thread panicked while it held the plan.
    #[must_use]
    pub fn end(&self) -> usize {
        std::mem::take(&mut *self.0.lock().expect("a plan")).calls
    }

    /// Whether the next call goes through, and whether its answer does.
    fn next(&self) -> (bool, bool) {
        let mut plan = self.0.lock().expect("a plan");
        let call = plan.calls;
        plan.calls += 1;
        match plan.fault {
            Some((at, Fault::CutBefore)) if call >= at => (false, false),
            Some((at, Fault::CutAfter)) if call >= at => (call == at, false),
            Some((at, Fault::Refused)) if call == at => (false, false),
            Some((at, Fault::AnswerLost)) if call == at => (true, false),
            _ => (true, true),
        }
    }
}

/// What routers are built from, over the storage of this process, with faults between.
pub async fn deps(clock: Clock) -> (Deps, Faults) {
    place::needs_own_process("faults of the storage");
    let faults = Faults::default();
    let endpoints = storage::endpoints();
    let table = storage::table_at(&proxy(&endpoints.dynamodb, &faults).await);
    let objects = storage::objects_at(&proxy(&endpoints.s3, &faults).await);
    let (table, objects) = (rights::table(&table), rights::objects(&objects));
    // What is written beside the answers would be counted with the calls of the requests, at some time or other.
    let record = Record::new(storage::table(), clock.clone(), DEFAULT_DAYS);
    (Deps::new(table, clock, Limits::off()).with_objects(objects).with_record(record), faults)
}

async fn proxy(endpoint: &str, faults: &Faults) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let state = (endpoint.to_owned(), faults.clone(), reqwest::Client::new());
    let router = Router::new().fallback(forward).with_state(state);
    tokio::spawn(async move { axum::serve(listener, router).await });
    // The host goes on to the storage as it is. An emulator tells by it what is meant: an address may be an API's.
    format!("http://localhost:{port}")
}

async fn forward(
    State((endpoint, faults, http)): State<(String, Faults, reqwest::Client)>,
    request: Request,
) -> Response {
    let (goes, comes) = faults.next();
    // A refusal that nobody repeats: a fault is the end of the call.
    let failure = (StatusCode::FORBIDDEN, "{\"__type\":\"AccessDeniedException\"}").into_response();
    if !goes {
        return failure;
    }
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or("/", |path| path.as_str());
    let address = format!("{endpoint}{path}").parse::<Uri>().expect("a URI").to_string();
    let bytes = body::to_bytes(body, usize::MAX).await.expect("a body");
    // With its headers as they are: the host among them is signed.
    let sent = http.request(parts.method, address).headers(parts.headers).body(bytes).send().await;
    let answer = sent.expect("the storage answers");
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await.expect("a body");
    if comes { (status, headers, bytes).into_response() } else { failure }
}
