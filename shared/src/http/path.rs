//! What stands in the place of the names of a route's pattern.

use std::convert::Infallible;

use axum::RequestPartsExt;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// What nothing that exists is called.
const UNREADABLE: &str = "\u{fffd}";

/// The parts of a path that a pattern names, decoded. Bytes that are no text name nothing, so a handler that looks for
/// what they name answers that it is not there, as for any other id that nothing has.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

/// What a pattern names: one part, or two.
pub trait Named: DeserializeOwned + Send + 'static {
    /// What is in the place of those that are no text.
    fn unreadable() -> Self;
}

impl Named for String {
    fn unreadable() -> Self {
        UNREADABLE.to_owned()
    }
}

impl Named for (String, String) {
    fn unreadable() -> Self {
        (String::unreadable(), String::unreadable())
    }
}

impl<T: Named, S: Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let read = parts.extract::<axum::extract::Path<T>>().await;
        Ok(Self(read.map_or_else(|_| T::unreadable(), |axum::extract::Path(text)| text)))
    }
}
