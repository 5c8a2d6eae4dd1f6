//! What requests say of attendances, and what became of each row.

use serde::Serialize;
use serde_json::Value;
use shared::error::Error;
use shared::ids::AttendanceId;
use shared::ids::ProjectId;
use utoipa::ToSchema;

use crate::model::Listed;
use crate::model::Status;
use crate::store::create::Outcome;

/// The periods to create.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::rows takes it in every form in which it comes")]
pub struct AttendancesBody {
    /// At least one period, of at most 100 employees.
    attendances: Vec<AttendanceFields>,
    /// With false, the periods wait for approval, if the company asks for it; true without it.
    skip_approval: Option<bool>,
}

/// What a request says of a new period.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::rows takes it in every form in which it comes")]
pub struct AttendanceFields {
    /// The number of the employee, which no update changes.
    employee: i32,
    /// YYYY-MM-DD.
    date: String,
    /// HH:MM.
    start_time: String,
    /// HH:MM, after the start; null while the period runs.
    end_time: Option<String>,
    /// Minutes.
    r#break: u32,
    /// Up to 1,000 characters.
    comment: Option<String>,
    /// The number of an active project.
    project_id: Option<i32>,
}

/// What an update says of a period; one field at least.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::rows takes it in every form in which it comes")]
pub struct AttendanceUpdate {
    /// YYYY-MM-DD.
    date: Option<String>,
    /// HH:MM.
    start_time: Option<String>,
    /// HH:MM, after the start; null while the period runs.
    end_time: Option<String>,
    /// Minutes.
    r#break: Option<u32>,
    /// Up to 1,000 characters; null clears it.
    comment: Option<String>,
    /// The number of an active project; null for none.
    project_id: Option<i32>,
    /// With false, the period waits for approval, if the company asks for it; true without it.
    skip_approval: Option<bool>,
}

/// That the periods were created.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedAttendances {
    /// Their numbers, in the order of the rows.
    pub(crate) id: Vec<u32>,
    /// Their v2 ids, in the same order.
    pub(crate) id_v2: Vec<String>,
    /// Always `success`.
    pub(crate) message: &'static str,
}

/// What became of a row.
#[derive(Debug, Default, Serialize, ToSchema)]
pub struct RowResult {
    /// Whether it is stored.
    pub(crate) success: bool,
    /// Why not.
    pub(crate) error_msg: Option<String>,
    /// The number of the stored period.
    pub(crate) id: Option<u32>,
    /// The numbers of the periods in its way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conflicting_ids: Vec<u32>,
    /// As it was sent.
    #[schema(value_type = u32)]
    employee: Value,
    /// As it was sent.
    #[schema(value_type = String)]
    date: Value,
    /// As it was sent.
    #[schema(value_type = String)]
    start_time: Value,
    /// As it was sent.
    #[schema(value_type = Option<String>)]
    end_time: Value,
    /// As it was sent.
    #[schema(value_type = u32)]
    r#break: Value,
    /// As it was sent.
    #[schema(value_type = String)]
    comment: Value,
    /// As it was sent.
    #[schema(value_type = Option<u32>)]
    project_id: Value,
}

impl RowResult {
    /// A row of a batch, with the project that holds for it.
    pub(crate) fn of_row(row: &Value, project: &Value, outcome: &Outcome) -> Self {
        let sent = |name: &str| row.get(name).cloned().unwrap_or_default();
        let comment = sent("comment");
        Self {
            employee: number(sent("employee")),
            date: sent("date"),
            start_time: sent("start_time"),
            end_time: sent("end_time"),
            r#break: number(sent("break")),
            comment: if comment.is_null() { Value::from("") } else { comment },
            project_id: number(project.clone()),
            ..Self::of_outcome(outcome)
        }
    }

    /// A period as it would have become.
    pub(crate) fn of_period(listed: Listed, outcome: &Outcome) -> Self {
        let Listed { employee, date, period } = listed;
        let work = period.work;
        Self {
            employee: employee.get().into(),
            date: date.to_string().into(),
            start_time: work.start.to_string().into(),
            end_time: work.end.map(|end| end.to_string()).into(),
            r#break: work.break_minutes.into(),
            comment: work.comment.unwrap_or_default().into(),
            project_id: work.project.map(ProjectId::get).into(),
            ..Self::of_outcome(outcome)
        }
    }

    fn of_outcome(outcome: &Outcome) -> Self {
        let (id, error_msg, in_the_way) = match outcome {
            Outcome::Stored(id) => (Some(id.get()), None, Vec::new()),
            Outcome::Refused(error, in_the_way) => (None, Some(message(error)), in_the_way.clone()),
        };
        let conflicting_ids = in_the_way.into_iter().map(AttendanceId::get).collect();
        Self { success: id.is_some(), error_msg, id, conflicting_ids, ..Self::default() }
    }
}

/// A number as a number: forms know only text.
fn number(sent: Value) -> Value {
    let digits = sent.as_str().map(str::trim).and_then(|text| text.parse::<u32>().ok());
    digits.map_or(sent, Value::from)
}

/// What a row's sender is told; what is wrong with the store is nobody's but ours.
fn message(error: &Error) -> String {
    match error {
        Error::Unavailable(_) | Error::Internal(_) => "The row may not have been stored. Please try again.".to_owned(),
        other => other.to_string(),
    }
}

/// What was done with a period.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AttendanceDone)]
pub struct Done {
    /// One sentence.
    pub(crate) message: &'static str,
    /// What became of the period; not there when it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
}
