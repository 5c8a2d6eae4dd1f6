//! What tests of absences send and read.

use std::fmt::Display;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value as Json;
use serde_json::json;

use crate::Answer;
use crate::COMPANY;
use crate::Client;

/// Where absences of days are.
pub const TIME_OFFS: &str = "/v1/company/time-offs";
/// Where absences of hours are.
pub const PERIODS: &str = "/v1/company/absence-periods";

/// A kind in days that asks for approval.
pub const VACATION: u64 = 1;
/// A kind in hours that asks for approval.
pub const APPOINTMENT: u64 = 2;
/// A kind in days.
pub const SICK_LEAVE: u64 = 3;
/// A kind in days that may lie over others.
pub const HOME_OFFICE: u64 = 4;
/// A kind in hours that may lie over others; only [`company_of`] has it.
pub const ON_CALL: u64 = 6;
/// Another one, that asks for approval; only [`company_of`] has it.
pub const TRAINING: u64 = 7;

/// [`COMPANY`] with two more kinds of absence, and with employees of these numbers.
#[must_use]
pub fn company_of(employees: &[u64]) -> String {
    let more = "  - {name: On call, category: offsite_work, unit: hour, overlap: true}
  - {name: Training, category: other, unit: hour, overlap: true, approval_required: true}
document_categories:";
    let file = COMPANY.replacen("document_categories:", more, 1);
    let employees = employees
        .iter()
        .map(|id| format!("  - {{id: {id}, email: e{id}@test.example, first_name: Erika, last_name: No {id}}}\n"));
    format!("{file}employees:\n{}", employees.collect::<String>())
}

/// An absence of whole days as a request asks for it.
#[must_use]
pub fn body(employee: u64, kind: u64, start: impl Display + Copy, end: impl Display + Copy) -> Json {
    json!({
        "employee_id": employee, "time_off_type_id": kind,
        "start_date": start.to_string(), "end_date": end.to_string(),
    })
}

/// The same, with these fields besides.
#[must_use]
pub fn with(mut body: Json, fields: Json) -> Json {
    if let (Json::Object(body), Json::Object(fields)) = (&mut body, fields) {
        body.extend(fields);
    }
    body
}

/// What the answer says of an absence that is created.
pub async fn created(client: &Client, path: &str, body: &Json) -> Json {
    let answer = client.post(path, body).await;
    assert!(answer.status == 200 || answer.status == 201, "{body}: {}", answer.body);
    answer.body["data"]["attributes"].clone()
}

/// The id of an absence as its path has it.
#[must_use]
pub fn id_of(attributes: &Json) -> String {
    let id = &attributes["id"];
    id.as_str().map_or_else(|| id.to_string(), str::to_owned)
}

/// What a single read says of an absence.
pub async fn read(client: &Client, path: &str, id: &str) -> Json {
    let answer = client.get(&format!("{path}/{id}")).await;
    assert_eq!(answer.status, 200, "{path}/{id}: {}", answer.body);
    answer.body["data"]["attributes"].clone()
}

/// The ids of an answer's records, in their order.
#[must_use]
pub fn ids(answer: &Answer) -> Vec<String> {
    let data = answer.body["data"].as_array().expect("a list");
    data.iter().map(|one| id_of(&one["attributes"])).collect()
}

/// The ids of a whole list, read as clients read it, personio-py among them: page
/// by page from number 1 on, until there is nothing on a page or it says that it is
/// the last one. What each page says of the list must be true of all of it.
pub async fn walk(client: &Client, path: &str, query: &str, limit: usize) -> Vec<String> {
    let (mut walked, mut offset) = (Vec::new(), 1);
    let total = loop {
        let answer = client.get(&format!("{path}?{query}&limit={limit}&offset={offset}")).await;
        assert_eq!(answer.status, 200, "{query}: {}", answer.body);
        let (page, metadata) = (ids(&answer), &answer.body["metadata"]);
        let total = metadata["total_elements"].as_u64().and_then(|total| usize::try_from(total).ok()).expect("a total");
        let wanted = json!({"total_elements": total, "current_page": offset, "total_pages": total.div_ceil(limit)});
        assert_eq!(*metadata, wanted, "{query}");
        assert_eq!((&answer.body["offset"], &answer.body["limit"]), (&json!(offset), &json!(limit)), "{query}");
        assert!(page.len() <= limit, "{query}: {} on page {offset}", page.len());
        walked.extend_from_slice(&page);
        if page.is_empty() || metadata["current_page"] == metadata["total_pages"] {
            break total;
        }
        offset += 1;
    };
    assert_eq!(walked.len(), total, "{query}, {limit} at a time");
    walked
}

/// An absence as a test knows it: what it sent, and what it was told then.
#[derive(Clone, Debug)]
pub struct Known {
    /// Where it is.
    pub path: &'static str,
    /// Its id as its path has it.
    pub id: String,
    /// Whose it is.
    pub employee: u64,
    /// Of which kind it is.
    pub kind: u64,
    /// Its first day.
    pub start: Date,
    /// Its last day.
    pub end: Date,
    /// When it was last changed, to the second.
    pub updated: Timestamp,
}

impl Known {
    /// What a test knows of an absence from the body that it sent and the attributes in the answer.
    #[must_use]
    pub fn of(path: &'static str, body: &Json, attributes: &Json) -> Self {
        let number = |name: &str| body[name].as_u64().expect("a number");
        let date = |name: &str| body[name].as_str().and_then(|text| text.parse().ok()).expect("a date");
        Self {
            path,
            id: id_of(attributes),
            employee: number("employee_id"),
            kind: number("time_off_type_id"),
            start: date("start_date"),
            end: date("end_date"),
            updated: updated_of(attributes),
        }
    }

    /// Whether it has a day within a range.
    #[must_use]
    pub fn meets(&self, from: Option<Date>, to: Option<Date>) -> bool {
        to.is_none_or(|to| self.start <= to) && from.is_none_or(|from| self.end >= from)
    }

    /// Its path.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}/{}", self.path, self.id)
    }
}

/// When an absence was last changed, to the second.
#[must_use]
pub fn updated_of(attributes: &Json) -> Timestamp {
    let at: Timestamp = attributes["updated_at"].as_str().and_then(|text| text.parse().ok()).expect("an instant");
    Timestamp::from_second(at.as_second()).expect("an instant")
}

/// A date so many days later, or earlier.
#[must_use]
pub fn later(date: Date, days: i64) -> Date {
    date.checked_add(jiff::Span::new().days(days)).expect("a date")
}

/// Numbers that look random and are the same in every run (`SplitMix64`).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Numbers of a seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number from one to another, both included.
    pub fn between(&mut self, least: i64, most: i64) -> i64 {
        let width = u64::try_from(most - least + 1).expect("an order");
        least + i64::try_from(self.next() % width).expect("within the width")
    }

    /// One of these.
    pub fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let last = i64::try_from(all.len()).expect("few") - 1;
        all[usize::try_from(self.between(0, last)).expect("an index")]
    }

    /// Whether one of so many cases.
    pub fn one_in(&mut self, cases: i64) -> bool {
        self.between(1, cases) == 1
    }
}
