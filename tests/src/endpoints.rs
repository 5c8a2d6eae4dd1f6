//! A request of each endpoint, for the tests that walk all of them.

use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;

use serde_json::Value as Json;
use serde_json::json;
use shared::http::routes::Endpoint;

use crate::Answer;
use crate::Client;
use crate::picture;

/// What the requests of a test are about.
#[derive(Clone, Debug)]
pub struct Records {
    /// The number of an employee.
    pub employee: u64,
    /// The number of a period, 0 for none.
    pub attendance: u64,
    /// The number of a project, 0 for none.
    pub project: u64,
    /// The id of an absence, empty for none.
    pub absence: String,
    /// The number of a document, 0 for none.
    pub document: u64,
}

impl Records {
    /// Records that are there for one successful request of an endpoint: a period to
    /// decide on is pending, and what the request deletes nobody else needs.
    pub async fn of(client: &Client, endpoint: &Endpoint, employee: u64) -> Self {
        let mut records = Self { employee, attendance: 0, project: 0, absence: String::new(), document: 0 };
        if endpoint.path.contains("/projects/{id}") {
            let body = json!({"name": unique()});
            let answer = client.post("/v1/company/attendances/projects", &body).await;
            records.project = answer.body["data"]["id"].as_u64().expect("a project");
        } else if endpoint.path.contains("/attendances/{id}") {
            let decided = endpoint.path.ends_with("/approve") || endpoint.path.ends_with("/reject");
            let body = json!({"attendances": [records.row()], "skip_approval": !decided});
            let answer = client.post("/v1/company/attendances", &body).await;
            records.attendance = answer.body["data"]["id"][0].as_u64().expect("a period");
        } else if endpoint.path.contains("/time-offs/{id}") || endpoint.path.contains("/absence-periods/{id}") {
            let (path, _) = endpoint.path.split_once("/{id}").expect("an id");
            let mut body = records.absence(path);
            body["skip_approval"] = json!(!(endpoint.path.ends_with("/approve") || endpoint.path.ends_with("/reject")));
            let answer = client.post(path, &body).await;
            let id = &answer.body["data"]["attributes"]["id"];
            records.absence = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
        }
        if endpoint.path.contains("/profile-picture") {
            assert_eq!(client.set_picture(employee, &picture::random(8, 8)).await.status, 200);
        }
        if endpoint.path.contains("/documents/{id}") {
            let answer = records.upload(client).await;
            records.document = answer.body["data"]["id"].as_u64().expect("a document");
        }
        records
    }

    /// A document with a file.
    async fn upload(&self, client: &Client) -> Answer {
        let employee = self.employee.to_string();
        let fields = [("title", "Contract"), ("employee_id", &employee), ("category_id", "1")];
        client.upload(&fields, Some(("contract.txt", b"Agreed."))).await
    }

    /// A period on a day of its own, so that none is in the way of another.
    fn row(&self) -> Json {
        static DAYS: AtomicU32 = AtomicU32::new(0);
        let day = DAYS.fetch_add(1, Ordering::Relaxed);
        let date = format!("{}-{:02}-{:02}", 2026 + day / 336, 1 + day % 336 / 28, 1 + day % 28);
        json!({"employee": self.employee, "date": date, "start_time": "08:00", "end_time": "12:00", "break": 0})
    }

    /// An absence on a day of its own.
    fn absence(&self, path: &str) -> Json {
        let date = self.row()["date"].clone();
        let kind = if path.ends_with("time-offs") { 1 } else { 2 };
        json!({"employee_id": self.employee, "time_off_type_id": kind, "start_date": date, "end_date": date})
    }

    /// A request of each endpoint that succeeds for whoever may make it.
    #[must_use]
    pub fn request_of(&self, method: &str, path: &str) -> (String, Json) {
        let id = match path {
            path if path.contains("/projects/") => self.project.to_string(),
            path if path.contains("/attendances/") => self.attendance.to_string(),
            path if path.contains("/documents/") => self.document.to_string(),
            _ => self.absence.clone(),
        };
        let filled =
            path.replace("{employee_id}", &self.employee.to_string()).replace("{id}", &id).replace("{width}", "4");
        match (method, path) {
            ("GET", "/v1/company/attendances") => {
                (format!("{filled}?start_date=2026-01-01&end_date=2026-12-31&includePending=true"), Json::Null)
            }
            ("POST", "/v1/company/attendances") => (filled, json!({"attendances": [self.row()]})),
            ("PATCH", "/v1/company/attendances/{id}") => (filled, json!({"comment": unique()})),
            ("POST" | "PATCH", path) if path.contains("/projects") => (filled, json!({"name": unique()})),
            ("POST", "/v1/company/documents/uploads") => (
                filled,
                json!({
                    "title": "Contract", "employee_id": self.employee, "category_id": 1, "file_name": "contract.pdf",
                    "size": 7, "sha256": "0".repeat(64),
                }),
            ),
            ("PATCH", "/v1/company/documents/{id}") => (filled, json!({"title": unique()})),
            ("POST", "/v1/company/time-offs" | "/v1/company/absence-periods") => (filled, self.absence(path)),
            ("PATCH", "/v1/company/time-offs/{id}" | "/v1/company/absence-periods/{id}") => {
                (filled, json!({"comment": unique()}))
            }
            ("POST", path) if path.ends_with("/approve") || path.ends_with("/reject") => {
                (filled, json!({"comment": "Agreed"}))
            }
            ("POST", "/v1/company/employees") => {
                let email = format!("{}@test.example", unique());
                (filled, json!({"employee": {"email": email, "first_name": "A", "last_name": "B"}}))
            }
            ("PATCH", "/v1/company/employees/{employee_id}") => (filled, json!({"employee": {"position": unique()}})),
            ("GET" | "DELETE", _) => (filled, Json::Null),
            _ => panic!("say here what a request of {method} {path} is"),
        }
    }

    /// Makes the request of an endpoint.
    pub async fn call(&self, client: &Client, endpoint: &Endpoint) -> Answer {
        if (endpoint.method.as_str(), endpoint.path) == ("POST", "/v1/company/documents") {
            return self.upload(client).await;
        }
        if endpoint.method == "PUT" {
            return client.set_picture(self.employee, &picture::random(8, 8)).await;
        }
        let (path, body) = self.request_of(&endpoint.method, endpoint.path);
        match body {
            Json::Null => Answer::of(client.request(&endpoint.method, &path)).await,
            body => Answer::of(client.request(&endpoint.method, &path).json(&body)).await,
        }
    }
}

/// A word that nobody else uses.
#[must_use]
pub fn unique() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
