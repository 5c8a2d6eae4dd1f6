//! What a handler receives when the scope check has passed.
//!
//! Only the guard of a route and the operator's own commands can make a permit,
//! so a handler or store function that takes one cannot run without the check.

use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;

use crate::attributes::Readable;
use crate::attributes::Reader;
use crate::aws::credentials::Credential;
use crate::aws::credentials::client_of_token;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::context::Caller;
use crate::http::context::ClientIp;
use crate::http::context::RequestContext;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::record::Touched;
use crate::scope::Action;
use crate::scope::Scope;

/// Leave to read a company's records, filtered by what is readable.
#[derive(Clone, Debug)]
pub struct ReadPermit(Arc<Grant>);

/// Leave to change a company's records.
#[derive(Clone, Debug)]
pub struct WritePermit(Arc<Grant>);

#[derive(Debug)]
struct Grant {
    company: CompanyId,
    reader: Reader,
    action: Action,
    credential: Option<ClientId>,
}

impl ReadPermit {
    /// The only company whose records may be read.
    #[must_use]
    pub fn company(&self) -> &CompanyId {
        &self.0.company
    }

    /// What may be shown of employees.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// What the call touches, for the record.
    #[must_use]
    pub fn touched(&self) -> &Touched {
        self.0.reader.touched()
    }
}

impl WritePermit {
    /// The only company whose records may be changed.
    #[must_use]
    pub fn company(&self) -> &CompanyId {
        &self.0.company
    }

    /// What may be shown of an employee in the answer to a write.
    #[must_use]
    pub fn reader(&self) -> &Reader {
        &self.0.reader
    }

    /// What the call touches, for the record.
    #[must_use]
    pub fn touched(&self) -> &Touched {
        self.0.reader.touched()
    }

    /// The credential that acts; none for the operator.
    #[must_use]
    pub fn credential(&self) -> Option<ClientId> {
        self.0.credential
    }

    /// The operator's leave: whoever may run commands on the table may change all of it.
    #[must_use]
    pub fn operator(company: CompanyId) -> Self {
        let reader = Reader::new(Readable::All, Touched::default());
        Self(Arc::new(Grant { company, reader, action: Action::Write, credential: None }))
    }
}

/// The scope check in front of a route's handler.
pub(crate) async fn guard(deps: Deps, scope: Scope, mut request: Request, next: Next) -> Response {
    let admitted = match bearer(request.headers()) {
        Ok(token) => admit(&deps, scope, request.method().clone(), token, Origin::of(&request)).await,
        Err(error) => Err(error),
    };
    match admitted {
        Ok(grant) => {
            request.extensions_mut().insert(Arc::new(grant));
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

/// Where a request comes from, and what is noted of it. The address is the connection's, or API Gateway's word on it:
/// a header that a client can write says nothing.
pub(crate) struct Origin {
    context: Option<RequestContext>,
    address: Option<IpAddr>,
}

impl Origin {
    pub(crate) fn of(request: &Request) -> Self {
        let extensions = request.extensions();
        let address = extensions.get::<ClientIp>().map(|ip| ip.0);
        Self { context: extensions.get::<RequestContext>().cloned(), address }
    }
}

/// Lets a caller whose token is good be known where no scope is demanded: on
/// paths and methods that are not there. Clients that look for their token in
/// every answer would otherwise report that it is missing, and hide the error.
pub(crate) async fn recognise(deps: &Deps, headers: &HeaderMap, origin: Origin) {
    if let Ok(token) = bearer(headers) {
        // Nothing is there, whoever asks.
        let _ = known(deps, token, origin).await;
    }
}

async fn admit(deps: &Deps, scope: Scope, method: Method, token: String, origin: Origin) -> Result<Grant, Error> {
    let context = origin.context.clone();
    let touched = context.as_ref().map(|context| context.touched().clone()).unwrap_or_default();
    if let (Some(context), Some(client_id)) = (&context, client_of_token(&token)) {
        // A token that is not good is recorded where it names a credential.
        context.presents(client_id);
    }
    let credential = known(deps, token, origin).await?;
    let (client_id, company) = (credential.client_id, credential.company.clone());
    if !credential.scopes.contains(&scope) {
        return Err(Error::Forbidden(format!("The credential does not have the scope {scope}.")));
    }
    deps.limits.check_credential(scope, client_id, &method)?;
    if let Some(context) = &context {
        context.uses(scope);
    }
    let reader = Reader::new(credential.readable.clone(), touched);
    Ok(Grant { company, reader, action: scope.action, credential: Some(client_id) })
}

/// The credential of a token that is good, if it may be used from where the request comes. Who it is, is noted in
/// either case.
async fn known(deps: &Deps, token: String, origin: Origin) -> Result<Arc<Credential>, Error> {
    let invalid = || Error::Forbidden("Provided authorization is not valid".to_owned());
    let credential = deps.credentials.of_token(&token).await?.ok_or_else(invalid)?;
    if let Some(context) = origin.context {
        context.accept(Caller { client_id: credential.client_id, company: credential.company.clone(), token });
    }
    credential.check_network(origin.address)?;
    Ok(credential)
}

pub(crate) fn bearer(headers: &HeaderMap) -> Result<String, Error> {
    let header = headers.get(header::AUTHORIZATION).ok_or(Error::Unauthenticated)?;
    let invalid = || Error::Forbidden("Provided authorization is not valid".to_owned());
    let text = header.to_str().map_err(|_| invalid())?.trim();
    if text.is_empty() {
        return Err(Error::Unauthenticated);
    }
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Ok(token.trim().to_owned()),
        _ => Err(invalid()),
    }
}

impl<S: Sync> FromRequestParts<S> for ReadPermit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        grant(parts, Action::Read).map(Self)
    }
}

impl<S: Sync> FromRequestParts<S> for WritePermit {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        grant(parts, Action::Write).map(Self)
    }
}

fn grant(parts: &Parts, action: Action) -> Result<Arc<Grant>, Error> {
    match parts.extensions.get::<Arc<Grant>>() {
        Some(grant) if grant.action == action => Ok(grant.clone()),
        _ => Err(Error::Internal(format!("the route does not demand a {action:?} scope, its handler does"))),
    }
}
