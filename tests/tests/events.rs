//! Each file under `events/` goes through its function as Lambda would hand it over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::Router;
use lambda_http::http::StatusCode;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::app::app;
use tests::Client;
use tests::Muster;

/// What each event gets: status, and a pointer into the answer with the value there.
fn expected() -> BTreeMap<&'static str, (u16, &'static str, Json)> {
    let paths = |path| (200, path, json!(true));
    BTreeMap::from([
        ("auth/authenticate-json", paths("/success")),
        ("auth/authenticate-form", (403, "/error/code", json!(403))),
        ("auth/authenticate-query", paths("/success")),
        ("auth/describe-openapi", (200, "/info/title", json!("muster"))),
        ("auth/default-unknown-path", (404, "/error/code", json!(404))),
        ("employees/list-first-page", (200, "/limit", json!(2))),
        ("employees/list-attributes-percent-encoded", (200, "/data/0/attributes/last_name/value", json!("Muster"))),
        ("employees/list-without-token", (401, "/error/message", json!("Authorization is not provided"))),
        ("employees/create-json", (200, "/data/message", json!("success"))),
        ("employees/create-form", (200, "/data/message", json!("success"))),
        ("employees/create-broken-body", (400, "/error/code", json!(400))),
        ("employees/get-one", (200, "/data/attributes/id/value", json!(1))),
        ("employees/get-unknown", (404, "/error/message", json!("Es ist ein Problem aufgetreten"))),
        ("employees/update-position", (200, "/data/id", json!(1))),
        ("employees/delete-not-allowed", (405, "/error/code", json!(405))),
        ("employees/list-attributes", (200, "/data/0/key", json!("id"))),
        ("employees/list-custom-attributes", (200, "/data/0/key", json!("id"))),
        ("absences/list-types", (200, "/data/0/attributes/name", json!("Paid vacation"))),
        ("absences/list-types-limit-zero", (400, "/error/code", json!(400))),
        ("attendances/list-week", (200, "/data/0/id", json!(1))),
        ("attendances/list-without-dates", (400, "/error/message", json!("The start_date is required."))),
        ("attendances/create-batch", (200, "/data/message", json!("success"))),
        ("attendances/create-form", (200, "/data/message", json!("success"))),
        ("attendances/create-overlapping", (400, "/error/detailed_message/0/conflicting_ids", json!([1]))),
        ("attendances/get-one", (200, "/data/attributes/employee", json!(1))),
        ("attendances/get-unknown", (404, "/error/message", json!("The attendance period was not found."))),
        ("attendances/update-end-time", (200, "/data/status", json!("confirmed"))),
        ("attendances/update-backwards", (400, "/error/code", json!(400))),
        ("attendances/delete-one", (200, "/data/message", json!("The attendance period was deleted."))),
        ("attendances/approve-pending", (200, "/data/status", json!("confirmed"))),
        ("attendances/approve-confirmed", (409, "/error/code", json!(409))),
        ("attendances/reject-pending", (200, "/data/status", json!("rejected"))),
        ("attendances/list-projects", (200, "/data/0/attributes/name", json!("Launch"))),
        ("attendances/create-project", (200, "/data/attributes/name", json!("Event"))),
        ("attendances/create-project-without-name", (400, "/error/name/0", json!("Project name cannot be empty"))),
        ("attendances/update-project", (200, "/data/attributes/active", json!(false))),
        ("attendances/delete-project", (204, "", Json::Null)),
        ("attendances/delete-unknown-project", (404, "/success", json!(false))),
    ])
}

async fn replay(router: Router, event: &str) -> (StatusCode, Json, lambda_http::http::HeaderMap) {
    let request = lambda_http::request::from_str(event).expect("an event that lambda_http reads");
    let Ok(response) = shared::lambda::handle(router, request).await;
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (parts.status, serde_json::from_slice(&bytes).unwrap_or(Json::Null), parts.headers)
}

/// What the events of attendance are about: periods 1 to 3 are confirmed, 4 and 5 pending; projects 2 and 3.
async fn prepare_attendances(admin: &Client) {
    let row = |day: &str| {
        let date = format!("2026-11-{day}");
        json!({"employee": 1, "date": date, "start_time": "08:00", "end_time": "12:00", "break": 0})
    };
    let confirmed = json!({"attendances": [row("02"), row("03"), row("04")]});
    let pending = json!({"attendances": [row("05"), row("06")], "skip_approval": false});
    for (body, ids) in [(confirmed, json!([1, 2, 3])), (pending, json!([4, 5]))] {
        let answer = admin.post("/v1/company/attendances", &body).await;
        assert_eq!(answer.body["data"]["id"], ids, "{}", answer.body);
    }
    for (name, id) in [("Second", 2), ("Third", 3)] {
        let answer = admin.post("/v1/company/attendances/projects", &json!({"name": name, "active": true})).await;
        assert_eq!(answer.body["data"]["id"], id, "{}", answer.body);
    }
}

#[tokio::test]
async fn every_event_is_answered_by_its_function() {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    assert_eq!(admin.create_employee(json!({})).await, 1);
    prepare_attendances(&admin).await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let token = admin.token.clone().expect("a token");
    let mut expected = expected();
    for function in ["auth", "employees", "attendances", "absences"] {
        let router = match function {
            "auth" => app(auth::router(muster.deps.clone()), &muster.deps),
            "absences" => app(absences::router(muster.deps.clone()), &muster.deps),
            "attendances" => app(attendances::router(muster.deps.clone()), &muster.deps),
            _ => app(employees::router(muster.deps.clone()), &muster.deps),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(function);
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let file = entry.path();
            let name = format!("{function}/{}", file.file_stem().and_then(|stem| stem.to_str()).expect("a name"));
            let event = fs::read_to_string(&file)
                .expect("an event")
                .replace("${TOKEN}", &token)
                .replace("${CLIENT_ID}", &credential.client_id.to_string())
                .replace("${CLIENT_SECRET}", &secret);
            let (status, pointer, value) =
                expected.remove(name.as_str()).unwrap_or_else(|| panic!("say here what {name} gets"));
            let (answered, body, headers) = replay(router.clone(), &event).await;
            assert_eq!(answered.as_u16(), status, "{name}: {body}");
            assert_eq!(body.pointer(pointer), Some(&value), "{name}: {body}");
            // The gateway's own id, so that its log and ours can be laid side by side.
            assert_eq!(headers["x-request-id"], "JKJaXmPLvHcESHA=", "{name}");
        }
    }
    assert!(expected.is_empty(), "there is no event {:?}", expected.keys());
    assert_eq!(admin.value(1, "position").await, "Changed by an event");
    let found = admin.get("/v1/company/employees?email=form@test.example").await;
    assert_eq!(found.body["data"][0]["attributes"]["first_name"]["value"], "Zoë");
    for (id, pointer, value) in [
        (2, "/data/attributes/end_time", json!("17:30")),
        (3, "/error/code", json!(404)),
        (4, "/data/attributes/approval/comment", json!("Agreed")),
        (5, "/data/attributes/status", json!("rejected")),
    ] {
        let answer = admin.get(&format!("/v1/company/attendances/{id}")).await;
        assert_eq!(answer.body.pointer(pointer), Some(&value), "{}", answer.body);
    }
}
