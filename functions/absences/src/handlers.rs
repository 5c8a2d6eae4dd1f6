//! One function per endpoint: parse, store, respond. Here are the kinds of absence
//! and the balance; absences of days, of hours and the calendar have their own files.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use shared::attributes::value::number;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::employee::no_employee;
use shared::http::employee::parse_employee_id;
use shared::http::paging::NumberedPage;
use shared::http::paging::PageOf;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Success;
use shared::http::respond::success;
use shared::ids::CompanyId;
use utoipa::ToSchema;

use crate::model::TimeOffType;
use crate::model::balance::Account;
use crate::store;

pub mod bodies;
pub mod calendar;
pub mod filter;
pub mod periods;
pub mod time_offs;
pub mod view;
pub mod write;

/// How many records a page has when the client does not say, and at most.
const DEFAULT_LIMIT: u64 = 200;
const MAX_LIMIT: u64 = 1_000;

/// A kind of absence.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeOffTypeResource {
    /// Always `TimeOffType`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: TimeOffTypeAttributes,
}

/// What a kind of absence is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeOffTypeAttributes {
    /// Its number.
    id: u32,
    /// Its name.
    name: String,
    /// What it counts as.
    category: AbsenceCategory,
    /// Whether it is taken in days or hours.
    unit: AbsenceUnit,
    /// Whether somebody has to agree.
    approval_required: bool,
    /// The id under which v2 knows it.
    #[schema(format = "uuid")]
    id_v2: String,
}

impl TimeOffTypeResource {
    fn new(company: &CompanyId, one: TimeOffType) -> Self {
        Self {
            resource_type: "TimeOffType",
            attributes: TimeOffTypeAttributes {
                id: one.id.get(),
                id_v2: one.id.v2(company).to_string(),
                name: one.name,
                category: one.category,
                unit: one.unit,
                approval_required: one.approval_required,
            },
        }
    }
}

/// List time-off types
#[utoipa::path(
    get,
    path = "/v1/company/time-off-types",
    tag = "Absences",
    operation_id = "list_time_off_types",
    description = "The kinds of absence, taken in days or hours, in the order of their numbers.",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 1000, description = "How many kinds a page has: 200"),
        ("offset" = Option<u64>, Query, description = "The number of the page; 0 and 1 are both the first"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<TimeOffTypeResource>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_time_off_types(
    State(deps): State<Deps>,
    permit: ReadPermit,
    query: Query,
) -> Result<Json<PageOf<TimeOffTypeResource>>, Error> {
    let page = NumberedPage::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    let types = store::types(&deps, &permit).await?;
    let total = types.len() as u64;
    let shown = page.slice(types).into_iter().map(|one| TimeOffTypeResource::new(permit.company(), one)).collect();
    Ok(Json(page.of(total, shown)))
}

/// What is left of a kind of absence.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbsenceBalance {
    /// The number of the kind.
    id: u32,
    /// Its name.
    name: String,
    /// What it counts as.
    category: AbsenceCategory,
    /// What is left today: without what was taken up to and with today.
    #[schema(value_type = f64)]
    balance: Value,
    /// What is left to be planned for the year: without what is approved or waits for approval.
    #[schema(value_type = f64)]
    available_balance: Value,
    /// Whether both are days or hours; ours.
    unit: AbsenceUnit,
}

/// Get an employee's absence balance
#[utoipa::path(
    get,
    path = "/v1/company/employees/{employee_id}/absences/balance",
    tag = "Employees",
    operation_id = "get_absence_balance",
    description = "What is left of each kind of absence to which the employee is entitled, in the company's current \
        year. Kinds that are not limited for the employee are not there.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    responses(
        (status = 200, description = "What is left of each kind", body = Success<Vec<AbsenceBalance>>),
        Refused,
        (status = 404, description = "There is no such employee", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_absence_balance(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(employee_id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_employee_id(permit.touched(), &employee_id)?;
    let company = deps.companies.get(permit.company()).await?;
    let today = company.zone.today(deps.clock.now());
    let book = store::book(&deps, &permit, id, today.first_of_month()).await?.ok_or_else(|| no_employee(id))?;
    let shown = TimeOffType::all(&company).filter_map(|kind| {
        let balance = Account::of(&book.employee, &kind, &book.ledger)?.balance(today, &book.absences);
        Some(AbsenceBalance {
            id: kind.id.get(),
            balance: number(kind.unit.show(balance.now)),
            available_balance: number(kind.unit.show(balance.available)),
            name: kind.name,
            category: kind.category,
            unit: kind.unit,
        })
    });
    Ok(success(shown.collect::<Vec<_>>()))
}
