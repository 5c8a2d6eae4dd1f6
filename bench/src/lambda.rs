//! Lambda's two interfaces, for one function: the Runtime API and the Extensions API.
//!
//! As on Lambda, an event is handed over once everybody who registered waits for
//! it, and the function's processor time is read at each of these moments.

use std::io;
use std::sync::Arc;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc;
use tokio::sync::watch;

use crate::process::Processor;

/// What the function did, and when.
#[derive(Debug)]
pub(crate) enum Step {
    /// It is ready for an event.
    Waits,
    /// It has written what it had to, and its extension waits as well.
    ExtensionWaits,
    /// It answered.
    Answered(Bytes),
    /// It could not start, or answered with an error of the runtime.
    Failed(Bytes),
}

/// A step, and the moment in which it was heard of.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) step: Step,
    pub(crate) at: Instant,
    /// Processor time that the function had used by then.
    pub(crate) used: Duration,
}

/// The interfaces, listening.
#[derive(Debug)]
pub(crate) struct Lambda {
    /// Host and port, as functions find them in `AWS_LAMBDA_RUNTIME_API`.
    pub(crate) address: String,
    steps: mpsc::UnboundedReceiver<Heard>,
    events: mpsc::UnboundedSender<Bytes>,
    invoked: watch::Sender<u64>,
    processor: Arc<OnceLock<Processor>>,
}

struct Interface {
    processor: Arc<OnceLock<Processor>>,
    steps: mpsc::UnboundedSender<Heard>,
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    invoked: watch::Receiver<u64>,
}

impl Interface {
    fn heard(&self, step: Step) {
        let used = self.processor.get().copied().map(Processor::used).unwrap_or_default();
        // Nobody listens any more once the function was stopped.
        let _ = self.steps.send(Heard { step, at: Instant::now(), used });
    }
}

impl Lambda {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let (heard, steps) = mpsc::unbounded_channel();
        let (events, to_come) = mpsc::unbounded_channel();
        let (invoked, seen) = watch::channel(0);
        let processor = Arc::<OnceLock<Processor>>::default();
        let events_to_come = Mutex::new(to_come);
        let state = Interface { processor: processor.clone(), steps: heard, events: events_to_come, invoked: seen };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answered))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(failed))
            .route("/2018-06-01/runtime/init/error", post(failed))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(next_for_extension))
            .with_state(Arc::new(state));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { address, steps, events, invoked, processor })
    }

    /// Says whose processor time is read, before the process has come so far as to call.
    pub(crate) fn watch(&self, processor: Processor) {
        let _ = self.processor.set(processor);
    }

    /// What the function does next; none once nothing more can come.
    pub(crate) async fn step(&mut self) -> Option<Heard> {
        self.steps.recv().await
    }

    /// Hands an event over.
    pub(crate) fn invoke(&self, event: Bytes) {
        let _ = self.events.send(event);
        self.invoked.send_modify(|count| *count += 1);
    }
}

async fn next(State(lambda): State<Arc<Interface>>) -> impl IntoResponse {
    lambda.heard(Step::Waits);
    let Some(event) = lambda.events.lock().await.recv().await else {
        // The measurement is over, and the process about to be killed.
        return std::future::pending().await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:measured"),
    ];
    (headers, event)
}

async fn answered(State(lambda): State<Arc<Interface>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    lambda.heard(Step::Answered(body));
    StatusCode::ACCEPTED
}

async fn failed(State(lambda): State<Arc<Interface>>, body: Bytes) -> StatusCode {
    lambda.heard(Step::Failed(body));
    StatusCode::ACCEPTED
}

async fn register() -> impl IntoResponse {
    ([("lambda-extension-identifier", "da8c9b3c-1f2e-4a50-9c07-b1c8fd0a4ef1")], "{}")
}

async fn next_for_extension(State(lambda): State<Arc<Interface>>) -> &'static str {
    // Before the step is heard of, for an event may follow it at once.
    let mut invoked = lambda.invoked.clone();
    invoked.mark_unchanged();
    lambda.heard(Step::ExtensionWaits);
    let _ = invoked.changed().await;
    r#"{"eventType":"INVOKE"}"#
}
