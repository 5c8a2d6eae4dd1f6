//! The console: who gets in, what a page may hold, and what its forms do.

use std::collections::BTreeSet;
use std::time::Duration;

use console::model::Administrator;
use console::model::LOCKOUT;
use console::store;
use futures_util::future::join_all;
use muster::api;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::routes::Endpoint;
use tests::Answer;
use tests::Muster;
use tests::console::Browser;
use tests::console::PASSWORD;
use tests::console::administrator;
use tests::console::value_of;
use tests::log;
use tests::place;

const LIST: &str = "/console/credentials";
const NEW: &str = "/console/credentials/new";

async fn link(muster: &Muster, administrator: &Administrator) -> String {
    let token = store::create_link(&muster.deps, administrator).await.expect("a link");
    format!("/console/sign-in/{}", token.reveal())
}

async fn post(muster: &Muster, path: &str, fields: &[(&str, &str)]) -> Answer {
    Answer::of(muster.anonymous().request("POST", path).form(fields)).await
}

async fn sign_in(muster: &Muster, email: &str, password: &str) -> Answer {
    post(muster, "/console/sign-in", &[("email", email), ("password", password)]).await
}

/// The session's cookie that an answer sets, as the browser sends it back.
fn cookie_of(answer: &Answer) -> String {
    let all = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let session = all.into_iter().find(|cookie| cookie.contains("muster_session=")).expect("a session's cookie");
    session.split(';').next().expect("a cookie").to_owned()
}

async fn is_in(muster: &Muster, cookie: &str) -> bool {
    let request = muster.anonymous().request("GET", "/admin/v1/session").header("cookie", cookie);
    Answer::of(request).await.status == 200
}

/// Creates a credential on the page and reads its id and its secret there.
async fn create(browser: &Browser, name: &str, more: &[(&str, &str)]) -> (String, String) {
    let number = value_of(&browser.get(NEW).await.text, "number");
    let mut fields = vec![("number", number.as_str()), ("name", name), ("scopes[]", "employees:read")];
    fields.extend(more);
    let answer = browser.submit(NEW, &fields).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    (shown(&answer.text, "client-id"), shown(&answer.text, "client-secret"))
}

fn shown(page: &str, id: &str) -> String {
    let (_, behind) = page.split_once(&format!("id=\"{id}\"")).expect("a field");
    let (_, value) = behind.split_once("value=\"").expect("a value");
    value.split('"').next().expect("a value").to_owned()
}

async fn logs_in(muster: &Muster, id: &str, secret: &str) -> u16 {
    muster.anonymous().post("/v1/auth", &json!({"client_id": id, "client_secret": secret})).await.status
}

#[tokio::test]
async fn a_link_signs_in_once_and_opening_it_uses_nothing_up() {
    let muster = Muster::start().await;
    let administrator = administrator(&muster).await;
    let link = link(&muster, &administrator).await;
    for _ in 0..2 {
        let page = muster.anonymous().get(&link).await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(administrator.email.as_str()), "whom it signs in: {}", page.text);
        assert!(page.header("set-cookie").is_empty());
    }
    let uses = join_all((0..16).map(|_| post(&muster, &link, &[]))).await;
    let (won, lost): (Vec<_>, Vec<_>) = uses.iter().partition(|answer| answer.status == 303);
    assert_eq!((won.len(), lost.len()), (1, 15));
    assert!(lost.iter().all(|answer| answer.status == 404 && answer.text.contains("no longer valid")));
    assert_eq!(won[0].header("location"), LIST);
    let cookie = won[0].header("set-cookie");
    for part in ["muster_session=", "Path=/", "HttpOnly", "SameSite=Strict", "Max-Age=43200"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "on a loopback address there is no TLS: {cookie}");
    assert!(is_in(&muster, &cookie_of(won[0])).await);
    assert_eq!(muster.anonymous().get(&link).await.status, 404);
}

#[tokio::test]
async fn a_link_ends_after_a_quarter_of_an_hour() {
    let muster = Muster::start().await;
    let link = link(&muster, &administrator(&muster).await).await;
    muster.advance(Duration::from_mins(15));
    assert_eq!(muster.anonymous().get(&link).await.status, 404);
    assert_eq!(post(&muster, &link, &[]).await.status, 404);
    for bad in ["x", "AAAA", &link["/console/sign-in/".len() + 1..]] {
        assert_eq!(muster.anonymous().get(&format!("/console/sign-in/{bad}")).await.status, 404, "{bad}");
    }
}

#[tokio::test]
async fn a_password_signs_in_and_a_wrong_one_says_no_more_than_an_unknown_address() {
    let muster = Muster::start().await;
    let administrator = administrator(&muster).await;
    let email = administrator.email.as_str();
    let answer = sign_in(&muster, &email.to_uppercase(), PASSWORD).await;
    assert_eq!((answer.status, answer.header("location")), (303, LIST));
    assert!(is_in(&muster, &cookie_of(&answer)).await);

    let wrong = sign_in(&muster, email, "something else entirely").await;
    let unknown = sign_in(&muster, "nobody@test.example", PASSWORD).await;
    assert_eq!((wrong.status, unknown.status), (403, 403));
    assert_eq!(wrong.text.replace(email, "…"), unknown.text.replace("nobody@test.example", "…"));
    assert!(wrong.text.contains("is not right") && wrong.text.contains(&format!("value=\"{email}\"")));
    assert!(!wrong.text.contains("something else entirely"), "a password is not shown again");

    let client = muster.anonymous();
    let session = client.post("/admin/v1/session", &json!({"email": email, "password": PASSWORD})).await;
    assert_eq!(session.status, 200, "{}", session.body);
    assert_eq!(session.body["data"]["administrator"]["company"], muster.company.as_str());
    assert!(is_in(&muster, &cookie_of(&session)).await);
    let refused = client.post("/admin/v1/session", &json!({"email": email, "password": "x"})).await;
    assert_eq!((refused.status, refused.message()), (403, "The e-mail address or the password is not right."));
}

#[tokio::test]
async fn ten_failures_lock_an_address_for_passwords_and_not_for_links() {
    let muster = Muster::start().await;
    let administrator = administrator(&muster).await;
    // Nobody's in this run alone: the lock of an address outlives the run that caused it, where the table does.
    let unknown = format!("nobody@{}.example", muster.company);
    let emails = [administrator.email.as_str(), &unknown];
    for email in emails {
        let failures = usize::try_from(LOCKOUT.most).expect("a number");
        let attempts = join_all((0..failures).map(|_| sign_in(&muster, email, "wrong wrong wrong"))).await;
        let statuses: Vec<u16> = attempts.iter().map(|answer| answer.status).collect();
        assert_eq!(statuses, vec![403; failures], "known or not");
        let locked = sign_in(&muster, email, PASSWORD).await;
        assert_eq!(locked.status, 429, "known or not");
        let seconds: u64 = locked.header("retry-after").parse().expect("seconds");
        assert!((900..=1_800).contains(&seconds), "{seconds}");
    }
    let link = link(&muster, &administrator).await;
    assert_eq!(post(&muster, &link, &[]).await.status, 303);
    muster.advance(Duration::from_mins(30));
    assert_eq!(sign_in(&muster, emails[0], PASSWORD).await.status, 303);
}

#[tokio::test]
async fn a_session_ends_with_its_time_its_sign_out_and_its_administrator() {
    let muster = Muster::start().await;
    let account = administrator(&muster).await;
    let again = |account: &Administrator| Browser::of(&muster, account.clone());
    let (one, two, three) = (again(&account).await, again(&account).await, again(&account).await);

    let answer = one.submit("/console/sign-out", &[]).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/console/sign-in?done=signed-out"));
    assert!(answer.header("set-cookie").contains("Max-Age=0"), "{}", answer.header("set-cookie"));
    assert!(!is_in(&muster, &one.cookie).await && is_in(&muster, &two.cookie).await);
    let link = link(&muster, &account).await;
    assert_eq!(two.submit("/console/sign-out", &[("everywhere", "1")]).await.status, 303);
    assert!(!is_in(&muster, &two.cookie).await && !is_in(&muster, &three.cookie).await);
    assert_eq!(post(&muster, &link, &[]).await.status, 404, "a link of before");

    let account = store::list(&muster.deps, &muster.company).await.expect("a list").remove(0);
    let (four, five) = (again(&account).await, again(&account).await);
    assert_eq!(four.call("DELETE", "/admin/v1/session", &Json::Null).await.status, 204);
    assert!(!is_in(&muster, &four.cookie).await && is_in(&muster, &five.cookie).await);
    store::remove(&muster.deps, &account).await.expect("it is removed");
    assert!(!is_in(&muster, &five.cookie).await);

    let six = Browser::new(&muster).await;
    muster.advance(Duration::from_mins(12 * 60 - 1));
    assert!(is_in(&muster, &six.cookie).await);
    muster.advance(Duration::from_mins(1));
    assert!(!is_in(&muster, &six.cookie).await);
    let page = six.get(LIST).await;
    assert_eq!((page.status, page.header("location")), (303, "/console/sign-in"));
}

#[tokio::test]
async fn another_password_ends_the_sessions_and_links_of_before() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let before = link(&muster, &browser.administrator).await;
    let hash = console::model::password::Password::chosen("another password").and_then(|one| one.hash());
    store::set_password(&muster.deps, browser.administrator.id, &hash.expect("a hash")).await.expect("it is set");
    assert!(!is_in(&muster, &browser.cookie).await);
    assert_eq!(muster.anonymous().get(&before).await.status, 404);
    assert_eq!(post(&muster, &before, &[]).await.status, 404);
    let account = store::list(&muster.deps, &muster.company).await.expect("a list").remove(0);
    assert_eq!(post(&muster, &link(&muster, &account).await, &[]).await.status, 303);
    let email = browser.administrator.email.as_str();
    assert_eq!(sign_in(&muster, email, PASSWORD).await.status, 403);
    assert_eq!(sign_in(&muster, email, "another password").await.status, 303);
}

/// The endpoints of the console, with something in place of what a path names.
fn endpoints(muster: &Muster, id: &str) -> Vec<(Endpoint, String)> {
    let all = api::endpoints(&muster.deps).into_iter();
    let own = all.filter(|one| one.path.starts_with("/console") || one.path.starts_with("/admin"));
    own.map(|one| {
        let path = one.path.replace("{client_id}", id).replace("{token}", "x").replace("{name}", "x");
        (one, path)
    })
    .collect()
}

#[tokio::test]
async fn who_is_not_signed_in_gets_nothing_and_every_answer_is_guarded() {
    let muster = Muster::start().await;
    let (credential, _) = muster.credential(&["employees:read"], &[]).await;
    let mut open = BTreeSet::new();
    for (endpoint, path) in endpoints(&muster, &credential.client_id.to_string()) {
        let name = format!("{} {path}", endpoint.method);
        let answer = Answer::of(muster.anonymous().request(&endpoint.method, &path)).await;
        if !endpoint.session {
            open.insert((endpoint.method, endpoint.path));
        } else if path.starts_with("/admin") {
            assert_eq!((answer.status, answer.message()), (401, "Authorization is not provided"), "{name}");
        } else {
            assert_eq!((answer.status, answer.header("location")), (303, "/console/sign-in"), "{name}");
        }
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
             base-uri 'none'; frame-ancestors 'none'",
            "{name}"
        );
        for (header, value) in [
            ("x-frame-options", "DENY"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(answer.header(header), value, "{header} of {name}");
        }
    }
    let open: Vec<_> = open.into_iter().map(|(method, path)| format!("{method} {path}")).collect();
    let meant = [
        "GET /console",
        "GET /console/assets/{name}",
        "GET /console/sign-in",
        "GET /console/sign-in/oidc",
        "GET /console/sign-in/oidc/callback",
        "GET /console/sign-in/{token}",
        "POST /admin/v1/session",
        "POST /console/sign-in",
        "POST /console/sign-in/{token}",
    ];
    assert_eq!(open, meant, "whoever adds one here must mean it");
    assert!(muster.deps.credentials.find(&muster.company, credential.client_id).await.is_ok_and(|one| !one.disabled));
}

#[tokio::test]
async fn off_loopback_cookies_need_tls() {
    place::needs_own_process("a host name that leads to it");
    let muster = Muster::start().await;
    let administrator = administrator(&muster).await;
    let link = link(&muster, &administrator).await;
    let request = muster.anonymous().request("POST", &link).header("host", "muster.example");
    let answer = Answer::of(request).await;
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-muster_session=") && cookie.ends_with("; Secure"), "{cookie}");
    assert!(!cookie.contains("Domain"), "{cookie}");
    assert_eq!(answer.header("strict-transport-security"), "max-age=31536000");
    let get = |cookie: String| {
        let request = muster.anonymous().request("GET", "/admin/v1/session").header("host", "muster.example");
        Answer::of(request.header("cookie", cookie))
    };
    assert_eq!(get(cookie_of(&answer)).await.status, 200);
    // One without the prefix may have come from a neighbour, without TLS.
    assert_eq!(get(cookie_of(&answer).replace("__Host-", "")).await.status, 401);
}

#[tokio::test]
async fn what_another_site_sends_is_refused_and_does_nothing() {
    let muster = Muster::start().await;
    let (browser, other) = (Browser::new(&muster).await, Browser::new(&muster).await);
    let (credential, _) = muster.credential(&["employees:read"], &[]).await;
    let path = format!("{LIST}/{}/remove", credential.client_id);
    let api = format!("/admin/v1/credentials/{}", credential.client_id);
    for fields in [&[][..], &[("form_token", "")], &[("form_token", other.form_token.as_str())]] {
        let answer = Answer::of(browser.request("POST", &path).form(fields)).await;
        assert_eq!(answer.status, 403, "a form of another session: {fields:?}");
        assert!(answer.text.contains("does not come from your current session"));
    }
    for (header, value) in
        [("sec-fetch-site", "cross-site"), ("sec-fetch-site", "same-site"), ("origin", "https://evil.example")]
    {
        let form = [("form_token", browser.form_token.as_str())];
        let page = browser.request("POST", &path).header(header, value).form(&form);
        assert_eq!(Answer::of(page).await.status, 403, "{header}: {value}");
        let call = Answer::of(browser.request("DELETE", &api).header(header, value)).await;
        assert_eq!(call.status, 403, "{header}: {value}: {}", call.body);
        let sign_in = muster.anonymous().request("POST", "/console/sign-in").header(header, value);
        let email = browser.administrator.email.as_str();
        let sign_in = Answer::of(sign_in.form(&[("email", email), ("password", PASSWORD)])).await;
        assert_eq!(sign_in.status, 403, "signing somebody in as somebody else: {header}: {value}");
        assert!(sign_in.header("set-cookie").is_empty());
    }
    assert!(muster.deps.credentials.find(&muster.company, credential.client_id).await.is_ok());
    let own = browser.request("DELETE", &api).header("sec-fetch-site", "same-origin");
    assert_eq!(Answer::of(own).await.status, 204);
}

#[tokio::test]
async fn the_secret_is_shown_once_and_a_form_that_comes_again_does_nothing() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let number = value_of(&browser.get(NEW).await.text, "number");
    let fields = [
        ("number", number.as_str()),
        ("name", "Time clock"),
        ("integration", "askdante"),
        ("scopes[]", "employees:read"),
        ("scopes[]", "attendances:read"),
        ("readable_attributes[]", "first_name"),
        ("expires_at", "2099-12-31"),
        ("networks", "127.0.0.0/8\r\n::1"),
    ];
    let answers = join_all((0..8).map(|_| browser.submit(NEW, &fields))).await;
    let created: Vec<_> = answers.iter().filter(|answer| answer.status == 200).collect();
    assert_eq!(created.len(), 1, "one of eight creates");
    let again: Vec<_> = answers.iter().filter(|answer| answer.status == 303).collect();
    assert_eq!(again.len(), 7);
    assert_eq!(again[0].header("location"), "/console/credentials?done=sent-before");
    let (id, secret) = (shown(&created[0].text, "client-id"), shown(&created[0].text, "client-secret"));
    assert!(created[0].text.contains("The credential was created"));
    assert_eq!(logs_in(&muster, &id, &secret).await, 200);

    for path in [LIST, NEW, &format!("{LIST}/{id}"), "/admin/v1/credentials", "/console/record"] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert!(!answer.text.contains(&secret), "{path} has the secret");
    }
    let listed = browser.get("/admin/v1/credentials").await.body["data"][0].clone();
    assert_eq!(listed["client_id"], id.as_str());
    assert_eq!(listed["integration"], "askdante");
    assert_eq!(listed["scopes"], json!(["employees:read", "attendances:read"]));
    assert_eq!(listed["readable_attributes"], json!(["first_name"]));
    assert_eq!(listed["networks"], json!(["127.0.0.0/8", "::1/128"]));
    // The end of that day in Berlin.
    assert_eq!(listed["expires_at"], "2099-12-31T23:00:00Z");
    let page = browser.get(&format!("{LIST}/{id}")).await.text;
    assert_eq!(value_of(&page, "expires_at"), "2099-12-31");
}

#[tokio::test]
async fn mistakes_are_told_at_their_fields_and_what_was_typed_is_kept() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let long = "x".repeat(300);
    for (field, fields, text) in [
        ("name", vec![("name", " "), ("scopes[]", "employees:read")], "The name is required."),
        ("name", vec![("name", &long), ("scopes[]", "employees:read")], "at most 255 characters"),
        ("scopes", vec![("name", "A")], "Tick at least one box."),
        ("scopes", vec![("name", "A"), ("scopes[]", "documents:write")], "Documents: Write needs Read as well."),
        ("integration", vec![("name", "A"), ("integration", "no-such"), ("scopes[]", "employees:read")], "no-such"),
        (
            "readable_attributes",
            vec![("name", "A"), ("scopes[]", "employees:read"), ("readable_attributes[]", "no_such")],
            "The company has no attribute no_such.",
        ),
        (
            "expires_at",
            vec![("name", "A"), ("scopes[]", "employees:read"), ("expires_at", "2001-01-01")],
            "The expiry must be in the future.",
        ),
        (
            "networks",
            vec![("name", "A"), ("scopes[]", "employees:read"), ("networks", "192.0.2.0/24\n300.0.0.0/8")],
            "300.0.0.0/8 is no network",
        ),
    ] {
        let page = browser.submit(NEW, &fields).await;
        assert_eq!(page.status, 422, "{field}: {}", page.text);
        let (_, error) = page.text.split_once(&format!("id=\"{field}-error\"")).expect("an error at the field");
        let (error, _) = error.split_once("</p>").expect("its end");
        assert!(error.contains(text), "{field}: {error}");
        assert!(page.text.contains(&format!("aria-describedby=\"{field}-error {field}-hint\"")), "{field}");
        assert_eq!(page.text.matches("autofocus").count(), 1, "{field}: one field has the focus");
        let typed = fields[0].1;
        assert!(page.text.contains(&format!("value=\"{typed}\"")), "what was typed is kept");

        let body: Json = json!({
            "name": typed,
            "integration": fields.iter().find(|(name, _)| *name == "integration").map(|(_, value)| value),
            "scopes": fields.iter().filter(|(name, _)| *name == "scopes[]").map(|(_, value)| value).collect::<Vec<_>>(),
            "readable_attributes":
                fields.iter().filter(|(name, _)| *name == "readable_attributes[]").map(|(_, key)| key).collect::<Vec<_>>(),
            "expires_at": fields.iter().find(|(name, _)| *name == "expires_at").map(|(_, value)| value),
            "networks": fields.iter().find(|(name, _)| *name == "networks")
                .map(|(_, text)| text.lines().collect::<Vec<_>>()).unwrap_or_default(),
        });
        let answer = browser.call("POST", "/admin/v1/credentials", &body).await;
        assert_eq!(answer.status, 422, "{}", answer.body);
        let told: Vec<_> = answer.body["error"]["error_data"].as_object().expect("fields").keys().cloned().collect();
        assert_eq!(told, [field], "{}", answer.body);
    }
    let all = browser.call("POST", "/admin/v1/credentials", &json!({"networks": ["x"], "expires_at": "x"})).await;
    let told: Vec<_> = all.body["error"]["error_data"].as_object().expect("fields").keys().cloned().collect();
    assert_eq!(told, ["expires_at", "name", "networks", "scopes"], "all at once: {}", all.body);
    assert_eq!(browser.get("/admin/v1/credentials").await.body["data"], json!([]), "nothing was stored");
}

#[tokio::test]
async fn what_is_of_another_type_is_refused_and_changes_nothing() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let sound = json!({"name": "A", "scopes": ["employees:read"], "networks": ["127.0.0.0/8", "::1"]});
    let created = browser.call("POST", "/admin/v1/credentials", &sound).await.body["data"].clone();
    let (id, secret) = (created["client_id"].as_str().expect("an id"), created["client_secret"].as_str());
    let one = format!("/admin/v1/credentials/{id}");
    let before = browser.get(&one).await.body;
    let told = |answer: &Answer| -> Vec<String> {
        assert_eq!(answer.status, 422, "{}", answer.body);
        answer.body["error"]["error_data"].as_object().expect("fields").keys().cloned().collect()
    };
    let no_texts = [json!({"a": "b"}), json!(true), json!(5), json!(["a"])];
    let no_lists =
        [json!(null), json!({"a": "b"}), json!(true), json!(5), json!([null]), json!(["a", 5]), json!([["a"]])];
    let texts = ["name", "integration", "expires_at"].into_iter().map(|field| (field, &no_texts[..]));
    let lists = ["scopes", "readable_attributes", "networks"].into_iter().map(|field| (field, &no_lists[..]));
    for (field, values) in texts.chain(lists) {
        for value in values {
            let mut body = sound.clone();
            body[field] = value.clone();
            assert_eq!(told(&browser.call("POST", "/admin/v1/credentials", &body).await), [field], "{body}");
            assert_eq!(told(&browser.call("PATCH", &one, &json!({field: value})).await), [field], "{value}");
        }
    }
    let both = browser.call("PATCH", &one, &json!({"networks": null, "name": 1, "scopes": []})).await;
    assert_eq!(told(&both), ["name", "networks"]);
    for value in &no_texts {
        assert_eq!(told(&browser.call("POST", &format!("{one}/rotate"), &json!({"grace": value})).await), ["grace"]);
    }
    assert_eq!(browser.get(&one).await.body, before);
    assert_eq!(browser.get("/admin/v1/credentials").await.body["data"].as_array().map(Vec::len), Some(1));
    assert_eq!(logs_in(&muster, id, secret.expect("a secret")).await, 200);

    let cleared = json!({"expires_at": null, "integration": null, "scopes": "absences:read", "networks": []});
    let cleared = browser.call("PATCH", &one, &cleared).await;
    let data = &cleared.body["data"];
    assert_eq!((&data["scopes"], &data["networks"]), (&json!(["absences:read"]), &json!([])), "{}", cleared.body);
    let form = [("name", "5"), ("scopes[]", "employees:read"), ("networks", "127.0.0.1")];
    let created = Answer::of(browser.request("POST", "/admin/v1/credentials").form(&form)).await;
    assert_eq!((created.status, &created.body["data"]["name"]), (201, &json!("5")), "{}", created.body);
}

#[tokio::test]
async fn a_browser_is_answered_in_its_language_until_another_is_chosen() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let page = |language: &'static str, path: &'static str, cookie: &'static str| {
        let request = browser.request("GET", path).header("accept-language", language);
        Answer::of(request.header("cookie", cookie))
    };
    for (language, words) in [
        ("en-GB", ["lang=\"en\"", "Generate new credential", "Settings"]),
        ("de-CH, en;q=0.5", ["lang=\"de\"", "Neue Zugangsdaten generieren", "Einstellungen"]),
        ("fr", ["lang=\"fr\"", "Générer un nouvel identifiant", "Paramètres"]),
    ] {
        let answer = page(language, LIST, "").await;
        for word in words {
            assert!(answer.text.contains(word), "{word} for {language}");
        }
    }
    let filtered = page("en", "/console/record?outcome=refused&lang=en", "").await;
    let other = "href=\"/console/record?outcome=refused&amp;lang=de\"";
    assert!(filtered.text.contains(other), "another language keeps the filter: {}", filtered.text);
    let chosen = page("en", "/console/credentials?lang=fr", "").await;
    assert!(chosen.text.contains("Identifiants API"));
    assert!(chosen.header("set-cookie").starts_with("muster_language=fr; Path=/console;"));
    let kept = page("en", LIST, "muster_language=fr").await;
    assert!(kept.text.contains("Identifiants API") && kept.header("set-cookie").is_empty());
    let refused = Answer::of(
        browser.request("POST", NEW).header("accept-language", "fr").form(&[("form_token", &browser.form_token)]),
    );
    let refused = refused.await;
    assert!(refused.text.contains("Le nom est obligatoire."), "{}", refused.text);
    assert!(refused.text.contains("Cochez au moins une case."));
}

#[tokio::test]
async fn a_page_that_answers_a_form_leads_to_one_in_another_language() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let mut looked = 0;
    for (endpoint, path) in endpoints(&muster, "papi-00000000-0000-4000-8000-000000000000") {
        if endpoint.method != "POST" || !path.starts_with("/console") {
            continue;
        }
        looked += 1;
        let refused = Answer::of(browser.request("POST", &path).header("sec-fetch-site", "cross-site")).await;
        assert_eq!(refused.status, 403, "{path}: {}", refused.text);
        let link = refused.text.split('"').find(|part| part.ends_with("?lang=de")).expect("a link to German");
        let page = browser.get(link).await;
        assert!([200, 303, 404].contains(&page.status), "{path}: {link}: {}", page.text);
        assert!(page.header("set-cookie").starts_with("muster_language=de"), "{path}: {link}: {}", page.text);
    }
    assert_eq!(looked, 8);
    let state = format!("{LIST}/papi-00000000-0000-4000-8000-000000000000/state");
    let missing = browser.submit(&state, &[("disabled", "true")]).await;
    let credential = state.trim_end_matches("/state");
    assert_eq!(missing.status, 404);
    assert!(missing.text.contains(&format!("href=\"{credential}?lang=de\"")), "{}", missing.text);
}

#[tokio::test]
async fn a_credential_of_another_company_is_not_there() {
    let (muster, other) = (Muster::start().await, Muster::start().await);
    let browser = Browser::new(&muster).await;
    let (credential, _) = other.credential(&["employees:read"], &[]).await;
    let mut looked = 0;
    for (endpoint, path) in endpoints(&muster, &credential.client_id.to_string()) {
        if !endpoint.path.contains("{client_id}") {
            continue;
        }
        looked += 1;
        let answer = match endpoint.method.as_str() {
            "GET" => browser.get(&path).await,
            method if path.starts_with("/admin") => browser.call(method, &path, &json!({"name": "Mine"})).await,
            _ => {
                let fields = [("name", "Mine"), ("grace", "0"), ("number", "1"), ("disabled", "true")];
                browser.submit(&path, &fields).await
            }
        };
        assert_eq!(answer.status, 404, "{} {path}: {}", endpoint.method, answer.text);
    }
    assert_eq!(looked, 13);
    assert!(!browser.get(LIST).await.text.contains(&credential.client_id.to_string()));
    let stored = other.deps.credentials.find(&other.company, credential.client_id).await.expect("it is there");
    assert_eq!(stored, credential, "nothing of it changed");
}

#[tokio::test]
async fn a_hostile_name_is_text_on_every_page() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let hostile = "</title></option></textarea><script>alert('x')</script>\"'><img src=x onerror=alert(1)>";
    let (id, _) = create(&browser, hostile, &[("networks", "127.0.0.1")]).await;
    let mut pages = Vec::new();
    for path in [
        LIST.to_owned(),
        NEW.to_owned(),
        format!("{LIST}/{id}"),
        format!("{LIST}/{id}/rotate"),
        format!("{LIST}/{id}/remove"),
        format!("/console/record?credential={id}"),
    ] {
        pages.push(browser.get(&path).await);
    }
    pages.push(browser.submit(NEW, &[("name", hostile), ("networks", hostile), ("integration", hostile)]).await);
    pages.push(sign_in(&muster, hostile, "x").await);
    for page in pages {
        assert!([200, 403, 422].contains(&page.status), "{}", page.text);
        assert!(page.text.contains("&lt;script&gt;alert"), "it is shown: {}", page.text);
        for live in ["<script>alert", "<img", "\"'>"] {
            assert!(!page.text.contains(live), "{live} in {}", page.text);
        }
    }
}

#[tokio::test]
async fn a_credential_is_changed_disabled_enabled_rotated_and_removed() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let (id, secret) = create(&browser, "Canteen", &[("readable_attributes[]", "first_name")]).await;
    let one = format!("{LIST}/{id}");
    let stored = async || browser.get(&format!("/admin/v1/credentials/{id}")).await.body["data"].clone();

    let revision = value_of(&browser.get(&one).await.text, "revision");
    let change = |name: &'static str| {
        let (browser, one, revision) = (browser.clone(), one.clone(), revision.clone());
        let fields = [("revision", revision), ("name", name.to_owned()), ("scopes[]", "absences:read".to_owned())];
        async move {
            let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
            browser.submit(&one, &fields).await
        }
    };
    let changed = change("Cafeteria").await;
    assert_eq!((changed.status, changed.header("location")), (303, "/console/credentials?done=changed"));
    let now = stored().await;
    assert_eq!((&now["name"], &now["scopes"]), (&json!("Cafeteria"), &json!(["absences:read"])));
    assert_eq!(now["readable_attributes"], json!([]), "attributes go with the reading of employees");
    let late = change("Too late").await;
    assert_eq!(late.status, 409, "a form that shows what is no longer so");
    assert_eq!(stored().await["name"], "Cafeteria");

    let state = format!("{one}/state");
    assert_eq!(browser.submit(&state, &[("disabled", "true")]).await.status, 303);
    assert_eq!((stored().await["state"].clone(), logs_in(&muster, &id, &secret).await), (json!("disabled"), 403));
    for unclear in [&[][..], &[("disabled", "")], &[("disabled", "True")], &[("disabled", "0")]] {
        let refused = browser.submit(&state, unclear).await;
        assert_eq!((refused.status, &stored().await["state"]), (400, &json!("disabled")), "{unclear:?}");
        assert!(refused.header("content-type").starts_with("text/html"));
    }
    assert_eq!(browser.submit(&state, &[("disabled", "false")]).await.status, 303);
    assert_eq!((stored().await["state"].clone(), logs_in(&muster, &id, &secret).await), (json!("active"), 200));

    let rotate = format!("{one}/rotate");
    let number = value_of(&browser.get(&rotate).await.text, "number");
    assert_eq!(browser.submit(&rotate, &[("number", &number), ("grace", "8")]).await.status, 422);
    let rotated = browser.submit(&rotate, &[("number", &number), ("grace", "2")]).await;
    let second = shown(&rotated.text, "client-secret");
    assert_ne!(second, secret);
    assert!(rotated.text.contains("The old secret works until"));
    assert_eq!(browser.submit(&rotate, &[("number", &number), ("grace", "0")]).await.status, 303, "sent again");
    assert_eq!((logs_in(&muster, &id, &secret).await, logs_in(&muster, &id, &second).await), (200, 200));
    let third = browser.call("POST", &format!("/admin/v1/credentials/{id}/rotate"), &json!({})).await;
    let third = third.body["data"]["client_secret"].as_str().expect("a secret").to_owned();
    assert_eq!((logs_in(&muster, &id, &second).await, logs_in(&muster, &id, &third).await), (403, 200));

    assert_eq!(browser.get(&format!("{one}/remove")).await.status, 200);
    assert_eq!(browser.submit(&format!("{one}/remove"), &[]).await.status, 303);
    assert_eq!((browser.get(&one).await.status, logs_in(&muster, &id, &third).await), (404, 403));
}

#[tokio::test]
async fn an_integration_ticks_what_it_recommends() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let fields = [("name", "Days off"), ("integration", "slack"), ("recommend", "1"), ("scopes[]", "documents:read")];
    let page = browser.submit(NEW, &fields).await;
    assert_eq!(page.status, 200);
    let ticked = |value: &str| page.text.contains(&format!("value=\"{value}\" checked"));
    for scope in ["employees:read", "absences:read", "absences:write"] {
        assert!(ticked(scope), "{scope}");
    }
    assert!(!ticked("documents:read") && !ticked("attendances:read"));
    assert_eq!(value_of(&page.text, "name"), "Days off");
    let created = browser.call("POST", "/admin/v1/credentials", &json!({"name": "A", "integration": "slack"})).await;
    assert_eq!(created.status, 201, "{}", created.body);
    assert_eq!(created.body["data"]["scopes"], json!(["employees:read", "absences:read", "absences:write"]));
    let integrations = browser.get("/admin/v1/integrations").await;
    let slack = integrations.body["data"].as_array().expect("a list").iter().find(|one| one["key"] == "slack");
    let slack = slack.expect("an integration");
    assert_eq!(slack["readable_attributes"], created.body["data"]["readable_attributes"]);
    let attributes = browser.get("/admin/v1/attributes").await;
    assert!(attributes.body["data"].as_array().expect("a list").iter().any(|one| one["key"] == "first_name"));
}

#[tokio::test]
async fn attributes_that_were_granted_without_the_reading_of_employees_are_kept() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let (credential, _) = muster.credential(&["absences:read"], &["first_name"]).await;
    let one = format!("{LIST}/{}", credential.client_id);
    let page = browser.get(&one).await.text;
    assert!(page.contains("class=\"attributes kept\""));
    let revision = value_of(&page, "revision");
    let fields = [
        ("revision", revision.as_str()),
        ("name", "Renamed"),
        ("scopes[]", "absences:read"),
        ("readable_attributes[]", "first_name"),
    ];
    assert_eq!(browser.submit(&one, &fields).await.status, 303);
    let stored = browser.get(&format!("/admin/v1/credentials/{}", credential.client_id)).await;
    assert_eq!(stored.body["data"]["readable_attributes"], json!(["first_name"]));
    assert_eq!(stored.body["data"]["name"], "Renamed");
}

#[tokio::test]
async fn the_record_tells_what_administrators_do_and_not_who_they_are() {
    let muster = Muster::start().await;
    let account = administrator(&muster).await;
    sign_in(&muster, account.email.as_str(), "wrong wrong wrong").await;
    let signed = sign_in(&muster, account.email.as_str(), PASSWORD).await;
    let token = cookie_of(&signed).replace("muster_session=", "");
    let token = console::model::token::Token::parse(&token).expect("a token");
    let browser = Browser::with(&muster, account.clone(), &token);
    let (id, secret) = create(&browser, "Recorded", &[("readable_attributes[]", "first_name")]).await;
    let path = format!("/admin/v1/credentials/{id}");
    browser.call("PATCH", &path, &json!({"name": "Recorded again"})).await;
    browser.get("/admin/v1/credentials/papi-00000000-0000-4000-8000-000000000000").await;
    assert_eq!(logs_in(&muster, &id, &secret).await, 200);
    muster.deps.record.flush().await;

    let page = browser.get(&format!("/admin/v1/record?administrator={}", account.id)).await;
    let entries = page.body["data"]["entries"].as_array().expect("entries").clone();
    let told: Vec<_> = entries
        .iter()
        .rev()
        .map(|one| {
            (one["method"].as_str().unwrap_or_default(), one["route"].as_str().unwrap_or_default(), &one["status"])
        })
        .collect();
    let expected = [
        ("POST", "/console/sign-in", json!(403)),
        ("POST", "/console/sign-in", json!(303)),
        ("POST", NEW, json!(200)),
        ("PATCH", "/admin/v1/credentials/{client_id}", json!(200)),
        ("GET", "/admin/v1/credentials/{client_id}", json!(404)),
    ];
    let expected: Vec<_> = expected.iter().map(|(method, route, status)| (*method, *route, status)).collect();
    assert_eq!(told, expected, "and no look at a list: {}", page.body);
    assert!(entries[2].to_string().contains(&id), "which credential was created: {}", entries[2]);
    assert!(entries[1].to_string().contains("\"name\""), "what was changed: {}", entries[1]);
    assert!(!page.text.contains(account.email.as_str()) && !page.text.contains("Recorded"), "no values: {}", page.text);

    let page = browser.get(&format!("/console/record?credential={id}&outcome=ok")).await.text.replace("<wbr>", "");
    let (_, rows) = page.split_once("<tbody>").expect("entries");
    assert!(rows.contains("POST /v1/auth") && !rows.contains("/console/sign-in"), "{rows}");
    let failed = browser.get("/console/record?outcome=failed&from=2020-01-01&to=2020-01-02").await;
    assert!(failed.text.contains("Nothing was recorded that fits."));
    assert_eq!(browser.get("/admin/v1/record?outcome=x").await.status, 400);
    assert_eq!(browser.get("/admin/v1/record?cursor=x").await.status, 400);
    assert_eq!(browser.get("/admin/v1/record?credential=x").await.status, 422);
}

#[tokio::test]
async fn style_and_script_are_kept_by_their_content() {
    let muster = Muster::start().await;
    let page = muster.anonymous().get("/console/sign-in").await.text;
    let mut found = 0;
    for part in page.split('"').filter(|part| part.starts_with("/console/assets/")) {
        let asset = muster.anonymous().get(part).await;
        assert_eq!((asset.status, asset.header("cache-control")), (200, "public, max-age=31536000, immutable"));
        assert!(!asset.text.is_empty() && !asset.header("content-type").is_empty(), "{part}");
        found += 1;
    }
    assert_eq!(found, 3);
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains("onclick"));
    assert_eq!(page.matches("<script").count(), page.matches("<script src=\"/console/assets/").count());
    assert_eq!(muster.anonymous().get("/console/assets/console-0.css").await.status, 404);
}

#[tokio::test]
async fn the_log_has_no_address_password_token_or_name() {
    let muster = Muster::start().await;
    let browser = Browser::new(&muster).await;
    let email = browser.administrator.email.as_str().to_owned();
    sign_in(&muster, &email, "Leakcheckpassword").await;
    sign_in(&muster, "leakcheck.person@test.example", PASSWORD).await;
    let link = link(&muster, &browser.administrator).await;
    post(&muster, &link, &[]).await;
    let (_, secret) = create(&browser, "Leakcheckcredential", &[]).await;
    browser.submit(NEW, &[("name", ""), ("networks", "Leakchecknetwork")]).await;
    let page = browser.get(LIST).await;
    let logged = page.log_line();
    assert_eq!((&logged["route"], &logged["status"]), (&json!(LIST), &json!(200)), "{logged}");
    let (_, token) = link.rsplit_once('/').expect("a token");
    let text = log::text();
    for secret in [email.as_str(), PASSWORD, token, &secret, &browser.form_token, &browser.cookie[16..]] {
        assert!(!text.contains(secret), "{secret} is in the log");
    }
    assert!(!text.to_lowercase().contains("leakcheck"), "a value is in the log");
}
