//! One function per endpoint of the JSON API, with the same rules as the page.

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use shared::attributes::AttributeType;
use shared::attributes::Readable;
use shared::aws::credentials::Credential;
use shared::aws::credentials::ListedCredential;
use shared::aws::credentials::Secret;
use shared::aws::credentials::Shown;
use shared::credential::Draft;
use shared::credential::Grace;
use shared::credential::Integration;
use shared::deps::Deps;
use shared::error::Error;
use shared::error::Problems;
use shared::http::body::Fields;
use shared::http::path::Path;
use shared::http::query::Query;
use shared::http::respond;
use shared::http::respond::Failure;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::success;
use shared::ids::AdministratorId;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::ids::IntegrationKey;
use shared::record::Entry;
use shared::scope::Scope;
use utoipa::IntoParams;
use utoipa::IntoResponses;
use utoipa::ToSchema;

use crate::handlers::cookies;
use crate::handlers::pages::record::read_filter;
use crate::handlers::sign_in::with_password;
use crate::handlers::visitor::ApiSession;
use crate::handlers::visitor::FormFields;
use crate::handlers::visitor::Signed;
use crate::handlers::visitor::Visitor;
use crate::handlers::visitor::check_origin;
use crate::model::Administrator;
use crate::model::Email;
use crate::model::StoredSession;
use crate::model::changed_fields;
use crate::model::password::Password;
use crate::store;

/// What every endpoint that demands a session can answer instead; for the API's description.
#[derive(Debug, IntoResponses)]
#[expect(dead_code, reason = "describes answers")]
enum SessionRefused {
    /// No session, or one that is over
    #[response(status = 401)]
    Unauthenticated(Failure),
    /// The request comes from another site
    #[response(status = 403)]
    Forbidden(Failure),
}

/// Who is signed in, and until when.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdministratorSession {
    /// The account.
    pub administrator: ShownAdministrator,
    /// When the session ends, RFC 3339 in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
}

/// An administrator.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownAdministrator {
    /// A UUID, by which the record knows the account.
    #[schema(value_type = String)]
    pub id: AdministratorId,
    /// The address to sign in with.
    pub email: String,
    /// The company whose credentials the account manages.
    #[schema(value_type = String)]
    pub company: CompanyId,
}

fn show(administrator: &Administrator, session: StoredSession) -> AdministratorSession {
    AdministratorSession {
        administrator: ShownAdministrator {
            id: administrator.id,
            email: administrator.email.as_str().to_owned(),
            company: administrator.company.clone(),
        },
        ends_at: session.ends_at,
    }
}

/// What a sign-in sends.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub struct SignInBody {
    /// The address of the account.
    email: String,
    /// Its password.
    password: String,
}

/// Sign an administrator in
#[utoipa::path(
    post,
    path = "/admin/v1/session",
    tag = "Administration",
    operation_id = "signInAdministrator",
    description = "Begins a session of 12 hours. The answer sets its cookie, which every other endpoint of \
        /admin/v1 asks for.",
    request_body = SignInBody,
    responses(
        (status = 200, description = "The session", body = Success<AdministratorSession>),
        (status = 403, description = "The address or the password is not right", body = Failure),
        (status = 429, description = "Too many sign-ins, or too many failed ones", body = Failure),
        Rejected,
    ),
)]
pub async fn sign_in(
    State(deps): State<Deps>,
    visitor: Visitor,
    headers: HeaderMap,
    fields: Fields,
) -> Result<Response, Error> {
    check_origin(&headers)?;
    let fields = FormFields::new(fields);
    let password = Password::presented(&fields.text("password"));
    let email = Email::typed(&fields.text("email"));
    let administrator = with_password(&deps, &visitor, &email, password).await?;
    let (token, session) = store::begin_session(&deps, &administrator).await?;
    let mut response = success(show(&administrator, session));
    cookies::keep_session(&mut response, &token, visitor.secure)?;
    Ok(response)
}

/// Show who is signed in
#[utoipa::path(
    get,
    path = "/admin/v1/session",
    tag = "Administration",
    operation_id = "getAdministratorSession",
    security(("AdministratorSession" = [])),
    responses((status = 200, description = "The session", body = Success<AdministratorSession>), SessionRefused),
)]
pub async fn show_session(ApiSession(signed): ApiSession) -> Response {
    success(show(&signed.administrator, signed.session))
}

/// Whether all sessions are to end.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
struct SignOutQuery {
    /// `true` ends every session of the account
    everywhere: Option<bool>,
}

/// Sign out
#[utoipa::path(
    delete,
    path = "/admin/v1/session",
    tag = "Administration",
    operation_id = "signOutAdministrator",
    security(("AdministratorSession" = [])),
    params(SignOutQuery),
    responses((status = 204, description = "The session is over"), SessionRefused),
)]
pub async fn sign_out(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    query: Query,
) -> Result<Response, Error> {
    if query.flag("everywhere", false)? {
        store::end_sessions(&deps, signed.administrator.id).await?;
    } else {
        store::end_session(&deps, &signed.token).await?;
    }
    let mut response = respond::no_content();
    cookies::forget_session(&mut response, signed.visitor.secure)?;
    Ok(response)
}

/// A credential with its secret, which is nowhere else.
#[derive(Debug, Serialize, ToSchema)]
pub struct CredentialWithSecret {
    /// The secret; this answer is the only one that has it.
    pub client_secret: String,
    /// The credential.
    #[serde(flatten)]
    pub credential: Shown,
}

fn with_secret(credential: &Credential, secret: &Secret, now: Timestamp) -> CredentialWithSecret {
    CredentialWithSecret { client_secret: secret.reveal().to_owned(), credential: credential.show(now) }
}

/// What is said of a credential.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; draft reads it")]
pub struct CredentialBody {
    /// What people call it, 1 to 255 characters.
    #[schema(nullable = false)]
    name: Option<String>,
    /// The key of an integration; `null` for `other`, and so is a new credential without one.
    integration: Option<String>,
    /// What it may do. Without it, a new credential gets what the integration recommends.
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    /// Which attributes it may read; `["*"]` for all. Without it, as the integration recommends.
    #[schema(nullable = false)]
    readable_attributes: Option<Vec<String>>,
    /// A date, which is the last day in the company's time zone, or an instant; `null` for never.
    expires_at: Option<String>,
    /// Networks or addresses from which it may be used; empty for everywhere.
    #[schema(nullable = false)]
    networks: Option<Vec<String>>,
}

/// What a body says, laid over what there is.
fn draft(fields: &FormFields, before: Draft) -> Result<Draft, Error> {
    let mut problems = Problems::default();
    let mut text = |name| problems.check(fields.only_text(name)).map(Option::flatten);
    let (name, integration, expires_at) = (text("name")?, text("integration")?, text("expires_at")?);
    let mut list = |name| problems.check(fields.only_list(name)).map(Option::flatten);
    let (scopes, readable_attributes, networks) = (list("scopes")?, list("readable_attributes")?, list("networks")?);
    problems.into_result()?;
    let end = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    Ok(Draft {
        name: name.unwrap_or(before.name),
        integration: integration.unwrap_or(before.integration),
        scopes: scopes.unwrap_or(before.scopes),
        readable_attributes: readable_attributes.unwrap_or(before.readable_attributes),
        expires_at: expires_at.map_or(before.expires_at, end),
        networks: networks.unwrap_or(before.networks),
    })
}

/// The credential that a path names, of which the record is told.
fn touched(signed: &Signed, text: &str) -> Result<ClientId, Error> {
    let id = text.parse().map_err(|_| Error::not_found("The company has no credential with this client id."))?;
    signed.touch(id);
    Ok(id)
}

/// List the company's credentials
#[utoipa::path(
    get,
    path = "/admin/v1/credentials",
    tag = "Administration",
    operation_id = "listCredentials",
    description = "In the order of their creation; all of them.",
    security(("AdministratorSession" = [])),
    responses((status = 200, description = "The credentials", body = Success<Vec<ListedCredential>>), SessionRefused),
)]
pub async fn list_credentials(State(deps): State<Deps>, ApiSession(signed): ApiSession) -> Result<Response, Error> {
    let now = deps.clock.now();
    let credentials = deps.credentials.list(signed.company_id()).await?;
    let ids = credentials.iter().map(|credential| credential.client_id);
    let usage = deps.record.usage(signed.company_id(), ids).await?;
    let show = |one: &Credential| ListedCredential::new(one, usage.get(&one.client_id), now);
    Ok(success(credentials.iter().map(show).collect::<Vec<_>>()))
}

/// Create a credential
#[utoipa::path(
    post,
    path = "/admin/v1/credentials",
    tag = "Administration",
    operation_id = "createCredential",
    security(("AdministratorSession" = [])),
    request_body = CredentialBody,
    responses(
        (status = 201, description = "The credential and its secret", body = Success<CredentialWithSecret>),
        SessionRefused,
        Rejected,
    ),
)]
pub async fn create_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    fields: Fields,
) -> Result<Response, Error> {
    let fields = FormFields::new(fields);
    let integration = fields.text("integration").parse().ok();
    let integration = integration.and_then(|key| signed.company.integrations.get(&key));
    let draft = draft(&fields, integration.map(Draft::recommended).unwrap_or_default())?;
    let now = deps.clock.now();
    let details = draft.check(&signed.company, now, None)?;
    let (credential, secret) = deps.credentials.create(signed.company_id(), details).await?;
    signed.touch(credential.client_id);
    Ok(respond::created(with_secret(&credential, &secret, now)))
}

/// Show a credential
#[utoipa::path(
    get,
    path = "/admin/v1/credentials/{client_id}",
    tag = "Administration",
    operation_id = "getCredential",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    responses(
        (status = 200, description = "The credential", body = Success<Shown>),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
    ),
)]
pub async fn get_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let credential = deps.credentials.find(signed.company_id(), touched(&signed, &id)?).await?;
    Ok(success(credential.show(deps.clock.now())))
}

/// Change a credential
#[utoipa::path(
    patch,
    path = "/admin/v1/credentials/{client_id}",
    tag = "Administration",
    operation_id = "changeCredential",
    description = "Fields that are left out stay as they are.",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    request_body = CredentialBody,
    responses(
        (status = 200, description = "The credential", body = Success<Shown>),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
        Rejected,
    ),
)]
pub async fn change_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    let (fields, now) = (FormFields::new(fields), deps.clock.now());
    let changed = deps.credentials.change(signed.company_id(), touched(&signed, &id)?, |stored| {
        let before = stored.details();
        let after = draft(&fields, Draft::of(&before))?.check(&signed.company, now, Some(&before))?;
        signed.change(changed_fields(&before, &after));
        Ok(after)
    });
    Ok(success(changed.await?.show(now)))
}

/// Remove a credential
#[utoipa::path(
    delete,
    path = "/admin/v1/credentials/{client_id}",
    tag = "Administration",
    operation_id = "removeCredential",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    responses(
        (status = 204, description = "It is gone"),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
    ),
)]
pub async fn remove_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    deps.credentials.remove(signed.company_id(), touched(&signed, &id)?).await?;
    Ok(respond::no_content())
}

/// Disable a credential
#[utoipa::path(
    post,
    path = "/admin/v1/credentials/{client_id}/disable",
    tag = "Administration",
    operation_id = "disableCredential",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    responses(
        (status = 200, description = "The credential", body = Success<Shown>),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
    ),
)]
pub async fn disable_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    signed.change(["disabled"]);
    let credential = deps.credentials.disable(signed.company_id(), touched(&signed, &id)?).await?;
    Ok(success(credential.show(deps.clock.now())))
}

/// Enable a credential again
#[utoipa::path(
    post,
    path = "/admin/v1/credentials/{client_id}/enable",
    tag = "Administration",
    operation_id = "enableCredential",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    responses(
        (status = 200, description = "The credential", body = Success<Shown>),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
    ),
)]
pub async fn enable_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    signed.change(["disabled"]);
    let credential = deps.credentials.enable(signed.company_id(), touched(&signed, &id)?).await?;
    Ok(success(credential.show(deps.clock.now())))
}

/// What a rotation sends.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub struct RotationBody {
    /// How long the old secret still works: `0`, hours such as `12h` or days such as `3d`, at most 7 days. Without it,
    /// it stops at once.
    grace: Option<String>,
}

/// Replace a credential's secret
#[utoipa::path(
    post,
    path = "/admin/v1/credentials/{client_id}/rotate",
    tag = "Administration",
    operation_id = "rotateCredential",
    security(("AdministratorSession" = [])),
    params(("client_id" = String, Path, description = "The client id")),
    request_body = RotationBody,
    responses(
        (status = 200, description = "The credential and its new secret", body = Success<CredentialWithSecret>),
        (status = 404, description = "The company has no such credential", body = Failure),
        SessionRefused,
        Rejected,
    ),
)]
pub async fn rotate_credential(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    Path(id): Path<String>,
    fields: Fields,
) -> Result<Response, Error> {
    let grace = FormFields::new(fields).only_text("grace")?.unwrap_or_default();
    let grace = if grace.is_empty() { Grace::NONE } else { grace.parse()? };
    signed.change(["client_secret"]);
    let (credential, secret) = deps.credentials.rotate(signed.company_id(), touched(&signed, &id)?, grace).await?;
    Ok(success(with_secret(&credential, &secret, deps.clock.now())))
}

/// An integration, and what it needs.
#[derive(Debug, Serialize, ToSchema)]
pub struct ShownIntegration {
    /// Its key.
    #[schema(value_type = String)]
    pub key: IntegrationKey,
    /// What people call it.
    pub name: String,
    /// The scopes that it needs.
    #[schema(value_type = Vec<String>)]
    pub scopes: Vec<Scope>,
    /// The attributes of employees that it needs.
    #[schema(value_type = Vec<String>)]
    pub readable_attributes: Readable,
}

impl From<&Integration> for ShownIntegration {
    fn from(integration: &Integration) -> Self {
        Self {
            key: integration.key.clone(),
            name: integration.name.clone(),
            scopes: integration.scopes.clone(),
            readable_attributes: integration.readable_attributes.clone(),
        }
    }
}

/// List what credentials can be for
#[utoipa::path(
    get,
    path = "/admin/v1/integrations",
    tag = "Administration",
    operation_id = "listIntegrations",
    security(("AdministratorSession" = [])),
    responses((status = 200, description = "The integrations", body = Success<Vec<ShownIntegration>>), SessionRefused),
)]
pub async fn list_integrations(ApiSession(signed): ApiSession) -> Response {
    success(signed.company.integrations.iter().map(ShownIntegration::from).collect::<Vec<_>>())
}

/// An attribute that a credential can be granted.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantableAttribute {
    /// Its key.
    pub key: String,
    /// What people call it, in the company's language.
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
}

/// List the attributes that a credential can be granted
#[utoipa::path(
    get,
    path = "/admin/v1/attributes",
    tag = "Administration",
    operation_id = "listGrantableAttributes",
    security(("AdministratorSession" = [])),
    responses((status = 200, description = "The attributes", body = Success<Vec<GrantableAttribute>>), SessionRefused),
)]
pub async fn list_attributes(ApiSession(signed): ApiSession) -> Response {
    let attributes = signed.company.catalogue.iter().map(|attribute| GrantableAttribute {
        key: attribute.key.to_string(),
        label: attribute.label.clone(),
        attribute_type: attribute.attribute_type,
    });
    success(attributes.collect::<Vec<_>>())
}

/// Which entries are wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the query")]
struct RecordQuery {
    /// What a credential did, by client id
    credential: Option<String>,
    /// What an administrator did, by id
    administrator: Option<String>,
    /// From this day, in the company's time zone, or this instant on
    from: Option<String>,
    /// Up to the end of this day, or up to this instant
    to: Option<String>,
    /// `ok`, `refused` or `failed`
    outcome: Option<String>,
    /// How many at most; 50 without it
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// Where the list goes on: the `next` of the page before
    cursor: Option<String>,
}

/// Entries of the record.
#[derive(Debug, Serialize, ToSchema)]
pub struct RecordPage {
    /// The entries, the newest first, as `muster audit --json` prints them.
    #[schema(value_type = Vec<Object>)]
    pub entries: Vec<Entry>,
    /// Where the list goes on; `null` at its end. There can be fewer entries than asked for, and still more to come.
    pub next: Option<String>,
}

/// List what credentials and administrators did
#[utoipa::path(
    get,
    path = "/admin/v1/record",
    tag = "Administration",
    operation_id = "listRecord",
    security(("AdministratorSession" = [])),
    params(RecordQuery),
    responses(
        (status = 200, description = "A page of entries", body = Success<RecordPage>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        (status = 422, description = "The credential is no client id", body = Failure),
        SessionRefused,
    ),
)]
pub async fn list_record(
    State(deps): State<Deps>,
    ApiSession(signed): ApiSession,
    query: Query,
) -> Result<Response, Error> {
    signed.visitor.acts(&signed.administrator);
    let filter = read_filter(&signed, &query)?;
    let limit = usize::try_from(query.number("limit", 1, 200, 50)?).unwrap_or(50);
    let after = query.get("cursor").map(str::parse).transpose()?;
    let page = deps.record.list(signed.company_id(), &filter, after, limit).await?;
    Ok(success(RecordPage { entries: page.entries, next: page.next.map(|cursor| cursor.to_string()) }))
}
