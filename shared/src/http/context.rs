//! What is known of a request while it is answered; it ends in the log line.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::OnceLock;

use crate::aws::meter::Meter;
use crate::ids::ClientId;
use crate::ids::CompanyId;

/// The address from which a request came; whoever accepts the connection knows it.
#[derive(Clone, Copy, Debug)]
pub struct ClientIp(pub IpAddr);

/// The id that the platform gave a request; without one, it gets a random one.
#[derive(Clone, Debug)]
pub struct PlatformRequestId(pub String);

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
