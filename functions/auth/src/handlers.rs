//! One function per endpoint: parse, store, respond.

use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value as Json;
use shared::aws::credentials;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Fingerprint;
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

use crate::model;
use crate::model::IssuedToken;
use crate::model::Login;
use crate::store;

/// The description of the API, generated from the code; a test fails when it is out of date.
const DESCRIPTION: &str = include_str!("../../../openapi.json");

/// How often a login tries again when others renew the same token at the same time.
const MAX_RENEWALS: usize = 8;

/// Exchange a client id and secret for a bearer token
#[utoipa::path(
    post,
    path = "/v1/auth",
    tag = "Auth",
    operation_id = "authenticate",
    description = "Takes client_id and client_secret as JSON, as a form, or in the query string. \
        The token is good for 24 hours and stays the same for that time.",
    request_body(content(
        (LoginBody = "application/json"),
        (LoginBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The token", body = Success<IssuedToken>),
        (status = 400, description = "A field is missing or cannot be read", body = Failure),
        (status = 403, description = "The client id or the secret is wrong, or the credential is disabled", body = Failure),
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
    deps.limits.check_login(address.map(|Extension(ip)| ip.0))?;
    let login = Login::read(|name| fields.get(name).cloned().or_else(|| query.get(name).map(Json::from)))?;
    let now = deps.clock.now();
    let state = store::read_state(&deps, &login, now).await?;
    if let Some(credential) = &state.credential {
        // What becomes of a login is recorded where its credential belongs, also when the secret is wrong.
        context.names(credential.company.clone(), credential.client_id);
    }
    if let Some(seconds) = model::locked_for(now, state.failures_this_minute, state.failures_last_minute) {
        let message = format!("Too many failed logins. Try again in {seconds} seconds.");
        return Err(Error::Throttled { message, retry_after_seconds: seconds });
    }
    let Some(credential) = accepted(state.credential, &login) else {
        store::count_failure(&deps, &login, now).await?;
        return Err(refused());
    };
    context.acts(credential.company.clone(), Actor::Credential(credential.client_id));
    token(&deps, credential, &login).await.map(success)
}

/// One and the same answer, whatever is wrong.
fn refused() -> Error {
    Error::Forbidden("The client id or the client secret is not valid.".to_owned())
}

/// The credential, if the secret is its own. An unknown client id costs the same comparison.
fn accepted(credential: Option<Credential>, login: &Login) -> Option<Credential> {
    let stored = credential.as_ref().map_or_else(|| Fingerprint::of("nobody"), |credential| credential.secret);
    let right = stored.matches(&login.secret.fingerprint());
    credential.filter(|credential| right && !credential.disabled)
}

/// The credential's token: the one that is good at present, or a new one.
async fn token(deps: &Deps, mut credential: Credential, login: &Login) -> Result<IssuedToken, Error> {
    for _ in 0..MAX_RENEWALS {
        let now = deps.clock.now();
        if let Some(current) = credential.token.filter(|token| token.seconds_left(now) > 0) {
            let token = login.secret.token(credential.client_id, current.issued_at)?;
            if current.fingerprint.matches(&Fingerprint::of(&token)) {
                let scope = model::show_scopes(&credential.scopes);
                return Ok(IssuedToken { token, expires_in: current.seconds_left(now), scope });
            }
        }
        let fingerprint = Fingerprint::of(&login.secret.token(credential.client_id, now)?);
        let renewed = credentials::IssuedToken { issued_at: now, fingerprint };
        if !store::issue(deps, &mut credential, renewed).await? {
            let stored = deps.credentials.get(credential.client_id).await?;
            credential = accepted(stored, login).ok_or_else(refused)?;
        }
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
