//! What requests say of absences, and short answers.

use serde::Serialize;
use utoipa::ToSchema;

use crate::model::Status;

/// A new absence of days.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::requests takes it in every form in which it comes")]
pub struct TimeOffBody {
    /// The number of the employee.
    employee_id: i32,
    /// The number of a kind of absence that is taken in days.
    time_off_type_id: i32,
    /// YYYY-MM-DD.
    start_date: String,
    /// YYYY-MM-DD; the last day.
    end_date: String,
    /// Whether only half of the first day; false without it.
    half_day_start: Option<bool>,
    /// Whether only half of the last day; false without it.
    half_day_end: Option<bool>,
    /// Up to 2,000 characters.
    comment: Option<String>,
    /// With false, the absence waits for approval, if its kind asks for it; true without it.
    skip_approval: Option<bool>,
}

/// A new absence of hours.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::requests takes it in every form in which it comes")]
pub struct AbsencePeriodBody {
    /// The number of the employee.
    employee_id: i32,
    /// The number of a kind of absence that is taken in hours and asks for no certificate.
    time_off_type_id: i32,
    /// YYYY-MM-DD.
    start_date: String,
    /// YYYY-MM-DD; the last day.
    end_date: String,
    /// HH:MM, on a single day only; without times, it is all of the day.
    start_time: Option<String>,
    /// HH:MM, after the start; on a single day only.
    end_time: Option<String>,
    /// Whether only half of the first of several days.
    half_day_start: Option<bool>,
    /// Whether only half of the last of several days.
    half_day_end: Option<bool>,
    /// Up to 2,000 characters.
    comment: Option<String>,
    /// With false, the absence waits for approval, if its kind asks for it; true without it.
    skip_approval: Option<bool>,
}

/// What an update says of an absence; one field at least.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::requests takes it in every form in which it comes")]
pub struct AbsenceUpdate {
    /// YYYY-MM-DD.
    start_date: Option<String>,
    /// YYYY-MM-DD; the last day.
    end_date: Option<String>,
    /// Whether only half of the first day.
    half_day_start: Option<bool>,
    /// Whether only half of the last day.
    half_day_end: Option<bool>,
    /// HH:MM, for an absence of hours on a single day; null makes it all of the day.
    start_time: Option<String>,
    /// HH:MM, after the start.
    end_time: Option<String>,
    /// Up to 2,000 characters; null clears it.
    comment: Option<String>,
    /// `submitted` once the certificate came.
    certificate: Option<String>,
    /// With false, the absence waits for approval, if its kind asks for it; with true, it is approved; as it was
    /// without it.
    skip_approval: Option<bool>,
}

/// What was done with an absence.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AbsenceDone)]
pub struct Done {
    /// One sentence.
    pub(crate) message: &'static str,
    /// What became of the absence; not there when it was deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) status: Option<Status>,
}
