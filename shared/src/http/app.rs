//! What surrounds every router: request id, log line, metrics, entry of the record, fallbacks, panics.

use std::any::Any;
use std::collections::BTreeMap;
use std::time::Duration;
use std::time::Instant;

use axum::Router;
use axum::extract::MatchedPath;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::StatusCode;
use axum::http::header;
use axum::middleware;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use tower_http::catch_panic::CatchPanicLayer;
use uuid::Uuid;

use crate::aws::credentials::client_of_token;
use crate::aws::meter::Counts;
use crate::aws::record::Of;
use crate::aws::record::Record;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::context::Acting;
use crate::http::context::ClientIp;
use crate::http::context::PlatformRequestId;
use crate::http::context::RequestContext;
use crate::http::metrics::Answered;
use crate::http::permit;
use crate::http::permit::Origin;
use crate::http::respond;
use crate::http::respond::Cause;
use crate::record::CUT_OFF;
use crate::record::Deed;

/// The header in which a request's id comes and goes.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// What stands for the pattern of a route where nothing is served.
const NO_ROUTE: &str = "none";
/// The methods of HTTP (RFC 9110, RFC 5789).
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
/// What stands for a method that HTTP does not have.
const NO_METHOD: &str = "other";

/// A router with everything that surrounds it, ready to serve.
pub fn app(router: Router, deps: &Deps) -> Router {
    let recognise = |deps: Deps| {
        move |request: Request| async move {
            let (headers, origin) = (request.headers().clone(), Origin::of(&request));
            drop(request);
            permit::recognise(&deps, &headers, origin).await;
        }
    };
    let (on_path, on_method, deps) = (recognise(deps.clone()), recognise(deps.clone()), deps.clone());
    router
        .fallback(async move |request: Request| {
            on_path(request).await;
            unknown_path()
        })
        .method_not_allowed_fallback(async move |request: Request| {
            on_method(request).await;
            unknown_method()
        })
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn(move |request: Request, next: Next| answer(deps.clone(), request, next)))
}

fn unknown_path() -> Error {
    Error::not_found("There is nothing at this path.")
}

fn unknown_method() -> Response {
    let text = "This path does not take this method; the Allow header lists those that it takes.";
    respond::failure(StatusCode::METHOD_NOT_ALLOWED, text, BTreeMap::new(), None)
}

fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    // The panic's text may hold anything, so it stays out of the log line; the panic hook has named the place.
    Error::Internal("a handler panicked".to_owned()).into_response()
}

async fn answer(deps: Deps, mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let context = RequestContext::new(request_id(&request));
    request.extensions_mut().insert(context.clone());
    let route = request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned());
    let method = name_of(request.method()).to_owned();
    let mut call = Call { record: deps.record.clone(), context: context.clone(), method, route, is_open: true };

    let address = request.extensions().get::<ClientIp>().map(|ip| ip.0);
    let response = match deps.limits.check_address(address) {
        Ok(()) => context.meter().measure(next.run(request)).await,
        Err(error) => repeat_token(request.headers(), error.into_response()),
    };
    let response = finish(&context, response);
    let duration = started.elapsed();
    let route = call.route.as_deref().unwrap_or(NO_ROUTE);
    log(&context, &call.method, route, &response, duration);
    let Counts { read_units, write_units, .. } = context.meter().counts();
    let answered = Answered { route, status: response.status(), duration, read_units, write_units };
    deps.metrics.write(deps.clock.now(), &answered);
    call.end(response.status()).await;
    response
}

/// A method's name. Whatever else a client sends in its place is no name, and may be anything.
fn name_of(method: &Method) -> &'static str {
    METHODS.into_iter().find(|name| *name == method.as_str()).unwrap_or(NO_METHOD)
}

/// Repeats a token of which nobody has asked whether it is good: clients hide an answer that has none.
fn repeat_token(sent: &HeaderMap, mut answer: Response) -> Response {
    if let Some(authorization) = sent.get(header::AUTHORIZATION)
        && permit::bearer(sent).is_ok_and(|token| client_of_token(&token).is_some())
    {
        answer.headers_mut().insert(header::AUTHORIZATION, authorization.clone());
    }
    answer
}

/// A call on its way into the record.
struct Call {
    record: Record,
    context: RequestContext,
    method: String,
    route: Option<String>,
    is_open: bool,
}

impl Call {
    /// Records how it ended. The entry is written later: the answer does not wait for it.
    async fn end(&mut self, status: StatusCode) {
        self.is_open = false;
        if let Some((of, deed)) = self.deed(status.as_u16()) {
            self.record.note_call(of, deed, self.context.scope()).await;
        }
    }

    /// Nothing for a caller of whom nothing is known: that is in the log alone.
    fn deed(&self, status: u16) -> Option<(Of, Deed)> {
        let Acting { of, actor, proven, looks } = self.context.acting()?;
        if !looks && status < 400 && matches!(self.method.as_str(), "GET" | "HEAD") {
            return None;
        }
        let deed = Deed {
            actor,
            proven,
            method: self.method.clone(),
            route: self.route.clone().unwrap_or_else(|| NO_ROUTE.to_owned()),
            status,
            request_id: Some(self.context.id().to_owned()),
            touched: self.context.touched().take(),
        };
        Some((of, deed))
    }
}

impl Drop for Call {
    /// A caller that hangs up ends the work wherever it is: what was written until then is recorded all the same.
    fn drop(&mut self) {
        if self.is_open
            && let Some((of, deed)) = self.deed(CUT_OFF)
        {
            self.record.note_now(of, deed, self.context.scope());
        }
    }
}

fn request_id(request: &Request) -> String {
    if let Some(PlatformRequestId(id)) = request.extensions().get() {
        return id.clone();
    }
    let sent = request.headers().get(REQUEST_ID).and_then(|value| value.to_str().ok());
    match sent {
        Some(id) if (8..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') => {
            id.to_owned()
        }
        _ => Uuid::new_v4().to_string(),
    }
}

/// Adds what every answer carries. A 5xx that is no page gets the constant body of its kind, with the request's id.
fn finish(context: &RequestContext, response: Response) -> Response {
    let status = response.status();
    let mut response = match response.extensions().get::<Cause>().cloned() {
        Some(cause) if !respond::is_page(&response) => {
            let id = Some(context.id().to_owned());
            let mut constant = respond::failure(status, respond::constant_text(status), BTreeMap::new(), id);
            copy(response.headers(), constant.headers_mut(), &header::RETRY_AFTER);
            constant.extensions_mut().insert(cause);
            constant
        }
        _ => response,
    };
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(context.id()) {
        headers.insert(REQUEST_ID, id);
    }
    // Personal data has no business in a cache on the way, nor as anything but what it is.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if let Some(caller) = context.caller()
        && let Ok(mut authorization) = HeaderValue::from_str(&format!("Bearer {}", caller.token))
    {
        authorization.set_sensitive(true);
        headers.insert(header::AUTHORIZATION, authorization);
    }
    response
}

fn copy(from: &HeaderMap, to: &mut HeaderMap, name: &HeaderName) {
    if let Some(value) = from.get(name) {
        to.insert(name.clone(), value.clone());
    }
}

/// One line per request. The route is the pattern, never the path or the query: those hold what clients sent.
fn log(context: &RequestContext, method: &str, route: &str, response: &Response, duration: Duration) {
    let counts = context.meter().counts();
    let caller = context.caller();
    let cause = response.extensions().get::<Cause>().map(|cause| cause.0.as_str());
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                target: "muster::request",
                request_id = context.id(),
                method,
                route,
                company = caller.map(|caller| caller.company.as_str()),
                credential = caller.map(|caller| tracing::field::display(&caller.client_id)),
                status = response.status().as_u16(),
                duration_ms = duration.as_secs_f64() * 1000.0,
                store_calls = counts.calls,
                round_trips = counts.round_trips,
                read_units = counts.read_units,
                write_units = counts.write_units,
                cause,
                "request"
            )
        };
    }
    if response.status().is_server_error() {
        line!(error);
    } else {
        line!(info);
    }
}
