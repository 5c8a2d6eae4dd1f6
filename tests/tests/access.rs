//! Who may do what, who sees what, and what is never logged.

use std::collections::BTreeSet;

use muster::api;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::http::limits::Limits;
use shared::http::routes::Endpoint;
use shared::ids::EmployeeId;
use shared::scope::Scope;
use tests::Answer;
use tests::Client;
use tests::DEMO;
use tests::Muster;
use tests::endpoints::Records;
use tests::log;

#[tokio::test]
async fn every_endpoint_admits_its_own_scope_and_nobody_else() {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    let employee = admin.create_employee(json!({})).await;
    let mut actors = Vec::new();
    for scope in Scope::all() {
        actors.push((scope, muster.client(&[&scope.to_string()], &["*"]).await));
    }
    let mut guarded = 0;
    for endpoint in api::endpoints(&muster.deps) {
        let Some(demanded) = endpoint.scope else { continue };
        guarded += 1;
        let name = format!("{} {}", endpoint.method, endpoint.path);
        let records = Records::of(&admin, &endpoint, employee).await;
        // A record of one company does not exist for another.
        let other = Muster::start().await;
        let answer = records.call(&other.admin().await, &endpoint).await;
        if endpoint.path.contains('{') {
            assert_eq!(answer.status, 404, "{name} from another company: {}", answer.body);
        } else {
            assert!(!answer.text.contains("Erika"), "{name} from another company");
        }
        let nobody = records.call(&muster.anonymous(), &endpoint).await;
        assert_eq!(nobody.status, 401, "{name} as nobody");
        let stranger = records.call(&muster.bearer("papi-nonsense"), &endpoint).await;
        assert_eq!(stranger.status, 403, "{name} with a bad token");
        for (scope, client) in &actors {
            let answer = records.call(client, &endpoint).await;
            if *scope == demanded {
                assert!(
                    [200, 201, 204, 303].contains(&answer.status),
                    "{name} with {scope}: {} {}",
                    answer.status,
                    answer.body
                );
            } else {
                assert_eq!(answer.status, 403, "{name} with {scope}: {}", answer.body);
                assert!(answer.message().contains(&demanded.to_string()), "{name}: {}", answer.body);
            }
        }
    }
    // The console asks for no scope; tests/console.rs says which of its endpoints are open.
    let console = |one: &Endpoint| one.path.starts_with("/console") || one.path.starts_with("/admin/");
    let without = api::endpoints(&muster.deps).into_iter().filter(|one| one.scope.is_none() && !console(one));
    let open: BTreeSet<_> = without.map(|one| one.path).collect();
    assert_eq!(open, BTreeSet::from(["/health", "/openapi.json", "/v1/auth"]), "whoever adds one here must mean it");
    assert!(guarded >= 41);
}

#[tokio::test]
async fn companies_do_not_see_each_other() {
    let (one, two) = (Muster::start().await, Muster::start().await);
    let (first, second) = (one.admin().await, two.admin().await);
    let email = "same@test.example";
    let id = first.create_employee(json!({"email": email, "last_name": "First"})).await;
    // The same address and the same number are free in another company.
    let same = second.create_employee(json!({"email": email, "last_name": "Second"})).await;
    assert_eq!(id, same);
    let found = second.get(&format!("/v1/company/employees?email={email}")).await;
    assert_eq!(found.body["data"][0]["attributes"]["last_name"]["value"], "Second");
    assert_eq!(first.get("/v1/company/employees").await.body["metadata"]["total_elements"], 1);
    let boss = first.create_employee(json!({})).await;
    let answer =
        second.patch(&format!("/v1/company/employees/{same}"), &json!({"employee": {"supervisor_id": boss}})).await;
    assert_eq!(answer.status, 422, "a boss of another company is nobody");
}

#[tokio::test]
async fn companies_do_not_see_each_others_attendance() {
    let (one, two) = (Muster::start().await, Muster::start().await);
    let (first, second) = (one.admin().await, two.admin().await);
    // Employees, periods and projects of two companies have the same numbers.
    let employee = first.create_employee(json!({})).await;
    assert_eq!(second.create_employee(json!({})).await, employee);
    let period = |comment: &str, project: u64| {
        json!({"attendances": [{
            "employee": employee, "date": "2026-11-23", "start_time": "08:00", "end_time": "12:00", "break": 0,
            "comment": comment, "project_id": project,
        }]})
    };
    let created = first.post("/v1/company/attendances/projects", &json!({"name": "Secret", "active": true})).await;
    let project = created.body["data"]["id"].as_u64().expect("a project");
    let refused = second.post("/v1/company/attendances", &period("Of the second", project)).await;
    assert_eq!(refused.status, 400, "a project of another company is none: {}", refused.body);
    let ids = [
        first.post("/v1/company/attendances", &period("Of the first", project)).await.body["data"]["id"][0].clone(),
        second.post("/v1/company/attendances", &period("Of the second", 1)).await.body["data"]["id"][0].clone(),
    ];
    for (client, id, own, others) in
        [(&first, &ids[0], "Of the first", "Of the second"), (&second, &ids[1], "Of the second", "Of the first")]
    {
        let dates = "start_date=2026-11-01&end_date=2026-11-30";
        for path in [
            format!("/v1/company/attendances?{dates}"),
            format!("/v1/company/attendances?{dates}&employees[]={employee}"),
            format!("/v1/company/attendances?{dates}&updated_from=2020-01-01"),
            format!("/v1/company/attendances/{id}"),
        ] {
            let answer = client.get(&path).await;
            assert!(answer.text.contains(own) && !answer.text.contains(others), "{path}: {}", answer.body);
        }
    }
    assert!(!second.get("/v1/company/attendances/projects").await.text.contains("Secret"));
    // A name is taken in its own company only.
    let same = second.post("/v1/company/attendances/projects", &json!({"name": "Secret", "active": true})).await;
    assert_eq!(same.status, 200, "{}", same.body);
}

/// Values that occur in the demo company under one attribute only, long enough to be found in a text.
fn secrets_of(employees: &Json, readable: &str) -> Vec<String> {
    let mut secrets = Vec::new();
    for employee in employees.as_array().expect("a list") {
        for (key, attribute) in employee["attributes"].as_object().expect("attributes") {
            let value = match &attribute["value"] {
                Json::String(text) => text.clone(),
                Json::Number(number) => number.to_string(),
                _ => continue,
            };
            let telling =
                value.len() >= 5 && !["active", "internal", "female", "inactive", "monthly"].contains(&value.as_str());
            if telling && key != readable && key != "id" && key != "created_at" && key != "last_modified_at" {
                secrets.push(value);
            }
        }
    }
    secrets
}

#[tokio::test]
async fn no_attribute_leaves_that_the_credential_may_not_read() {
    let muster = Muster::with(DEMO, Limits::off()).await;
    let all = muster.admin().await.get("/v1/company/employees?limit=200").await.body["data"].clone();
    // With the supervisor readable, nested employees are shown: what is nested is filtered as well.
    for readable in ["supervisor", "dynamic_1004", "position", "office"] {
        let client = muster.client(&["employees:read", "employees:write"], &[readable]).await;
        let secrets = secrets_of(&all, readable);
        assert!(secrets.len() > 100);
        let email = "email=lukas.weissgerber@alpenrad.example";
        for path in [
            "/v1/company/employees?limit=200",
            "/v1/company/employees?limit=200&attributes[]=email&attributes[]=fix_salary&attributes[]=supervisor",
            "/v1/company/employees?updated_since=1999-01-01",
            "/v1/company/employees?updated_since=1999-01-01&attributes[]=fix_salary",
            &format!("/v1/company/employees?{email}"),
            "/v1/company/employees/5",
            "/v1/company/employees/attributes",
        ] {
            let answer = client.get(path).await;
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            let shown = answer.text.replace("lukas.weissgerber@alpenrad.example", "");
            let leaked: Vec<_> = secrets.iter().filter(|secret| quoted(&shown, secret)).collect();
            let own = values_of(&all, readable);
            let leaked: Vec<_> = leaked.into_iter().filter(|secret| !own.contains(*secret)).collect();
            assert!(leaked.is_empty(), "{path} with {readable} shows {leaked:?}");
        }
        // Errors neither: the address of somebody else is refused without a word about whose it is.
        let taken = client
            .post(
                "/v1/company/employees",
                &json!({"employee": {
                    "email": "theresa.lindenthaler@alpenrad.example", "first_name": "A", "last_name": "B",
                }}),
            )
            .await;
        assert_eq!(taken.status, 422);
        assert!(!taken.text.contains("Lindenthaler") && !taken.text.contains("Theresa"));
    }
}

/// Whether a JSON text holds a value as a whole.
fn quoted(text: &str, value: &str) -> bool {
    text.contains(&format!("\"{value}\""))
        || text.contains(&format!(":{value},"))
        || text.contains(&format!(":{value}}}"))
}

fn values_of(employees: &Json, key: &str) -> BTreeSet<String> {
    employees
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|employee| employee["attributes"][key]["value"].as_str().map(str::to_owned))
        .collect()
}

#[tokio::test]
async fn a_credential_without_readable_attributes_sees_ids_only() {
    let muster = Muster::with(DEMO, Limits::off()).await;
    let client = muster.client(&["employees:read"], &[]).await;
    let answer = client.get("/v1/company/employees?limit=200").await;
    for employee in answer.body["data"].as_array().expect("a list") {
        let keys: Vec<_> = employee["attributes"].as_object().expect("attributes").keys().collect();
        assert_eq!(keys, ["id"]);
    }
    let line = client.get("/v1/company/employees?limit=200").await.log_line();
    assert_eq!(line["round_trips"], 1, "supervisors who are not shown are not read: {line}");
}

/// The scopes of the log's test.
const ALL: [&str; 8] = [
    "employees:read",
    "employees:write",
    "attendances:read",
    "attendances:write",
    "absences:read",
    "absences:write",
    "documents:read",
    "documents:write",
];

/// Attendance whose every text is telltale, in requests that succeed and in some that fail.
async fn leak_attendance(client: &Client, employee: u64) {
    let project = client.post("/v1/company/attendances/projects", &json!({"name": "Leakcheckproject"})).await;
    let project = format!("/v1/company/attendances/projects/{}", project.body["data"]["id"]);
    client.patch(&project, &json!({"name": "Leakcheckrenamed", "active": true})).await;
    client.post("/v1/company/attendances/projects", &json!({"name": "Leakcheckrenamed", "active": true})).await;
    client.post("/v1/company/attendances/projects", &json!({"name": ["Leakcheckname"]})).await;
    let row = |date: &str, comment: &str| {
        let mut row = json!({"employee": employee, "date": date, "start_time": "08:00", "break": 0});
        row["comment"] = comment.into();
        row
    };
    let mut body = json!({"attendances": [row("2026-11-23", "Leakcheckcomment")], "skip_approval": false});
    let created = client.post("/v1/company/attendances", &body).await;
    let period = format!("/v1/company/attendances/{}", created.body["data"]["id"][0]);
    body["attendances"] = json!([row("2026-11-23", "Leakcheckoverlap"), row("Leakcheckdate", "Leakcheckrow")]);
    assert_eq!(client.post("/v1/company/attendances", &body).await.status, 400);
    client.patch(&period, &json!({"comment": "Leakcheckchanged", "skip_approval": false})).await;
    client.patch(&period, &json!({"start_time": "Leakchecktime"})).await;
    let decided = client.post(&format!("{period}/approve"), &json!({"comment": "Leakcheckdecision"})).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    assert_eq!(client.post(&format!("{period}/reject"), &json!({"comment": "Leakchecklate"})).await.status, 409);
    let read = client.get("/v1/company/attendances?start_date=2026-11-01&end_date=2026-11-30").await;
    assert!(read.text.contains("Leakcheckchanged") && read.text.contains("Leakcheckdecision"), "{}", read.body);
    client.get("/v1/company/attendances?start_date=Leakcheckday&employees[]=Leakcheckemployee").await;
    client.request("DELETE", &period).send().await.expect("an answer");
}

/// Absences whose every text is telltale, in requests that succeed and in some that fail.
async fn leak_absences(client: &Client, employee: u64) {
    for (path, kind) in [("/v1/company/time-offs", 1), ("/v1/company/absence-periods", 2)] {
        let mut body = json!({
            "employee_id": employee, "time_off_type_id": kind, "start_date": "2026-12-01", "end_date": "2026-12-01",
            "comment": "Leakcheckabsence", "skip_approval": false,
        });
        body["start_date"] = json!(format!("2026-12-0{kind}"));
        body["end_date"] = body["start_date"].clone();
        let created = client.post(path, &body).await;
        let id = &created.body["data"]["attributes"]["id"];
        let one = format!("{path}/{}", id.as_str().map_or_else(|| id.to_string(), str::to_owned));
        assert_eq!(client.post(path, &body).await.status, 400, "it overlaps");
        body["start_date"] = json!("Leakcheckstart");
        assert_eq!(client.post(path, &body).await.status, 422);
        client.patch(&one, &json!({"comment": "Leakcheckchangedabsence"})).await;
        client.patch(&one, &json!({"certificate": "Leakcheckcertificate"})).await;
        client.post(&format!("{one}/reject"), &json!({"comment": "Leakcheckrejection"})).await;
        client.get(&format!("{path}?start_date=Leakcheckfrom&employees[]=Leakcheckwho")).await;
        assert!(client.get(path).await.text.contains("Leakcheckrejection"));
    }
    client.get("/v1/company/absences.ics?team=Leakcheckteam").await;
}

/// A document whose every text is telltale.
async fn leak_documents(client: &Client, employee: u64) {
    let employee = employee.to_string();
    let mut fields = vec![
        ("title", "Leakchecktitle"),
        ("employee_id", employee.as_str()),
        ("category_id", "1"),
        ("comment", "Leakcheckremark"),
    ];
    let created = client.upload(&fields, Some(("Leakcheckfile.txt", b"Leakcheckcontent"))).await;
    assert_eq!(created.status, 201, "{}", created.body);
    let one = format!("/v1/company/documents/{}", created.body["data"]["id"]);
    client.patch(&one, &json!({"title": "Leakcheckretitled"})).await;
    assert_eq!(client.get(&format!("{one}/download")).await.status, 303);
    client.delete(&one).await;
    fields.push(("date", "Leakcheckdocumentday"));
    assert_eq!(client.upload(&fields, Some(("Leakcheck.exe", b"MZ"))).await.status, 422);
}

#[tokio::test]
async fn the_log_tells_of_every_request_and_nothing_of_persons_or_secrets() {
    let muster = Muster::start().await;
    let (credential, secret) = muster.credential(&ALL, &["*"]).await;
    let nobody = muster.anonymous();
    let login = Answer::of(
        nobody.request("POST", &format!("/v1/auth?client_id={}&client_secret={secret}", credential.client_id)),
    )
    .await;
    let token = login.body["data"]["token"].as_str().expect("a token").to_owned();
    let client = muster.bearer(&token);
    let employee = json!({
        "email": "leakcheck.person@test.example", "first_name": "Leakcheckfirst", "last_name": "Leakchecklast",
        "position": "Leakcheckposition", "custom_attributes": {"dynamic_8": "Leakcheckcontact"},
    });
    let created = client.post("/v1/company/employees", &json!({ "employee": employee })).await;
    let id = created.body["data"]["id"].as_u64().expect("an id");
    client.post("/v1/company/employees", &json!({ "employee": employee })).await;
    client.patch(&format!("/v1/company/employees/{id}"), &json!({"employee": {"position": "Leakcheckother"}})).await;
    client.get("/v1/company/employees?email=leakcheck.person@test.example").await;
    client.send("POST", "/v1/company/employees", "application/json", "{\"employee\":{\"x\":\"Leakcheckbroken\"").await;
    client.get("/v1/leakcheckpath/leakcheck.person@test.example").await;
    let method = Answer::of(client.request("LEAKCHECKMETHOD", "/v1/company/employees")).await;
    assert_eq!((method.status, &method.log_line()["method"]), (405, &json!("other")));
    leak_attendance(&client, id).await;
    leak_absences(&client, id).await;
    leak_documents(&client, id).await;
    nobody.post("/v1/auth", &json!({"client_id": "Leakcheckclient", "client_secret": "Leakchecksecret"})).await;
    let read = client.get(&format!("/v1/company/employees/{id}")).await;

    let line = read.log_line();
    assert_eq!(line["method"], "GET");
    assert_eq!(line["route"], "/v1/company/employees/{employee_id}");
    assert_eq!(line["company"], muster.company.as_str());
    assert_eq!(line["credential"], credential.client_id.to_string());
    assert_eq!(
        (&line["status"], &line["store_calls"], &line["round_trips"]),
        (&json!(200), &json!(1), &json!(1)),
        "{line}"
    );
    assert_eq!(line["read_units"], 1.0, "{line}");
    assert!(line["duration_ms"].as_f64().is_some_and(|ms| ms > 0.0));

    let text = log::text();
    let lowercase = text.to_lowercase();
    assert!(!lowercase.contains("leakcheck"), "a value is in the log");
    assert!(!text.contains(&secret) && !text.contains(&token), "a secret or token is in the log");

    // Nor in the record, of which all those requests have their entries.
    let record = muster.recorded().await;
    assert!(record.len() > 40, "{}", record.len());
    let record = serde_json::to_string(&record).expect("JSON");
    assert!(record.contains("dynamic_8") && record.contains(&credential.client_id.to_string()), "{record}");
    assert!(!record.to_lowercase().contains("leakcheck"), "a value is in the record");
    assert!(!record.contains(&secret) && !record.contains(&token), "a secret or token is in the record");
}

/// An item that says it is an employee and is none.
#[derive(serde::Serialize, serde::Deserialize)]
struct Damaged {
    values: String,
}

impl Entity for Damaged {
    const TYPE: &'static str = "employee";
}

#[tokio::test]
async fn a_damaged_record_is_a_500_that_shows_and_logs_nothing_of_it() {
    let muster = Muster::start().await;
    let client = muster.admin().await;
    let key = keys::employee(&muster.company, EmployeeId::new(7).expect("an id"));
    let item = Item::encode(key, &Damaged { values: "Damagedvalue".to_owned() }).expect("an item");
    assert_eq!(muster.deps.table.put(item, None).await, Ok(true));
    let answer = client.get("/v1/company/employees/7").await;
    let id = answer.header("x-request-id");
    let error = json!({"code": 500, "message": "Something went wrong.", "request_id": id});
    assert_eq!((answer.status, &answer.body), (500, &json!({"success": false, "error": error})));
    assert!(answer.header("authorization").starts_with("Bearer "), "also then");
    let line = answer.log_line();
    assert_eq!(
        (&line["level"], &line["cause"]),
        (&json!("ERROR"), &json!("a stored employee has not the form of one"))
    );
    assert!(!log::text().contains("Damagedvalue"), "a value is in the log");
}
