//! Signing in by OpenID Connect: authorization code with PKCE, at the one provider that the operator names.

pub mod fetch;
pub mod provider;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::context::BaseUrl;
use shared::http::query::Query;
use shared::http::respond;

use crate::handlers::cookies;
use crate::handlers::open_id::provider::Beginning;
use crate::handlers::open_id::provider::Ending;
use crate::handlers::open_id::provider::Provider;
use crate::handlers::show;
use crate::handlers::show::paths;
use crate::handlers::visitor::Visitor;
use crate::model::Administrator;
use crate::model::Email;
use crate::model::id_token::Identity;
use crate::model::open_id::BrowserSecret;
use crate::model::token::form_number;
use crate::store;

/// Why a sign-in at a provider did not come to a good end.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// It is not known here, not this browser's, or over.
    Stale,
    /// The provider signed nobody in.
    Declined,
    /// Whoever signed in is no administrator, as far as the provider vouches.
    Stranger,
    /// What the provider sent does not hold: why, in our words.
    Unproven(&'static str),
    /// The provider does not answer, or not as it should: why, in our words.
    Silent(String),
    /// It is not the provider's fault.
    Other(Error),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl Trouble {
    /// The page that tells of it.
    fn page(&self, visitor: &Visitor) -> Response {
        let error = match self {
            Self::Stale => Error::Forbidden("The sign-in is not known here.".to_owned()),
            Self::Declined => Error::Forbidden("The provider signed nobody in.".to_owned()),
            Self::Stranger => Error::Forbidden("Nobody may sign in with this account.".to_owned()),
            Self::Unproven(why) => {
                tracing::warn!(cause = why, "an ID token was refused");
                Error::Forbidden("The sign-in could not be verified.".to_owned())
            }
            Self::Silent(why) => Error::Unavailable(format!("OpenID Connect: {why}")),
            Self::Other(error) => return visitor.answer(Err(error.clone())),
        };
        let html = show::open_id::trouble(visitor, self).into_string();
        visitor.answer(Ok(respond::refusal_page(&error, html)))
    }
}

/// The provider, or that there is nothing at this path where none is named.
fn provider_of(visitor: &Visitor) -> Result<Provider, Trouble> {
    visitor.provider.clone().ok_or_else(|| Trouble::Other(Error::not_found("There is nothing at this path.")))
}

fn redirect_uri(base: &BaseUrl) -> String {
    format!("{}{}", base.0, paths::OPEN_ID_CALLBACK)
}

/// `GET /console/sign-in/oidc`: leads to the provider.
pub async fn begin(State(deps): State<Deps>, visitor: Visitor, base: BaseUrl) -> Response {
    match lead(&deps, &visitor, &base).await {
        Ok(response) => visitor.answer(Ok(response)),
        Err(trouble) => trouble.page(&visitor),
    }
}

async fn lead(deps: &Deps, visitor: &Visitor, base: &BaseUrl) -> Result<Response, Trouble> {
    let provider = provider_of(visitor)?;
    deps.limits.check_login(visitor.address)?;
    let (state, secret) = (form_number()?, BrowserSecret::random()?);
    let beginning = Beginning { redirect_uri: &redirect_uri(base), state: &state, secret: &secret };
    let address = provider.authorization_address(&beginning).await?;
    store::begin_open_id(deps, &state, &secret).await?;
    let mut response = respond::see_other(&address)?;
    cookies::keep_attempt(&mut response, &secret, visitor.secure)?;
    Ok(response)
}

/// `GET /console/sign-in/oidc/callback`: where the provider leads back.
pub async fn finish(
    State(deps): State<Deps>,
    visitor: Visitor,
    base: BaseUrl,
    query: Query,
    headers: HeaderMap,
) -> Response {
    let mut response = match signed_in(&deps, &visitor, &base, &query, &headers).await {
        Ok(response) => visitor.answer(Ok(response)),
        // A page for whoever comes with a foreign address must not end what this browser has begun.
        Err(Trouble::Stale) => return Trouble::Stale.page(&visitor),
        Err(trouble) => trouble.page(&visitor),
    };
    match cookies::forget_attempt(&mut response, visitor.secure) {
        Ok(()) => response,
        Err(error) => visitor.answer(Err(error)),
    }
}

async fn signed_in(
    deps: &Deps,
    visitor: &Visitor,
    base: &BaseUrl,
    query: &Query,
    headers: &HeaderMap,
) -> Result<Response, Trouble> {
    let provider = provider_of(visitor)?;
    deps.limits.check_login(visitor.address)?;
    let secret = cookies::attempt(headers, visitor.secure).ok_or(Trouble::Stale)?;
    let state = query.get("state").ok_or(Trouble::Stale)?;
    if !store::take_open_id(deps, state, &secret).await? {
        return Err(Trouble::Stale);
    }
    // Another provider must not answer for this one (RFC 9207).
    if query.get("iss").is_some_and(|issuer| issuer != provider.issuer()) {
        return Err(Trouble::Unproven("another issuer answered"));
    }
    let code = query.get("code").filter(|_| query.get("error").is_none()).ok_or(Trouble::Declined)?;
    let ending = Ending { redirect_uri: &redirect_uri(base), code, secret: &secret };
    let identity = provider.identity(&ending).await?;
    let administrator = administrator_of(deps, visitor, &identity).await?;
    visitor.acts(&administrator);
    let (token, _) = store::begin_session(deps, &administrator).await?;
    let mut response = respond::page(show::open_id::done(visitor).into_string());
    cookies::keep_session(&mut response, &token, visitor.secure)?;
    Ok(response)
}

/// The administrator whose address the provider vouches for. Whoever has none learns no more than whoever has one
/// that is not verified.
async fn administrator_of(deps: &Deps, visitor: &Visitor, identity: &Identity) -> Result<Administrator, Trouble> {
    let email = identity.email.as_deref().ok_or(Trouble::Stranger)?;
    let administrator = store::find(deps, &Email::typed(email)).await?.ok_or(Trouble::Stranger)?;
    visitor.names(&administrator);
    if identity.is_verified() { Ok(administrator) } else { Err(Trouble::Stranger) }
}
