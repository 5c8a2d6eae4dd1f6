//! The life of a credential: what it may do, from where and how long, and that
//! a change takes effect. Administrators act as the commands and the console do.

use std::net::IpAddr;
use std::time::Duration;

use muster::api;
use serde_json::Value as Json;
use serde_json::json;
use shared::attributes::Readable;
use shared::aws::companies::CACHE_LIFETIME;
use shared::aws::credentials::Credential;
use shared::credential::Details;
use shared::credential::Draft;
use shared::credential::Grace;
use shared::credential::Networks;
use shared::error::Error;
use shared::http::context::ClientIp;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::place;
use tower::ServiceExt;

const EMPLOYEES: &str = "/v1/company/employees";
const BAD_TOKEN: &str = "Provided authorization is not valid";
const BAD_LOGIN: &str = "The client id or the client secret is not valid.";
const ELSEWHERE: &str = "The credential may not be used from this network address.";

/// Somebody with a credential, and what it takes to log in.
struct Integration {
    id: ClientId,
    secret: String,
    client: Client,
}

impl Integration {
    async fn new(muster: &Muster) -> Self {
        Self::reading(muster, &["first_name", "last_name"]).await
    }

    async fn reading(muster: &Muster, readable: &[&str]) -> Self {
        let (credential, secret) = muster.credential(&["employees:read"], readable).await;
        let client = muster.bearer(&token(&login(muster, credential.client_id, &secret).await));
        Self { id: credential.client_id, secret, client }
    }

    async fn status(&self) -> u16 {
        self.client.get(EMPLOYEES).await.status
    }
}

async fn login(muster: &Muster, id: ClientId, secret: &str) -> Answer {
    muster.anonymous().post("/v1/auth", &json!({"client_id": id, "client_secret": secret})).await
}

fn token(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"]["token"].as_str().expect("a token").to_owned()
}

fn grace(text: &str) -> Grace {
    text.parse().expect("a grace time")
}

async fn change(muster: &Muster, id: ClientId, edit: impl Fn(&mut Details)) -> Credential {
    let edit = |credential: &Credential| {
        let mut details = credential.details();
        edit(&mut details);
        Ok(details)
    };
    muster.deps.credentials.change(&muster.company, id, edit).await.expect("a change")
}

fn networks(texts: &[&str]) -> Networks {
    Networks::parse(texts.iter().copied()).expect("networks")
}

fn refused(answer: &Answer, message: &str) {
    assert_eq!((answer.status, answer.message()), (403, message), "{}", answer.body);
}

#[tokio::test]
async fn a_draft_becomes_a_credential_that_does_what_it_says() {
    let muster = Muster::start().await;
    let company = muster.deps.companies.get(&muster.company).await.expect("a company");
    let slack = company.integrations.get(&"slack".parse().expect("a key")).expect("Slack");
    let draft = Draft { name: " Days off ".to_owned(), ..Draft::recommended(slack) };
    let details = draft.check(&company, muster.deps.clock.now(), None).expect("a sound draft");
    let (credential, secret) = muster.deps.credentials.create(&muster.company, details.clone()).await.expect("stored");
    assert_eq!((credential.details(), credential.name.as_str()), (details, "Days off"));
    assert_eq!(muster.deps.credentials.find(&muster.company, credential.client_id).await, Ok(credential.clone()));

    muster.admin().await.create_employee(json!({"position": "Baker"})).await;
    let answer = login(&muster, credential.client_id, secret.reveal()).await;
    assert_eq!(answer.body["data"]["scope"], "employees:read absences:read absences:write");
    let client = muster.bearer(&token(&answer));
    let page = client.get(EMPLOYEES).await;
    let attributes = &page.body["data"][0]["attributes"];
    assert_eq!(attributes["first_name"]["value"], "Erika");
    assert_eq!(attributes.get("position"), None, "{attributes}");
    assert_eq!(client.get("/v1/company/time-offs?start_date=2026-01-01&end_date=2026-12-31").await.status, 200);
    assert_eq!(client.get("/v1/company/document-categories").await.status, 403);
}

#[tokio::test]
async fn narrower_attributes_and_scopes_hold_for_tokens_in_use() {
    place::needs_own_process("a cache that the changes of a test reach at once");
    let muster = Muster::start().await;
    muster.admin().await.create_employee(json!({})).await;
    let one = Integration::new(&muster).await;
    let keys = |answer: &Answer| {
        let attributes = answer.body["data"][0]["attributes"].as_object().expect("attributes");
        attributes.keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(keys(&one.client.get(EMPLOYEES).await), ["id", "first_name", "last_name"]);
    let only = Readable::try_from(vec!["last_name".to_owned()]).expect("a key");
    let changed = change(&muster, one.id, |details| details.readable = only.clone()).await;
    assert_eq!(keys(&one.client.get(EMPLOYEES).await), ["id", "last_name"]);
    assert_eq!((changed.revision, changed.changed_at.is_some()), (1, true));
    let same = change(&muster, one.id, |details| details.readable = only.clone()).await;
    assert_eq!(same, changed, "what changes nothing is no change");

    change(&muster, one.id, |details| details.scopes = ["absences:read".parse().expect("a scope")].into()).await;
    refused(&one.client.get(EMPLOYEES).await, "The credential does not have the scope employees:read.");
}

#[tokio::test]
async fn what_is_disabled_is_refused_until_it_is_enabled() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let credentials = &muster.deps.credentials;
    let disabled = credentials.disable(&muster.company, one.id).await.expect("disabled");
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    assert_eq!(credentials.disable(&muster.company, one.id).await, Ok(disabled), "twice is once");
    credentials.enable(&muster.company, one.id).await.expect("enabled");
    assert_eq!(one.status().await, 200, "with the token of before");
    assert_eq!(Some(token(&login(&muster, one.id, &one.secret).await)), one.client.token);
}

#[tokio::test]
async fn a_rotation_without_grace_ends_secret_and_token_at_once() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let (rotated, secret) =
        muster.deps.credentials.rotate(&muster.company, one.id, Grace::NONE).await.expect("a secret");
    assert_eq!((rotated.previous, rotated.token), (None, None));
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    let client = muster.bearer(&token(&login(&muster, one.id, secret.reveal()).await));
    assert_eq!(client.get(EMPLOYEES).await.status, 200);
}

#[tokio::test]
async fn in_the_grace_time_both_secrets_work_and_after_it_the_new_one() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let (_, secret) = muster.deps.credentials.rotate(&muster.company, one.id, grace("2d")).await.expect("a secret");
    let secret = secret.reveal();
    let new = token(&login(&muster, one.id, secret).await);
    let old = login(&muster, one.id, &one.secret).await;
    assert_eq!(Some(token(&old)), one.client.token, "the old secret keeps its token");
    assert_ne!(Some(&new), one.client.token.as_ref());
    assert_eq!((one.status().await, muster.bearer(&new).get(EMPLOYEES).await.status), (200, 200));

    // The old secret's token has had its day; the next one ends with the grace time.
    muster.advance(Duration::from_hours(25));
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    let renewed = login(&muster, one.id, &one.secret).await;
    let left = renewed.body["data"]["expires_in"].as_i64().expect("a number");
    assert!((82_700..=82_800).contains(&left), "{left}: 23 hours are left of the grace time");
    let renewed = muster.bearer(&token(&renewed));
    assert_eq!(renewed.get(EMPLOYEES).await.status, 200);
    let newer = muster.bearer(&token(&login(&muster, one.id, secret).await));
    assert_ne!(newer.token, renewed.token);
    assert_eq!(Some(token(&login(&muster, one.id, &one.secret).await)), renewed.token, "each keeps its own");

    muster.advance(Duration::from_hours(23));
    refused(&renewed.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    assert_eq!(newer.get(EMPLOYEES).await.status, 200);
}

#[tokio::test]
async fn a_second_rotation_ends_the_oldest_secret() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let credentials = &muster.deps.credentials;
    let (_, second) = credentials.rotate(&muster.company, one.id, grace("7d")).await.expect("a secret");
    let (_, third) = credentials.rotate(&muster.company, one.id, grace("1h")).await.expect("a secret");
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    token(&login(&muster, one.id, second.reveal()).await);
    token(&login(&muster, one.id, third.reveal()).await);
    credentials.rotate(&muster.company, one.id, Grace::NONE).await.expect("a secret");
    for dead in [second, third] {
        refused(&login(&muster, one.id, dead.reveal()).await, BAD_LOGIN);
    }
}

#[tokio::test]
async fn both_secrets_log_in_at_once_without_losing_a_token() {
    let muster = Muster::start().await;
    let (credential, old) = muster.credential(&["employees:read"], &[]).await;
    let id = credential.client_id;
    let (_, new) = muster.deps.credentials.rotate(&muster.company, id, grace("1d")).await.expect("a secret");
    let secrets = [old, new.reveal().to_owned()];
    let logins = (0..16).map(|number| {
        let (nobody, secret) = (muster.anonymous(), secrets[number % 2].clone());
        let body = json!({"client_id": id, "client_secret": secret});
        tokio::spawn(async move { (number % 2, token(&nobody.post("/v1/auth", &body).await)) })
    });
    let mut tokens = std::collections::BTreeSet::new();
    for one in logins.collect::<Vec<_>>() {
        tokens.insert(one.await.expect("no panic"));
    }
    assert_eq!(tokens.len(), 2, "one token for each secret");
    for (_, token) in tokens {
        assert_eq!(muster.bearer(&token).get(EMPLOYEES).await.status, 200);
    }
}

#[tokio::test]
async fn after_its_expiry_a_credential_is_refused_until_it_is_extended() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let hour = Duration::from_hours(1);
    let end = muster.deps.clock.now() + hour;
    change(&muster, one.id, |details| details.expires_at = Some(end)).await;
    let answer = login(&muster, one.id, &one.secret).await;
    let left = answer.body["data"]["expires_in"].as_i64().expect("a number");
    assert!((3_590..=3_600).contains(&left), "{left}: not longer than the credential");
    assert_eq!((Some(token(&answer)), one.status().await), (one.client.token.clone(), 200));

    muster.advance(hour);
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    change(&muster, one.id, |details| details.expires_at = Some(end + 2 * hour)).await;
    assert_eq!(one.status().await, 200);
    change(&muster, one.id, |details| details.expires_at = None).await;
    assert_eq!(one.status().await, 200);
}

/// A request that comes from an address, or from nobody knows where, with headers that anybody can write.
async fn from(
    muster: &Muster,
    address: Option<&str>,
    method: &str,
    path: &str,
    token: Option<&str>,
    body: &Json,
) -> u16 {
    let mut request = axum::http::Request::builder()
        .method(method)
        .uri(format!("http://muster.example{path}"))
        .header("content-type", "application/json")
        .header("x-forwarded-for", "192.0.2.7")
        .header("forwarded", "for=192.0.2.7");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if let Some(address) = address {
        request = request.extension(ClientIp(address.parse::<IpAddr>().expect("an address")));
    }
    let request = request.body(axum::body::Body::from(body.to_string())).expect("a request");
    let answer = api::router(&muster.deps).oneshot(request).await.expect("an answer");
    answer.status().as_u16()
}

#[tokio::test]
async fn a_credential_works_from_its_networks_and_from_nowhere_else() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let access = one.client.token.clone().expect("a token");
    let body = json!({"client_id": one.id, "client_secret": one.secret});
    change(&muster, one.id, |details| details.networks = networks(&["192.0.2.0/24", "2001:db8:1::/48"])).await;
    for (address, status) in [
        (Some("192.0.2.9"), 200),
        (Some("::ffff:192.0.2.9"), 200),
        (Some("2001:db8:1::7"), 200),
        (Some("192.0.3.9"), 403),
        (Some("::ffff:192.0.3.9"), 403),
        (Some("2001:db8:2::7"), 403),
        (Some("127.0.0.1"), 403),
        (None, 403),
    ] {
        let call = from(&muster, address, "GET", EMPLOYEES, Some(&access), &json!(null)).await;
        let login = from(&muster, address, "POST", "/v1/auth", None, &body).await;
        assert_eq!((call, login), (status, status), "{address:?}");
    }
    change(&muster, one.id, |details| details.networks = Networks::default()).await;
    for address in [Some("192.0.3.9"), None] {
        assert_eq!(from(&muster, address, "GET", EMPLOYEES, Some(&access), &json!(null)).await, 200, "{address:?}");
    }
}

#[tokio::test]
async fn who_calls_from_elsewhere_is_told_so_if_the_secret_is_right() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    change(&muster, one.id, |details| details.networks = networks(&["192.0.2.0/24"])).await;
    refused(&one.client.get(EMPLOYEES).await, ELSEWHERE);
    refused(&login(&muster, one.id, &one.secret).await, ELSEWHERE);
    refused(&login(&muster, one.id, "papi-wrong").await, BAD_LOGIN);
    assert_eq!(one.client.get("/v1/nowhere").await.status, 404);
    let line = one.client.get(EMPLOYEES).await.log_line();
    assert_eq!(line["credential"], one.id.to_string(), "the log knows who was refused");
    // A right secret is no guess: however often it comes from elsewhere, nobody is locked out.
    for _ in 0..=auth::model::LOCKOUT.most {
        refused(&login(&muster, one.id, &one.secret).await, ELSEWHERE);
    }
    change(&muster, one.id, |details| details.networks = networks(&["127.0.0.0/8", "::1"])).await;
    assert_eq!(one.status().await, 200);
    token(&login(&muster, one.id, &one.secret).await);
}

#[tokio::test]
async fn what_is_removed_is_gone() {
    let muster = Muster::start().await;
    let (one, other) = (Integration::new(&muster).await, Integration::new(&muster).await);
    let credentials = &muster.deps.credentials;
    let removed = credentials.remove(&muster.company, one.id).await.expect("removed");
    assert_eq!(removed.client_id, one.id);
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&muster, one.id, &one.secret).await, BAD_LOGIN);
    let left: Vec<_> =
        credentials.list(&muster.company).await.expect("a list").into_iter().map(|c| c.client_id).collect();
    assert_eq!(left, [other.id]);
    assert_eq!(other.status().await, 200);
    for again in [
        credentials.remove(&muster.company, one.id).await.map(drop),
        credentials.enable(&muster.company, one.id).await.map(drop),
        credentials.rotate(&muster.company, one.id, Grace::NONE).await.map(drop),
    ] {
        assert!(matches!(again, Err(Error::NotFound { .. })), "{again:?}");
    }
}

#[tokio::test]
async fn another_companys_credential_is_not_found() {
    let (muster, other) = (Muster::start().await, Muster::start().await);
    let one = Integration::new(&muster).await;
    let stored = muster.deps.credentials.find(&muster.company, one.id).await.expect("a credential");
    let (credentials, company): (_, &CompanyId) = (&other.deps.credentials, &other.company);
    let edit = |_: &Credential| -> Result<Details, Error> { panic!("nobody is asked") };
    for tried in [
        credentials.find(company, one.id).await.map(drop),
        credentials.change(company, one.id, edit).await.map(drop),
        credentials.disable(company, one.id).await.map(drop),
        credentials.enable(company, one.id).await.map(drop),
        credentials.rotate(company, one.id, Grace::NONE).await.map(drop),
        credentials.remove(company, one.id).await.map(drop),
    ] {
        assert!(matches!(tried, Err(Error::NotFound { .. })), "{tried:?}");
    }
    assert_eq!(credentials.list(company).await.map(|all| all.len()), Ok(0));
    assert_eq!(muster.deps.credentials.find(&muster.company, one.id).await, Ok(stored), "as it was");
    assert_eq!(one.status().await, 200);
}

#[tokio::test]
async fn other_processes_follow_within_30_seconds() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let twin = Muster::twin(&muster).await;
    let there = twin.bearer(one.client.token.as_deref().expect("a token"));
    let credentials = &muster.deps.credentials;
    assert_eq!(there.get(EMPLOYEES).await.status, 200);
    credentials.disable(&muster.company, one.id).await.expect("disabled");
    refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
    refused(&login(&twin, one.id, &one.secret).await, BAD_LOGIN);
    muster.advance(CACHE_LIFETIME);
    refused(&there.get(EMPLOYEES).await, BAD_TOKEN);

    credentials.enable(&muster.company, one.id).await.expect("enabled");
    assert_eq!(there.get(EMPLOYEES).await.status, 200, "what is refused is not kept");
    change(&muster, one.id, |details| details.networks = networks(&["192.0.2.0/24"])).await;
    muster.advance(CACHE_LIFETIME);
    refused(&there.get(EMPLOYEES).await, ELSEWHERE);
    change(&muster, one.id, |details| details.networks = Networks::default()).await;
    muster.advance(CACHE_LIFETIME);
    assert_eq!(there.get(EMPLOYEES).await.status, 200);
    credentials.remove(&muster.company, one.id).await.expect("removed");
    muster.advance(CACHE_LIFETIME);
    refused(&there.get(EMPLOYEES).await, BAD_TOKEN);
}

#[tokio::test]
async fn a_kept_credential_costs_no_read_and_is_kept_for_no_longer_than_30_seconds() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let calls = async || one.client.get("/v1/company/employees/0").await.log_line()["store_calls"].clone();
    calls().await;
    assert_eq!(calls().await, 0);
    muster.advance(CACHE_LIFETIME.saturating_sub(Duration::from_secs(5)));
    assert_eq!(calls().await, 0, "it is still kept");
    muster.advance(Duration::from_secs(5));
    assert_eq!(calls().await, 1, "it is read again");
}

#[tokio::test]
async fn sixteen_changes_at_once_lose_nothing() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let tasks = (0..16_u8).map(|number| {
        let (deps, company, id) = (muster.deps.clone(), muster.company.clone(), one.id);
        tokio::spawn(async move {
            let edit = |credential: &Credential| {
                let mut details = credential.details();
                let mut all: Vec<String> = details.networks.iter().map(ToString::to_string).collect();
                all.push(format!("192.0.2.{number}"));
                details.networks = networks(&all.iter().map(String::as_str).collect::<Vec<_>>());
                Ok(details)
            };
            deps.credentials.change(&company, id, edit).await.map(drop)
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        assert_eq!(task.await.expect("no panic"), Ok(()));
    }
    let stored = muster.deps.credentials.find(&muster.company, one.id).await.expect("a credential");
    assert_eq!((stored.networks.iter().count(), stored.revision), (16, 16));
}

#[tokio::test]
async fn of_rotations_at_once_one_secret_is_left() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    let tasks = (0..8).map(|_| {
        let (deps, company, id) = (muster.deps.clone(), muster.company.clone(), one.id);
        tokio::spawn(async move { deps.credentials.rotate(&company, id, Grace::NONE).await })
    });
    let mut secrets = Vec::new();
    for task in tasks.collect::<Vec<_>>() {
        secrets.push(task.await.expect("no panic").expect("a secret").1);
    }
    let mut good = 0;
    for secret in secrets {
        good += usize::from(login(&muster, one.id, secret.reveal()).await.status == 200);
    }
    assert_eq!(good, 1);
}

#[tokio::test]
async fn a_removal_is_not_undone_by_what_happens_at_the_same_time() {
    let muster = Muster::start().await;
    for _ in 0..4 {
        let one = Integration::new(&muster).await;
        let tasks = (0..8).map(|number| {
            let (deps, company, id) = (muster.deps.clone(), muster.company.clone(), one.id);
            tokio::spawn(async move {
                match number {
                    0 => deps.credentials.remove(&company, id).await.map(drop),
                    _ => deps.credentials.rotate(&company, id, grace("1d")).await.map(drop),
                }
            })
        });
        for task in tasks.collect::<Vec<_>>() {
            let done = task.await.expect("no panic");
            assert!(matches!(done, Ok(()) | Err(Error::NotFound { .. })), "{done:?}");
        }
        assert_eq!(muster.deps.credentials.get(one.id).await, Ok(None));
    }
    assert_eq!(muster.deps.credentials.list(&muster.company).await, Ok(Vec::new()));
}

#[tokio::test]
async fn calls_under_way_do_not_keep_what_was_changed_meanwhile() {
    let muster = Muster::start().await;
    let one = Integration::new(&muster).await;
    for _ in 0..6 {
        let calls = (0..6).map(|_| {
            let client = one.client.clone();
            tokio::spawn(async move { client.get("/v1/company/employees/0").await.status })
        });
        let calls = calls.collect::<Vec<_>>();
        muster.deps.credentials.disable(&muster.company, one.id).await.expect("disabled");
        for call in calls {
            call.await.expect("no panic");
        }
        refused(&one.client.get(EMPLOYEES).await, BAD_TOKEN);
        muster.deps.credentials.enable(&muster.company, one.id).await.expect("enabled");
    }
}
