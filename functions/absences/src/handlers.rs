//! One function per endpoint: parse, store, respond.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::NumberedPage;
use shared::http::paging::PageOf;
use shared::http::permit::ReadPermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::ids::CompanyId;
use utoipa::ToSchema;

use crate::model::TimeOffType;
use crate::store;

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
