//! What `template.yaml` lets each function do is what the function does: nothing is missing, nothing is left over.
//!
//! Each function runs in a process of its own, behind the template's routes, and is driven through all that it can be
//! asked for. What the SDK called on the way is generalised (a company, an id and a day become `*`) and compared with
//! the role. That nothing is missing, every other test shows as well: all of them are served under these roles.

use std::fmt::Write;
use std::time::Duration;

use console::store;
use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::Value as Json;
use serde_json::json;
use shared::attributes::Employee;
use shared::attributes::employee::Changes;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::objects::Content;
use shared::aws::schema;
use shared::error::Error;
use shared::http::limits::Limits;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::wire::hex;
use tests::Answer;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::absence_requests;
use tests::attendances;
use tests::console::Browser;
use tests::console::PASSWORD;
use tests::console::administrator;
use tests::console::value_of;
use tests::endpoints::Records;
use tests::endpoints::unique;
use tests::faults;
use tests::faults::Fault;
use tests::faults::Faults;
use tests::open_id::Attempt;
use tests::open_id::SigningKey;
use tests::open_id::TestProvider;
use tests::picture;
use tests::rights;
use tests::rights::Ledger;
use tests::rights::Watch;
use tests::rights::hosted::Hosted;
use tests::rights::policy::POLICIES;
use tests::storage;

const EMPLOYEES: &str = "/v1/company/employees";
const TIME_OFFS: &str = "/v1/company/time-offs";
const PERIODS: &str = "/v1/company/absence-periods";
const DOCUMENTS: &str = "/v1/company/documents";

/// Somebody who asks everything of hosted functions, whose store can fail.
struct Caller {
    hosted: Hosted,
    client: Client,
    faults: Faults,
}

impl Caller {
    async fn keyed(&self, path: &str, key: &str, body: &Json) -> Answer {
        Answer::of(self.client.request("POST", path).header("idempotency-key", key).json(body)).await
    }

    /// Requests that take a key: one that is answered at length, then from what was kept; and a good one after whose
    /// failure the key is given back.
    async fn idempotency(&self, path: &str, long: &Json, good: &Json) {
        let first = self.keyed(path, &format!("long:{path}"), long).await;
        assert!(first.status < 500 && first.text.len() > 3_000, "{path}: {}: {}", first.text.len(), first.text);
        let again = self.keyed(path, &format!("long:{path}"), long).await;
        assert_eq!((again.header("idempotency-replayed"), &again.text), ("true", &first.text), "{path}");
        // The claim comes first, and what the handler does next fails. What is written beside answers would count, too.
        self.hosted.flush().await;
        self.faults.plan(1, Fault::Refused);
        let failed = self.keyed(path, &format!("failing:{path}"), good).await;
        let _ = self.faults.end();
        assert_eq!(failed.status, 500, "{path}: {}", failed.text);
        assert_eq!(
            self.keyed(path, &format!("failing:{path}"), good).await.header("idempotency-replayed"),
            "",
            "{path}"
        );
    }

    async fn all(&self, paths: &[&str]) {
        let answers = join_all(paths.iter().map(|path| self.client.get(path))).await;
        for (answer, path) in answers.iter().zip(paths) {
            assert!(answer.status < 400, "{path}: {}", answer.text);
        }
    }
}

/// A request of each endpoint that demands a scope, once as somebody who has none.
async fn every_endpoint(caller: &Caller, employee: u64) {
    let hosted = &caller.hosted;
    let nobody = hosted.muster.client(&["reports.custom:read"], &["*"]).await;
    for endpoint in muster::api::endpoints(&hosted.muster.deps) {
        let Some(_) = endpoint.scope else { continue };
        let records = Records::of(&caller.client, &endpoint, employee).await;
        assert_eq!(records.call(&nobody, &endpoint).await.status, 403);
        let answer = records.call(&caller.client, &endpoint).await;
        assert!(answer.status < 400, "{} {}: {}", endpoint.method, endpoint.path, answer.text);
    }
}

async fn auth(caller: &Caller) {
    let hosted = &caller.hosted;
    let nobody = hosted.muster.anonymous();
    caller.all(&["/health", "/openapi.json"]).await;
    assert_eq!(caller.client.get("/nothing/here").await.status, 404, "and it is recorded of whom");
    let (credential, secret) = hosted.muster.credential(&["employees:read"], &[]).await;
    for (secret, status) in [("wrong", 403), (&secret, 200), (&secret, 200)] {
        let login = json!({"client_id": credential.client_id, "client_secret": secret});
        assert_eq!(nobody.post("/v1/auth", &login).await.status, status);
    }
}

async fn employees(caller: &Caller) {
    let client = &caller.client;
    let boss = client.create_employee(json!({"email": "boss@test.example"})).await;
    let report = client.create_employee(json!({"supervisor_id": boss})).await;
    let own = format!("{EMPLOYEES}/{report}");
    for fields in [
        json!({"email": "other@test.example"}),
        json!({"supervisor_id": null}),
        json!({"supervisor_id": boss}),
        json!({"position": "P"}),
    ] {
        let answer = client.patch(&own, &json!({"employee": fields})).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let (last, by_email) = (format!("{EMPLOYEES}?limit=1&offset=1"), format!("{EMPLOYEES}?email=boss@test.example"));
    let changed = format!("{EMPLOYEES}?updated_since=1999-01-01");
    caller.all(&[EMPLOYEES, &last, &by_email, &changed, &own]).await;
    assert_eq!(client.delete(&own).await.status, 405);
    let wrong: serde_json::Map<String, Json> =
        (100..200).map(|n| (format!("dynamic_{n}"), json!("no number"))).collect();
    let long = json!({"employee": {"email": "a@test.example", "custom_attributes": wrong}});
    let good = json!({"employee": {"email": "a@test.example", "first_name": "A", "last_name": "B"}});
    caller.idempotency(EMPLOYEES, &long, &good).await;
}

async fn attendance(caller: &Caller, employee: u64) {
    let (client, path) = (&caller.client, attendances::PATH);
    let project = client.post(&format!("{path}/projects"), &json!({"name": "P", "active": true})).await;
    let project = project.body["data"]["id"].clone();
    let mut row = attendances::row(employee, "2025-03-03", "08:00", "12:00");
    row["project_id"] = project.clone();
    let id = attendances::created(client, row).await;
    let one = format!("{path}/{id}");
    for change in [json!({"date": "2025-04-04"}), json!({"project_id": null}), json!({"project_id": project})] {
        let answer = client.patch(&one, &change).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let project = format!("{path}/projects/{project}");
    for body in [json!({"name": "Q"}), json!({"active": false}), json!({"active": true})] {
        assert_eq!(client.patch(&project, &body).await.status, 200);
    }
    assert_eq!(client.delete(&project).await.status, 204);
    // Two whose numbers lie far apart: who is away is not asked of all between them.
    let numbers = keys::sequence(&caller.hosted.muster.company, "employee");
    caller.hosted.muster.deps.table.raise(numbers, 10_000).await.expect("a counter");
    let far = client.create_employee(json!({})).await;
    attendances::created(client, attendances::row(far, "2025-04-04", "08:00", "12:00")).await;
    let month = format!("{path}?start_date=2025-04-01&end_date=2025-04-30");
    let (own, changed) = (format!("{month}&employees[]={employee}"), format!("{month}&updated_from=2020-01-01"));
    let all = format!("{path}?start_date=2000-01-01&end_date=2040-01-01&offset=1");
    caller.all(&[&month, &own, &changed, &all, &one, &format!("{path}/projects")]).await;
    let rows: Vec<Json> = (0..100).map(|_| attendances::row(9_999, "2025-03-03", "08:00", "12:00")).collect();
    let rows = json!({ "attendances": rows });
    caller.idempotency(path, &rows, &rows).await;
    assert_eq!(client.delete(&one).await.status, 200);
}

async fn absences(caller: &Caller, employee: u64) {
    let client = &caller.client;
    let comment = "ä".repeat(2_000);
    let long =
        |first: &str| json!({"comment": comment, "start_date": first, "end_date": first, "employee_id": employee});
    let mut days = long("2025-05-05");
    days["time_off_type_id"] = json!(1);
    caller.idempotency(TIME_OFFS, &days, &days).await;
    let (_, first) =
        absence_requests::created(client, &absence_requests::absence(employee, 1, "2025-06-02", "2025-06-06")).await;
    let one = format!("{TIME_OFFS}/{}", first["id"]);
    let moved = client.patch(&one, &json!({"start_date": "2026-07-06", "end_date": "2026-07-08"})).await;
    assert_eq!(moved.status, 200, "{}", moved.text);
    let list = format!("{TIME_OFFS}?start_date=2025-01-01&end_date=2027-01-01");
    let (second, own) = (format!("{list}&limit=1&offset=2"), format!("{list}&employees[]={employee}"));
    let changed = format!("{list}&updated_from=2020-01-01");
    let (kind, of_hours) = (format!("{PERIODS}?absence_types[]=2"), format!("{PERIODS}?updated_from=2020-01-01"));
    let calendar = "/v1/company/absences.ics?start_date=2026-07-06";
    let balance = format!("{EMPLOYEES}/{employee}/absences/balance");
    let of_team = format!("{calendar}&employees[]={employee}");
    caller.all(&[&list, &second, &own, &changed, &kind, &of_hours, calendar, &of_team, &balance, &one]).await;
    assert_eq!(client.delete(&one).await.status, 200);
    // The only absence of a year.
    let other = client.create_employee(json!({})).await;
    let only = absence_requests::absence(other, 1, "2025-06-02", "2025-06-02");
    let (_, only) = absence_requests::created(client, &only).await;
    assert_eq!(client.delete(&format!("{TIME_OFFS}/{}", only["id"])).await.status, 200);
}

async fn documents(caller: &Caller, employee: u64) {
    let (client, content) = (&caller.client, b"Agreed.");
    let announced = json!({
        "title": "Contract", "employee_id": employee, "category_id": 1, "comment": "ä".repeat(2_000),
        "file_name": "contract.txt", "size": content.len(), "sha256": hex(&Content::of("text/plain", content).sha256),
    });
    let begin = async || client.post(&format!("{DOCUMENTS}/uploads"), &announced).await.body["data"].clone();
    let upload = begin().await;
    let finish = json!({"upload_id": upload["upload_id"]});
    assert_eq!(client.post(DOCUMENTS, &finish).await.status, 422, "the file is not there yet");
    let mut put = reqwest::Client::new().put(upload["url"].as_str().expect("a URL")).body(content.to_vec());
    for (name, value) in upload["headers"].as_object().expect("headers") {
        put = put.header(name, value.as_str().expect("a text"));
    }
    assert_eq!(put.send().await.expect("an answer").status(), 200);
    caller.idempotency(DOCUMENTS, &finish, &json!({"upload_id": begin().await["upload_id"]})).await;
    let listed = client.get(&format!("{DOCUMENTS}?employees[]={employee}&limit=1")).await;
    let one = format!("{DOCUMENTS}/{}", listed.body["data"][0]["id"]);
    let (own, changed) =
        (format!("{DOCUMENTS}?employees[]={employee}"), format!("{DOCUMENTS}?updated_from=2020-01-01"));
    let all = format!("{DOCUMENTS}?start_date=2000-01-01&end_date=2040-01-01&offset=1");
    let download = format!("{one}/download");
    caller.all(&[DOCUMENTS, &own, &changed, &all, &one, &download]).await;
    let fields = [("title", "T"), ("employee_id", &*employee.to_string()), ("category_id", "1")];
    // Uploads that came to nothing are swept by a later one.
    begin().await;
    caller.hosted.muster.deps.clock.advance(Duration::from_hours(2));
    assert_eq!(client.upload(&fields, Some(("contract.txt", content))).await.status, 201);
    assert_eq!(client.patch(&one, &json!({"date": "2025-01-01"})).await.status, 200);
    assert_eq!(client.delete(&one).await.status, 204);
}

async fn pictures(caller: &Caller, employee: u64) {
    let path = format!("{EMPLOYEES}/{employee}/profile-picture");
    let set = async || assert_eq!(caller.client.set_picture(employee, &picture::random(8, 8)).await.status, 200);
    set().await;
    set().await;
    caller.all(&[&path, &format!("{path}/4"), &format!("{path}/4")]).await;
    caller.hosted.muster.deps.clock.advance(Duration::from_hours(2));
    set().await;
    assert_eq!(caller.client.delete(&path).await.status, 204);
}

async fn sign_ins(muster: &Muster, provider: &TestProvider, key: &SigningKey) -> Browser {
    let account = administrator(muster).await;
    let form = |path: &str, fields: &[(&str, &str)]| Answer::of(muster.anonymous().request("POST", path).form(fields));
    let email = account.email.as_str();
    for (password, status) in [(PASSWORD, 200), ("wrong wrong wrong", 403)] {
        let answer = form("/console/sign-in", &[("email", email), ("password", password)]).await;
        assert!(answer.status == status || answer.status == 303, "{}", answer.text);
    }
    let link = store::create_link(&muster.deps, &account).await.expect("a link");
    let path = format!("/console/sign-in/{}", link.reveal());
    assert_eq!(muster.anonymous().get(&path).await.status, 200);
    assert!(form(&path, &[]).await.status < 400);
    let attempt = Attempt::begin(muster).await;
    provider.give(Some(&key.sign(&provider.claims(&attempt, email, muster.deps.clock.now()))));
    assert_eq!(attempt.end(muster).await.status, 200);
    let json = json!({"email": email, "password": PASSWORD});
    assert!(muster.anonymous().post("/admin/v1/session", &json).await.status < 400);
    let leaving = Browser::of(muster, account.clone()).await;
    assert!(leaving.call("DELETE", "/admin/v1/session", &Json::Null).await.status < 400);
    let browser = Browser::of(muster, account).await;
    assert!(browser.get("/console").await.status < 400);
    browser
}

async fn console(hosted: &Hosted, provider: &TestProvider, key: &SigningKey) {
    let muster = &hosted.muster;
    let browser = sign_ins(muster, provider, key).await;
    let body = json!({"name": "Other", "scopes": ["absences:read"]});
    let created = browser.call("POST", "/admin/v1/credentials", &body).await;
    let id = created.body["data"]["client_id"].as_str().expect("an id").to_owned();
    for endpoint in muster::api::endpoints(&muster.deps).iter().filter(|one| one.session) {
        // What removes the credential is below.
        let (method, path) = (endpoint.method.as_str(), endpoint.path.replace("{client_id}", &id));
        if method == "GET" {
            let answer = browser.get(&path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        }
    }
    let new = browser.get("/console/credentials/new").await;
    let number = value_of(&new.text, "number");
    let fields = [("number", number.as_str()), ("name", "Page"), ("scopes[]", "absences:read")];
    for answer in [
        browser.submit("/console/credentials/new", &fields).await,
        browser.call("PATCH", &format!("/admin/v1/credentials/{id}"), &json!({"name": "B"})).await,
        browser.call("POST", &format!("/admin/v1/credentials/{id}/disable"), &json!({})).await,
        browser.call("POST", &format!("/admin/v1/credentials/{id}/enable"), &json!({})).await,
        browser.call("POST", &format!("/admin/v1/credentials/{id}/rotate"), &json!({})).await,
        browser.call("DELETE", &format!("/admin/v1/credentials/{id}"), &json!({})).await,
        browser.submit("/console/sign-out", &[]).await,
    ] {
        assert!(answer.status < 400, "{}", answer.text);
    }
}

/// What a role lacks and what it has too much, line by line.
fn compared(hosted: &Hosted) -> String {
    let mut differences = String::new();
    for function in POLICIES.functions() {
        let used = hosted.ledger.used_by(function);
        let (granted, twice) = POLICIES.rights(function);
        let missing = used.difference(&granted).map(|right| ("needs", right));
        let unused = granted.difference(&used).map(|right| ("never needs", right));
        let twice = twice.iter().map(|right| ("is granted twice", right));
        for (what, right) in missing.chain(unused).chain(twice) {
            writeln!(differences, "{function} {what} {right}").expect("a string takes it");
        }
    }
    differences
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_role_has_the_rights_that_its_function_needs_and_no_others() {
    let attributes = (100..200)
        .fold(String::new(), |all, n| all + &format!("  - {{key: dynamic_{n}, label: L{n}, type: integer}}\n"));
    let muster = Muster::with(&format!("{COMPANY}{attributes}"), Limits::off()).await;
    let (deps, faults) = faults::deps(muster.deps.clock.clone()).await;
    let key = SigningKey::random("key");
    let provider = TestProvider::start(&[&key]).await;
    let settings = provider.settings(None);
    let complete = |deps: shared::deps::Deps| deps.with_open_id(Some(settings.clone()));
    let hosted = Hosted::of(&muster, &deps.table, deps.objects().expect("a bucket"), complete).await;
    let client = hosted.muster.admin().await;
    let caller = Caller { hosted, client, faults };
    let employee = caller.client.create_employee(json!({})).await;

    auth(&caller).await;
    every_endpoint(&caller, employee).await;
    employees(&caller).await;
    attendance(&caller, employee).await;
    absences(&caller, employee).await;
    documents(&caller, employee).await;
    pictures(&caller, employee).await;
    console(&caller.hosted, &provider, &key).await;
    caller.hosted.flush().await;
    let differences = compared(&caller.hosted);
    assert!(differences.is_empty(), "{differences}");
}

#[tokio::test]
async fn what_a_role_does_not_allow_is_not_done_and_fails_the_test() {
    let company: CompanyId = format!("t-{}", unique()).parse().expect("a slug");
    let (ledger, counter) = (Ledger::default(), || keys::sequence(&company, "employee"));
    let role = ledger.role("pictures");
    let (table, objects) = (rights::table_of(&storage::table(), &role), rights::objects_of(&storage::objects(), &role));
    let id = EmployeeId::new(1).expect("a number");
    assert!(matches!(table.get::<Employee>(keys::employee(&company, id)).await, Ok(None)));
    drop(Watch(ledger.clone()));

    let refused = Error::Internal("UpdateItem: the request could not be made".to_owned());
    assert_eq!(table.add(counter(), 1, None).await, Err(refused));
    let employee = Employee::new(id, Changes::new(), Timestamp::now());
    let put = Item::encode(keys::employee(&company, id), &employee).expect("an item");
    let transaction = table.transaction().put(put).delete(keys::email(&company, "a@test.example"));
    assert!(transaction.commit().await.is_err());
    let file = keys::file_object(&company, uuid::Uuid::nil());
    assert!(objects.presign_download(&file, Duration::from_mins(1), "text/plain", "a.txt").await.is_err());
    assert!(schema::create_if_missing(&table).await.is_err(), "a function makes no table");
    assert_eq!(
        ledger.refused(),
        [
            format!("the role of pictures does not allow dynamodb:UpdateItem on {{\"C#{company}\"}}"),
            format!("the role of pictures does not allow dynamodb:DeleteItem on {{\"C#{company}#EMAILS\"}}"),
            format!("the role of pictures does not allow s3:GetObject on {file}"),
            "pictures made a call of which tests::rights::needs does not know what it needs".to_owned(),
        ]
    );
    let (stored, added) = (
        storage::table().get::<Employee>(keys::employee(&company, id)).await,
        storage::table().add(counter(), 1, None).await,
    );
    assert!(matches!(stored, Ok(None)), "nothing was written");
    assert_eq!(added, Ok(1), "nothing was counted");
    assert!(std::panic::catch_unwind(|| drop(Watch(ledger))).is_err());
}
