//! Each file under `events/` goes through its function as Lambda would hand it over.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use axum::Router;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::app::app;
use shared::http::limits::Limits;
use shared::ids::AbsenceId;
use tests::COMPANY;
use tests::Client;
use tests::Muster;
use tests::console::Browser;
use tests::picture;

/// Employee 1, who has something to take: only a company file can say so.
const STAFF: &str = "employees: [{email: erika@test.example, first_name: Erika, last_name: Muster, status: active, \
    work_schedule: Full-time, absence_entitlement: {Paid vacation: 30}}]";

/// What each event gets: status, and a pointer into the answer with the value there.
fn expected() -> BTreeMap<&'static str, (u16, &'static str, Json)> {
    let paths = |path| (200, path, json!(true));
    BTreeMap::from([
        ("auth/authenticate-json", paths("/success")),
        ("auth/authenticate-form", (403, "/error/code", json!(403))),
        ("auth/authenticate-query", paths("/success")),
        ("auth/health", (200, "/data/storage", json!("ok"))),
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
        ("absences/create-time-off", (200, "/data/attributes/days_count", json!(5))),
        ("absences/create-time-off-form", (200, "/data/attributes/status", json!("pending"))),
        ("absences/create-time-off-multipart", (200, "/data/attributes/comment", json!("Grippe, à la maison"))),
        ("absences/create-time-off-overlapping", (400, "/error/error_data/conflicting_ids", json!(["1"]))),
        (
            "absences/create-time-off-invalid",
            (422, "/error/error_data/end_date/0", json!("The end_date field is required.")),
        ),
        ("absences/create-time-off-of-a-type-in-hours", (422, "/error/code", json!(422))),
        ("absences/create-time-off-of-nobody", (404, "/error/message", json!("Employee not found."))),
        ("absences/list-time-offs", (200, "/data/0/attributes/id", json!(1))),
        ("absences/list-time-offs-backwards", (400, "/error/code", json!(400))),
        ("absences/get-time-off", (200, "/data/attributes/time_off_type/attributes/name", json!("Paid vacation"))),
        ("absences/get-unknown-time-off", (404, "/error/message", json!("The absence period was not found."))),
        ("absences/update-time-off", (200, "/data/status", json!("approved"))),
        ("absences/update-time-off-of-another-employee", (422, "/error/code", json!(422))),
        ("absences/delete-time-off", (200, "/data/message", json!("The absence period was deleted."))),
        ("absences/delete-time-off-bad-id", (400, "/error/message", json!("The absence period id is invalid."))),
        ("absences/approve-time-off", (200, "/data/status", json!("approved"))),
        ("absences/approve-time-off-approved", (409, "/error/code", json!(409))),
        ("absences/reject-time-off", (200, "/data/status", json!("rejected"))),
        ("absences/create-absence-period", (201, "/data/attributes/effective_duration", json!(90))),
        ("absences/create-absence-period-form", (201, "/data/attributes/effective_duration", json!(960))),
        ("absences/create-absence-period-with-certificate", (422, "/error/code", json!(422))),
        ("absences/list-absence-periods", (200, "/data/0/attributes/effective_duration", json!(90))),
        ("absences/list-absence-periods-of-unknown-type", (404, "/error/code", json!(404))),
        ("absences/get-absence-period", (200, "/data/attributes/start", json!("2027-01-11T09:00:00.000Z"))),
        ("absences/update-absence-period", (200, "/data/status", json!("approved"))),
        ("absences/delete-absence-period", (200, "/success", json!(true))),
        ("absences/delete-absence-period-bad-id", (400, "/error/code", json!(400))),
        ("absences/approve-absence-period", (200, "/data/status", json!("approved"))),
        ("absences/reject-absence-period", (200, "/data/status", json!("rejected"))),
        ("absences/get-balance", (200, "/data/0/name", json!("Paid vacation"))),
        ("absences/get-balance-of-nobody", (404, "/error/code", json!(404))),
        ("absences/get-calendar", (200, "/0", json!("BEGIN:VCALENDAR"))),
        ("absences/get-calendar-days-zero", (400, "/error/code", json!(400))),
        ("absences/get-calendar-of-unreadable-team", (403, "/error/code", json!(403))),
        ("absences/get-calendar-of-unknown-team", (404, "/error/code", json!(404))),
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

/// The same for the events of documents.
fn expected_of_documents() -> [(&'static str, (u16, &'static str, Json)); 18] {
    let file = "/error/error_data/file/0";
    [
        ("documents/list-categories", (200, "/data/0/attributes/name", json!("Contracts"))),
        ("documents/create-document", (201, "/data/attributes/file/name", json!("Vertrag März.pdf"))),
        (
            "documents/create-document-executable",
            (422, file, json!("The content of the file is not what its extension says.")),
        ),
        ("documents/create-document-without-file", (422, file, json!("The file field is required."))),
        (
            "documents/create-document-of-unknown-employee",
            (404, "/error/message", json!("No query results for model [Employee] 999")),
        ),
        ("documents/create-document-of-unknown-upload", (404, "/error/code", json!(404))),
        ("documents/create-upload", (201, "/data/method", json!("PUT"))),
        ("documents/create-upload-too-large", (422, "/error/message", json!("The given data was invalid."))),
        ("documents/list-documents", (200, "/data/0/id", json!(1))),
        ("documents/list-documents-backwards", (400, "/error/code", json!(400))),
        ("documents/get-document", (200, "/data/attributes/file/content_type", json!("text/plain"))),
        ("documents/get-unknown", (404, "/error/message", json!("The document was not found."))),
        ("documents/download", (303, "", Json::Null)),
        ("documents/download-unknown", (404, "/error/code", json!(404))),
        ("documents/update", (200, "/data/attributes/title", json!("Changed by an event"))),
        ("documents/update-nothing", (400, "/error/code", json!(400))),
        ("documents/delete", (204, "", Json::Null)),
        ("documents/delete-unknown", (404, "/error/code", json!(404))),
    ]
}

fn expected_of_pictures() -> [(&'static str, (u16, &'static str, Json)); 8] {
    let none = json!("Profile image not found");
    [
        ("pictures/get-picture", (200, "", json!([8, 8]))),
        ("pictures/get-picture-of-nobody", (404, "/error/message", none.clone())),
        ("pictures/get-picture-in-width", (200, "", json!([4, 4]))),
        ("pictures/get-picture-in-no-width", (400, "/error/code", json!(400))),
        ("pictures/set-picture", (200, "/data/attributes/height", json!(9))),
        (
            "pictures/set-picture-executable",
            (422, "/error/error_data/file/0", json!("The picture must be a PNG, JPEG or WebP image.")),
        ),
        ("pictures/remove-picture", (204, "", Json::Null)),
        ("pictures/remove-missing-picture", (404, "/error/message", none)),
    ]
}

/// The same for the events of the console; a page has no JSON.
fn expected_of_the_console() -> [(&'static str, (u16, &'static str, Json)); 14] {
    let page = |status| (status, "", Json::Null);
    [
        ("console/begin-signed-out", page(303)),
        ("console/show-sign-in", page(200)),
        ("console/sign-in-wrong", page(403)),
        ("console/use-unknown-link", page(404)),
        ("console/show-list", page(200)),
        ("console/show-list-without-session", page(303)),
        ("console/create-on-the-page", page(200)),
        ("console/create-from-another-site", page(403)),
        ("console/show-session", (200, "/success", json!(true))),
        ("console/create-credential", (201, "/data/integration", json!("slack"))),
        ("console/create-credential-invalid", (422, "/error/error_data/name/0", json!("The name is required."))),
        ("console/list-credentials-without-session", (401, "/error/code", json!(401))),
        ("console/get-unknown-credential", (404, "/error/code", json!(404))),
        ("console/list-record", (200, "/success", json!(true))),
    ]
}

async fn replay(router: Router, event: &str) -> (StatusCode, Json, HeaderMap) {
    let event = serde_json::from_str(event).expect("an event of API Gateway");
    let response = shared::lambda::handle(router, event).await.expect("an answer");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
    let body = match parts.headers.get("content-type") {
        // A list of its lines.
        Some(kind) if kind == "text/calendar; charset=utf-8" => str::from_utf8(&bytes).expect("text").lines().collect(),
        // How wide and how high it is.
        Some(kind) if kind == "image/png" => {
            let picture = image::load_from_memory(&bytes).expect("a picture");
            json!([picture.width(), picture.height()])
        }
        _ => serde_json::from_slice(&bytes).unwrap_or(Json::Null),
    };
    (parts.status, body, parts.headers)
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

/// What the events of absences are about: numbers 1 to 5 are of days, 6 to 10 of
/// hours. The first three of each are approved, the other two pending.
async fn prepare_absences(admin: &Client) {
    let days = [("07", "11"), ("14", "15"), ("17", "17"), ("18", "18"), ("21", "21")].map(|(first, last)| {
        let date = |day| format!("2026-12-{day}");
        json!({"time_off_type_id": 1, "start_date": date(first), "end_date": date(last)})
    });
    let hours = [11, 12, 13, 14, 15].map(|day| {
        let date = format!("2027-01-{day}");
        json!({
            "time_off_type_id": 2, "start_date": date, "end_date": date, "start_time": "10:00", "end_time": "11:30",
        })
    });
    for (path, bodies) in [("/v1/company/time-offs", days), ("/v1/company/absence-periods", hours)] {
        for (mut body, index) in bodies.into_iter().zip(0..) {
            body["employee_id"] = json!(1);
            body["skip_approval"] = json!(index < 3);
            let answer = admin.post(path, &body).await;
            let wanted = if index < 3 { "approved" } else { "pending" };
            assert_eq!(answer.body["data"]["attributes"]["status"], wanted, "{}", answer.body);
        }
    }
}

/// What the events of documents are about: numbers 1 to 3, of the first days of October.
async fn prepare_documents(admin: &Client) {
    for id in 1..=3 {
        let date = format!("2026-10-0{id}");
        let fields = [("title", "Payslip"), ("employee_id", "1"), ("category_id", "1"), ("date", date.as_str())];
        let answer = admin.upload(&fields, Some(("payslip.txt", b"Paid."))).await;
        assert_eq!(answer.body["data"]["id"], id, "{}", answer.body);
    }
}

/// What the events of pictures are about: employees 1 and 3 have one, 2 and 4 have none.
async fn prepare_pictures(admin: &Client) {
    for id in 2..=4 {
        assert_eq!(admin.create_employee(json!({})).await, id);
    }
    for id in [1, 3] {
        assert_eq!(admin.set_picture(id, &picture::random(8, 8)).await.status, 200);
    }
}

/// The id of an absence of hours, which carries the company's.
fn period_id(muster: &Muster, number: u64) -> String {
    AbsenceId::new(number).expect("an id").v2(&muster.company).to_string()
}

#[tokio::test]
async fn every_event_is_answered_by_its_function() {
    let muster = Muster::with(&format!("{COMPANY}{STAFF}"), Limits::off()).await;
    let admin = muster.admin().await;
    prepare_attendances(&admin).await;
    prepare_absences(&admin).await;
    prepare_documents(&admin).await;
    prepare_pictures(&admin).await;
    let (credential, secret) = muster.credential(&["employees:read"], &[]).await;
    let token = admin.token.clone().expect("a token");
    // Of somebody who may know who is away, and not who is in which team.
    let reader = muster.client(&["absences:read"], &["last_name"]).await.token.expect("a token");
    let mut expected = expected();
    expected.extend(expected_of_documents());
    expected.extend(expected_of_pictures());
    expected.extend(expected_of_the_console());
    let browser = Browser::new(&muster).await;
    for function in ["auth", "employees", "attendances", "absences", "documents", "pictures", "console"] {
        let router = match function {
            "auth" => app(auth::router(muster.deps.clone()), &muster.deps),
            "absences" => app(absences::router(muster.deps.clone()), &muster.deps),
            "attendances" => app(attendances::router(muster.deps.clone()), &muster.deps),
            "documents" => app(documents::router(muster.deps.clone()), &muster.deps),
            "pictures" => app(pictures::router(muster.deps.clone()), &muster.deps),
            "console" => app(console::router(muster.deps.clone()), &muster.deps),
            _ => app(employees::router(muster.deps.clone()), &muster.deps),
        };
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../events").join(function);
        for entry in fs::read_dir(folder).expect("a folder").flatten() {
            let file = entry.path();
            let name = format!("{function}/{}", file.file_stem().and_then(|stem| stem.to_str()).expect("a name"));
            let token = if name.ends_with("unreadable-team") { &reader } else { &token };
            let mut event = fs::read_to_string(&file)
                .expect("an event")
                .replace("${TOKEN}", token)
                .replace("${SESSION}", browser.cookie.trim_start_matches("muster_session="))
                .replace("${FORM_TOKEN}", &browser.form_token)
                .replace("${CLIENT_ID}", &credential.client_id.to_string())
                .replace("${CLIENT_SECRET}", &secret);
            for number in 6..=10 {
                event = event.replace(&format!("${{ABSENCE_PERIOD_{number}}}"), &period_id(&muster, number));
            }
            let (status, pointer, value) =
                expected.remove(name.as_str()).unwrap_or_else(|| panic!("say here what {name} gets"));
            let (answered, body, headers) = replay(router.clone(), &event).await;
            assert_eq!(answered.as_u16(), status, "{name}: {body}");
            assert_eq!(body.pointer(pointer), Some(&value), "{name}: {body}");
            // The gateway's own id, so that its log and ours can be laid side by side.
            assert_eq!(headers["x-request-id"], "JKJaXmPLvHcESHA=", "{name}");
            let location = headers.get("location").map(|location| location.to_str().expect("text"));
            let to_a_file = status == 303 && function == "documents";
            assert_eq!(location.is_some_and(|url| url.contains("X-Amz-Signature=")), to_a_file, "{name}");
        }
    }
    assert!(expected.is_empty(), "there is no event {:?}", expected.keys());
    assert_eq!(admin.value(1, "position").await, "Changed by an event");
    let found = admin.get("/v1/company/employees?email=form@test.example").await;
    assert_eq!(found.body["data"][0]["attributes"]["first_name"]["value"], "Zoë");
    let attendance = |id: u64| format!("attendances/{id}");
    let days = |id: u64| format!("time-offs/{id}");
    let hours = |id| format!("absence-periods/{}", period_id(&muster, id));
    let document = |id: u64| format!("documents/{id}");
    let picture = |id: u64| format!("employees/{id}/profile-picture");
    for (path, pointer, value) in [
        (attendance(2), "/data/attributes/end_time", json!("17:30")),
        (attendance(3), "/error/code", json!(404)),
        (attendance(4), "/data/attributes/approval/comment", json!("Agreed")),
        (attendance(5), "/data/attributes/status", json!("rejected")),
        (days(2), "/data/attributes/days_count", json!(2.5)),
        (days(3), "/error/code", json!(404)),
        (days(4), "/data/attributes/approval/comment", json!("Enjoy")),
        (days(5), "/data/attributes/status", json!("rejected")),
        (hours(7), "/data/attributes/effective_duration", json!(30)),
        (hours(8), "/error/code", json!(404)),
        (hours(9), "/data/attributes/status", json!("approved")),
        (hours(10), "/data/attributes/approval/comment", json!("Another day, please")),
        (document(2), "/data/attributes/title", json!("Changed by an event")),
        (document(3), "/error/code", json!(404)),
        (picture(3), "/error/code", json!(404)),
    ] {
        let answer = admin.get(&format!("/v1/company/{path}")).await;
        assert_eq!(answer.body.pointer(pointer), Some(&value), "{}", answer.body);
    }
}
