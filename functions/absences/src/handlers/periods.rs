//! Absences of hours: list, create, change, delete, approve and reject.

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
use shared::http::respond::created;
use shared::http::respond::success;
use shared::ids::AbsenceId;
use shared::record::Subject;
use uuid::Uuid;

use crate::handlers::DEFAULT_LIMIT;
use crate::handlers::MAX_LIMIT;
use crate::handlers::bodies::AbsencePeriodBody;
use crate::handlers::bodies::AbsenceUpdate;
use crate::handlers::bodies::Done;
use crate::handlers::filter;
use crate::handlers::view;
use crate::handlers::view::AbsencePeriod;
use crate::handlers::view::Shown;
use crate::handlers::write;
use crate::store;
use crate::store::list;

const UNIT: AbsenceUnit = AbsenceUnit::Hour;

/// List absence periods
#[utoipa::path(
    get,
    path = "/v1/company/absence-periods",
    tag = "Absences",
    operation_id = "list_absence_periods",
    description = "A page of absences of hours, whatever became of them: those that began before start_date first, then by first \
        day and employee; of several kinds, one kind after the other.",
    params(
        ("start_date" = Option<String>, Query, description = "Only those that have a day on this one or later, YYYY-MM-DD"),
        ("end_date" = Option<String>, Query, description = "Only those that have a day on this one or before, YYYY-MM-DD"),
        ("updated_from" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or later; the company's zone, if it \
                has none"),
        ("updated_to" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or before; a date includes all of it"),
        ("employees[]" = Option<Vec<i32>>, Query, description = "Only those of these employees, up to 200"),
        ("absence_types[]" = Option<Vec<String>>, Query, description = "Only those of these kinds, by UUID or number"),
        ("absence_periods[]" = Option<Vec<String>>, Query, description = "Only these absences, by UUID, up to 200"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many a page has: 200"),
        ("offset" = Option<u64>, Query, description = "The number of the page; 0 and 1 are both the first"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<AbsencePeriod>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        (status = 404, description = "There is no such kind of absence", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_absence_periods(
    State(deps): State<Deps>,
    permit: ReadPermit,
    query: Query,
) -> Result<Json<PageOf<AbsencePeriod>>, Error> {
    let page = NumberedPage::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    let company = deps.companies.get(permit.company()).await?;
    let filter = filter::read(UNIT, &company, &query)?;
    let (total, absences) = list::list(&deps, &permit, &filter, page.records()).await?;
    let shown = Shown::of(&deps, &permit, &company, &absences).await?;
    let data = absences.into_iter().map(|absence| shown.period(absence)).collect::<Result<_, _>>()?;
    Ok(Json(page.of(total, data)))
}

/// Get an absence period
#[utoipa::path(
    get,
    path = "/v1/company/absence-periods/{id}",
    tag = "Absences",
    operation_id = "get_absence_period",
    description = "An absence of hours, whatever became of it. The vendor has no such call.",
    params(("id" = String, Path, description = "The id of the absence, a UUID")),
    responses(
        (status = 200, description = "The absence", body = Success<AbsencePeriod>),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_absence_period(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = AbsenceId::from_v2(&id, permit.company()).ok_or_else(write::not_found)?;
    permit.touched().touch(Subject::Absence, id);
    let (company, found) =
        tokio::try_join!(deps.companies.get(permit.company()), store::get(&deps, &permit, UNIT, id))?;
    let absence = found.ok_or_else(write::not_found)?;
    let shown = Shown::of(&deps, &permit, &company, std::slice::from_ref(&absence)).await?;
    shown.period(absence).map(success)
}

/// Create an absence period
#[utoipa::path(
    post,
    path = "/v1/company/absence-periods",
    tag = "Absences",
    operation_id = "create_absence_period",
    description = "Stores an absence of a kind that is taken in hours: a part of a single day by the clock, or whole days. Kinds that \
        require a certificate are refused.",
    request_body(content(
        (AbsencePeriodBody = "application/json"),
        (AbsencePeriodBody = "application/x-www-form-urlencoded"),
        (AbsencePeriodBody = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "The absence is stored", body = Success<AbsencePeriod>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such employee or kind of absence", body = Failure),
        (status = 409, description = "Others kept changing the employee's absences; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_absence_period(
    State(deps): State<Deps>,
    permit: WritePermit,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let (absence, employee) = write::create(&deps, &permit, &company, UNIT, &with_approval(&query, body)).await?;
    Ok(created(view::period(&company, employee, absence)))
}

/// Change an absence period
#[utoipa::path(
    patch,
    path = "/v1/company/absence-periods/{id}",
    tag = "Absences",
    operation_id = "update_absence_period",
    description = "Changes what is sent and leaves the rest alone; null clears the comment. What was rejected cannot be \
        changed. The vendor has no such call.",
    params(("id" = String, Path, description = "The id of the absence, a UUID")),
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
pub async fn update_absence_period(
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

/// Delete an absence period
#[utoipa::path(
    delete,
    path = "/v1/company/absence-periods/{id}",
    tag = "Absences",
    operation_id = "delete_absence_period",
    description = "Deletes an absence of hours, whatever became of it.",
    params(("id" = String, Path, description = "The id of the absence, a UUID")),
    responses(
        (status = 200, description = "The absence is deleted", body = Success<Done>),
        (status = 400, description = "The id cannot be one", body = Failure),
        Refused,
        (status = 404, description = "There is no such absence", body = Failure),
        (status = 409, description = "Others kept changing the employee's absences; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn delete_absence_period(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    write::delete(&deps, &permit, (UNIT, id)).await?;
    Ok(success(Done { message: "The absence period was deleted.", status: None }))
}

/// Approve an absence period
#[utoipa::path(
    post,
    path = "/v1/company/absence-periods/{id}/approve",
    tag = "Absences",
    operation_id = "approve_absence_period",
    description = "Approves a pending absence. The vendor has no such call.",
    params(("id" = String, Path, description = "The id of the absence, a UUID")),
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
pub async fn approve_absence_period(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    let absence = write::decide(&deps, &permit, (UNIT, id), &body, Verdict::Approved).await?;
    Ok(success(Done { message: "The absence period was approved.", status: Some(absence.status) }))
}

/// Reject an absence period
#[utoipa::path(
    post,
    path = "/v1/company/absence-periods/{id}/reject",
    tag = "Absences",
    operation_id = "reject_absence_period",
    description = "Refuses a pending absence, which takes nothing from then on. The vendor has no such call.",
    params(("id" = String, Path, description = "The id of the absence, a UUID")),
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
pub async fn reject_absence_period(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(&permit, &id)?;
    let absence = write::decide(&deps, &permit, (UNIT, id), &body, Verdict::Rejected).await?;
    Ok(success(Done { message: "The absence period was rejected.", status: Some(absence.status) }))
}

/// Reads the id of an absence from a path, and takes note of it for the record.
fn parse_id(permit: &WritePermit, text: &str) -> Result<AbsenceId, Error> {
    Uuid::try_parse(text).map_err(|_| write::bad_id())?;
    // A UUID that is none of ours is one that no absence has.
    let id = AbsenceId::from_v2(text, permit.company()).ok_or_else(write::not_found)?;
    permit.touched().touch(Subject::Absence, id);
    Ok(id)
}
