//! Cookies: the session's, the chosen language's, and that of a sign-in at a provider.

use axum::http::HeaderMap;
use axum::http::HeaderValue;
use axum::http::header;
use axum::response::Response;
use shared::error::Error;

use crate::model::SESSION_LIFETIME;
use crate::model::open_id::ATTEMPT_LIFETIME;
use crate::model::open_id::BrowserSecret;
use crate::model::texts::Language;
use crate::model::token::Token;

/// The name of the session's cookie where there is TLS: browsers take it from this host alone, and only by TLS.
const SESSION: &str = "__Host-muster_session";
/// Its name on a loopback address, where there is no TLS.
const LOOPBACK_SESSION: &str = "muster_session";
/// The name of the cookie of a sign-in by OpenID Connect that was begun, in the same two forms.
const ATTEMPT: &str = "__Host-muster_oidc";
const LOOPBACK_ATTEMPT: &str = "muster_oidc";
const LANGUAGE: &str = "muster_language";
/// A year, in seconds.
const LANGUAGE_LIFETIME: u64 = 31_536_000;

fn name(secure: bool) -> &'static str {
    if secure { SESSION } else { LOOPBACK_SESSION }
}

fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// The token of the session, if the browser sends something that looks like one.
#[must_use]
pub fn session(headers: &HeaderMap, secure: bool) -> Option<Token> {
    find(headers, name(secure)).and_then(Token::parse)
}

/// The language that was chosen before.
#[must_use]
pub fn language(headers: &HeaderMap) -> Option<Language> {
    find(headers, LANGUAGE).and_then(Language::from_code)
}

/// Has the browser keep a session: no script reads it, and no other site sends it.
pub fn keep_session(response: &mut Response, token: &Token, secure: bool) -> Result<(), Error> {
    set(response, &session_cookie(token.reveal(), SESSION_LIFETIME.as_secs(), secure))
}

/// Has the browser forget the session.
pub fn forget_session(response: &mut Response, secure: bool) -> Result<(), Error> {
    set(response, &session_cookie("", 0, secure))
}

fn session_cookie(value: &str, seconds: i64, secure: bool) -> String {
    let flag = if secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{flag}", name(secure))
}

/// The secret of the sign-in at a provider that this browser began last.
#[must_use]
pub fn attempt(headers: &HeaderMap, secure: bool) -> Option<BrowserSecret> {
    find(headers, attempt_name(secure)).map(BrowserSecret::presented)
}

/// Has the browser keep the secret of a sign-in that it begins.
pub fn keep_attempt(response: &mut Response, secret: &BrowserSecret, secure: bool) -> Result<(), Error> {
    set(response, &attempt_cookie(secret.reveal(), ATTEMPT_LIFETIME.as_secs(), secure))
}

/// Has the browser forget it.
pub fn forget_attempt(response: &mut Response, secure: bool) -> Result<(), Error> {
    set(response, &attempt_cookie("", 0, secure))
}

fn attempt_name(secure: bool) -> &'static str {
    if secure { ATTEMPT } else { LOOPBACK_ATTEMPT }
}

/// `Lax`, because the way back from the provider begins at another site.
fn attempt_cookie(value: &str, seconds: i64, secure: bool) -> String {
    let flag = if secure { "; Secure" } else { "" };
    format!("{}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{flag}", attempt_name(secure))
}

/// Has the browser keep the language that was chosen.
pub fn keep_language(response: &mut Response, language: Language) -> Result<(), Error> {
    let code = language.texts().code;
    set(response, &format!("{LANGUAGE}={code}; Path=/console; Max-Age={LANGUAGE_LIFETIME}; HttpOnly; SameSite=Lax"))
}

fn set(response: &mut Response, cookie: &str) -> Result<(), Error> {
    let value = HeaderValue::from_str(cookie);
    let mut value = value.map_err(|_| Error::Internal("a cookie is not one of a header".to_owned()))?;
    value.set_sensitive(true);
    response.headers_mut().append(header::SET_COOKIE, value);
    Ok(())
}
