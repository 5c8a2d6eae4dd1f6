//! A `POST` that is sent again with the same `Idempotency-Key` is done once.
//!
//! It stands between the scope check and the handler, so only those who may do
//! the work learn what it answered, and no handler knows of it.

use std::panic::AssertUnwindSafe;
use std::panic::resume_unwind;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::http::request::Parts;
use axum::http::response;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use futures_util::FutureExt;
use http_body_util::BodyExt;

use crate::aws::credentials::Fingerprint;
use crate::aws::idempotency::Answer;
use crate::aws::idempotency::Claim;
use crate::aws::idempotency::Claimed;
use crate::aws::idempotency::Keyed;
use crate::aws::table::back_off;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::body;
use crate::http::context::RequestContext;
use crate::http::respond::Passing;
use crate::record::Touches;

/// The header that makes a `POST` safe to send again, as callers read it.
pub const KEY_HEADER: &str = "Idempotency-Key";
/// How many characters a key has at most.
pub const MAX_KEY: usize = 255;
/// The mark of an answer that was given before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// How long a request waits for another one with its key, in milliseconds.
const MAX_WAIT: i64 = 10_000;

/// Answers a request with a key: by the work, or by what the work answered before.
pub(crate) async fn once(deps: Deps, request: Request, next: Next) -> Response {
    match key_of(request.headers()) {
        Ok(None) => next.run(request).await,
        Ok(Some(key)) => with_key(&deps, &key, request, next).await.unwrap_or_else(Error::into_response),
        Err(error) => error.into_response(),
    }
}

fn key_of(headers: &HeaderMap) -> Result<Option<String>, Error> {
    let mut sent = headers.get_all(KEY_HEADER).iter();
    let Some(key) = sent.next() else { return Ok(None) };
    let bytes = key.as_bytes();
    let good = (1..=MAX_KEY).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic);
    if !good || sent.next().is_some() {
        let text = format!("The {KEY_HEADER} must come once and have 1 to {MAX_KEY} visible ASCII characters.");
        return Err(Error::malformed(KEY_HEADER, text));
    }
    Ok(Some(String::from_utf8_lossy(bytes).into_owned()))
}

/// What makes two requests the same: method, path, query, media type and body, but for a multipart form's boundary.
#[must_use]
pub fn fingerprint(parts: &Parts, body: &[u8]) -> Fingerprint {
    let (path, query) = (parts.uri.path(), parts.uri.query().unwrap_or_default());
    let media_type = body::media_type(&parts.headers);
    Fingerprint::of_parts(&[
        parts.method.as_str().as_bytes(),
        path.as_bytes(),
        query.as_bytes(),
        media_type.as_bytes(),
        body::multipart::without_boundaries(&parts.headers, body).as_deref().unwrap_or(body),
    ])
}

async fn with_key(deps: &Deps, key: &str, request: Request, next: Next) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let context = parts.extensions.get::<RequestContext>().cloned();
    let body = body::read(&parts.headers, body).await?;
    let fingerprint = fingerprint(&parts, &body);
    let handler = next.run(Request::from_parts(parts, Body::from(body)));
    do_once(deps, key, context.as_ref(), fingerprint, handler).await
}

/// The same for a handler that reads its body itself, because it is too large to
/// be held. `told` is what the body said, to tell another request from a repeat.
pub async fn keyed(
    deps: &Deps,
    parts: &Parts,
    told: &[u8],
    work: impl Future<Output = Result<Response, Error>>,
) -> Result<Response, Error> {
    let Some(key) = key_of(&parts.headers)? else { return work.await };
    let context = parts.extensions.get::<RequestContext>();
    let work = async { work.await.unwrap_or_else(Error::into_response) };
    do_once(deps, &key, context, fingerprint(parts, told), work).await
}

async fn do_once(
    deps: &Deps,
    key: &str,
    context: Option<&RequestContext>,
    fingerprint: Fingerprint,
    handler: impl Future<Output = Response>,
) -> Result<Response, Error> {
    let caller = context.and_then(RequestContext::caller);
    let caller = caller.ok_or_else(|| Error::Internal("an idempotency key without a caller".to_owned()))?;
    let keyed = Keyed::new(&deps.table, &caller.company, caller.client_id, key, fingerprint);
    match claim(deps, &keyed).await? {
        Claimed::Ours(claim) => Ok(work(&keyed, &claim, context, handler).await),
        Claimed::Answered(answer) => {
            context.inspect(|context| context.touched().absorb(&answer.touched));
            replay(answer)
        }
        Claimed::Running => Err(Error::Conflict(format!(
            "Another request with this {KEY_HEADER} is still being answered. Nothing was done; try again later."
        ))),
        Claimed::Different => {
            Err(Error::invalid(KEY_HEADER, format!("This {KEY_HEADER} came with another request before.")))
        }
    }
}

/// Claims the key. Another request that has it is waited for.
async fn claim(deps: &Deps, keyed: &Keyed<'_>) -> Result<Claimed, Error> {
    let give_up = deps.clock.now().as_millisecond() + MAX_WAIT;
    let mut attempt = 0;
    loop {
        let claimed = keyed.claim(deps.clock.now()).await?;
        if !matches!(claimed, Claimed::Running) || deps.clock.now().as_millisecond() >= give_up {
            return Ok(claimed);
        }
        back_off(attempt).await;
        attempt += 1;
    }
}

/// Does the work and keeps its answer, or gives the key back where a repeat should do the work again.
async fn work(
    keyed: &Keyed<'_>,
    claim: &Claim,
    context: Option<&RequestContext>,
    work: impl Future<Output = Response>,
) -> Response {
    let response = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            // What goes wrong here is a smaller matter than the panic, and the claim ends by itself.
            let _ = keyed.release(claim).await;
            resume_unwind(panic)
        }
    };
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await else {
        return Error::Internal("an answer broke off".to_owned()).into_response();
    };
    let body = body.to_bytes();
    let touched = context.map(|context| context.touched().so_far()).unwrap_or_default();
    let settled = match answer(&parts, &body, touched) {
        Some(answer) => keyed.finish(claim, &answer).await,
        None => keyed.release(claim).await,
    };
    if let Err(error) = settled {
        // The work is done, so its answer is given: only a repeat will not find it.
        let request_id = context.map(RequestContext::id);
        tracing::warn!(request_id, cause = %error, "the answer to an idempotency key could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

/// What is kept of an answer, if it is kept.
fn answer(parts: &response::Parts, body: &[u8], touched: Touches) -> Option<Answer> {
    let content_type = parts.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or_default().to_owned();
    let kept = is_kept(parts.status) && parts.extensions.get::<Passing>().is_none();
    kept.then(|| Answer { status: parts.status.as_u16(), content_type, body: body.to_vec(), touched })
}

/// Whether an answer is a verdict on the request, so that the same request should get it again.
/// The others say that it may do better later.
fn is_kept(status: StatusCode) -> bool {
    let passing =
        [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::CONFLICT, StatusCode::TOO_MANY_REQUESTS];
    !status.is_server_error() && !passing.contains(&status)
}

/// The answer once more. What every answer carries is added where it is added to all of them.
fn replay(answer: Answer) -> Result<Response, Error> {
    let damaged = || Error::Internal("a stored answer has not the form of one".to_owned());
    let mut response = Response::new(Body::from(answer.body));
    *response.status_mut() = StatusCode::from_u16(answer.status).map_err(|_| damaged())?;
    let headers = response.headers_mut();
    if !answer.content_type.is_empty() {
        let content_type = HeaderValue::from_str(&answer.content_type).map_err(|_| damaged())?;
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(keys: &[&[u8]]) -> HeaderMap {
        let keys = keys.iter().map(|key| HeaderValue::from_bytes(key).expect("a header's value"));
        keys.map(|key| (HeaderName::from_static("idempotency-key"), key)).collect()
    }

    fn request(method: &str, uri: &str, content_type: &str) -> Parts {
        let request = Request::builder().method(method).uri(uri).header("content-type", content_type);
        request.body(()).expect("a request").into_parts().0
    }

    #[test]
    fn a_key_is_one_visible_word() {
        assert_eq!(key_of(&HeaderMap::new()), Ok(None));
        let longest = "k".repeat(MAX_KEY);
        for good in ["1", "\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", &longest] {
            assert_eq!(key_of(&headers(&[good.as_bytes()])), Ok(Some(good.to_owned())));
        }
        let too_long = "k".repeat(MAX_KEY + 1);
        let one_by_one: [&[u8]; 5] = [b"", b"a b", b"\xc3\xa4", b"a\tb", too_long.as_bytes()];
        for bad in one_by_one.map(|key| headers(&[key])).into_iter().chain([headers(&[b"a", b"a"])]) {
            let Err(Error::Invalid(invalid)) = key_of(&bad) else { panic!("{bad:?} must be refused") };
            assert!(invalid.fields.contains_key(KEY_HEADER));
        }
    }

    #[test]
    fn everything_that_a_request_asks_for_is_in_its_fingerprint() {
        let one = request("POST", "/a?b=c", "application/json");
        let same = request("POST", "https://elsewhere.example/a?b=c", "Application/JSON; charset=utf-8");
        assert_eq!(fingerprint(&one, b"x"), fingerprint(&same, b"x"));
        for other in [
            fingerprint(&one, b"y"),
            fingerprint(&request("PUT", "/a?b=c", "application/json"), b"x"),
            fingerprint(&request("POST", "/a?b=d", "application/json"), b"x"),
            fingerprint(&request("POST", "/ab?=c", "application/json"), b"x"),
            fingerprint(&request("POST", "/a?b=c", "text/json"), b"x"),
        ] {
            assert_ne!(fingerprint(&one, b"x"), other);
        }
    }

    #[test]
    fn a_form_is_the_same_with_another_boundary() {
        let form = |boundary: &str, name: &str| {
            let request = request("POST", "/a", &format!("multipart/form-data; boundary={boundary}"));
            let part = format!("Content-Disposition: form-data; name=\"a\"\r\n\r\n{name}");
            fingerprint(&request, format!("--{boundary}\r\n{part}\r\n--{boundary}--\r\n").as_bytes())
        };
        assert_eq!(form("one", "x"), form("another", "x"));
        assert_ne!(form("one", "x"), form("one", "y"));
    }

    #[test]
    fn verdicts_are_kept_and_moments_are_not() {
        for (status, kept) in [(200, true), (400, true), (404, true), (413, true), (415, true), (422, true)]
            .into_iter()
            .chain([401, 403, 409, 429, 500, 503].map(|status| (status, false)))
        {
            let status = StatusCode::from_u16(status).expect("a status");
            assert_eq!(is_kept(status), kept, "{status}");
        }
    }
}
