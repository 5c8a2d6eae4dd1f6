//! Signing in to the console by OpenID Connect, at a provider that does what a good one never does.
//! `tests/browser/oidc.test.mjs` has the whole way at a real one.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use console::model::Administrator;
use futures_util::future::join_all;
use jsonwebtoken::Algorithm;
use jsonwebtoken::EncodingKey;
use jsonwebtoken::Header;
use serde_json::Value as Json;
use serde_json::json;
use tests::Answer;
use tests::Muster;
use tests::console::administrator;
use tests::log;
use tests::open_id::Attempt;
use tests::open_id::BEGIN;
use tests::open_id::CALLBACK;
use tests::open_id::CLIENT_ID;
use tests::open_id::CODE;
use tests::open_id::FAILURE;
use tests::open_id::SigningKey;
use tests::open_id::TestProvider;

/// A muster, its administrator, and the provider by which they sign in.
struct World {
    muster: Muster,
    administrator: Administrator,
    provider: TestProvider,
    key: SigningKey,
}

impl World {
    async fn new(secret: Option<&str>) -> Self {
        let key = SigningKey::random("first");
        let provider = TestProvider::start(&[&key]).await;
        let muster = Muster::start().await;
        let deps = muster.deps.clone().with_open_id(Some(provider.settings(secret)));
        let muster = Muster::serve(deps, muster.company.clone()).await;
        let administrator = administrator(&muster).await;
        Self { muster, administrator, provider, key }
    }

    async fn begin(&self) -> Attempt {
        Attempt::begin(&self.muster).await
    }

    /// What a good ID token of the administrator says.
    fn claims(&self, attempt: &Attempt) -> Json {
        self.provider.claims(attempt, self.administrator.email.as_str(), self.muster.deps.clock.now())
    }

    async fn end(&self, attempt: &Attempt) -> Answer {
        attempt.end(&self.muster).await
    }

    /// A whole sign-in, with the token that a test makes of the good one's claims.
    async fn sign_in(&self, token: impl FnOnce(&Self, Json) -> String) -> Answer {
        let attempt = self.begin().await;
        self.provider.give(Some(&token(self, self.claims(&attempt))));
        self.end(&attempt).await
    }

    async fn sign_in_saying(&self, claim: &str, value: Json) -> Answer {
        self.sign_in(|world, mut claims| {
            claims[claim] = value;
            world.key.sign(&claims)
        })
        .await
    }
}

fn session_of(answer: &Answer) -> Option<String> {
    let cookies = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let session = cookies.into_iter().find(|cookie| cookie.starts_with("muster_session="))?;
    session.split(';').next().map(str::to_owned)
}

fn refused(answer: &Answer, text: &str) {
    assert_eq!(answer.status, 403, "{}", answer.text);
    assert!(answer.text.contains(text), "{text} in {}", answer.text);
    assert!(session_of(answer).is_none(), "no session");
}

const UNPROVEN: &str = "could not be verified";
const STALE: &str = "cannot be finished";

#[tokio::test]
async fn a_good_token_begins_a_session_like_any_other() {
    let world = World::new(None).await;
    let attempt = world.begin().await;
    let asked = &attempt.query;
    let redirect_uri = format!("{}{CALLBACK}", world.muster.base_url);
    for (name, value) in [
        ("realm", "hr"),
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("scope", "openid email"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", &redirect_uri),
    ] {
        assert_eq!(asked[name], value);
    }
    world.provider.give(Some(&world.key.sign(&world.claims(&attempt))));
    let answer = world.end(&attempt).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert!(answer.text.contains("http-equiv=\"refresh\" content=\"0; url=/console/credentials\""), "{}", answer.text);
    let cookie = session_of(&answer).expect("a session");
    let request = world.muster.anonymous().request("GET", "/admin/v1/session").header("cookie", cookie);
    let session = Answer::of(request).await;
    assert_eq!(session.body["data"]["administrator"]["email"], world.administrator.email.as_str());

    let form = world.provider.exchanged().pop().expect("an exchange");
    assert_eq!((form["code"].as_str(), form["client_id"].as_str()), (CODE, CLIENT_ID));
    assert_eq!(form["redirect_uri"], redirect_uri);
    let challenge = shared::aws::credentials::Fingerprint::of(&form["code_verifier"]);
    assert_eq!(String::from(challenge), asked["code_challenge"]);
    let entry = world.muster.entry_of(&answer).await.expect("an entry");
    assert!(entry.deed.proven && entry.deed.status == 200);
}

#[tokio::test]
async fn tokens_that_no_good_provider_gives_sign_nobody_in() {
    let world = World::new(None).await;
    let now = world.muster.deps.clock.now().as_second();
    for (claim, value) in [
        ("nonce", json!("another")),
        ("nonce", Json::Null),
        ("aud", json!("another")),
        ("aud", json!([CLIENT_ID, "another"])),
        ("azp", json!("another")),
        ("iss", json!("https://another.example")),
        ("exp", json!(now - 61)),
        ("exp", Json::Null),
        ("iat", json!(now + 600)),
        ("nbf", json!(now + 600)),
        ("sub", Json::Null),
    ] {
        let answer = world.sign_in_saying(claim, value.clone()).await;
        refused(&answer, UNPROVEN);
        assert!(!answer.text.contains("another"), "{claim} {value}: what the token says is not shown");
    }
    // Clocks differ a little.
    assert_eq!(world.sign_in_saying("exp", json!(now - 30)).await.status, 200);
    assert_eq!(world.sign_in_saying("aud", json!([CLIENT_ID])).await.status, 200);
}

#[tokio::test]
async fn a_token_has_to_be_signed_with_a_key_that_the_issuer_shows_and_in_the_keys_own_way() {
    let world = World::new(None).await;
    // Nobody's signature.
    let unsigned = |_: &World, claims: Json| {
        let encode = |json: &Json| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.", encode(&json!({"alg": "none", "kid": "first"})), encode(&claims))
    };
    refused(&world.sign_in(unsigned).await, UNPROVEN);
    // The public key, which everybody knows, as a shared secret: in its own form, and as JSON.
    for secret in [world.key.public()["x"].as_str().expect("a key").to_owned(), world.key.public().to_string()] {
        let answer = world.sign_in(|_, claims| {
            let header = Header { kid: Some("first".to_owned()), ..Header::new(Algorithm::HS256) };
            jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(secret.as_bytes())).expect("a token")
        });
        refused(&answer.await, UNPROVEN);
    }
    // Another key of the same name, a signature of other claims, and what is no token.
    refused(&world.sign_in(|_, claims| SigningKey::random("first").sign(&claims)).await, UNPROVEN);
    let swapped = |world: &World, claims: Json| {
        let other = world.key.sign(&json!({"sub": "somebody else"}));
        let good = world.key.sign(&claims);
        let (signed, _) = good.rsplit_once('.').expect("a signature");
        format!("{signed}.{}", other.rsplit('.').next().expect("a signature"))
    };
    refused(&world.sign_in(swapped).await, UNPROVEN);
    refused(&world.sign_in(|_, _| "no token".to_owned()).await, UNPROVEN);
    // And for all that, the keys were read once.
    assert_eq!(world.provider.asked_for_keys(), 1);
}

#[tokio::test]
async fn keys_are_read_once_an_hour_and_when_a_token_names_one_that_is_not_known() {
    let world = World::new(None).await;
    let sign_in = async || world.sign_in(|world, claims| world.key.sign(&claims)).await;
    assert_eq!((sign_in().await.status, sign_in().await.status), (200, 200));
    assert_eq!(world.provider.asked_for_keys(), 1);

    let next = SigningKey::random("second");
    refused(&world.sign_in(|_, claims| next.sign(&claims)).await, UNPROVEN);
    assert_eq!(world.provider.asked_for_keys(), 2, "an unknown key is looked for once");
    world.provider.show(&[&next]);
    assert_eq!(world.sign_in(|_, claims| next.sign(&claims)).await.status, 200);
    assert_eq!(world.provider.asked_for_keys(), 3);
    // The old one is gone.
    refused(&sign_in().await, UNPROVEN);

    let before = world.provider.asked_for_keys();
    world.muster.advance(Duration::from_hours(1));
    assert_eq!(world.sign_in(|_, claims| next.sign(&claims)).await.status, 200);
    assert_eq!(world.provider.asked_for_keys(), before + 1);
}

#[tokio::test]
async fn who_is_no_administrator_or_not_verified_sees_one_page() {
    let world = World::new(None).await;
    let mut pages = Vec::new();
    for (claim, value) in [
        ("email", json!("nobody@test.example")),
        ("email", json!("")),
        ("email", json!("x".repeat(5000))),
        ("email_verified", json!(false)),
        ("email_verified", json!("false")),
        ("email_verified", json!(1)),
    ] {
        let answer = world.sign_in_saying(claim, value).await;
        refused(&answer, "No access");
        let entry = world.muster.entry_of(&answer).await;
        // Of an address that is no administrator's it is not known whose record it belongs in.
        assert_eq!(entry.is_some(), claim == "email_verified");
        assert!(entry.is_none_or(|entry| !entry.deed.proven && entry.deed.status == 403));
        pages.push(answer.text);
    }
    pages.dedup();
    assert_eq!(pages.len(), 1);
}

#[tokio::test]
async fn an_address_that_the_token_lacks_is_asked_for() {
    let world = World::new(Some("hush:+%")).await;
    let thin = |world: &World, mut claims: Json| {
        claims.as_object_mut().expect("claims").retain(|name, _| !name.starts_with("email"));
        world.key.sign(&claims)
    };
    let email = world.administrator.email.as_str().to_uppercase();
    world.provider.tell(json!({"sub": "hr", "email": email, "email_verified": true}));
    assert_eq!(world.sign_in(thin).await.status, 200);
    assert!(!world.provider.exchanged()[0].contains_key("client_secret"), "the secret is in a header");
    world.provider.tell(json!({"sub": "another", "email": email, "email_verified": true}));
    refused(&world.sign_in(thin).await, UNPROVEN);
    world.provider.tell(json!({"sub": "hr", "email": email}));
    refused(&world.sign_in(thin).await, "No access");
}

#[tokio::test]
async fn a_sign_in_ends_once_in_its_own_browser_and_within_ten_minutes() {
    let world = World::new(None).await;
    let (own, other) = (world.begin().await, world.begin().await);
    assert_ne!((&own.query["state"], &own.query["nonce"]), (&other.query["state"], &other.query["nonce"]));
    world.provider.give(Some(&world.key.sign(&world.claims(&own))));
    let foreign = Attempt { cookie: other.cookie.clone(), query: own.query.clone() };
    refused(&world.end(&foreign).await, STALE);
    let without = Attempt { cookie: "a=b".to_owned(), query: own.query.clone() };
    refused(&world.end(&without).await, STALE);
    let answers = join_all((0..8).map(|_| world.end(&own))).await;
    let (won, lost): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!((won.len(), lost.len()), (1, 7));
    for answer in lost {
        refused(answer, STALE);
    }
    assert_eq!(world.provider.exchanged().len(), 1, "a code is exchanged for whoever won");

    world.muster.advance(Duration::from_mins(10));
    world.provider.give(Some(&world.key.sign(&world.claims(&other))));
    refused(&world.end(&other).await, STALE);
}

#[tokio::test]
async fn a_provider_that_fails_is_a_page_in_our_words() {
    let world = World::new(Some("hush-hush-hush")).await;
    let attempt = world.begin().await;
    let path = format!("{CALLBACK}?error=access_denied&error_description=%3Cb%3Etheirs%3C/b%3E&state=");
    let path = format!("{path}{}", attempt.query["state"]);
    let request = world.muster.anonymous().request("GET", &path).header("cookie", &attempt.cookie);
    let declined = Answer::of(request).await;
    refused(&declined, "You were not signed in");
    assert!(!declined.text.contains("theirs"));

    let attempt = world.begin().await;
    world.provider.give(None);
    let failed = world.end(&attempt).await;
    assert_eq!(failed.status, 503);
    assert!(failed.text.contains("does not answer") && !failed.text.contains("own-words"), "{}", failed.text);
    refused(&world.end(&attempt).await, STALE);
    let logged = log::text();
    assert!(logged.contains("the token endpoint: the answer was 400"), "the operator learns what failed");
    for secret in [FAILURE, "own-words", CODE, "hush-hush-hush", attempt.query["state"].as_str()] {
        assert!(!logged.contains(secret), "{secret} is in the log");
    }
}

#[tokio::test]
async fn a_description_that_leads_elsewhere_is_not_followed() {
    for (field, value) in [
        ("issuer", "https://another.example"),
        ("token_endpoint", "http://another.example/token"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("jwks_uri", "/keys"),
    ] {
        let world = World::new(None).await;
        world.provider.describe(field, json!(value));
        let answer = world.muster.anonymous().get(BEGIN).await;
        assert_eq!(answer.status, 503, "{field}");
        assert!(answer.header("set-cookie").is_empty() && !answer.text.contains("another"), "{}", answer.text);
    }
}

#[tokio::test]
async fn there_is_a_button_where_a_provider_is_named_and_nothing_where_none_is() {
    let world = World::new(None).await;
    let form = world.muster.anonymous().get("/console/sign-in").await;
    assert!(form.text.contains("Sign in with Acme") && form.text.contains(BEGIN), "{}", form.text);
    let muster = Muster::start().await;
    assert!(!muster.anonymous().get("/console/sign-in").await.text.contains(BEGIN));
    for path in [BEGIN, CALLBACK] {
        assert_eq!(muster.anonymous().get(path).await.status, 404, "{path}");
    }
}
