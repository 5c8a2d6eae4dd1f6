//! One function per endpoint: parse, store, respond.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value;
use shared::approval::Verdict;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::approval::DecisionBody;
use shared::http::approval::read_decision;
use shared::http::approval::with_approval;
use shared::http::body::Fields;
use shared::http::filter::read_days;
use shared::http::filter::read_numbers;
use shared::http::filter::read_times;
use shared::http::paging::Page;
use shared::http::paging::PageOf;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::query::Query;
use shared::http::respond::BatchFailure;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Success;
use shared::http::respond::Unreadable;
use shared::http::respond::batch_failure;
use shared::http::respond::success;
use shared::ids::AttendanceId;
use shared::ids::EmployeeId;
use shared::patch::Patch;
use shared::record::Subject;
use shared::record::Touched;

use crate::handlers::bodies::AttendanceUpdate;
use crate::handlers::bodies::AttendancesBody;
use crate::handlers::bodies::CreatedAttendances;
use crate::handlers::bodies::Done;
use crate::handlers::bodies::RowResult;
use crate::handlers::view::AttendanceResource;
use crate::model;
use crate::model::Filter;
use crate::model::Listed;
use crate::model::Period;
use crate::model::Status;
use crate::model::rows;
use crate::model::rows::Batch;
use crate::store;
use crate::store::Change;
use crate::store::Changed;
use crate::store::create;
use crate::store::create::Outcome;
use crate::store::list;

pub mod bodies;
pub mod projects;
pub mod view;

/// How many periods a page has when the client does not say, and at most.
const DEFAULT_LIMIT: u64 = 200;
const MAX_LIMIT: u64 = 1_000;
/// How many employees a list can be asked for: each is a query of its own.
const MAX_FILTERED: usize = 200;
/// The vendor's text for a batch of which a part failed.
const BATCH_FAILED: &str = "Error when trying to insert Attendances periods rows";

/// List attendances
#[utoipa::path(
    get,
    path = "/v1/company/attendances",
    tag = "Attendances",
    operation_id = "list_attendances",
    description = "A page of attendance periods in the order of their days, then of employees, then as they begin.",
    params(
        ("start_date" = String, Query, description = "The first day, YYYY-MM-DD"),
        ("end_date" = String, Query, description = "The last day, YYYY-MM-DD"),
        ("updated_from" = Option<String>, Query,
            description = "Only periods that were changed at this date or date-time or later; the company's zone, if \
                it has none"),
        ("updated_to" = Option<String>, Query,
            description = "Only periods that were changed at this date or date-time or before; a date includes all of it"),
        ("includePending" = Option<bool>, Query,
            description = "Also periods that are pending or rejected; false without it"),
        ("employees[]" = Option<Vec<i32>>, Query, description = "Only periods of these employees, up to 200"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many periods a page has: 200"),
        ("offset" = Option<u64>, Query, description = "How many periods stand before the page"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<AttendanceResource>),
        (status = 400, description = "A parameter is missing or cannot be read", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_attendances(
    State(deps): State<Deps>,
    permit: ReadPermit,
    query: Query,
) -> Result<Json<PageOf<AttendanceResource>>, Error> {
    let page = Page::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    let company = deps.companies.get(permit.company()).await?;
    let filter = read_filter(&company, &query)?;
    let (total, periods) = list::list(&deps, &permit, &filter, page).await?;
    let data = view::show(&deps, &permit, &company, periods).await?;
    Ok(Json(PageOf::new(page, total, data)))
}

fn read_filter(company: &Company, query: &Query) -> Result<Filter, Error> {
    for name in ["start_date", "end_date"] {
        query.get(name).ok_or_else(|| Error::malformed(name, format!("The {name} is required.")))?;
    }
    let ((from, to), (updated_from, updated_to)) = (read_days(query)?, read_times(query, &company.zone)?);
    Ok(Filter {
        from: from.unwrap_or(Date::MIN),
        to: to.unwrap_or(Date::MAX),
        employees: read_numbers(query, "employees", MAX_FILTERED, EmployeeId::from_digits)?,
        updated_from,
        updated_to,
        all: query.flag("includePending", false)?,
    })
}

/// Get an attendance
#[utoipa::path(
    get,
    path = "/v1/company/attendances/{id}",
    tag = "Attendances",
    operation_id = "get_attendance",
    description = "An attendance period, whatever became of it. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the period")),
    responses(
        (status = 200, description = "The period", body = Success<AttendanceResource>),
        Refused,
        (status = 404, description = "There is no such period", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_attendance(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let (company, found) = tokio::try_join!(deps.companies.get(permit.company()), store::get(&deps, &permit, id))?;
    let (place, period) = found.ok_or_else(not_found)?;
    let listed = Listed { employee: place.employee, date: place.date, period };
    let shown = view::show(&deps, &permit, &company, vec![listed]).await?;
    shown.into_iter().next().map(success).ok_or_else(not_found)
}

/// Reads the number of a period from a path, and takes note of it for the record.
fn parse_id(touched: &Touched, text: &str) -> Result<AttendanceId, Error> {
    let id = AttendanceId::from_digits(text).ok_or_else(not_found)?;
    touched.touch(Subject::Attendance, id);
    Ok(id)
}

fn not_found() -> Error {
    Error::not_found(model::NOT_FOUND)
}

/// Create attendances
#[utoipa::path(
    post,
    path = "/v1/company/attendances",
    tag = "Attendances",
    operation_id = "create_attendances",
    description = "Stores attendance periods of up to 100 employees. Each row is stored or refused by itself: what is \
        valid is stored although the call says 400.",
    request_body(content(
        (AttendancesBody = "application/json"),
        (AttendancesBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "All periods are stored", body = Success<CreatedAttendances>),
        (status = 400, description = "Some rows were refused, or the body cannot be read",
            body = BatchFailure<RowResult>),
        Refused,
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_attendances(
    State(deps): State<Deps>,
    permit: WritePermit,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let batch = rows::read_batch(&company, &with_approval(&query, body))?;
    let outcomes = store_batch(&deps, &permit, &company, &batch).await?;
    let ids: Vec<AttendanceId> = outcomes
        .iter()
        .filter_map(|outcome| match outcome {
            Outcome::Stored(id) => Some(*id),
            Outcome::Refused(..) => None,
        })
        .collect();
    if ids.len() == outcomes.len() {
        let id_v2 = ids.iter().map(|id| id.v2(permit.company()).to_string()).collect();
        let id = ids.into_iter().map(AttendanceId::get).collect();
        return Ok(success(CreatedAttendances { id, id_v2, message: "success" }));
    }
    // When the store is the reason for all of it, the call can be repeated as it is.
    let passing = outcomes.iter().find_map(store_failure);
    if let (true, Some(error)) = (ids.is_empty(), &passing) {
        return Err(error.clone());
    }
    let rows = batch.rows.iter().zip(&outcomes);
    let results = rows.map(|(row, outcome)| RowResult::of_row(row, batch.project_of(row), outcome));
    Ok(batch_failure(BATCH_FAILED, results.collect(), passing.is_some()))
}

fn store_failure(outcome: &Outcome) -> Option<Error> {
    match outcome {
        Outcome::Refused(error @ (Error::Unavailable(_) | Error::Internal(_)), _) => Some(error.clone()),
        _ => None,
    }
}

/// Reads the rows and stores those that can be read; the outcomes are in the order of the rows.
async fn store_batch(
    deps: &Deps,
    permit: &WritePermit,
    company: &Company,
    batch: &Batch,
) -> Result<Vec<Outcome>, Error> {
    let read: Vec<_> = batch.rows.iter().map(|row| batch.read(company, row)).collect();
    let drafts = read.iter().filter_map(|row| row.as_ref().ok().cloned()).collect();
    let mut stored = create::create(deps, permit, drafts).await?.into_iter();
    let lost = || Error::Internal("a row of a batch was lost".to_owned());
    read.into_iter()
        .map(|row| match row {
            Ok(_) => stored.next().ok_or_else(lost),
            Err(error) => Ok(Outcome::Refused(error, Vec::new())),
        })
        .collect()
}

/// Update an attendance
#[utoipa::path(
    patch,
    path = "/v1/company/attendances/{id}",
    tag = "Attendances",
    operation_id = "update_attendance",
    description = "Changes what is sent and leaves the rest alone; null clears end_time, comment and project_id.",
    params(("id" = i32, Path, description = "The number of the period")),
    request_body(content(
        (AttendanceUpdate = "application/json"),
        (AttendanceUpdate = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The period is updated", body = Success<Done>),
        (status = 400, description = "The period would break a rule, or the body cannot be read",
            body = BatchFailure<RowResult>),
        Refused,
        (status = 404, description = "There is no such period", body = Failure),
        (status = 409, description = "Others kept changing the period; try again", body = Failure),
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn update_attendance(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let company = deps.companies.get(permit.company()).await?;
    let (update, status) = rows::read_update(&company, &with_approval(&query, body)).map_err(Error::into_malformed)?;
    let project = match update.project {
        Patch::Set(project) => store::check_project(&deps, &permit, project).await,
        Patch::Keep | Patch::Clear => Ok(()),
    };
    let changed = store::change(&deps, &permit, id, update.date, |place, stored| {
        let work = update.apply(place.employee, &stored.work)?;
        let date = update.date.unwrap_or(place.date);
        work.check_change(&company.zone, date, (place.date, &stored.work))?;
        // A project that was closed since may stay.
        if work.project != stored.work.project {
            project.clone()?;
        }
        let unchanged = work == stored.work && date == place.date && status == stored.status && !stored.deletion;
        // What was confirmed is kept until the change is decided on.
        let former = if status == Status::Pending { stored.confirmed(place.date) } else { None };
        let period = Period { work, status, former, deletion: false, ..stored.clone() };
        Ok(if unchanged { Change::Nothing } else { Change::Write(date, period) })
    });
    match changed.await.map_err(Error::into_malformed)? {
        Changed::NotFound => Err(not_found()),
        Changed::Done(period) => {
            let status = period.map(|period| period.status);
            Ok(success(Done { message: "The attendance period was updated.", status }))
        }
        Changed::InTheWay(ids, listed) => {
            let outcome = Outcome::Refused(Error::invalid("start_time", model::OVERLAP), ids);
            Ok(batch_failure(BATCH_FAILED, vec![RowResult::of_period(*listed, &outcome)], false))
        }
    }
}

/// Delete an attendance
#[utoipa::path(
    delete,
    path = "/v1/company/attendances/{id}",
    tag = "Attendances",
    operation_id = "delete_attendance",
    description = "Deletes a period, or asks for leave to delete it.",
    params(
        ("id" = i32, Path, description = "The number of the period"),
        ("skip_approval" = Option<bool>, Query,
            description = "With false, a confirmed period becomes pending and is deleted when that is approved, if \
                the company asks for approval; true without it"),
    ),
    responses(
        (status = 200, description = "The period is deleted, or waits for approval", body = Success<Done>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such period", body = Failure),
        (status = 409, description = "Others kept changing the period; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn delete_attendance(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    query: Query,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let company = deps.companies.get(permit.company()).await?;
    let ask = rows::status(&company, &with_approval(&query, body))? == Status::Pending;
    let changed = store::change(&deps, &permit, id, None, |place, stored| {
        // What is not confirmed counts for nothing yet: nobody has to agree.
        if !ask || stored.confirmed(place.date).is_none() {
            return Ok(Change::Remove);
        }
        let period = Period { status: Status::Pending, deletion: true, ..stored.clone() };
        Ok(if stored.deletion { Change::Nothing } else { Change::Write(place.date, period) })
    });
    done(changed.await?, "The deletion of the attendance period waits for approval.")
}

fn done(changed: Changed, message: &'static str) -> Result<Response, Error> {
    match changed {
        Changed::Done(Some(period)) => Ok(success(Done { message, status: Some(period.status) })),
        Changed::Done(None) => Ok(success(Done { message: "The attendance period was deleted.", status: None })),
        Changed::NotFound => Err(not_found()),
        Changed::InTheWay(..) => Err(Error::Conflict(
            "Other attendance periods lie where the confirmed one was. Move or delete them, or approve.".to_owned(),
        )),
    }
}

/// Approve an attendance
#[utoipa::path(
    post,
    path = "/v1/company/attendances/{id}/approve",
    tag = "Attendances",
    operation_id = "approve_attendance",
    description = "Confirms a pending period, or deletes one whose deletion is pending. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the period")),
    request_body(content(
        (Option<DecisionBody> = "application/json"),
        (Option<DecisionBody> = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The period is confirmed, or deleted", body = Success<Done>),
        (status = 400, description = "The body cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such period", body = Failure),
        (status = 409, description = "The period is not pending", body = Failure),
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn approve_attendance(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let changed = decide(&deps, &permit, &id, &body, Verdict::Approved).await?;
    done(changed, "The attendance period was approved.")
}

/// Reject an attendance
#[utoipa::path(
    post,
    path = "/v1/company/attendances/{id}/reject",
    tag = "Attendances",
    operation_id = "reject_attendance",
    description = "Refuses a pending period, a change of a confirmed one, which is then as it was, or its deletion. The \
        vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the period")),
    request_body(content(
        (Option<DecisionBody> = "application/json"),
        (Option<DecisionBody> = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The period is rejected, or as it was", body = Success<Done>),
        (status = 400, description = "The body cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such period", body = Failure),
        (status = 409, description = "The period is not pending", body = Failure),
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn reject_attendance(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    match decide(&deps, &permit, &id, &body, Verdict::Rejected).await? {
        Changed::Done(Some(period)) if period.is_confirmed() => {
            let message = "The attendance period stays as it was confirmed.";
            Ok(success(Done { message, status: Some(period.status) }))
        }
        changed => done(changed, "The attendance period was rejected."),
    }
}

async fn decide(
    deps: &Deps,
    permit: &WritePermit,
    id: &str,
    body: &Map<String, Value>,
    verdict: Verdict,
) -> Result<Changed, Error> {
    let id = parse_id(permit.touched(), id)?;
    let decision = read_decision(deps, permit, body, verdict)?;
    store::change(deps, permit, id, None, |place, stored| {
        let decided = stored.clone().decide(place.date, decision.clone())?;
        Ok(decided.map_or(Change::Remove, |(date, period)| Change::Write(date, period)))
    })
    .await
}
