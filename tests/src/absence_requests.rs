//! What tests send and read that write absences.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::Value as Json;
use serde_json::json;
use shared::http::limits::Limits;

use crate::Answer;
use crate::Client;
use crate::Muster;

/// Where absences of days are.
pub const TIME_OFFS: &str = "/v1/company/time-offs";
/// Where absences of hours are.
pub const PERIODS: &str = "/v1/company/absence-periods";

/// The vendor's text for fields that break a rule.
pub const NOT_VALID: &str = "The given data failed to pass validation.";
/// The vendor's text for what cannot be stored.
pub const NOT_INSERTED: &str = "Error when trying to insert absence period";
/// The vendor's text for an id that no absence has.
pub const NOT_FOUND: &str = "The absence period was not found.";
/// The vendor's text for an id that cannot be one.
pub const BAD_ID: &str = "The absence period id is invalid.";

/// Days, to be approved, never more than there are; up to five go over until the end of March.
pub const VACATION: u32 = 1;
/// Hours, to be approved.
pub const APPOINTMENT: u32 = 2;
/// Days, with a certificate for more than three in a row.
pub const SICK_LEAVE: u32 = 3;
/// Days that lie over others.
pub const HOME_OFFICE: u32 = 4;
/// Hours with a certificate.
pub const CARE: u32 = 5;
/// Hours, to be approved, never more than there are.
pub const TIME_ACCOUNT: u32 = 6;
/// Days, to be approved; all that is left, or missing, goes over.
pub const TRAINING: u32 = 7;
/// Hours without any rule.
pub const VISIT: u32 = 8;
/// Hours that lie over others.
pub const REMOTE: u32 = 9;

/// A company with kinds of absence of each sort, but without employees.
pub const COMPANY: &str = "
company: {id: replaced, name: Test GmbH, time_zone: Europe/Berlin}
holiday_calendars:
  - name: Bavaria
    country: DE
    state: Bayern
    days:
      - {date: 2026-01-06, part: none}
      - {date: 2026-07-01, part: whole}
      - {date: 2026-12-24, part: half}
      - {date: 2026-12-31, part: half}
      - {date: 2040-03-12, part: half}
      - {date: 2040-06-04, part: whole}
      - {date: 2040-12-24, part: half}
work_schedules:
  - {name: Full-time, monday: '08:00', tuesday: '08:00', wednesday: '08:00', thursday: '08:00', friday: '08:00'}
  - {name: Short Friday, monday: '08:30', tuesday: '08:30', wednesday: '08:30', thursday: '08:30', friday: '04:15'}
  - {name: Three days, monday: '06:00', tuesday: '07:30', thursday: '04:00'}
  - {name: Every day, monday: '08:00', tuesday: '08:00', wednesday: '08:00', thursday: '08:00', friday: '08:00',
     saturday: '08:00', sunday: '08:00'}
absence_types:
  - {id: 1, name: Vacation, category: paid_vacation, approval_required: true, negative_balance: false,
     carry_over: {since: 2039, most: 5, months: 3}}
  - {id: 2, name: Appointment, category: other, unit: hour, approval_required: true}
  - {id: 3, name: Sick leave, category: sick_leave, certificate_after: 3}
  - {id: 4, name: Home office, category: offsite_work, overlap: true}
  - {id: 5, name: Care, category: family_care, unit: hour, certificate_after: 0}
  - {id: 6, name: Time account, category: other, unit: hour, approval_required: true, negative_balance: false}
  - {id: 7, name: Training, category: other, approval_required: true, carry_over: {since: 2039}}
  - {id: 8, name: Visit, category: public_duty, unit: hour}
  - {id: 9, name: Remote, category: offsite_work, unit: hour, overlap: true}
";

/// What a company file says of an employee who works full time in Bavaria.
pub const FULL_TIME: &str = "work_schedule: Full-time, holiday_calendar: Bavaria";

/// The text of [`COMPANY`] with employees, numbered from 1, of whom the file says this.
#[must_use]
pub fn company(employees: &[&str]) -> String {
    let employees = employees.iter().zip(1..).map(|(fields, id)| {
        let comma = if fields.is_empty() { "" } else { ", " };
        format!("  - {{id: {id}, email: e{id}@test.example, first_name: Erika, last_name: Muster{comma}{fields}}}\n")
    });
    let employees: String = employees.collect();
    format!("{COMPANY}employees:{}", if employees.is_empty() { " []\n".to_owned() } else { format!("\n{employees}") })
}

/// A company with these employees, numbered from 1, and a client that may do everything.
pub async fn start(employees: &[&str]) -> (Muster, Client) {
    let muster = Muster::with(&company(employees), Limits::off()).await;
    let client = muster.admin().await;
    (muster, client)
}

/// Sets the clock forward to an instant, and logs in: tokens do not live so long.
pub async fn travel(muster: &Muster, to: &str) -> Client {
    let to: Timestamp = to.parse().expect("an instant");
    let ahead = to.as_millisecond() - muster.deps.clock.now().as_millisecond();
    muster.advance(Duration::from_millis(u64::try_from(ahead).expect("an instant in the future")));
    muster.admin().await
}

/// A request for an absence.
#[must_use]
pub fn absence(employee: u64, kind: u32, start: &str, end: &str) -> Json {
    json!({"employee_id": employee, "time_off_type_id": kind, "start_date": start, "end_date": end})
}

/// A request for a part of a day by the clock.
#[must_use]
pub fn clock(employee: u64, kind: u32, date: &str, from: &str, until: &str) -> Json {
    with(&absence(employee, kind, date, date), json!({"start_time": from, "end_time": until}))
}

/// A body with further fields.
#[must_use]
pub fn with(body: &Json, more: Json) -> Json {
    let mut body = body.clone();
    if let (Json::Object(body), Json::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    body
}

/// Where absences of a kind are.
#[must_use]
pub fn path_of(kind: u32) -> &'static str {
    if [APPOINTMENT, CARE, TIME_ACCOUNT, VISIT, REMOTE].contains(&kind) { PERIODS } else { TIME_OFFS }
}

/// Sends a request for an absence to where its kind belongs.
pub async fn create(client: &Client, body: &Json) -> Answer {
    let kind = body["time_off_type_id"].as_u64().and_then(|kind| u32::try_from(kind).ok());
    client.post(path_of(kind.expect("a kind")), body).await
}

/// What an absence says that was created, by the answer to the request; its path is where it can be read.
pub async fn created(client: &Client, body: &Json) -> (String, Json) {
    let answer = create(client, body).await;
    assert!(matches!(answer.status, 200 | 201), "{body}: {}", answer.body);
    let attributes = answer.body["data"]["attributes"].clone();
    let (hours, days) = (attributes["id"].as_str(), attributes["id"].as_u64());
    let path = hours.map_or_else(|| format!("{TIME_OFFS}/{}", days.expect("a number")), |id| format!("{PERIODS}/{id}"));
    (path, attributes)
}

/// What an absence says.
pub async fn read(client: &Client, path: &str) -> Json {
    let answer = client.get(path).await;
    assert_eq!(answer.status, 200, "{path}: {}", answer.body);
    answer.body["data"]["attributes"].clone()
}

/// What all absences say that a list with this query shows.
pub async fn list(client: &Client, path: &str, query: &str) -> Vec<Json> {
    let answer = client.get(&format!("{path}?limit=1000{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let data = answer.body["data"].as_array().expect("a list");
    assert_eq!(answer.body["metadata"]["total_elements"], data.len(), "all are on one page: {}", answer.body);
    data.iter().map(|one| one["attributes"].clone()).collect()
}

/// What is left of each kind of absence: `balance` and `available_balance`.
pub async fn balances(client: &Client, employee: u64) -> BTreeMap<u32, (f64, f64)> {
    let answer = client.get(&format!("/v1/company/employees/{employee}/absences/balance")).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let number = |one: &Json, name: &str| one[name].as_f64().expect("a number");
    let data = answer.body["data"].as_array().expect("a list");
    let of = |one: &Json| {
        let id = one["id"].as_u64().and_then(|id| u32::try_from(id).ok()).expect("a kind");
        (id, (number(one, "balance"), number(one, "available_balance")))
    };
    data.iter().map(of).collect()
}

/// Asserts that an answer refuses these fields, and no others.
pub fn assert_refused(answer: &Answer, status: u16, message: &str, fields: &[&str]) {
    assert_eq!((answer.status, answer.message()), (status, message), "{}", answer.body);
    let data = answer.body["error"]["error_data"].as_object().cloned().unwrap_or_default();
    let named: Vec<&str> = data.keys().map(String::as_str).collect();
    assert_eq!(named, fields, "{}", answer.body);
    for (field, said) in &data {
        let said = said.as_array().and_then(|said| said[0].as_str()).unwrap_or_default();
        assert!(!said.is_empty(), "{field}: {}", answer.body);
    }
}

/// A multipart form as Postman sends it.
#[must_use]
pub fn multipart(boundary: &str, fields: &Json) -> (String, String) {
    let part = |(name, value): (&String, &Json)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("--{boundary}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body: String = fields.as_object().expect("fields").iter().map(part).collect();
    (format!("multipart/form-data; boundary={boundary}"), format!("{body}--{boundary}--\r\n"))
}

/// A form as the contract asks for it.
#[must_use]
pub fn form(fields: &Json) -> String {
    let mut form = reqwest::Url::parse("http://form.example").expect("a URL");
    for (name, value) in fields.as_object().expect("fields") {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        form.query_pairs_mut().append_pair(name, &value);
    }
    form.query().unwrap_or_default().to_owned()
}
