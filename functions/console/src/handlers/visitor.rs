//! Who asks, and whether what they send comes from a page of ours.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::Arc;

use axum::extract::FromRequest;
use axum::extract::FromRequestParts;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value as Json;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body::Fields;
use shared::http::context::ClientIp;
use shared::http::context::RequestContext;
use shared::http::query::Query;
use shared::http::respond;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::open_id::is_loopback;
use shared::record::Actor;
use shared::record::Subject;

use crate::handlers::cookies;
use crate::handlers::open_id::provider::Provider;
use crate::handlers::show;
use crate::model::Administrator;
use crate::model::StoredSession;
use crate::model::texts::Language;
use crate::model::texts::Texts;
use crate::model::token::Token;
use crate::store;

/// The field in which a form carries its session's token.
pub const FORM_TOKEN: &str = "form_token";
/// Nothing comes from elsewhere, nothing is embedded elsewhere, and neither scripts nor styles stand in the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Anybody who opens a page of the console.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// The language that they chose, or that their browser asks for.
    pub language: Language,
    /// Whether the cookie needs TLS: everywhere but on a loopback address.
    pub secure: bool,
    /// The path of the page that they opened, or from which they sent a form, for links that choose another language.
    pub path: String,
    /// By what they filter the record, for the same links. No other page repeats what it was asked: what comes back
    /// from a provider is nobody else's business.
    pub filter: Query,
    /// From where they ask, if whoever accepted the connection knows it.
    pub address: Option<IpAddr>,
    /// By whom they may sign in beside us.
    pub provider: Option<Provider>,
    context: Option<RequestContext>,
    chosen: Option<Language>,
    token: Option<Token>,
}

impl Visitor {
    fn of_parts(parts: &Parts) -> Self {
        let headers = &parts.headers;
        let secure = is_secure(headers);
        let query = Query::parse(parts.uri.query().unwrap_or_default());
        let chosen = query.get("lang").and_then(Language::from_code);
        let asked = || headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        let language = chosen.or_else(|| cookies::language(headers)).or_else(|| asked().and_then(Language::preferred));
        Self {
            language: language.unwrap_or_default(),
            secure,
            path: page_of(parts.uri.path()).to_owned(),
            filter: if parts.uri.path() == show::paths::RECORD { query } else { Query::default() },
            address: parts.extensions.get::<ClientIp>().map(|ip| ip.0),
            provider: parts.extensions.get().cloned(),
            context: parts.extensions.get().cloned(),
            chosen,
            token: cookies::session(headers, secure),
        }
    }

    /// Has the record tell as whom somebody tries to sign in.
    pub fn names(&self, administrator: &Administrator) {
        if let Some(context) = &self.context {
            context.names(administrator.company.clone(), Actor::Administrator(administrator.id.to_string()));
        }
    }

    /// Has the record tell who signs in, or who looks at what others did.
    pub fn acts(&self, administrator: &Administrator) {
        if let Some(context) = &self.context {
            context.acts(administrator.company.clone(), Actor::Administrator(administrator.id.to_string()));
        }
    }

    /// The texts in their language.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        self.language.texts()
    }

    /// The answer to them: a page, or one that says why there is none.
    #[must_use]
    pub fn answer(&self, page: Result<Response, Error>) -> Response {
        let mut response = page.unwrap_or_else(|error| {
            let html = show::failure(self, &error).into_string();
            respond::refusal_page(&error, html)
        });
        match self.chosen.map(|language| cookies::keep_language(&mut response, language)) {
            Some(Err(error)) => error.into_response(),
            _ => response,
        }
    }

    /// The session that their cookie names, if it is good.
    pub async fn session(&self, deps: &Deps) -> Result<Option<Signed>, Error> {
        let Some(token) = self.token.clone() else { return Ok(None) };
        let Some((administrator, session)) = store::session(deps, &token).await? else { return Ok(None) };
        if let Some(context) = &self.context {
            context.manages(administrator.company.clone(), administrator.id);
        }
        let company = deps.companies.get(&administrator.company).await?;
        Ok(Some(Signed { visitor: self.clone(), administrator, session, token, company }))
    }
}

/// The page on which a form stands that is sent to a path: at the same path, but for those that stand on others.
fn page_of(path: &str) -> &str {
    match path {
        show::paths::SIGN_OUT => show::paths::CONSOLE,
        // On the page of the credential.
        _ => path.strip_suffix("/state").unwrap_or(path),
    }
}

impl FromRequestParts<Deps> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Deps) -> Result<Self, Infallible> {
        Ok(Self::of_parts(parts))
    }
}

/// An administrator who is signed in.
#[derive(Clone, Debug)]
pub struct Signed {
    /// As a visitor.
    pub visitor: Visitor,
    /// Their account.
    pub administrator: Administrator,
    /// Until when they are signed in.
    pub session: StoredSession,
    /// The token of their session.
    pub token: Token,
    /// Their company, with its settings.
    pub company: Arc<Company>,
}

impl Signed {
    /// The only company whose credentials they see.
    #[must_use]
    pub fn company_id(&self) -> &CompanyId {
        &self.administrator.company
    }

    /// The texts in their language.
    #[must_use]
    pub fn texts(&self) -> &'static Texts {
        self.visitor.texts()
    }

    /// Has the record tell which credential they deal with.
    pub fn touch(&self, id: ClientId) {
        if let Some(context) = &self.visitor.context {
            context.touched().touch(Subject::Credential, id);
        }
    }

    /// Has the record tell what of it they change, by names of fields.
    pub fn change<'f>(&self, fields: impl IntoIterator<Item = &'f str>) {
        if let Some(context) = &self.visitor.context {
            context.touched().change(fields);
        }
    }
}

/// A page is for those who are signed in; others are led to the sign-in.
impl FromRequestParts<Deps> for Signed {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Response> {
        let visitor = Visitor::of_parts(parts);
        match visitor.session(deps).await {
            Ok(Some(signed)) => Ok(signed),
            Ok(None) => Err(visitor.answer(respond::see_other(show::paths::SIGN_IN))),
            Err(error) => Err(visitor.answer(Err(error))),
        }
    }
}

/// A form that an administrator sent from a page of their session.
#[derive(Clone, Debug)]
pub struct Form {
    /// Who sent it.
    pub signed: Signed,
    /// What is in it.
    pub fields: FormFields,
}

impl FromRequest<Deps> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, deps: &Deps) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, deps).await?;
        let fields = own_fields(Request::from_parts(parts, body), deps).await;
        let signed_form = fields.and_then(|fields| {
            let is_own = signed.token.signs_form(&fields.text(FORM_TOKEN));
            if is_own { Ok(fields) } else { Err(foreign()) }
        });
        match signed_form {
            Ok(fields) => Ok(Self { signed, fields }),
            Err(error) => Err(signed.visitor.answer(Err(error))),
        }
    }
}

/// A form of somebody who is not signed in yet.
#[derive(Clone, Debug)]
pub struct OpenForm {
    /// Who sent it.
    pub visitor: Visitor,
    /// What is in it.
    pub fields: FormFields,
}

impl FromRequest<Deps> for OpenForm {
    type Rejection = Response;

    async fn from_request(request: Request, deps: &Deps) -> Result<Self, Response> {
        let (parts, body) = request.into_parts();
        let visitor = Visitor::of_parts(&parts);
        match own_fields(Request::from_parts(parts, body), deps).await {
            Ok(fields) => Ok(Self { visitor, fields }),
            Err(error) => Err(visitor.answer(Err(error))),
        }
    }
}

async fn own_fields(request: Request, deps: &Deps) -> Result<FormFields, Error> {
    check_origin(request.headers())?;
    Fields::from_request(request, deps).await.map(FormFields)
}

/// The fields of a form, or of a JSON body; what is missing is empty.
#[derive(Clone, Debug)]
pub struct FormFields(Fields);

impl FormFields {
    /// Fields that were read.
    #[must_use]
    pub fn new(fields: Fields) -> Self {
        Self(fields)
    }

    /// A field of a form as text; a number counts as its digits.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.0.0.get(name).map(text_of).unwrap_or_default()
    }

    /// A field of a form as a list; one text counts as a list of itself.
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<String> {
        match self.0.0.get(name) {
            Some(Json::Array(items)) => items.iter().map(text_of).collect(),
            Some(Json::Null) | None => Vec::new(),
            Some(other) => vec![text_of(other)],
        }
    }

    /// Whether a field was sent.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.0.0.contains_key(name)
    }

    /// A field of a JSON body that is text, if it was sent; `null` counts as an empty one. What is of another type was
    /// meant as something else, and is refused.
    pub fn only_text(&self, name: &str) -> Result<Option<String>, Error> {
        match self.0.0.get(name) {
            Some(Json::String(text)) => Ok(Some(text.clone())),
            Some(Json::Null) => Ok(Some(String::new())),
            Some(_) => Err(Error::invalid(name, format!("The {name} must be text."))),
            None => Ok(None),
        }
    }

    /// A field of a JSON body that is a list of texts, if it was sent; one text counts as a list of itself. `null` is
    /// refused as well: it does not say whether it means all or nothing.
    pub fn only_list(&self, name: &str) -> Result<Option<Vec<String>>, Error> {
        let texts = match self.0.0.get(name) {
            Some(Json::String(text)) => Some(vec![text.clone()]),
            Some(Json::Array(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
            Some(_) => None,
            None => return Ok(None),
        };
        texts.map(Some).ok_or_else(|| Error::invalid(name, format!("The {name} must be a list of texts.")))
    }
}

fn text_of(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

/// An administrator who is signed in and calls the JSON API. What changes something must not come from another site.
#[derive(Clone, Debug)]
pub struct ApiSession(pub Signed);

impl FromRequestParts<Deps> for ApiSession {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, deps: &Deps) -> Result<Self, Error> {
        if parts.method != Method::GET && parts.method != Method::HEAD {
            check_origin(&parts.headers)?;
        }
        let signed = Visitor::of_parts(parts).session(deps).await?;
        signed.map(Self).ok_or(Error::Unauthenticated)
    }
}

/// Refuses what a browser says comes from elsewhere. A client that is no browser says nothing, and has no cookies
/// that somebody else could make it send.
pub fn check_origin(headers: &HeaderMap) -> Result<(), Error> {
    let text = |name: header::HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    let own = match text(header::HeaderName::from_static("sec-fetch-site")) {
        Some(site) => site == "same-origin" || site == "none",
        None => text(header::ORIGIN).is_none_or(|origin| {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && authority == text(header::HOST)
        }),
    };
    if own { Ok(()) } else { Err(foreign()) }
}

fn foreign() -> Error {
    Error::Forbidden("The request does not come from a page of this session.".to_owned())
}

/// Whether cookies need TLS: a proxy says that there is some, or the host is not this machine.
fn is_secure(headers: &HeaderMap) -> bool {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let host = text(header::HOST);
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    !is_loopback(name) || text(header::HeaderName::from_static("x-forwarded-proto")).eq_ignore_ascii_case("https")
}

/// What every request brings along, and what every answer of the console carries.
pub async fn surround(provider: Option<Provider>, mut request: Request, next: Next) -> Response {
    if let Some(provider) = provider {
        request.extensions_mut().insert(provider);
    }
    let secure = is_secure(request.headers());
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Not `no-referrer`: with it, browsers hide from us that our own forms are ours.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    let opener = header::HeaderName::from_static("cross-origin-opener-policy");
    headers.insert(opener, HeaderValue::from_static("same-origin"));
    if secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs =
            pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), HeaderValue::from_static(value)));
        pairs.collect()
    }

    #[test]
    fn only_this_machine_needs_no_tls() {
        for host in ["localhost", "localhost:8080", "127.0.0.1:8080", "127.9.9.9", "[::1]:8080", "[::1]"] {
            assert!(!is_secure(&headers(&[("host", host)])), "{host}");
        }
        for host in ["muster.example", "192.0.2.1:8080", "localhost.example", "127.0.0.1.example", "[2001:db8::1]", ""]
        {
            assert!(is_secure(&headers(&[("host", host)])), "{host}");
        }
        assert!(is_secure(&headers(&[("host", "127.0.0.1"), ("x-forwarded-proto", "https")])));
    }

    #[test]
    fn what_a_browser_sends_from_elsewhere_is_refused() {
        for own in [
            &[("host", "a.example")][..],
            &[("host", "a.example"), ("origin", "https://a.example")],
            &[("host", "a.example:1"), ("origin", "http://a.example:1")],
            &[("host", "a.example"), ("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("host", "a.example"), ("sec-fetch-site", "none")],
        ] {
            assert!(check_origin(&headers(own)).is_ok(), "{own:?}");
        }
        for foreign in [
            &[("host", "a.example"), ("origin", "https://b.example")][..],
            &[("host", "a.example"), ("origin", "null")],
            &[("origin", "https://b.example")],
            &[("host", "a.example"), ("sec-fetch-site", "cross-site"), ("origin", "https://a.example")],
            &[("host", "a.example"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(check_origin(&headers(foreign)).is_err(), "{foreign:?}");
        }
    }
}
