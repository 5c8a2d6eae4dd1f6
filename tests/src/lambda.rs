//! Lambda's two interfaces on loopback, for the binary of one function: the Runtime API and the Extensions API.

use std::sync::Arc;

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
use tokio::net::TcpListener;
use tokio::sync::Mutex;
use tokio::sync::mpsc;
use tokio::sync::watch;

/// How the interfaces call the extension that registered.
const EXTENSION: &str = "da8c9b3c-1f2e-4a50-9c07-b1c8fd0a4ef1";
/// What a function finds in its environment beside the address of its Lambda.
pub const VARIABLES: [(&str, &str); 4] = [
    ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "256"),
    ("AWS_LAMBDA_FUNCTION_VERSION", "1"),
    ("AWS_LAMBDA_LOG_GROUP_NAME", "function"),
    ("AWS_LAMBDA_LOG_STREAM_NAME", "1"),
];

/// What a function does, as its Lambda hears of it.
#[derive(Debug)]
pub enum Step {
    /// It registers an extension of this name, for these events.
    Registers(String, String),
    /// It waits for an event.
    Waits,
    /// It has written what it had to, and its extension waits as well.
    ExtensionWaits,
    /// It answers.
    Answers(Bytes),
    /// It could not start, or answers with an error of the runtime.
    Fails(Bytes),
}

/// The interfaces, listening. They hand over what [`Lambda::invoke`] is given; on Lambda that is once everybody waits.
#[derive(Debug)]
pub struct Lambda {
    /// Host and port, as functions find them in `AWS_LAMBDA_RUNTIME_API`.
    pub address: String,
    events: mpsc::UnboundedSender<Bytes>,
    invoked: watch::Sender<u64>,
}

struct Interface {
    heard: Box<dyn Fn(Step) + Send + Sync>,
    takes_extensions: bool,
    events: Mutex<mpsc::UnboundedReceiver<Bytes>>,
    invoked: watch::Receiver<u64>,
}

impl Lambda {
    /// Listens on a port of its own. `heard` is called with each step before it is answered.
    pub async fn start(takes_extensions: bool, heard: impl Fn(Step) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (events, to_come) = mpsc::unbounded_channel();
        let (invoked, seen) = watch::channel(0);
        let events_to_come = Mutex::new(to_come);
        let interface = Interface { heard: Box::new(heard), takes_extensions, events: events_to_come, invoked: seen };
        let router = Router::new()
            .route("/2018-06-01/runtime/invocation/next", get(next))
            .route("/2018-06-01/runtime/invocation/{id}/response", post(answers))
            .route("/2018-06-01/runtime/invocation/{id}/error", post(fails))
            .route("/2018-06-01/runtime/init/error", post(fails))
            .route("/2020-01-01/extension/register", post(register))
            .route("/2020-01-01/extension/event/next", get(next_for_extension))
            .with_state(Arc::new(interface));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, events, invoked }
    }

    /// Hands an event over to the function, and tells its extension.
    pub fn invoke(&self, event: impl Into<Bytes>) {
        let _ = self.events.send(event.into());
        self.invoked.send_modify(|count| *count += 1);
    }
}

async fn next(State(lambda): State<Arc<Interface>>) -> impl IntoResponse {
    (lambda.heard)(Step::Waits);
    let Some(event) = lambda.events.lock().await.recv().await else {
        // Nothing comes any more, and the process is about to be killed.
        return std::future::pending().await;
    };
    let headers = [
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:eu-central-1:123456789012:function:one"),
    ];
    (headers, event)
}

async fn answers(State(lambda): State<Arc<Interface>>, Path(_): Path<String>, body: Bytes) -> StatusCode {
    (lambda.heard)(Step::Answers(body));
    StatusCode::ACCEPTED
}

async fn fails(State(lambda): State<Arc<Interface>>, body: Bytes) -> StatusCode {
    (lambda.heard)(Step::Fails(body));
    StatusCode::ACCEPTED
}

async fn register(State(lambda): State<Arc<Interface>>, headers: HeaderMap, body: String) -> Response {
    if !lambda.takes_extensions {
        return StatusCode::FORBIDDEN.into_response();
    }
    let name = headers.get("lambda-extension-name").map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned());
    (lambda.heard)(Step::Registers(name.unwrap_or_default(), body));
    ([("lambda-extension-identifier", EXTENSION)], "{}").into_response()
}

async fn next_for_extension(State(lambda): State<Arc<Interface>>, headers: HeaderMap) -> Response {
    if headers.get("lambda-extension-identifier").is_none_or(|id| id != EXTENSION) {
        return StatusCode::FORBIDDEN.into_response();
    }
    // Before the step is heard of, for an event may follow it at once.
    let mut invoked = lambda.invoked.clone();
    invoked.mark_unchanged();
    (lambda.heard)(Step::ExtensionWaits);
    let _ = invoked.changed().await;
    r#"{"eventType":"INVOKE"}"#.into_response()
}
