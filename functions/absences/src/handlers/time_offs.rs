//! Absences of days: list, create, change, delete, approve and reject.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use shared::approval::Verdict;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::approval::DecisionBody;
use shared::http::approval::with_approval;
use shared::http::body::Fields;
use shared::http::paging::NumberedPage;
use shared::http::paging::PageOf;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::Unreadable;
use shared::http::respond::success;
use shared::ids::AbsenceId;
use shared::record::Subject;

use crate::handlers::DEFAULT_LIMIT;
use crate::handlers::MAX_LIMIT;
use crate::handlers::bodies::AbsenceUpdate;
use crate::handlers::bodies::Done;
use crate::handlers::bodies::TimeOffBody;
use crate::handlers::filter;
use crate::handlers::view;
use crate::handlers::view::Shown;
use crate::handlers::view::TimeOffPeriod;
use crate::handlers::write;
use crate::store;
use crate::store::list;

const UNIT: AbsenceUnit = AbsenceUnit::Day;

/// List time-offs
#[utoipa::path(
    get,
    path = "/v1/company/time-offs",
    tag = "Absences",
    operation_id = "list_time_offs",
    description = "A page of absences of days, whatever became of them: those that began before start_date first, then by first \
        day and employee.",
    params(
        ("start_date" = Option<String>, Query, description = "Only those that have a day on this one or later, YYYY-MM-DD"),
        ("end_date" = Option<String>, Query, description = "Only those that have a day on this one or before, YYYY-MM-DD"),
        ("updated_from" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or later; the company's zone, if it \
                has none"),
        ("updated_to" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or before; a date includes all of it"),
        ("employees[]" = Option<Vec<i32>>, Query, description = "Only those of these employees, up to 200"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many a page has: 200"),
        ("offset" = Option<u64>, Query, description = "The number of the page; 0 and 1 are both the first"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<TimeOffPeriod>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_time_offs(
    State(deps): State<Deps>,
    permit: ReadPermit,
    query: Query,
) -> Result<Json<PageOf<TimeOffPeriod>>, Error> {
    let page = NumberedPage::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    let company = deps.companies.get(permit.company()).await?;
    let filter = filter::read(UNIT, &company, &query)?;
    let (total, absences) = list::list(&deps, &permit, &filter, page.records()).await?;
    let shown = Shown::of(&deps, &permit, &company, &absences).await?;
    let data = absences.into_iter().map(|absence| shown.time_off(absence)).collect::<Result<_, _>>()?;
    Ok(Json(page.of(total, data)))
}

/// Get a time-off
#[utoipa::path(
    get,
    path = "/v1/company/time-offs/{id}",
    tag = "Absences",
    operation_id = "get_time_off",
    description = "An absence of days, whatever became of it.",
    params(("id" = i32, Path, description = "The number of the absence")),
    responses(
        (status = 200, description = "The absence", body = Success<TimeOffPeriod>),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_time_off(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = AbsenceId::from_digits(&id).ok_or_else(write::not_found)?;
    permit.touched().touch(Subject::Absence, id);
    let (company, found) =
        tokio::try_join!(deps.companies.get(permit.company()), store::get(&deps, &permit, UNIT, id))?;
    let absence = found.ok_or_else(write::not_found)?;
    let shown = Shown::of(&deps, &permit, &company, std::slice::from_ref(&absence)).await?;
    shown.time_off(absence).map(success)
}

/// Create a time-off
#[utoipa::path(
    post,
    path = "/v1/company/time-offs",
    tag = "Absences",
    operation_id = "create_time_off",
    description = "Stores an absence of a kind that is taken in days. It is approved at once, unless `skip_approval` is false and its \
        kind asks for approval.",
    request_body(content(
        (TimeOffBody = "application/json"),
        (TimeOffBody = "application/x-www-form-urlencoded"),
        (TimeOffBody = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The absence is stored", body = Success<TimeOffPeriod>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such employee or kind of absence", body = Failure),
        (status = 409, description = "Others kept changing the employee's absences; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_time_off(
    State(deps): State<Deps>,
    permit: WritePermit,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let (absence, employee) = write::create(&deps, &permit, &company, UNIT, &with_approval(&query, body)).await?;
    Ok(success(view::time_off(&company, employee, absence)))
}

/// Change a time-off
#[utoipa::path(
    patch,
    path = "/v1/company/time-offs/{id}",
    tag = "Absences",
    operation_id = "update_time_off",
    description = "Changes what is sent and leaves the rest alone; null clears the comment. What was rejected cannot be \
        changed. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the absence")),
    request_body(content(
        (AbsenceUpdate = "application/json"),
        (AbsenceUpdate = "application/x-www-form-urlencoded"),
        (AbsenceUpdate = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The absence is changed", body = Success<Done>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
        (status = 409, description = "The absence is rejected, or others kept changing it", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn update_time_off(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    let company = deps.companies.get(permit.company()).await?;
    let absence = write::update(&deps, &permit, &company, (UNIT, id), &with_approval(&query, body)).await?;
    Ok(success(Done { message: "The absence period was updated.", status: Some(absence.status) }))
}

/// Delete a time-off
#[utoipa::path(
    delete,
    path = "/v1/company/time-offs/{id}",
    tag = "Absences",
    operation_id = "delete_time_off",
    description = "Deletes an absence of days, whatever became of it.",
    params(("id" = i32, Path, description = "The number of the absence")),
    responses(
        (status = 200, description = "The absence is deleted", body = Success<Done>),
        (status = 400, description = "The id cannot be one", body = Failure),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
        (status = 409, description = "Others kept changing the employee's absences; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn delete_time_off(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    write::delete(&deps, &permit, (UNIT, id)).await?;
    Ok(success(Done { message: "The absence period was deleted.", status: None }))
}

/// Approve a time-off
#[utoipa::path(
    post,
    path = "/v1/company/time-offs/{id}/approve",
    tag = "Absences",
    operation_id = "approve_time_off",
    description = "Approves a pending absence. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the absence")),
    request_body(content(
        (Option<DecisionBody> = "application/json"),
        (Option<DecisionBody> = "application/x-www-form-urlencoded"),
        (Option<DecisionBody> = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The absence is approved", body = Success<Done>),
        (status = 400, description = "The body or the id cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
        (status = 409, description = "The absence is not pending", body = Failure),
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn approve_time_off(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    let absence = write::decide(&deps, &permit, (UNIT, id), &body, Verdict::Approved).await?;
    Ok(success(Done { message: "The absence period was approved.", status: Some(absence.status) }))
}

/// Reject a time-off
#[utoipa::path(
    post,
    path = "/v1/company/time-offs/{id}/reject",
    tag = "Absences",
    operation_id = "reject_time_off",
    description = "Refuses a pending absence, which takes nothing from then on. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the absence")),
    request_body(content(
        (Option<DecisionBody> = "application/json"),
        (Option<DecisionBody> = "application/x-www-form-urlencoded"),
        (Option<DecisionBody> = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The absence is rejected", body = Success<Done>),
        (status = 400, description = "The body or the id cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
        (status = 409, description = "The absence is not pending", body = Failure),
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn reject_time_off(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    let absence = write::decide(&deps, &permit, (UNIT, id), &body, Verdict::Rejected).await?;
    Ok(success(Done { message: "The absence period was rejected.", status: Some(absence.status) }))
}

/// Reads the number of an absence from a path, and takes note of it for the record.
fn parse_id(permit: &WritePermit, text: &str) -> Result<AbsenceId, Error> {
    let id = AbsenceId::from_digits(text).ok_or_else(write::bad_id)?;
    permit.touched().touch(Subject::Absence, id);
    Ok(id)
}
