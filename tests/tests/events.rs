//! Each file under `events/` goes through its function as Lambda would hand it over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::Router;
use lambda_http::http::StatusCode;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::app::app;
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
    ])
}

async fn replay(router: Router, event: &str) -> (StatusCode, Json, lambda_http::http::HeaderMap) {
    let request = lambda_http::request::from_str(event).expect("an event that lambda_http reads");
    let Ok(response) = shared::lambda::handle(router, request).await;
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    (parts.status, serde_json::from_slice(&bytes).unwrap_or(Json::Null), parts.headers)
}

#[tokio::test]
async fn every_event_is_answered_by_its_function() {
    let muster = Muster::start().await;
    let admin = muster.admin().await;
    assert_eq!(admin.create_employee(json!({})).await, 1);
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let token = admin.token.clone().expect("a token");
    let mut expected = expected();
    for function in ["auth", "employees"] {
        let router = match function {
            "auth" => app(auth::router(muster.deps.clone()), &muster.deps),
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
}
