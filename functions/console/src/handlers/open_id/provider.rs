//! The provider: what it says of itself, to where it is asked, and what its answers are worth.

use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::http::Request;
use axum::http::Uri;
use axum::http::header;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use http_body_util::Full;
use jiff::SignedDuration;
use jiff::Timestamp;
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::Value as Json;
use shared::aws::credentials::Secret;
use shared::clock::Clock;
use shared::error::Error;
use shared::open_id::Settings;
use shared::open_id::is_protected;
use tokio::sync::Mutex;

use crate::handlers::open_id::Trouble;
use crate::handlers::open_id::fetch::Fetch;
use crate::handlers::open_id::fetch::What;
use crate::model::id_token;
use crate::model::id_token::Expected;
use crate::model::id_token::Identity;
use crate::model::id_token::Refused;
use crate::model::open_id::BrowserSecret;

/// How long this process goes by what it read of a provider.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

/// The provider. Clones are the same one.
#[derive(Clone)]
pub struct Provider(Arc<Inner>);

struct Inner {
    settings: Arc<Settings>,
    clock: Clock,
    fetch: Fetch,
    description: Kept<Description>,
    keys: Kept<Vec<Jwk>>,
}

/// Something read from the provider, and until when it is gone by. Whoever reads it anew holds the lock: the others
/// wait for the one answer.
type Kept<T> = Mutex<Option<(Timestamp, Arc<T>)>>;

/// What a provider says of itself (OpenID Connect Discovery, RFC 8414), as far as it matters here.
#[derive(Debug, Deserialize)]
struct Description {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

/// What leads to a provider.
#[derive(Debug)]
pub struct Beginning<'b> {
    /// To where the provider leads back.
    pub redirect_uri: &'b str,
    /// By what the way back is known.
    pub state: &'b str,
    /// What the browser keeps meanwhile.
    pub secret: &'b BrowserSecret,
}

/// What came back from a provider.
pub struct Ending<'e> {
    /// To where the provider led back, as it was told before.
    pub redirect_uri: &'e str,
    /// What tokens are given for, once.
    pub code: &'e str,
    /// What the browser kept.
    pub secret: &'e BrowserSecret,
}

impl fmt::Debug for Ending<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the code.
        f.debug_struct("Ending").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Json>,
}

impl Provider {
    /// A provider of which nothing was read yet.
    #[must_use]
    pub fn new(settings: Arc<Settings>, clock: Clock) -> Self {
        let (description, keys) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner { settings, clock, fetch: Fetch::default(), description, keys }))
    }

    /// What the button calls it.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0.settings.name
    }

    /// Its issuer.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.0.settings.issuer
    }

    /// To where a browser is led to sign in.
    pub async fn authorization_address(&self, beginning: &Beginning<'_>) -> Result<String, Trouble> {
        let description = self.description().await?;
        let endpoint = description.authorization_endpoint.as_str();
        let query = Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.0.settings.client_id)
            .append_pair("redirect_uri", beginning.redirect_uri)
            .append_pair("scope", "openid email")
            .append_pair("state", beginning.state)
            .append_pair("nonce", &beginning.secret.nonce())
            .append_pair("code_challenge", &beginning.secret.challenge())
            .append_pair("code_challenge_method", "S256")
            .finish();
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(format!("{endpoint}{joint}{query}"))
    }

    /// Who signed in: exchanges the code and checks what comes for it.
    pub async fn identity(&self, ending: &Ending<'_>) -> Result<Identity, Trouble> {
        let description = self.description().await?;
        let tokens: Tokens = self.0.fetch.json(What::Tokens, self.token_request(&description, ending)?).await?;
        let identity = self.verified(&description, &tokens.id_token, &ending.secret.nonce()).await?;
        match (identity.is_incomplete(), &description.userinfo_endpoint, &tokens.access_token) {
            (true, Some(endpoint), Some(token)) => self.user(endpoint, token, &identity).await,
            _ => Ok(identity),
        }
    }

    fn token_request(&self, description: &Description, ending: &Ending<'_>) -> Result<Request<Full<Bytes>>, Trouble> {
        let client_id = self.0.settings.client_id.as_str();
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", ending.code)
            .append_pair("redirect_uri", ending.redirect_uri)
            .append_pair("code_verifier", &ending.secret.verifier());
        let mut request = Request::post(&description.token_endpoint)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::ACCEPT, "application/json");
        match &self.0.settings.client_secret {
            Some(secret) if description.takes_basic() => {
                request = request.header(header::AUTHORIZATION, basic(client_id, secret));
            }
            Some(secret) => {
                form.append_pair("client_id", client_id).append_pair("client_secret", secret.reveal());
            }
            None => {
                form.append_pair("client_id", client_id);
            }
        }
        request.body(Full::from(form.finish())).map_err(not_sendable)
    }

    /// Checks an ID token; a key that is not known may be newer than what was read.
    async fn verified(&self, description: &Description, token: &str, nonce: &str) -> Result<Identity, Trouble> {
        let settings = &self.0.settings;
        let now = self.0.clock.now();
        let expected = Expected { issuer: &settings.issuer, client_id: &settings.client_id, nonce, now };
        let keys = self.keys(description, None).await?;
        let mut verdict = id_token::verify(token, &keys, &expected);
        if verdict.as_ref().is_err_and(|why| *why == Refused::UnknownKey) {
            let newer = self.keys(description, Some(&keys)).await?;
            verdict = id_token::verify(token, &newer, &expected);
        }
        verdict.map_err(|why| match why {
            Refused::UnknownKey => Trouble::Unproven("it is signed with a key that the issuer does not show"),
            Refused::Bad(why) => Trouble::Unproven(why),
        })
    }

    /// What the provider says of a user elsewhere: many keep the address out of the ID token.
    async fn user(&self, endpoint: &str, access_token: &str, proven: &Identity) -> Result<Identity, Trouble> {
        let request = Request::get(endpoint)
            .header(header::AUTHORIZATION, format!("Bearer {access_token}"))
            .header(header::ACCEPT, "application/json");
        let request = request.body(Full::default()).map_err(not_sendable)?;
        let user: Identity = self.0.fetch.json(What::User, request).await?;
        // Only the ID token is signed; this has to be about the same person.
        if user.subject == proven.subject { Ok(user) } else { Err(Trouble::Unproven("the user is another one")) }
    }

    async fn description(&self) -> Result<Arc<Description>, Trouble> {
        let mut kept = self.0.description.lock().await;
        let now = self.0.clock.now();
        if let Some((_, description)) = kept.as_ref().filter(|(until, _)| now < *until) {
            return Ok(Arc::clone(description));
        }
        let address = format!("{}/.well-known/openid-configuration", self.issuer().trim_end_matches('/'));
        let description: Description = self.0.fetch.json(What::Description, get(&address)?).await?;
        description.check(self.issuer())?;
        let description = Arc::new(description);
        *kept = Some((now + KEPT, Arc::clone(&description)));
        Ok(description)
    }

    /// The keys; newer ones than those that did not do, unless somebody else has fetched them meanwhile.
    async fn keys(&self, description: &Description, but: Option<&Arc<Vec<Jwk>>>) -> Result<Arc<Vec<Jwk>>, Trouble> {
        let mut kept = self.0.keys.lock().await;
        let now = self.0.clock.now();
        let good = kept.as_ref().filter(|(until, keys)| now < *until && !but.is_some_and(|but| Arc::ptr_eq(keys, but)));
        if let Some((_, keys)) = good {
            return Ok(Arc::clone(keys));
        }
        let set: KeySet = self.0.fetch.json(What::Keys, get(&description.jwks_uri)?).await?;
        // A kind of key that is not known yet must not hide the others.
        let keys = Arc::new(set.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect());
        *kept = Some((now + KEPT, Arc::clone(&keys)));
        Ok(keys)
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Provider").field(&self.0.settings).finish()
    }
}

impl Description {
    /// A description of somebody else, or one that leads where anybody could listen, is none.
    fn check(&self, issuer: &str) -> Result<(), Trouble> {
        if self.issuer != issuer {
            return Err(Trouble::Silent("the provider's description is that of another issuer".to_owned()));
        }
        // A provider with TLS leads to no address without it, not even on this machine.
        let scheme = |address: &str| address.parse::<Uri>().ok().filter(is_protected)?.scheme_str().map(str::to_owned);
        let needs_tls = scheme(issuer).as_deref() == Some("https");
        let all = [&self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let open = all.into_iter().chain(&self.userinfo_endpoint).any(|address| match scheme(address).as_deref() {
            Some("https") => false,
            Some(_) => needs_tls,
            None => true,
        });
        if open {
            Err(Trouble::Silent("an endpoint of the provider is not protected by TLS".to_owned()))
        } else {
            Ok(())
        }
    }

    /// Whether the client's secret goes into a header: always, unless the provider says that it wants it elsewhere.
    fn takes_basic(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_ref();
        methods.is_none_or(|methods| {
            let has = |wanted: &str| methods.iter().any(|method| method == wanted);
            has("client_secret_basic") || !has("client_secret_post")
        })
    }
}

/// Id and secret are written as in a form before they are put together (RFC 6749, 2.3.1).
fn basic(client_id: &str, secret: &Secret) -> String {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let pair = format!("{}:{}", encode(client_id), encode(secret.reveal()));
    format!("Basic {}", STANDARD.encode(pair))
}

fn get(address: &str) -> Result<Request<Full<Bytes>>, Trouble> {
    Request::get(address).header(header::ACCEPT, "application/json").body(Full::default()).map_err(not_sendable)
}

fn not_sendable(_: axum::http::Error) -> Trouble {
    Trouble::Other(Error::Internal("a request to the provider cannot be put into words".to_owned()))
}
