//! A router behind API Gateway.

pub mod gateway;
pub mod read_ahead;

use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;
use http_body_util::BodyExt;
use lambda_runtime::LambdaEvent;
use lambda_runtime::service_fn;
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::aws::config;
use crate::aws::record::Record;
use crate::clock::Clock;
use crate::deps::Deps;
use crate::http::app::app;
use crate::http::limits::LIMITS_VARIABLE;
use crate::http::limits::Limits;
use crate::http::metrics::Metrics;
use crate::lambda::gateway::Answer;
use crate::lambda::gateway::Event;
use crate::lambda::read_ahead::ReadAhead;
use crate::open_id::Settings;
use crate::telemetry;

pub use lambda_runtime::Error;

/// The name under which the extension is registered; a process has one of a name.
const EXTENSION_NAME: &str = "muster-record";
/// The header with the id that Lambda gives an extension.
const EXTENSION_ID: &str = "Lambda-Extension-Identifier";
/// How long after an invocation its request begins at the latest: both come from one place at the same time.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);
/// How long what is read ahead is waited for; Lambda gives the start of a function ten seconds.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How long the writing of entries waits for the answer to be sent, which has the same thread.
const ANSWER_FIRST: Duration = Duration::from_millis(1);

/// Serves a function's router until Lambda stops the process: everything that its `main` does.
///
/// Clients and caches are made before the first event, while the process has a whole core.
pub async fn run(ahead: ReadAhead, router: fn(Deps) -> Router) -> Result<(), Error> {
    Box::pin(serve(ahead, router, deps()?)).await
}

/// The same for a function that has to do with files.
pub async fn run_with_objects(ahead: ReadAhead, router: fn(Deps) -> Router) -> Result<(), Error> {
    Box::pin(serve(ahead, router, deps()?.with_objects(config::objects_from_env()?))).await
}

/// The same for the function by which administrators sign in.
pub async fn run_with_open_id(ahead: ReadAhead, router: fn(Deps) -> Router) -> Result<(), Error> {
    Box::pin(serve(ahead, router, deps()?.with_open_id(Settings::from_env()?))).await
}

fn deps() -> Result<Deps, crate::error::Error> {
    telemetry::init_json();
    let limits = Limits::parse(&std::env::var(LIMITS_VARIABLE).unwrap_or_default())?;
    let (table, clock) = (config::table_from_env()?, Clock::system());
    let record = Record::new(table.clone(), clock.clone(), config::record_days_from_env()?);
    Ok(Deps::new(table, clock, limits).with_record(record).with_metrics(Metrics::from_env()?))
}

async fn serve(ahead: ReadAhead, router: fn(Deps) -> Router, deps: Deps) -> Result<(), Error> {
    let service = app(router(deps.clone()), &deps);
    deps.record.hold();
    let (extension, ()) = tokio::join!(Extension::register(), connect(ahead, &deps));
    match extension {
        Ok(extension) => {
            let turns = Turns::default();
            let answers = lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
                let turn = turns.begin();
                let service = service.clone();
                async move {
                    let answered = handle(service, event.payload).await;
                    drop(turn);
                    Answer::of(answered?).await
                }
            }));
            tokio::select! {
                ended = answers => ended,
                // Lambda waits for the extension after each answer: without it, no request would end any more.
                ended = extension.run(&turns) => ended,
                () = turns.record_each(&deps.record) => Ok(()),
            }
        }
        Err(error) => {
            // Without the extension, a process stands still as soon as it has answered.
            tracing::warn!(%error, "no extension: answers wait for their entries in the record");
            lambda_runtime::run(service_fn(|event: LambdaEvent<Event>| {
                let (service, record) = (service.clone(), deps.record.clone());
                async move {
                    let answered = handle(service, event.payload).await;
                    record.flush().await;
                    Answer::of(answered?).await
                }
            }))
            .await
        }
    }
}

/// Opens the connection to the table before the first event, while the process has a whole core: with an event, it has
/// the part of one that its memory buys, and TLS would be the larger part of the first request's work.
///
/// Where the store does not answer, the first request finds out by itself.
async fn connect(ahead: ReadAhead, deps: &Deps) {
    if !matches!(tokio::time::timeout(CONNECTS_WITHIN, ahead(deps)).await, Ok(Ok(()))) {
        tracing::warn!("nothing was read from the table before the first request");
    }
}

/// How far this process has come with its requests, for who waits for it.
#[derive(Debug, Default)]
struct Turns(watch::Sender<Progress>);

/// How many requests were begun, answered, and have their entries in the record.
#[derive(Clone, Copy, Debug, Default)]
struct Progress {
    begun: u64,
    answered: u64,
    recorded: u64,
}

/// A request that is being answered, until it is dropped.
struct Turn(watch::Sender<Progress>);

impl Turns {
    fn begin(&self) -> Turn {
        self.0.send_modify(|progress| progress.begun += 1);
        Turn(self.0.clone())
    }

    /// Waits until so many requests have their entries. Not every invocation
    /// becomes a request (one can be no event of API Gateway), so one that has
    /// not begun after a while is not waited for.
    async fn recorded(&self, count: u64) {
        let mut turns = self.0.subscribe();
        let begun = tokio::time::timeout(BEGINS_WITHIN, turns.wait_for(|progress| progress.begun >= count));
        if matches!(begun.await, Ok(Ok(_))) {
            let _ = turns.wait_for(|progress| progress.recorded >= count).await;
        }
    }

    fn begun(&self) -> u64 {
        self.0.borrow().begun
    }

    /// Writes what each request left, whatever the extension hears of it: the
    /// emulator of `cargo lambda watch` tells it of other functions' requests, and not of all. Never ends.
    async fn record_each(&self, record: &Record) {
        let mut turns = self.0.subscribe();
        while turns.wait_for(|progress| progress.answered > progress.recorded).await.is_ok() {
            tokio::time::sleep(ANSWER_FIRST).await;
            let answered = self.0.borrow().answered;
            record.flush().await;
            self.0.send_modify(|progress| progress.recorded = answered);
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.send_modify(|progress| progress.answered += 1);
    }
}

/// The part of this process that Lambda waits for after each answer, which is sent meanwhile.
///
/// An *internal extension*: it asks for the next event once the entries of this
/// one are written, and the process stands still only then.
struct Extension {
    client: PooledClient,
    id: HeaderValue,
}

impl Extension {
    /// Before the first request, or Lambda takes no more extensions.
    async fn register() -> Result<Self, Error> {
        let client = PooledClient::builder().build();
        let request = Request::post("/2020-01-01/extension/register")
            .header("Lambda-Extension-Name", EXTENSION_NAME)
            .header(header::CONTENT_TYPE, "application/json")
            .body(r#"{"events":["INVOKE"]}"#.into())?;
        let response = client.call(request).await?;
        let id = response.headers().get(EXTENSION_ID).cloned();
        match id.filter(|_| response.status().is_success()) {
            Some(id) => Ok(Self { client, id }),
            None => Err(format!("the extension was refused: {}", response.status()).into()),
        }
    }

    /// Never ends, but for a failure.
    async fn run(self, turns: &Turns) -> Result<(), Error> {
        let mut recorded = 0;
        loop {
            let request = Request::get("/2020-01-01/extension/event/next").header(EXTENSION_ID, &self.id);
            let response = self.client.call(request.body(Body::empty())?).await?;
            if !response.status().is_success() {
                return Err(format!("no next event for the extension: {}", response.status()).into());
            }
            // Read to its end, so that the connection is good for the next one. What it says, the request says, too.
            response.into_body().collect().await?;
            turns.recorded(recorded + 1).await;
            recorded = turns.begun();
        }
    }
}

/// Answers one event, as Lambda hands it over.
pub async fn handle(service: Router, event: Event) -> Result<Response, Error> {
    let Ok(response) = service.oneshot(event.into_request()?).await;
    Ok(response)
}
