//! What is known of a request while it is answered; it ends in the log line and in the record.

use std::convert::Infallible;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::PoisonError;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use axum::http::uri::Authority;

use crate::aws::meter::Meter;
use crate::aws::record::Of;
use crate::ids::AdministratorId;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::record::Actor;
use crate::record::Touched;
use crate::scope::Scope;

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
    actor: Mutex<Option<Acting>>,
    scope: OnceLock<Scope>,
    touched: Touched,
}

/// Whose record a request belongs in, and as whose deed.
#[derive(Clone, Debug)]
pub(crate) struct Acting {
    pub(crate) of: Of,
    pub(crate) actor: Actor,
    /// Whether it was more than named.
    pub(crate) proven: bool,
    /// Whether an answer to a mere look is recorded as well.
    pub(crate) looks: bool,
}

impl RequestContext {
    pub(crate) fn new(id: String) -> Self {
        Self(Arc::new(Inner {
            id,
            meter: Meter::default(),
            caller: OnceLock::new(),
            actor: Mutex::default(),
            scope: OnceLock::new(),
            touched: Touched::default(),
        }))
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
        self.acts(caller.company.clone(), Actor::Credential(caller.client_id));
        // Only the guard accepts, and it runs once.
        let _ = self.0.caller.set(caller);
    }

    /// Says who makes the request, once that is proven: what it does is recorded as theirs, in their company.
    pub fn acts(&self, company: CompanyId, actor: Actor) {
        self.set_actor(Acting { of: Of::Company(company), actor, proven: true, looks: true });
    }

    /// Says whom of which company a request names without proving that it is theirs, as a login does up to the
    /// comparison of the secret.
    pub fn names(&self, company: CompanyId, actor: Actor) {
        self.set_actor(Acting { of: Of::Company(company), actor, proven: false, looks: true });
    }

    /// Says which administrator makes a request whose answer shows nobody's data: where it only reads, and is
    /// answered, it leaves no entry.
    pub fn manages(&self, company: CompanyId, administrator: AdministratorId) {
        let actor = Actor::Administrator(administrator.to_string());
        self.set_actor(Acting { of: Of::Company(company), actor, proven: true, looks: false });
    }

    /// The same of a token that is not good: whether there is such a credential, and
    /// in which company, is found out when the request is recorded.
    pub(crate) fn presents(&self, client_id: ClientId) {
        self.set_actor(Acting {
            of: Of::Credential(client_id),
            actor: Actor::Credential(client_id),
            proven: false,
            looks: true,
        });
    }

    fn set_actor(&self, acting: Acting) {
        *self.0.actor.lock().unwrap_or_else(PoisonError::into_inner) = Some(acting);
    }

    pub(crate) fn acting(&self) -> Option<Acting> {
        self.0.actor.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn uses(&self, scope: Scope) {
        let _ = self.0.scope.set(scope);
    }

    pub(crate) fn scope(&self) -> Option<Scope> {
        self.0.scope.get().copied()
    }

    /// What the request touches, for the record.
    #[must_use]
    pub fn touched(&self) -> &Touched {
        &self.0.touched
    }
}
