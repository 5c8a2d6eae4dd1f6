//! One function per endpoint: parse, store, respond.

use std::time::Duration;

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use shared::aws::credentials;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Fingerprint;
use shared::aws::credentials::Generation;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body::Fields;
use shared::http::context::ClientIp;
use shared::http::context::RequestContext;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Success;
use shared::http::respond::success;
use shared::record::Actor;
use utoipa::ToSchema;

use crate::model;
use crate::model::IssuedToken;
use crate::model::Login;
use crate::store;

/// The description of the API, generated from the code; a test fails when it is out of date.
const DESCRIPTION: &str = include_str!("../../../openapi.json");

/// How long the store may take for a muster that is well.
const HEALTHY: Duration = Duration::from_secs(3);

/// How often a login tries again when others renew the same token at the same time.
const MAX_RENEWALS: usize = 8;

/// Exchange a client id and secret for a bearer token
#[utoipa::path(
    post,
    path = "/v1/auth",
    tag = "Auth",
    operation_id = "authenticate",
    description = "Takes client_id and client_secret as JSON, as a form, or in the query string. \
        The token is good for 24 hours, or until the credential expires, and stays the same for that time.",
    params(
        ("client_id" = Option<String>, Query, description = "The client id, where the body does not have it"),
        ("client_secret" = Option<String>, Query, description = "The secret, where the body does not have it"),
    ),
    request_body(content(
        (Option<LoginBody> = "application/json"),
        (Option<LoginBody> = "application/x-www-form-urlencoded"),
        (Option<LoginBody> = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The token", body = Success<IssuedToken>),
        (status = 400, description = "A field is missing or cannot be read", body = Failure),
        (status = 403, description = "The client id or the secret is wrong, the credential is disabled or has expired, \
            or it may not be used from this network address", body = Failure),
        (status = 413, description = "The body is larger than 1 MB", body = Failure),
        (status = 415, description = "The body is neither JSON nor a form", body = Failure),
        (status = 429, description = "Too many logins, or too many failed ones", body = Failure),
    ),
)]
pub async fn authenticate(
    State(deps): State<Deps>,
    address: Option<Extension<ClientIp>>,
    Extension(context): Extension<RequestContext>,
    query: Query,
    Fields(fields): Fields,
) -> Result<Response, Error> {
    let address = address.map(|Extension(ip)| ip.0);
    deps.limits.check_login(address)?;
    let login = Login::read(|name| fields.get(name).cloned().or_else(|| query.get(name).map(Json::from)))?;
    let now = deps.clock.now();
    let state = store::read_state(&deps, &login, now).await?;
    if let Some(credential) = &state.credential {
        // What becomes of a login is recorded where its credential belongs, also when the secret is wrong.
        context.names(credential.company.clone(), Actor::Credential(credential.client_id));
    }
    if let Some(seconds) = model::LOCKOUT.locked_for(now, state.failures) {
        let message = format!("Too many failed logins. Try again in {seconds} seconds.");
        return Err(Error::Throttled { message, retry_after_seconds: seconds });
    }
    let Some(accepted) = Accepted::by(state.credential.clone(), &login, now) else {
        state.count_failure(&deps).await?;
        return Err(refused());
    };
    context.acts(accepted.credential.company.clone(), Actor::Credential(accepted.credential.client_id));
    // Whoever holds the secret may know why it does not help here; it is no guess, so it does not count as one.
    accepted.credential.check_network(address)?;
    token(&deps, accepted, &login).await.map(success)
}

/// One and the same answer, whatever is wrong.
fn refused() -> Error {
    Error::Forbidden("The client id or the client secret is not valid.".to_owned())
}

/// A credential that can be used, and which of its secrets was presented.
struct Accepted {
    credential: Credential,
    generation: Generation,
}

impl Accepted {
    /// The credential, if the secret is its own. An unknown client id costs the same comparisons.
    fn by(credential: Option<Credential>, login: &Login, now: Timestamp) -> Option<Self> {
        let presented = login.secret.fingerprint();
        let Some(credential) = credential else {
            let nobody = Fingerprint::of("nobody");
            let _ = (nobody.matches(&presented), nobody.matches(&presented));
            return None;
        };
        let generation = credential.generation(&presented, now)?;
        Some(Self { credential, generation })
    }

    /// The token that the secret has now, if it is good and really this secret's.
    fn token(&self, login: &Login, now: Timestamp) -> Result<Option<IssuedToken>, Error> {
        let Some(current) = self.credential.token_of(self.generation).filter(|token| token.seconds_left(now) > 0)
        else {
            return Ok(None);
        };
        let token = login.secret.token(self.credential.client_id, current.issued_at)?;
        let scope = model::show_scopes(&self.credential.scopes);
        let expires_in = self.credential.seconds_left(self.generation, current, now);
        let own = current.fingerprint.matches(&Fingerprint::of(&token));
        Ok(own.then_some(IssuedToken { token, expires_in, scope }))
    }
}

/// The credential's token: the one that is good at present, or a new one.
async fn token(deps: &Deps, mut accepted: Accepted, login: &Login) -> Result<IssuedToken, Error> {
    for _ in 0..MAX_RENEWALS {
        let now = deps.clock.now();
        if let Some(token) = accepted.token(login, now)? {
            return Ok(token);
        }
        let client_id = accepted.credential.client_id;
        let fingerprint = Fingerprint::of(&login.secret.token(client_id, now)?);
        let renewed = credentials::IssuedToken { issued_at: now, fingerprint };
        let stored = match store::issue(deps, accepted.credential, accepted.generation, renewed).await? {
            Some(credential) => Some(credential),
            None => deps.credentials.get(client_id).await?,
        };
        accepted = Accepted::by(stored, login, now).ok_or_else(refused)?;
    }
    Err(Error::Unavailable("a token was renewed by others each time".to_owned()))
}

/// What a login sends.
#[derive(Debug, utoipa::ToSchema)]
#[expect(dead_code, reason = "describes the body; Login::read takes it in every form in which it comes")]
pub struct LoginBody {
    /// The client id, `papi-` and a UUID.
    client_id: String,
    /// The secret that was shown when the credential was created.
    client_secret: String,
}

/// How it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Health {
    /// The version of this muster.
    version: &'static str,
    /// Always `ok`: with a store that does not answer, the status is 503.
    storage: &'static str,
}

/// Whether this API works
#[utoipa::path(
    get,
    path = "/health",
    tag = "Description",
    operation_id = "health",
    description = "Reads from the store. Open to everybody: for load balancers and monitoring. The vendor has no such call.",
    responses(
        (status = 200, description = "It does", body = Success<Health>),
        (status = 503, description = "The store does not answer", body = Failure),
    ),
)]
pub async fn health(State(deps): State<Deps>) -> Result<Response, Error> {
    // Whatever keeps the store from answering, the muster is not well: it is not only what passes by itself.
    let ill = |cause: String| Error::Unavailable(format!("the store is not well: {cause}"));
    match tokio::time::timeout(HEALTHY, store::probe(&deps)).await {
        Ok(answered) => answered.map_err(|error| ill(error.to_string()))?,
        Err(_) => return Err(ill(format!("no answer within {HEALTHY:?}"))),
    }
    Ok(success(Health { version: env!("CARGO_PKG_VERSION"), storage: "ok" }))
}

/// The description of this API
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "Description",
    operation_id = "describe",
    responses((status = 200, description = "An OpenAPI document", body = Object)),
)]
pub async fn describe() -> Response {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "public, max-age=300")];
    (headers, DESCRIPTION).into_response()
}
