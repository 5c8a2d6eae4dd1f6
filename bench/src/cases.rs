//! What each function is asked: one common request of its resource, as API Gateway hands it over.

use std::error::Error;

use axum::body::Bytes;
use serde_json::Value as Json;
use serde_json::json;
use shared::aws::keys;
use shared::http::limits::Limits;
use shared::ids::EmployeeId;
use tests::Client;
use tests::DEMO;
use tests::Muster;
use tests::attendances;

/// A function and its request.
#[derive(Debug)]
pub(crate) struct Case {
    /// The name of its binary.
    pub(crate) function: &'static str,
    /// What it is asked, in short.
    pub(crate) request: &'static str,
    /// The event.
    pub(crate) event: Bytes,
    /// The status that it must answer with.
    pub(crate) status: u16,
}

/// The company that the requests are about: the one of `cargo run`, with a period of attendance.
pub(crate) async fn company() -> Muster {
    Muster::with(DEMO, Limits::off()).await
}

/// The name of the floor's binary.
pub(crate) const FLOOR: &str = "floor";

/// All cases; the floor is the first.
pub(crate) async fn all(muster: &Muster) -> Result<Vec<Case>, Box<dyn Error>> {
    let client = muster.admin().await;
    let (credential, secret) = muster.credential(&["employees:read"], &["*"]).await;
    let login = json!({"client_id": credential.client_id, "client_secret": secret}).to_string();
    let period = attendances::created(&client, attendances::row(1, "2026-11-23", "08:00", "12:00")).await;
    let key = keys::employee(&muster.company, EmployeeId::try_from(1)?);
    let mut floor = get(&client, "/v1/company/employees/1");
    floor["pk"] = json!(key.pk);
    floor["sk"] = json!(key.sk);
    let case = |function, request, event: &Json| {
        let status = if function == "pictures" { 404 } else { 200 };
        Case { function, request, event: event.to_string().into(), status }
    };
    Ok(vec![
        case(FLOOR, "one GetItem", &floor),
        case("employees", "GET an employee", &get(&client, "/v1/company/employees/1")),
        case("auth", "POST a login", &event("POST", "/v1/auth", None, Some(&login))),
        case("attendances", "GET a period", &get(&client, &format!("{}/{period}", attendances::PATH))),
        case("absences", "GET a balance", &get(&client, "/v1/company/employees/1/absences/balance")),
        case("documents", "GET the categories", &get(&client, "/v1/company/document-categories")),
        case("pictures", "GET no picture", &get(&client, "/v1/company/employees/1/profile-picture")),
        case("console", "GET the sign-in page", &event("GET", "/console/sign-in", None, None)),
    ])
}

fn get(client: &Client, path: &str) -> Json {
    event("GET", path, client.token.as_deref(), None)
}

/// An event of API Gateway's payload format 2.0.
fn event(method: &str, path: &str, token: Option<&str>, body: Option<&str>) -> Json {
    let mut event = json!({
        "version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "", "isBase64Encoded": false,
        "headers": {
            "accept": "application/json", "host": "abc123.execute-api.eu-central-1.amazonaws.com",
            "user-agent": "integration/1.0", "x-forwarded-for": "203.0.113.7", "x-forwarded-port": "443",
            "x-forwarded-proto": "https",
        },
        "requestContext": {
            "accountId": "123456789012", "apiId": "abc123", "stage": "$default", "routeKey": "$default",
            "domainName": "abc123.execute-api.eu-central-1.amazonaws.com", "domainPrefix": "abc123",
            "requestId": "JKJaXmPLvHcESHA=", "time": "26/Nov/2026:10:00:00 +0000", "timeEpoch": 1_795_687_200_000_u64,
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7",
                "userAgent": "integration/1.0",
            },
        },
    });
    if let Some(token) = token {
        event["headers"]["authorization"] = json!(format!("Bearer {token}"));
    }
    if let Some(body) = body {
        event["headers"]["content-type"] = json!("application/json");
        event["body"] = json!(body);
    }
    event
}

impl Case {
    /// Whether it registers an extension, for which Lambda waits as well.
    pub(crate) fn has_extension(&self) -> bool {
        self.function != FLOOR
    }
}
