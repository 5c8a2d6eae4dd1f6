//! `Idempotency-Key`: the same request once, another one not at all.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::Method;
use axum::http::Request;
use axum::response::IntoResponse;
use axum::response::Response;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::credentials::Fingerprint;
use shared::aws::idempotency;
use shared::aws::idempotency::Claimed;
use shared::aws::idempotency::Keyed;
use shared::error::Error;
use shared::http::app::app;
use shared::http::idempotency::fingerprint;
use shared::http::routes::Routes;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::record::Touches;
use shared::scope::Resource;
use shared::scope::Scope;
use tests::Answer;
use tests::Client;
use tests::Muster;
use tests::log;
use tests::place;
use tests::storage;
use tower::ServiceExt;

const PATH: &str = "/v1/company/employees";
const AT_ONCE: usize = 64;

fn employee(email: &str) -> Json {
    json!({"employee": {"email": email, "first_name": "A", "last_name": "B"}})
}

async fn post(client: &Client, key: &str, body: &Json) -> Answer {
    Answer::of(client.request("POST", PATH).header("idempotency-key", key).json(body)).await
}

async fn total(client: &Client) -> Json {
    client.get(PATH).await.body["metadata"]["total_elements"].clone()
}

/// That `again` is `first` once more.
fn assert_replayed(first: &Answer, again: &Answer) {
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("content-type"), first.header("content-type"));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    assert_ne!(again.header("x-request-id"), first.header("x-request-id"));
    assert!(again.header("authorization").starts_with("Bearer "), "as every answer");
}

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_again() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let key = "\"telltalekey-8e03978e\"";
    let first = post(&client, key, &employee("a@test.example")).await;
    assert_eq!(first.status, 200, "{}", first.body);
    for _ in 0..2 {
        let again = post(&client, key, &employee("a@test.example")).await;
        assert_replayed(&first, &again);
        let line = again.log_line();
        assert_eq!((&line["store_calls"], &line["write_units"]), (&json!(1), &json!(0.0)), "{line}");
    }
    assert_eq!(total(&client).await, 1);
    let other = post(&client, "another key", &employee("a@test.example")).await;
    assert_eq!(other.status, 400, "{}", other.body);
    let other = post(&client, "another-key", &employee("a@test.example")).await;
    assert_eq!((other.status, other.message()), (422, "The email has already been taken."));
    assert!(!log::text().contains("telltalekey"), "a key is in the log");
}

#[tokio::test]
async fn without_the_header_nothing_changes() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let first = client.post(PATH, &employee("a@test.example")).await;
    let again = client.post(PATH, &employee("a@test.example")).await;
    assert_eq!((first.status, again.status), (200, 422));
    assert_eq!(again.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn another_request_with_the_key_is_refused() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let first = post(&client, "k", &employee("a@test.example")).await;
    assert_eq!(first.status, 200);
    let body = employee("a@test.example").to_string();
    let request = |path: &str, content_type: &str| {
        let request = client.request("POST", path).header("content-type", content_type);
        Answer::of(request.header("idempotency-key", "k").body(body.clone()))
    };
    for answer in [
        post(&client, "k", &employee("b@test.example")).await,
        request(PATH, "text/json").await,
        request(&format!("{PATH}?a=b"), "application/json").await,
    ] {
        assert_eq!(answer.status, 422, "{}", answer.body);
        assert!(answer.body["error"]["error_data"]["Idempotency-Key"].is_array(), "{}", answer.body);
    }
    assert_eq!(total(&client).await, 1);
    assert_replayed(&first, &request(PATH, "application/json; charset=utf-8").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_at_once_do_the_work_once() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let running: Vec<_> = (0..AT_ONCE)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { post(&client, "k", &employee("a@test.example")).await })
        })
        .collect();
    let mut answers = Vec::new();
    for one in running {
        answers.push(one.await.expect("no panic"));
    }
    let different: BTreeSet<_> = answers.iter().map(|answer| (answer.status, &answer.text)).collect();
    assert_eq!(different.len(), 1, "{different:?}");
    assert_eq!(answers[0].status, 200, "{}", answers[0].body);
    let first = answers.iter().filter(|answer| answer.header("idempotency-replayed").is_empty()).count();
    assert_eq!((first, total(&client).await), (1, json!(1)));
}

#[tokio::test]
async fn a_refusal_is_an_answer_too() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    for (key, body, status) in
        [("invalid", employee("no address"), 422), ("malformed", json!([]), 400), ("empty", Json::Null, 400)]
    {
        let first = post(&client, key, &body).await;
        assert_eq!(first.status, status, "{}", first.body);
        assert_replayed(&first, &post(&client, key, &body).await);
    }
}

#[tokio::test]
async fn a_key_is_a_credentials_own() {
    let (muster, elsewhere) = (Muster::start().await, Muster::start().await);
    let (one, two, other) = (muster.admin().await, muster.admin().await, elsewhere.admin().await);
    for (client, email) in [(&one, "a@test.example"), (&two, "b@test.example"), (&other, "a@test.example")] {
        let answer = post(client, "k", &employee(email)).await;
        assert_eq!((answer.status, answer.header("idempotency-replayed")), (200, ""), "{}", answer.body);
    }
    assert_eq!((total(&one).await, total(&other).await), (json!(2), json!(1)));
}

#[tokio::test]
async fn an_answer_is_not_given_again_to_whom_the_scope_was_taken() {
    place::needs_own_process("a cache that the changes of a test reach at once");
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:write"], &[]).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let token = muster.anonymous().post("/v1/auth", &login).await.body["data"]["token"].clone();
    let client = muster.bearer(token.as_str().expect("a token"));
    assert_eq!(post(&client, "k", &employee("a@test.example")).await.status, 200);
    let stored = muster.deps.credentials.get(credential.client_id).await.expect("an answer");
    let mut credential = stored.expect("the credential");
    (credential.scopes, credential.version) = (BTreeSet::new(), credential.version + 1);
    assert_eq!(muster.deps.credentials.replace(&credential).await, Ok(true));
    assert_eq!(post(&client, "k", &employee("a@test.example")).await.status, 403);
}

#[tokio::test]
async fn a_key_is_free_again_after_a_day() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read", "employees:write"], &[]).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret});
    let client = async || {
        let answer = muster.anonymous().post("/v1/auth", &login).await;
        muster.bearer(answer.body["data"]["token"].as_str().expect("a token"))
    };
    let first = post(&client().await, "k", &employee("a@test.example")).await;
    assert_eq!(first.status, 200);
    muster.advance(Duration::from_secs(24 * 60 * 60 - 30));
    assert_replayed(&first, &post(&client().await, "k", &employee("a@test.example")).await);
    muster.advance(Duration::from_mins(1));
    let client = client().await;
    let second = post(&client, "k", &employee("b@test.example")).await;
    assert_eq!((second.status, second.header("idempotency-replayed")), (200, ""), "{}", second.body);
    assert_eq!(total(&client).await, 2);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let body = employee("a@test.example");
    let twice = client.request("POST", PATH).header("idempotency-key", "a").header("idempotency-key", "a");
    for answer in [
        post(&client, "", &body).await,
        post(&client, "a b", &body).await,
        post(&client, &"k".repeat(256), &body).await,
        Answer::of(twice.json(&body)).await,
    ] {
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(answer.message().contains("Idempotency-Key"), "{}", answer.body);
        assert!(answer.body["error"]["error_data"]["Idempotency-Key"].is_array(), "{}", answer.body);
    }
    let too_large = client.request("POST", PATH).header("idempotency-key", "k").body(vec![b' '; 1024 * 1024 + 1]);
    assert_eq!(Answer::of(too_large).await.status, 413);
    assert_eq!(total(&client).await, 0);
    assert_eq!(post(&client, &"k".repeat(255), &body).await.status, 200);
}

#[tokio::test]
async fn a_login_takes_no_key() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let login = |secret: &str| {
        let body = json!({"client_id": credential.client_id, "client_secret": secret});
        let request = muster.anonymous().request("POST", "/v1/auth").header("idempotency-key", "k").json(&body);
        Answer::of(request)
    };
    assert_eq!(login("wrong").await.status, 403);
    let first = login(&secret).await;
    let again = login(&secret).await;
    assert_eq!((first.status, &first.body["data"]["token"]), (200, &again.body["data"]["token"]));
    assert_eq!(again.header("idempotency-replayed"), "");
}

#[tokio::test]
async fn a_process_that_died_holds_a_key_for_a_minute() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let body = employee("a@test.example").to_string();
    let request = Request::post(PATH).header("content-type", "application/json").body(()).expect("a request");
    let client_id = shared::aws::credentials::client_of_token(client.token.as_deref().expect("a token"));
    let client_id = client_id.expect("a client id");
    let same = fingerprint(&request.into_parts().0, body.as_bytes());
    let keyed = Keyed::new(&muster.deps.table, &muster.company, client_id, "k", same);
    // Claimed, and never finished.
    assert!(matches!(keyed.claim(muster.deps.clock.now()).await, Ok(Claimed::Ours(_))));

    let waiting = tokio::spawn({
        let client = client.clone();
        async move { post(&client, "k", &employee("a@test.example")).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    muster.advance(Duration::from_secs(11));
    let answer = waiting.await.expect("no panic");
    assert_eq!(answer.status, 409, "{}", answer.body);
    assert!(answer.message().contains("still being answered"));
    assert_eq!(total(&client).await, 0);

    muster.advance(Duration::from_secs(50));
    let other = post(&client, "k", &employee("b@test.example")).await;
    assert_eq!(other.status, 422, "the key is still another request's: {}", other.body);
    let first = post(&client, "k", &employee("a@test.example")).await;
    assert_eq!((first.status, first.header("idempotency-replayed")), (200, ""), "{}", first.body);
    assert_replayed(&first, &post(&client, "k", &employee("a@test.example")).await);
}

/// A `POST` that does something else each time: what may do better later, then a long answer.
fn moody(muster: &Muster, runs: &Arc<AtomicUsize>) -> Router {
    let runs = runs.clone();
    let handler = move || {
        let run = runs.fetch_add(1, Ordering::SeqCst);
        async move {
            match run {
                0 => Error::Unavailable("down".to_owned()).into_response(),
                1 => panic!("as a defect would"),
                2 => Error::Throttled { message: "slow".to_owned(), retry_after_seconds: 1 }.into_response(),
                3 => Error::Conflict("again".to_owned()).into_response(),
                run => ([("content-type", "text/csv")], long_body(run)).into_response(),
            }
        }
    };
    let scope = Scope::write(Resource::Employees);
    let routes = Routes::new(muster.deps.clone()).guarded(&Method::POST, "/v1/moody", scope, handler);
    app(routes.into_router(), &muster.deps)
}

/// Bytes that are no text, more than items hold.
fn long_body(run: usize) -> Vec<u8> {
    let byte = u8::try_from(run).expect("a small number");
    (0..=u8::MAX).cycle().take(1_000_000).map(|at| at.wrapping_add(byte)).collect()
}

async fn read(response: Response) -> (u16, HeaderMap, Vec<u8>) {
    let (parts, body) = response.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (parts.status.as_u16(), parts.headers, body.to_vec())
}

#[tokio::test]
async fn what_may_do_better_later_is_tried_again_and_a_long_answer_is_kept() {
    let muster = Muster::start().await;
    let token = muster.admin().await.token.expect("a token");
    let runs = Arc::new(AtomicUsize::new(0));
    let router = moody(&muster, &runs);
    let call = async || {
        let request = Request::post("/v1/moody").header("authorization", format!("Bearer {token}"));
        let request = request.header("idempotency-key", "k").body(axum::body::Body::empty()).expect("a request");
        let Ok(response) = router.clone().oneshot(request).await;
        read(response).await
    };
    for wanted in [503, 500, 429, 409] {
        let (status, headers, _) = call().await;
        assert_eq!((status, headers.get("idempotency-replayed")), (wanted, None));
    }
    for replayed in [false, true, true] {
        let (status, headers, body) = call().await;
        assert_eq!((status, headers.contains_key("idempotency-replayed")), (200, replayed));
        assert_eq!(headers["content-type"], "text/csv");
        assert!(body == long_body(4), "not the bytes that were answered first");
    }
    assert_eq!(runs.load(Ordering::SeqCst), 5);
}

#[tokio::test]
async fn an_answer_of_any_size_is_stored() {
    let table = storage::table();
    let company: CompanyId = format!("t-{}", uuid::Uuid::new_v4().simple()).parse().expect("a slug");
    let now = jiff::Timestamp::now();
    let client_id = ClientId::random();
    for size in [0, 1, 3_000, 3_001, 300_000, 300_001, 6_291_456] {
        let fingerprint = Fingerprint::of("request");
        let keyed = Keyed::new(&table, &company, client_id, &size.to_string(), fingerprint);
        let Ok(Claimed::Ours(claim)) = keyed.claim(now).await else { panic!("{size}: the key is free") };
        let body = (0..=u8::MAX).cycle().take(size).collect();
        let answer =
            idempotency::Answer { status: 201, content_type: "a/b".to_owned(), body, touched: Touches::default() };
        assert_eq!(keyed.finish(&claim, &answer).await, Ok(()));
        let Ok(Claimed::Answered(again)) = keyed.claim(now).await else { panic!("{size}: there is an answer") };
        assert!(again == answer, "{size}: another answer");
    }
}

#[tokio::test]
async fn whoever_lost_a_claim_changes_nothing() {
    let table = storage::table();
    let company: CompanyId = format!("t-{}", uuid::Uuid::new_v4().simple()).parse().expect("a slug");
    let now = jiff::Timestamp::now().as_millisecond();
    let at = |ms: i64| jiff::Timestamp::from_millisecond(now + ms).expect("an instant");
    let keyed = Keyed::new(&table, &company, ClientId::random(), "k", Fingerprint::of("request"));
    let Ok(Claimed::Ours(slow)) = keyed.claim(at(0)).await else { panic!("the key is free") };
    assert!(matches!(keyed.claim(at(idempotency::LEASE)).await, Ok(Claimed::Running)));
    let Ok(Claimed::Ours(fast)) = keyed.claim(at(idempotency::LEASE + 1)).await else { panic!("the claim is over") };
    let answer = |status| idempotency::Answer {
        touched: Touches::default(),
        status,
        content_type: String::new(),
        body: vec![b'x'; 4_000 + usize::from(status)],
    };
    assert_eq!(keyed.finish(&fast, &answer(200)).await, Ok(()));
    assert_eq!(keyed.finish(&slow, &answer(201)).await, Ok(()));
    assert_eq!(keyed.release(&slow).await, Ok(()));
    let Ok(Claimed::Answered(kept)) = keyed.claim(at(idempotency::LEASE * 9)).await else { panic!("an answer") };
    assert!(kept == answer(200), "the answer of the claim that holds");
}
