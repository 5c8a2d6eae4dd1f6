//! A provider of OpenID Connect that does what a test wants, good or not. That a good one suffices, `tests/browser/run`
//! shows with a real one.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;

use axum::Json as JsonBody;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::response::Response;
use axum::routing::get;
use axum::routing::post;
use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::jwk::Jwk;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::credentials::Secret;
use shared::open_id::Settings;
use tokio::net::TcpListener;

use crate::Answer;
use crate::Muster;

/// The client id of muster there.
pub const CLIENT_ID: &str = "muster";

/// Where a sign-in begins.
pub const BEGIN: &str = "/console/sign-in/oidc";
/// Where the provider leads back.
pub const CALLBACK: &str = "/console/sign-in/oidc/callback";
/// The code with which it does.
pub const CODE: &str = "code-of-the-provider";

/// What a private key of Ed25519 is written behind (RFC 8410).
const ED25519: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// A key to sign with.
#[derive(Clone)]
pub struct SigningKey {
    id: String,
    private: EncodingKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.id).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// A new one with an id.
    #[must_use]
    pub fn random(id: &str) -> Self {
        let halves = [uuid::Uuid::new_v4(), uuid::Uuid::new_v4()];
        let der = [&ED25519[..], halves[0].as_bytes(), halves[1].as_bytes()].concat();
        Self { id: id.to_owned(), private: EncodingKey::from_ed_der(&der) }
    }

    /// Its public half, as a provider shows it.
    #[must_use]
    pub fn public(&self) -> Json {
        let mut key = Jwk::from_encoding_key(&self.private, Algorithm::EdDSA).expect("a key");
        key.common.key_id = Some(self.id.clone());
        serde_json::to_value(key).expect("JSON")
    }

    /// A token with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Json) -> String {
        let header = Header { kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        jsonwebtoken::encode(&header, claims, &self.private).expect("a token")
    }
}

/// A sign-in that a browser began.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What the browser keeps meanwhile.
    pub cookie: String,
    /// What the provider was asked.
    pub query: HashMap<String, String>,
}

impl Attempt {
    /// Begins one.
    pub async fn begin(muster: &Muster) -> Self {
        Self::of(&muster.anonymous().get(BEGIN).await)
    }

    /// The one that an answer begins.
    #[must_use]
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 303, "{}", answer.text);
        let address = reqwest::Url::parse(answer.header("location")).expect("an address");
        let cookie = answer.header("set-cookie").split(';').next().expect("a cookie").to_owned();
        Self { cookie, query: address.query_pairs().into_owned().collect() }
    }

    /// Comes back from the provider with [`CODE`].
    pub async fn end(&self, muster: &Muster) -> Answer {
        let path = format!("{CALLBACK}?code={CODE}&state={}", self.query["state"]);
        Answer::of(muster.anonymous().request("GET", &path).header("cookie", &self.cookie)).await
    }
}

/// What the provider does.
#[derive(Clone, Debug, Default)]
struct Plan {
    description: Json,
    keys: Vec<Json>,
    token: Option<Json>,
    user: Option<Json>,
    asked_for_keys: usize,
    exchanged: Vec<HashMap<String, String>>,
}

/// A provider. Clones are the same one.
#[derive(Clone, Debug)]
pub struct TestProvider {
    /// Its issuer.
    pub issuer: String,
    plan: Arc<Mutex<Plan>>,
}

impl TestProvider {
    /// A provider that shows these keys.
    pub async fn start(keys: &[&SigningKey]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let description = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize?realm=hr"),
            "token_endpoint": format!("{issuer}/token"),
            "userinfo_endpoint": format!("{issuer}/user"),
            "jwks_uri": format!("{issuer}/keys"),
        });
        let provider = Self { issuer, plan: Arc::new(Mutex::new(Plan { description, ..Plan::default() })) };
        provider.show(keys);
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(describe))
            .route("/keys", get(keys_of))
            .route("/token", post(exchange))
            .route("/user", get(user))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        provider
    }

    fn with<T>(&self, what: impl FnOnce(&mut Plan) -> T) -> T {
        what(&mut self.plan.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How muster is told of it, as a public client.
    #[must_use]
    pub fn settings(&self, secret: Option<&str>) -> Settings {
        Settings {
            issuer: self.issuer.clone(),
            client_id: CLIENT_ID.to_owned(),
            client_secret: secret.map(Secret::presented),
            name: "Acme".to_owned(),
        }
    }

    /// What a good ID token says.
    #[must_use]
    pub fn claims(&self, attempt: &Attempt, email: &str, now: Timestamp) -> Json {
        let now = now.as_second();
        json!({
            "iss": self.issuer, "aud": CLIENT_ID, "sub": "hr", "iat": now, "exp": now + 300,
            "nonce": attempt.query["nonce"], "email": email, "email_verified": true,
        })
    }

    /// Shows these keys from now on.
    pub fn show(&self, keys: &[&SigningKey]) {
        self.with(|plan| plan.keys = keys.iter().map(|key| key.public()).collect());
    }

    /// Describes itself in another way.
    pub fn describe(&self, field: &str, value: Json) {
        self.with(|plan| plan.description[field] = value);
    }

    /// Gives this ID token for every code; without one, it fails.
    pub fn give(&self, token: Option<&str>) {
        let answer = token.map(|token| json!({"id_token": token, "access_token": "access", "token_type": "Bearer"}));
        self.with(|plan| plan.token = answer);
    }

    /// Says this of the user.
    pub fn tell(&self, user: Json) {
        self.with(|plan| plan.user = Some(user));
    }

    /// How often its keys were asked for.
    #[must_use]
    pub fn asked_for_keys(&self) -> usize {
        self.with(|plan| plan.asked_for_keys)
    }

    /// The forms with which codes were exchanged.
    #[must_use]
    pub fn exchanged(&self) -> Vec<HashMap<String, String>> {
        self.with(|plan| plan.exchanged.clone())
    }
}

/// What the provider says when it fails; nobody may see or log it.
pub const FAILURE: &str = "<b>the-providers-own-words</b>";

fn or_failure(answer: Option<Json>) -> Response {
    answer.map_or_else(|| (StatusCode::BAD_REQUEST, FAILURE).into_response(), |json| JsonBody(json).into_response())
}

async fn describe(State(provider): State<TestProvider>) -> Response {
    JsonBody(provider.with(|plan| plan.description.clone())).into_response()
}

async fn keys_of(State(provider): State<TestProvider>) -> Response {
    let keys = provider.with(|plan| {
        plan.asked_for_keys += 1;
        // Providers have keys of kinds that are not known here.
        [vec![json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"})], plan.keys.clone()].concat()
    });
    JsonBody(json!({ "keys": keys })).into_response()
}

async fn exchange(State(provider): State<TestProvider>, body: String) -> Response {
    let form = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    or_failure(provider.with(|plan| {
        plan.exchanged.push(form);
        plan.token.clone()
    }))
}

async fn user(State(provider): State<TestProvider>) -> Response {
    or_failure(provider.with(|plan| plan.user.clone()))
}
