//! Envelopes and errors. One place decides which error has which status and body.

use std::collections::BTreeMap;

use axum::Json;
use axum::http::HeaderValue;
use axum::http::StatusCode;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde::Serialize;
use utoipa::IntoResponses;
use utoipa::ToSchema;

use crate::error::Badness;
use crate::error::Error;

/// The v1 envelope of an answer that succeeded.
#[derive(Debug, Serialize, ToSchema)]
pub struct Success<T> {
    /// Always `true`.
    pub success: bool,
    /// What was asked for.
    pub data: T,
}

/// An answer that succeeded.
pub fn success<T: Serialize>(data: T) -> Response {
    Json(Success { success: true, data }).into_response()
}

/// The v1 envelope of an error.
#[derive(Debug, Serialize, ToSchema)]
pub struct Failure {
    /// Always `false`.
    pub success: bool,
    /// What went wrong.
    pub error: FailureDetail,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct FailureDetail {
    /// The HTTP status once more.
    pub code: u16,
    /// One sentence.
    pub message: String,
    /// Each field that is wrong, with what is wrong with it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub error_data: BTreeMap<String, Vec<String>>,
    /// The id under which the log knows a failure that is not the caller's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
}

/// What every endpoint that demands a scope can answer instead; for the API's description.
#[derive(Debug, IntoResponses)]
pub enum Refused {
    /// No authorization
    #[response(status = 401)]
    Unauthenticated(Failure),
    /// The authorization is not valid or does not suffice
    #[response(status = 403)]
    Forbidden(Failure),
    /// Too many requests
    #[response(status = 429)]
    Throttled(Failure),
}

/// What every endpoint that takes a body can answer instead; for the API's description.
#[derive(Debug, IntoResponses)]
pub enum Rejected {
    /// The body cannot be read
    #[response(status = 400)]
    Malformed(Failure),
    /// The body is too large
    #[response(status = 413)]
    TooLarge(Failure),
    /// The body is neither JSON nor a form
    #[response(status = 415)]
    Unsupported(Failure),
    /// A field breaks a rule; nothing was stored
    #[response(status = 422)]
    Invalid(Failure),
}

/// The v1 envelope of a batch of which a part failed; what was valid is stored.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchFailure<T> {
    /// Always `false`.
    pub success: bool,
    /// What went wrong.
    pub error: BatchFailureDetail<T>,
}

/// What went wrong with a batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchFailureDetail<T> {
    /// Always 400.
    pub code: u16,
    /// One sentence.
    pub message: String,
    /// What became of each row, in the order in which they were sent.
    pub detailed_message: Vec<T>,
}

/// An answer to a batch of which a part failed; `passing` if it did for a reason that may be gone later.
#[must_use]
pub fn batch_failure<T: Serialize>(message: &str, rows: Vec<T>, passing: bool) -> Response {
    let status = StatusCode::BAD_REQUEST;
    let error = BatchFailureDetail { code: status.as_u16(), message: message.to_owned(), detailed_message: rows };
    let mut response = (status, Json(BatchFailure { success: false, error })).into_response();
    if passing {
        response.extensions_mut().insert(Passing);
    }
    response
}

/// The mark of an answer that says of some of its rows that they may do better
/// later, so that it is no verdict for a request that is sent again.
#[derive(Clone, Copy, Debug)]
pub struct Passing;

/// The envelope in which the routes of projects say which fields are wrong.
#[derive(Debug, Serialize, ToSchema)]
pub struct FieldFailure {
    /// Always `false`.
    pub success: bool,
    /// Each field that is wrong, with what is wrong with it.
    pub error: BTreeMap<String, Vec<String>>,
}

/// The envelope in which the routes of projects say that there is no such project.
#[derive(Debug, Serialize, ToSchema)]
pub struct BareFailure {
    /// Always `false`.
    pub success: bool,
    /// One sentence.
    pub message: String,
}

/// An error as the routes of projects answer it: their contract is older than the envelope of the others.
#[derive(Debug)]
pub struct ProjectError(pub Error);

impl From<Error> for ProjectError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}

impl IntoResponse for ProjectError {
    fn into_response(self) -> Response {
        match self.0 {
            Error::Invalid(invalid) if invalid.badness != Badness::Unsupported => {
                let body = FieldFailure { success: false, error: invalid.fields };
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            Error::NotFound { message, .. } => {
                (StatusCode::NOT_FOUND, Json(BareFailure { success: false, message })).into_response()
            }
            other => other.into_response(),
        }
    }
}

/// An answer that something new is stored, where the contract says so.
pub fn created<T: Serialize>(data: T) -> Response {
    (StatusCode::CREATED, success(data)).into_response()
}

/// An answer that is a file.
#[must_use]
pub fn bytes(media_type: &str, bytes: Vec<u8>) -> Response {
    // Our own media types are always the text of a header.
    let media_type = HeaderValue::from_str(media_type).unwrap_or(HeaderValue::from_static("application/octet-stream"));
    ([(header::CONTENT_TYPE, media_type)], bytes).into_response()
}

/// An answer that leads elsewhere; for whoever asks, and not to be kept.
pub fn see_other(address: &str) -> Result<Response, Error> {
    let location = HeaderValue::from_str(address);
    let location = location.map_err(|_| Error::Internal("an address is not one of a header".to_owned()))?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// A page for a person.
#[must_use]
pub fn page(html: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// A page that says why something was refused, with the status that the error has everywhere.
#[must_use]
pub fn refusal_page(error: &Error, html: String) -> Response {
    let mut response = (status(error), page(html)).into_response();
    if let Error::Unavailable(cause) | Error::Internal(cause) = error {
        response.extensions_mut().insert(Cause(cause.clone()));
    }
    set_retry_after(error, &mut response);
    response
}

/// Whether an answer is a page for a person, which says in its own words what went wrong.
pub(crate) fn is_page(response: &Response) -> bool {
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    kind.is_some_and(|kind| kind.starts_with("text/html"))
}

/// An answer without a body.
#[must_use]
pub fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

/// What an endpoint can answer to a body that is not for it; for the API's description.
#[derive(Debug, IntoResponses)]
pub enum Unreadable {
    /// The body is too large
    #[response(status = 413)]
    TooLarge(Failure),
    /// The body is neither JSON nor a form
    #[response(status = 415)]
    Unsupported(Failure),
}

/// Why an answer is a 5xx; for the log line, never for the caller.
#[derive(Clone, Debug)]
pub(crate) struct Cause(pub String);

/// The status of an error. Adding a variant without deciding this does not compile.
#[must_use]
pub fn status(error: &Error) -> StatusCode {
    match error {
        Error::Invalid(invalid) => match invalid.badness {
            Badness::Malformed => StatusCode::BAD_REQUEST,
            Badness::Unsupported => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Badness::Rejected => StatusCode::UNPROCESSABLE_ENTITY,
        },
        Error::Unauthenticated => StatusCode::UNAUTHORIZED,
        Error::Forbidden(_) => StatusCode::FORBIDDEN,
        Error::NotFound { .. } => StatusCode::NOT_FOUND,
        Error::Conflict(_) | Error::Raced => StatusCode::CONFLICT,
        Error::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
        Error::Throttled { .. } => StatusCode::TOO_MANY_REQUESTS,
        Error::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

/// An answer that failed, with the constant text of its kind where the cause is not the caller's.
pub(crate) fn failure(
    status: StatusCode,
    message: &str,
    error_data: BTreeMap<String, Vec<String>>,
    request_id: Option<String>,
) -> Response {
    let code = status.as_u16();
    let error = FailureDetail { code, message: message.to_owned(), error_data, request_id };
    (status, Json(Failure { success: false, error })).into_response()
}

/// The constant text of a 5xx.
pub(crate) fn constant_text(status: StatusCode) -> &'static str {
    match status {
        StatusCode::SERVICE_UNAVAILABLE => "The service is temporarily unavailable. Please try again.",
        _ => "Something went wrong.",
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = status(&self);
        let mut response = match &self {
            Self::Unavailable(cause) | Self::Internal(cause) => {
                let mut response = failure(status, constant_text(status), BTreeMap::new(), None);
                response.extensions_mut().insert(Cause(cause.clone()));
                response
            }
            Self::Invalid(invalid) => failure(status, &invalid.message, invalid.fields.clone(), None),
            Self::NotFound { message, field: Some((name, detail)) } => {
                failure(status, message, BTreeMap::from([((*name).to_owned(), vec![detail.clone()])]), None)
            }
            other => failure(status, &other.to_string(), BTreeMap::new(), None),
        };
        set_retry_after(&self, &mut response);
        response
    }
}

/// Says when to try again, where that can help.
fn set_retry_after(error: &Error, response: &mut Response) {
    let seconds = match error {
        Error::Throttled { retry_after_seconds, .. } => *retry_after_seconds,
        Error::Unavailable(_) => 1,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}
