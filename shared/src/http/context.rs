//! What is known of a request while it is answered; it ends in the log line.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::aws::meter::Meter;
use crate::ids::ClientId;
use crate::ids::CompanyId;

/// The address from which a request came; whoever accepts the connection knows it.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

/// The id that the platform gave a request; without one, it gets a random one.
#[derive(Clone, Debug)]
pub struct PlatformRequestId(pub String);

/// What the addresses in an answer begin with, without a slash at the end.
///
/// [`PUBLIC_URL_VARIABLE`] says it where the API is reached by a name of its own.
/// Else it is what the client called the API by: API Gateway sets both headers itself.
#[derive(Clone, Debug)]
pub struct BaseUrl(pub String);

/// The variable that says by which address clients reach the API.
pub const PUBLIC_URL_VARIABLE: &str = "MUSTER_PUBLIC_URL";

impl<S: Sync> FromRequestParts<S> for BaseUrl {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let configured = std::env::var(PUBLIC_URL_VARIABLE).ok().filter(|url| !url.is_empty());
        let url = configured.unwrap_or_else(|| called_by(parts));
        Ok(Self(url.trim_end_matches('/').to_owned()))
    }
}

/// What the client called the API by; nothing, so that addresses are relative, if it said no name.
fn called_by(parts: &Parts) -> String {
    let text = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    let scheme = text("x-forwarded-proto").filter(|scheme| *scheme == "https").unwrap_or("http");
    let host = text(header::HOST.as_str()).and_then(|host| host.parse::<Authority>().ok());
    // HTTP/2 says it in the request's own address.
    let authority = host.or_else(|| parts.uri.authority().cloned());
    authority.map(|authority| format!("{scheme}://{authority}")).unwrap_or_default()
}

/// Who makes the request, once a token was accepted.
#[derive(Clone)]
pub struct Caller {
    /// The credential.
    pub client_id: ClientId,
    /// Its company.
    pub company: CompanyId,
    /// Its token, for the answer's `Authorization` header.
    pub(crate) token: String,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the token.
        f.debug_struct("Caller")
            .field("client_id", &self.client_id)
            .field("company", &self.company)
            .finish_non_exhaustive()
    }
}

/// One request. Clones are the same request.
#[derive(Clone, Debug)]
pub struct RequestContext(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    id: String,
    meter: Meter,
    caller: OnceLock<Caller>,
}

impl RequestContext {
    pub(crate) fn new(id: String) -> Self {
        Self(Arc::new(Inner { id, meter: Meter::default(), caller: OnceLock::new() }))
    }

    /// The id in the answer's `X-Request-Id` header and in the log.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0.id
    }

    /// What the request cost the store up to now.
    #[must_use]
    pub fn meter(&self) -> &Meter {
        &self.0.meter
    }

    /// Who makes the request, once a token was accepted.
    #[must_use]
    pub fn caller(&self) -> Option<&Caller> {
        self.0.caller.get()
    }

    pub(crate) fn accept(&self, caller: Caller) {
        // Only the guard accepts, and it runs once.
        let _ = self.0.caller.set(caller);
    }
}
