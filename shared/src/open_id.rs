//! By which provider of OpenID Connect administrators may sign in to the console: what the operator says of it.

use std::env;
use std::net::IpAddr;

use axum::http::Uri;

use crate::aws::credentials::Secret;
use crate::error::Error;

/// The variable with the issuer's address, exactly as its tokens name it.
pub const ISSUER_VARIABLE: &str = "MUSTER_OIDC_ISSUER";
/// The variable with the client id that the provider gave muster.
pub const CLIENT_ID_VARIABLE: &str = "MUSTER_OIDC_CLIENT_ID";
/// The variable with the client's secret; a public client has none.
pub const CLIENT_SECRET_VARIABLE: &str = "MUSTER_OIDC_CLIENT_SECRET";
/// The variable with what the button calls the provider.
pub const NAME_VARIABLE: &str = "MUSTER_OIDC_NAME";

/// What the four variables, or the options of the same meaning, say. What is empty counts as not said.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    /// [`ISSUER_VARIABLE`].
    pub issuer: Option<String>,
    /// [`CLIENT_ID_VARIABLE`].
    pub client_id: Option<String>,
    /// [`CLIENT_SECRET_VARIABLE`].
    pub client_secret: Option<Secret>,
    /// [`NAME_VARIABLE`].
    pub name: Option<String>,
}

/// A provider, and muster as its client.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer, as its tokens name it.
    pub issuer: String,
    /// The client id.
    pub client_id: String,
    /// The client's secret; a public client has none.
    pub client_secret: Option<Secret>,
    /// What the button calls the provider; the issuer's host, unless it has a name.
    pub name: String,
}

impl Settings {
    /// What a function's environment says; `None` if it says nothing.
    pub fn from_env() -> Result<Option<Self>, Error> {
        let said = |name| env::var(name).ok();
        Self::read(Variables {
            issuer: said(ISSUER_VARIABLE),
            client_id: said(CLIENT_ID_VARIABLE),
            client_secret: said(CLIENT_SECRET_VARIABLE).as_deref().map(Secret::presented),
            name: said(NAME_VARIABLE),
        })
    }

    /// Checks what was said; `None` if nothing was. Half of it is an error: whoever says a part wants a sign-in, and
    /// would find none.
    pub fn read(said: Variables) -> Result<Option<Self>, Error> {
        let text = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let (issuer, client_id, name) = (text(said.issuer), text(said.client_id), text(said.name));
        let client_secret = said.client_secret.filter(|secret| !secret.reveal().is_empty());
        let Some(issuer) = issuer else {
            let more = client_id.is_some() || client_secret.is_some() || name.is_some();
            return if more { Err(missing(ISSUER_VARIABLE)) } else { Ok(None) };
        };
        let Some(client_id) = client_id else { return Err(missing(CLIENT_ID_VARIABLE)) };
        let address = issuer.parse::<Uri>().ok().filter(|address| is_protected(address) && address.query().is_none());
        // A fragment is dropped without a word where an address is read.
        let Some(address) = address.filter(|_| !issuer.contains('#')) else {
            let message = format!(
                "{ISSUER_VARIABLE} must be an https:// address without a query; http:// is for a loopback address only."
            );
            return Err(Error::invalid(ISSUER_VARIABLE, message));
        };
        let name = name.unwrap_or_else(|| address.host().unwrap_or_default().to_owned());
        Ok(Some(Self { issuer, client_id, client_secret, name }))
    }
}

fn missing(variable: &'static str) -> Error {
    let message = format!("{variable} is not set, and signing in by OpenID Connect needs it.");
    Error::invalid(variable, message)
}

/// Whether what is sent to an address stays between us and it: by TLS, or on this machine.
#[must_use]
pub fn is_protected(address: &Uri) -> bool {
    let host = address.host().unwrap_or_default();
    match address.scheme_str() {
        Some("https") => !host.is_empty(),
        Some("http") => is_loopback(host),
        _ => false,
    }
}

/// Whether a host name, or an address with or without its brackets, is this machine's.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse().is_ok_and(|address: IpAddr| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(issuer: &str, client_id: &str, secret: &str, name: &str) -> Result<Option<Settings>, Error> {
        Settings::read(Variables {
            issuer: Some(issuer.to_owned()),
            client_id: Some(client_id.to_owned()),
            client_secret: Some(Secret::presented(secret)),
            name: Some(name.to_owned()),
        })
    }

    fn wrong(result: Result<Option<Settings>, Error>) -> String {
        match result {
            Err(Error::Invalid(invalid)) => invalid.fields.keys().next().cloned().expect("a field"),
            other => panic!("not refused: {other:?}"),
        }
    }

    #[test]
    fn all_of_it_is_said_or_nothing() {
        assert!(Settings::read(Variables::default()).expect("nothing is allowed").is_none());
        assert!(said("", " ", "", "").expect("the same").is_none());
        for (client_id, secret, name) in [("muster", "", ""), ("", "secret", ""), ("", "", "Acme")] {
            assert_eq!(wrong(said("", client_id, secret, name)), ISSUER_VARIABLE);
        }
        assert_eq!(wrong(said("https://id.example", "", "secret", "")), CLIENT_ID_VARIABLE);

        let public = said("https://id.example/realms/hr", "muster", "", "").expect("complete").expect("said");
        assert_eq!((public.issuer.as_str(), public.name.as_str()), ("https://id.example/realms/hr", "id.example"));
        assert!(public.client_secret.is_none());
        let named = said(" https://id.example/ ", "muster", "hush", "Acme").expect("complete").expect("said");
        assert_eq!((named.issuer.as_str(), named.name.as_str()), ("https://id.example/", "Acme"));
        assert!(!format!("{named:?}").contains("hush"));
    }

    #[test]
    fn without_tls_an_issuer_is_on_this_machine() {
        for good in ["https://id.example", "http://localhost:3000", "http://127.0.0.1:1/x", "http://[::1]:3000"] {
            assert!(said(good, "muster", "", "").is_ok(), "{good}");
        }
        for bad in [
            "http://id.example",
            "http://localhost.example",
            "http://192.0.2.1",
            "ftp://localhost",
            "id.example",
            "/id",
            "https://",
            "https://id.example/?a=b",
            "https://id.example/#a",
            "https://id.example /",
        ] {
            assert_eq!(wrong(said(bad, "muster", "", "")), ISSUER_VARIABLE, "{bad}");
        }
    }
}
