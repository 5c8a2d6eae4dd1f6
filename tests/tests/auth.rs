//! `POST /v1/auth`, and what a token is worth.

use std::time::Duration;

use serde_json::Value as Json;
use serde_json::json;
use shared::aws::credentials::Credential;
use shared::http::limits::Limits;
use tests::Answer;
use tests::COMPANY;
use tests::Muster;
use tests::place;

fn login(credential: &Credential, secret: &str) -> Json {
    json!({"client_id": credential.client_id, "client_secret": secret})
}

fn uuid_of(credential: &Credential) -> String {
    credential.client_id.to_string().trim_start_matches("papi-").to_owned()
}

fn token(answer: &Answer) -> &str {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body["data"]["token"].as_str().expect("a token")
}

#[tokio::test]
async fn a_login_answers_token_lifetime_and_scopes() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["absences:read", "employees:read"], &[]).await;
    let answer = muster.anonymous().post("/v1/auth", &login(&credential, &secret)).await;
    assert!(token(&answer).starts_with("papi-"));
    assert_eq!(answer.body["success"], true);
    assert_eq!(answer.body["data"]["scope"], "employees:read absences:read");
    let expires_in = answer.body["data"]["expires_in"].as_i64().expect("a number");
    assert!((86_390..=86_400).contains(&expires_in), "{expires_in}");
}

#[tokio::test]
async fn json_form_and_query_are_one() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let nobody = muster.anonymous();
    let json = nobody.post("/v1/auth", &login(&credential, &secret)).await;
    let form = format!("client_id={}&client_secret={secret}", credential.client_id);
    let as_form = nobody.send("POST", "/v1/auth", "application/x-www-form-urlencoded", form.as_str()).await;
    let as_query = Answer::of(nobody.request("POST", &format!("/v1/auth?{form}"))).await;
    let unlabelled = Answer::of(nobody.request("POST", "/v1/auth").body(login(&credential, &secret).to_string())).await;
    for answer in [&as_form, &as_query, &unlabelled] {
        assert_eq!(token(answer), token(&json), "the same token, however the login comes");
    }
}

#[tokio::test]
async fn the_token_stays_the_same_for_its_day_and_for_everybody_at_once() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &["first_name"]).await;
    let logins = (0..16).map(|_| {
        let (client, body) = (muster.anonymous(), login(&credential, &secret));
        tokio::spawn(async move { client.post("/v1/auth", &body).await })
    });
    let mut tokens = std::collections::BTreeSet::new();
    for login in logins.collect::<Vec<_>>() {
        tokens.insert(token(&login.await.expect("no panic")).to_owned());
    }
    assert_eq!(tokens.len(), 1, "sixteen logins at once get one token");

    muster.advance(Duration::from_hours(12));
    let later = muster.anonymous().post("/v1/auth", &login(&credential, &secret)).await;
    assert!(tokens.contains(token(&later)));
    let left = later.body["data"]["expires_in"].as_i64().expect("a number");
    assert!((43_100..=43_200).contains(&left), "what is left of the day, not {left}");
}

#[tokio::test]
async fn a_token_ends_after_a_day_and_the_next_login_gets_another() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let first = muster.anonymous().post("/v1/auth", &login(&credential, &secret)).await;
    let client = muster.bearer(token(&first));
    assert_eq!(client.get("/v1/company/employees").await.status, 200);

    muster.advance(Duration::from_hours(24) + Duration::from_secs(1));
    let expired = client.get("/v1/company/employees").await;
    assert_eq!(expired.status, 403);
    assert_eq!(expired.message(), "Provided authorization is not valid");
    let second = muster.anonymous().post("/v1/auth", &login(&credential, &secret)).await;
    assert_ne!(token(&second), token(&first));
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let (mut disabled, disabled_secret) = muster.credential(&["employees:read"], &[]).await;
    disabled.disabled = true;
    disabled.version += 1;
    assert_eq!(muster.deps.credentials.replace(&disabled).await, Ok(true));

    let nobody = muster.anonymous();
    let mut answers = Vec::new();
    for body in [
        json!({"client_id": credential.client_id, "client_secret": format!("{secret}x")}),
        json!({"client_id": "papi-00000000-0000-4000-8000-000000000000", "client_secret": secret}),
        json!({"client_id": "anything", "client_secret": secret}),
        // The same UUID in other ways of writing one, which would all have to be locked out with it.
        json!({"client_id": format!("papi-urn:uuid:{}", uuid_of(&credential)), "client_secret": secret}),
        json!({"client_id": format!("papi-{{{}}}", uuid_of(&credential)), "client_secret": secret}),
        json!({"client_id": format!("papi-{}", uuid_of(&credential).replace('-', "")), "client_secret": secret}),
        json!({"client_id": format!("papi-{}", uuid_of(&credential).to_uppercase()), "client_secret": secret}),
        login(&disabled, &disabled_secret),
    ] {
        answers.push(nobody.post("/v1/auth", &body).await);
    }
    for answer in &answers {
        assert_eq!(answer.status, 403);
        assert_eq!(answer.text, answers[0].text);
        let line = answer.log_line();
        // The same work as well: what is not there takes as long as what is wrong.
        assert_eq!((&line["store_calls"], &line["round_trips"]), (&json!(2), &json!(2)), "{line}");
    }
}

#[tokio::test]
async fn a_login_that_cannot_be_read_names_the_field() {
    let muster = Muster::start().await;
    let nobody = muster.anonymous();
    for (body, field) in [
        (json!({}), "client_id"),
        (json!({"client_id": "x"}), "client_secret"),
        (json!({"client_id": 7, "client_secret": "x"}), "client_id"),
        (json!({"client_id": "x", "client_secret": ""}), "client_secret"),
        (json!({"client_id": "x".repeat(300), "client_secret": "x"}), "client_id"),
    ] {
        let answer = nobody.post("/v1/auth", &body).await;
        assert_eq!(answer.status, 400, "{body}");
        assert!(answer.message().contains(field), "{}", answer.body);
    }
    assert_eq!(nobody.send("POST", "/v1/auth", "application/json", "{").await.status, 400);
    assert_eq!(nobody.send("POST", "/v1/auth", "text/xml", "<x/>").await.status, 415);
    assert_eq!(nobody.get("/v1/auth").await.status, 405);
}

#[tokio::test]
async fn every_answer_to_an_authenticated_call_repeats_the_token() {
    place::needs_own_process("one router for all paths, known and unknown");
    let muster = Muster::start().await;
    let client = muster.client(&["employees:read"], &[]).await;
    let wanted = format!("Bearer {}", client.token.as_deref().expect("a token"));
    for (method, path, status) in [
        ("GET", "/v1/company/employees", 200),
        ("GET", "/v1/company/employees/999", 404),
        ("GET", "/v1/company/employees?limit=0", 400),
        ("POST", "/v1/company/employees", 403),
        ("GET", "/v1/company/not-built-yet", 404),
        ("DELETE", "/v1/company/employees", 405),
    ] {
        let answer = Answer::of(client.request(method, path)).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        assert_eq!(answer.header("authorization"), wanted, "{method} {path}");
    }
    let stranger = muster.bearer("papi-nonsense");
    assert_eq!(stranger.get("/v1/company/employees").await.header("authorization"), "");
}

#[tokio::test]
async fn authorization_is_demanded_in_the_documented_words() {
    let muster = Muster::start().await;
    let nobody = muster.anonymous();
    let missing = nobody.get("/v1/company/employees").await;
    assert_eq!((missing.status, missing.message()), (401, "Authorization is not provided"));
    for header in ["Bearer papi-nonsense", "Bearer", "Basic YTpi", "papi-nonsense"] {
        let answer = Answer::of(nobody.request("GET", "/v1/company/employees").header("authorization", header)).await;
        assert_eq!((answer.status, answer.message()), (403, "Provided authorization is not valid"), "{header}");
    }
    let reader = muster.client(&["absences:read"], &[]).await;
    let answer = reader.get("/v1/company/employees").await;
    assert_eq!(answer.status, 403);
    assert!(answer.message().contains("employees:read"), "{}", answer.body);
}

#[tokio::test]
async fn a_disabled_credential_is_refused_within_the_life_of_the_cache_and_at_once_where_it_was_disabled() {
    place::needs_own_process("a cache that the changes of a test reach at once");
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let answer = muster.anonymous().post("/v1/auth", &login(&credential, &secret)).await;
    let client = muster.bearer(token(&answer));
    assert_eq!(client.get("/v1/company/employees").await.status, 200);
    let mut stored = muster.deps.credentials.get(credential.client_id).await.expect("read").expect("a credential");
    stored.disabled = true;
    stored.version += 1;
    assert_eq!(muster.deps.credentials.replace(&stored).await, Ok(true));
    assert_eq!(client.get("/v1/company/employees").await.status, 403);
}

#[tokio::test]
async fn too_many_failed_logins_lock_the_client_id_and_nobody_else() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let (other, other_secret) = muster.credential(&["employees:read"], &[]).await;
    let nobody = muster.anonymous();
    let wrong = login(&credential, "papi-wrong");
    let mut refused = 0;
    let locked = loop {
        let answer = nobody.post("/v1/auth", &wrong).await;
        match answer.status {
            403 => refused += 1,
            _ => break answer,
        }
        assert!(refused <= 2 * auth::model::LOCKOUT.most, "it never locks");
    };
    assert!(refused >= auth::model::LOCKOUT.most, "locked after {refused} only");
    assert_eq!(locked.status, 429);
    let wait: u64 = locked.header("retry-after").parse().expect("seconds");
    assert!((1..=120).contains(&wait), "{wait}");
    assert!(locked.message().contains("failed logins"));
    assert_eq!(nobody.post("/v1/auth", &login(&credential, &secret)).await.status, 429, "the right secret waits too");
    assert_eq!(nobody.post("/v1/auth", &login(&other, &other_secret)).await.status, 200);

    muster.advance(Duration::from_secs(wait));
    assert_eq!(nobody.post("/v1/auth", &login(&credential, &secret)).await.status, 200);
}

#[tokio::test]
async fn limits_answer_429_with_the_time_to_wait() {
    place::needs_own_process("limits of the test's own");
    let muster = Muster::with(COMPANY, Limits::parse("login=3,employees=2,address=0").expect("limits")).await;
    let client = muster.client(&["employees:read", "employees:write"], &[]).await;
    assert_eq!(client.get("/v1/company/employees").await.status, 200);
    assert_eq!(client.get("/v1/company/employees").await.status, 200);
    let limited = client.get("/v1/company/employees").await;
    assert_eq!(limited.status, 429);
    assert!((1..=60).contains(&limited.header("retry-after").parse::<u64>().expect("seconds")));
    assert!(limited.message().contains("Try again in"));
    assert!(limited.header("authorization").starts_with("Bearer papi-"), "also then");
    client.create_employee(json!({})).await;

    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let nobody = muster.anonymous();
    assert_eq!(nobody.post("/v1/auth", &login(&credential, &secret)).await.status, 200);
    assert_eq!(nobody.post("/v1/auth", &login(&credential, &secret)).await.status, 200);
    assert_eq!(nobody.post("/v1/auth", &login(&credential, &secret)).await.status, 429, "the fourth from this address");
}

#[tokio::test]
async fn the_limit_of_an_address_repeats_the_token_without_asking_whether_it_is_good() {
    place::needs_own_process("limits of the test's own");
    let muster = Muster::with(COMPANY, Limits::parse("login=0,employees=0,address=3").expect("limits")).await;
    let client = muster.client(&["employees:read"], &[]).await;
    while client.get("/v1/company/employees").await.status == 200 {}
    let limited = client.get("/v1/company/employees").await;
    assert_eq!(limited.status, 429);
    assert_eq!(limited.header("authorization"), format!("Bearer {}", client.token.as_deref().expect("a token")));
    let line = limited.log_line();
    assert_eq!((&line["store_calls"], &line["credential"]), (&json!(0), &Json::Null), "{line}");
    for sent in ["Bearer whatever", "whatever"] {
        let request = muster.anonymous().request("GET", "/v1/company/employees").header("authorization", sent);
        let answer = Answer::of(request).await;
        assert_eq!((answer.status, answer.header("authorization")), (429, ""), "{sent}");
    }
}
