//! A router behind API Gateway.

use std::convert::Infallible;
use std::fmt::Write;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::http::Uri;
use axum::http::header;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use http_body_util::BodyExt;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext as GatewayContext;
use lambda_http::service_fn;
use lambda_runtime_api_client::PooledClient;
use lambda_runtime_api_client::body::Body;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::aws::config;
use crate::aws::record::Record;
use crate::clock::Clock;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::app::app;
use crate::http::context::ClientIp;
use crate::http::context::PlatformRequestId;
use crate::http::limits::LIMITS_VARIABLE;
use crate::http::limits::Limits;
use crate::http::metrics::Metrics;
use crate::ids::ClientId;
use crate::open_id::Settings;
use crate::telemetry;

/// The name under which the extension is registered; a process has one of a name.
const EXTENSION_NAME: &str = "muster-record";
/// The header with the id that Lambda gives an extension.
const EXTENSION_ID: &str = "Lambda-Extension-Identifier";
/// How long after an invocation its request begins at the latest: both come from one place at the same time.
const BEGINS_WITHIN: Duration = Duration::from_secs(2);
/// How long the first connection to the table is waited for; Lambda gives the start of a function ten seconds.
const CONNECTS_WITHIN: Duration = Duration::from_secs(2);
/// How long the writing of entries waits for the answer to be sent, which has the same thread.
const ANSWER_FIRST: Duration = Duration::from_millis(1);

/// Serves a function's router until Lambda stops the process: everything that its `main` does.
///
/// Clients and caches are made before the first event, while the process has a whole core.
pub async fn run(router: fn(Deps) -> Router) -> Result<(), lambda_http::Error> {
    Box::pin(serve(router, deps()?)).await
}

/// The same for a function that has to do with files.
pub async fn run_with_objects(router: fn(Deps) -> Router) -> Result<(), lambda_http::Error> {
    Box::pin(serve(router, deps()?.with_objects(config::objects_from_env()?))).await
}

/// The same for the function by which administrators sign in.
pub async fn run_with_open_id(router: fn(Deps) -> Router) -> Result<(), lambda_http::Error> {
    Box::pin(serve(router, deps()?.with_open_id(Settings::from_env()?))).await
}

fn deps() -> Result<Deps, Error> {
    telemetry::init_json();
    let limits = Limits::parse(&std::env::var(LIMITS_VARIABLE).unwrap_or_default())?;
    let (table, clock) = (config::table_from_env()?, Clock::system());
    let record = Record::new(table.clone(), clock.clone(), config::record_days_from_env()?);
    Ok(Deps::new(table, clock, limits).with_record(record).with_metrics(Metrics::from_env()?))
}

async fn serve(router: fn(Deps) -> Router, deps: Deps) -> Result<(), lambda_http::Error> {
    let service = app(router(deps.clone()), &deps);
    deps.record.hold();
    let (extension, ()) = tokio::join!(Extension::register(), connect(&deps));
    match extension {
        Ok(extension) => {
            let turns = Turns::default();
            let answers = lambda_http::run(service_fn(|event| {
                let turn = turns.begin();
                let service = service.clone();
                async move {
                    let answered = handle(service, event).await;
                    drop(turn);
                    answered
                }
            }));
            tokio::select! {
                ended = answers => ended,
                // Lambda waits for the extension after each answer: without it, no request would end any more.
                ended = extension.run(&turns, &deps.record) => ended,
                () = turns.write_after_each(&deps.record) => Ok(()),
            }
        }
        Err(error) => {
            // Without the extension, a process stands still as soon as it has answered.
            tracing::warn!(%error, "no extension: answers wait for their entries in the record");
            lambda_http::run(service_fn(|event| {
                let (service, record) = (service.clone(), deps.record.clone());
                async move {
                    let answered = handle(service, event).await;
                    record.flush().await;
                    answered
                }
            }))
            .await
        }
    }
}

/// Opens connections to the table before the first event, while the process has a whole core: with an event, it has the
/// part of one that its memory buys, and TLS would be the larger part of the first request's work. They are two because
/// a common request has two calls under way at a time.
///
/// It asks for a credential that nobody has, as each function's role allows. Where the store does not answer, the
/// first request finds out by itself.
async fn connect(deps: &Deps) {
    let asked = || deps.credentials.get(ClientId::from_bytes([0; 16]));
    let both = async { tokio::try_join!(asked(), asked()) };
    if !matches!(tokio::time::timeout(CONNECTS_WITHIN, both).await, Ok(Ok(_))) {
        tracing::warn!("no connection to the table before the first request");
    }
}

/// How many requests were begun and answered in this process, for who waits for the next one's end.
#[derive(Debug, Default)]
struct Turns(watch::Sender<(u64, u64)>);

/// A request that is being answered, until it is dropped.
struct Turn(watch::Sender<(u64, u64)>);

impl Turns {
    fn begin(&self) -> Turn {
        self.0.send_modify(|(begun, _)| *begun += 1);
        Turn(self.0.clone())
    }

    /// Waits until so many requests were answered. Not every invocation becomes a
    /// request (one can be no event of API Gateway), so one that has not begun
    /// after a while is not waited for.
    async fn ended(&self, count: u64) {
        let mut turns = self.0.subscribe();
        let begun = tokio::time::timeout(BEGINS_WITHIN, turns.wait_for(|(begun, _)| *begun >= count));
        if matches!(begun.await, Ok(Ok(_))) {
            let _ = turns.wait_for(|(_, ended)| *ended >= count).await;
        }
    }

    fn begun(&self) -> u64 {
        self.0.borrow().0
    }

    /// Writes what each request left, whatever the extension hears of it: the
    /// emulator of `cargo lambda watch` tells it of other functions' requests, and not of all. Never ends.
    async fn write_after_each(&self, record: &Record) {
        let mut turns = self.0.subscribe();
        while turns.changed().await.is_ok() {
            tokio::time::sleep(ANSWER_FIRST).await;
            record.flush().await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.send_modify(|(_, ended)| *ended += 1);
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
    async fn register() -> Result<Self, lambda_http::Error> {
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
    async fn run(self, turns: &Turns, record: &Record) -> Result<(), lambda_http::Error> {
        let mut answered = 0;
        loop {
            let request = Request::get("/2020-01-01/extension/event/next").header(EXTENSION_ID, &self.id);
            let response = self.client.call(request.body(Body::empty())?).await?;
            if !response.status().is_success() {
                return Err(format!("no next event for the extension: {}", response.status()).into());
            }
            // Read to its end, so that the connection is good for the next one. What it says, the request says, too.
            response.into_body().collect().await?;
            turns.ended(answered + 1).await;
            answered = turns.begun();
            tokio::time::sleep(ANSWER_FIRST).await;
            record.flush().await;
        }
    }
}

/// Answers one event, as Lambda hands it over.
pub async fn handle(service: Router, event: lambda_http::Request) -> Result<Response, Infallible> {
    let request = with_gateway_facts(event);
    service.oneshot(request).await
}

/// The address with the path that was sent, where the runtime made another one of it.
///
/// API Gateway hands the path over decoded. The runtime reads it as an address again, which loses a blank at the end
/// and ends the path at `?` or `#`: `DELETE …/projects/1%20` would delete project 1.
fn uri_as_sent(uri: &Uri, raw_path: &str) -> Option<Uri> {
    let path = encode_path(raw_path);
    if path.is_empty() || uri.path().ends_with(&path) {
        return None;
    }
    // Each question mark of the path is one more before the query.
    let text = uri.path_and_query().map_or("", PathAndQuery::as_str);
    let query = text.splitn(raw_path.matches('?').count() + 2, '?').nth(raw_path.matches('?').count() + 1);
    let path_and_query = query.map_or(path.clone(), |query| format!("{path}?{query}"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

/// A decoded path as it stands in an address. Percent signs are as they were sent: those alone API Gateway leaves.
fn encode_path(path: &str) -> String {
    path.bytes().fold(String::with_capacity(path.len()), |mut encoded, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'/' | b'%' => encoded.push(char::from(byte)),
            byte if b"-._~!$&'()*+,;=:@".contains(&byte) => encoded.push(char::from(byte)),
            // Writing to a text cannot fail.
            byte => drop(write!(encoded, "%{byte:02X}")),
        }
        encoded
    })
}

/// Takes over what API Gateway knows of the request.
fn with_gateway_facts(mut event: lambda_http::Request) -> Request {
    if let Some(uri) = uri_as_sent(event.uri(), event.raw_http_path()) {
        *event.uri_mut() = uri;
    }
    let gateway = match event.request_context_ref() {
        Some(GatewayContext::ApiGatewayV2(context)) => {
            Some((context.request_id.clone(), context.http.source_ip.clone()))
        }
        _ => None,
    };
    let mut request = event.map(axum::body::Body::new);
    if let Some((id, address)) = gateway {
        if let Some(address) = address.and_then(|text| text.parse().ok()) {
            request.extensions_mut().insert(ClientIp(address));
        }
        if let Some(id) = id {
            request.extensions_mut().insert(PlatformRequestId(id));
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use lambda_http::RequestExt;

    use super::with_gateway_facts;

    /// The address of a request for a decoded path, as API Gateway describes it.
    fn address(raw_path: &str, query: &str) -> String {
        let event = serde_json::json!({
            "version": "2.0", "routeKey": "$default", "rawPath": raw_path, "rawQueryString": query, "headers": {},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "a.example", "stage": "$default", "requestId": "r",
                "http": {"method": "GET", "path": raw_path, "sourceIp": "192.0.2.1"},
            },
            "isBase64Encoded": false,
        });
        let event = lambda_http::request::from_str(&event.to_string()).expect("an event");
        assert_eq!(event.raw_http_path(), raw_path);
        with_gateway_facts(event).uri().path_and_query().expect("a path").to_string()
    }

    #[test]
    fn a_decoded_path_is_the_one_that_was_sent() {
        for (decoded, query, sent) in [
            ("/v1/projects/1", "", "/v1/projects/1"),
            ("/v1/projects/1", "a=b?c", "/v1/projects/1?a=b?c"),
            ("/v1/projects/1 ", "", "/v1/projects/1%20"),
            ("/v1/projects/1 ", "a=%20", "/v1/projects/1%20?a=%20"),
            ("/v1/projects/1?x", "", "/v1/projects/1%3Fx"),
            ("/v1/projects/1?x?", "a=b?c", "/v1/projects/1%3Fx%3F?a=b?c"),
            ("/v1/projects/1#x", "", "/v1/projects/1%23x"),
            ("/v1/projects/ö", "", "/v1/projects/%C3%B6"),
            ("/v1/projects/%25", "a", "/v1/projects/%25?a"),
            ("/v1/../x", "", "/v1/../x"),
        ] {
            assert_eq!(address(decoded, query), sent, "{decoded}?{query}");
        }
    }
}
