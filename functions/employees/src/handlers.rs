//! One function per endpoint: parse, store, respond.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::Response;
use jiff::Timestamp;
use serde::Serialize;
use shared::attributes::AttributeType;
use shared::attributes::Employee;
use shared::attributes::EmployeeResource;
use shared::attributes::View;
use shared::attributes::system;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body::Fields;
use shared::http::context::BaseUrl;
use shared::http::employee::no_employee;
use shared::http::employee::parse_employee_id;
use shared::http::paging::Page;
use shared::http::paging::PageOf;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::success;
use shared::ids::EmployeeId;
use shared::patch::Patch;
use utoipa::ToSchema;

use crate::model;
use crate::model::Purpose;
use crate::store;
use crate::store::New;

/// What a client that asks for more than one page gets at most, and without asking.
const MAX_LIMIT: u64 = 200;
const DEFAULT_LIMIT: u64 = 50;
/// How many changed employees come in one answer when the client does not ask
/// for a page: with every attribute they stay below the 6 MB that Lambda carries.
const MAX_CHANGED: u64 = 500;

/// List employees
#[utoipa::path(
    get,
    path = "/v1/company/employees",
    tag = "Employees",
    operation_id = "list_employees",
    description = "A page of employees in the order of their ids, with the attributes that the credential may read.",
    params(
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200,
            description = "How many employees a page has at most: 50, or all of them (up to 500) with updated_since"),
        ("offset" = Option<u64>, Query, description = "How many employees stand before the page"),
        ("email" = Option<String>, Query,
            description = "Only the employee with this address, without regard to case; ignored with updated_since"),
        ("attributes[]" = Option<Vec<String>>, Query, description = "Only these attributes, and the id"),
        ("updated_since" = Option<String>, Query,
            description = "Only employees that changed at or after this date or date-time (the company's zone, if it \
                has none); with attributes[], those of whom one of these attributes changed"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<EmployeeResource>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_employees(
    State(deps): State<Deps>,
    permit: ReadPermit,
    BaseUrl(base_url): BaseUrl,
    query: Query,
) -> Result<Json<PageOf<EmployeeResource>>, Error> {
    // Sent empty, as forms send it, it selects nothing and is as if it had not been sent.
    let selected = query.list("attributes").filter(|selected| !selected.is_empty());
    let company = deps.companies.get(permit.company());
    let now = deps.clock.now();
    let view = |company| View::new(company, permit.reader(), now).select(selected.as_ref()).at(&base_url);
    if let Some(since) = query.get("updated_since") {
        let company = company.await?;
        let since = company.zone.parse_instant("updated_since", since)?;
        let page = Page::from_query(&query, MAX_LIMIT, MAX_CHANGED)?;
        let view = view(&company);
        let attributes = selected.as_ref().map(|selected| visible(&view, selected));
        let ids = store::changed_since(&deps, &permit, since, attributes.as_ref()).await?;
        let employees = store::get_many(&deps, &permit, on_page(&ids, page)).await?;
        return respond(&deps, &permit, &view, page, ids.len() as u64, &employees).await;
    }
    let page = Page::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    if let Some(email) = query.get("email") {
        let (company, found) = tokio::try_join!(company, store::find_by_email(&deps, &permit, email))?;
        let found: Vec<_> = found.into_iter().collect();
        let shown = if page.offset == 0 { &found[..] } else { &[] };
        return respond(&deps, &permit, &view(&company), page, found.len() as u64, shown).await;
    }
    let (company, (total, employees)) = tokio::try_join!(company, store::list(&deps, &permit, page))?;
    respond(&deps, &permit, &view(&company), page, total, &employees).await
}

/// Whether an attribute that cannot be read has changed cannot be learned either.
fn visible(view: &View<'_>, selected: &BTreeSet<String>) -> BTreeSet<String> {
    selected.iter().filter(|key| view.shows(key)).cloned().collect()
}

fn on_page(ids: &[EmployeeId], page: Page) -> &[EmployeeId] {
    let index = |number: u64| usize::try_from(number).unwrap_or(usize::MAX).min(ids.len());
    &ids[index(page.offset)..index(page.offset.saturating_add(page.limit))]
}

async fn respond(
    deps: &Deps,
    permit: &ReadPermit,
    view: &View<'_>,
    page: Page,
    total: u64,
    employees: &[Employee],
) -> Result<Json<PageOf<EmployeeResource>>, Error> {
    let data = show(deps, permit, view, employees).await?;
    Ok(Json(PageOf::new(page, total, data)))
}

/// Employees as the credential may see them, their supervisors included.
async fn show(
    deps: &Deps,
    permit: &ReadPermit,
    view: &View<'_>,
    employees: &[Employee],
) -> Result<Vec<EmployeeResource>, Error> {
    let supervisors = if view.shows(system::SUPERVISOR) {
        store::supervisors(deps, permit, employees).await?
    } else {
        BTreeMap::new()
    };
    employees.iter().map(|employee| view.employee(employee, &supervisors)).collect()
}

/// Get an employee
#[utoipa::path(
    get,
    path = "/v1/company/employees/{employee_id}",
    tag = "Employees",
    operation_id = "get_employee",
    description = "An employee with the attributes that the credential may read.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    responses(
        (status = 200, description = "The employee", body = Success<EmployeeResource>),
        Refused,
        (status = 404, description = "There is no such employee", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_employee(
    State(deps): State<Deps>,
    permit: ReadPermit,
    BaseUrl(base_url): BaseUrl,
    Path(employee_id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_employee_id(permit.touched(), &employee_id)?;
    let (company, employee) = tokio::try_join!(deps.companies.get(permit.company()), store::get(&deps, &permit, id))?;
    let employee = employee.ok_or_else(|| no_employee(id))?;
    let view = View::new(&company, permit.reader(), deps.clock.now()).at(&base_url);
    let shown = show(&deps, &permit, &view, std::slice::from_ref(&employee)).await?;
    shown.into_iter().next().map(success).ok_or_else(|| no_employee(id))
}

/// What a request says of an employee.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::read takes it in every form in which it comes")]
pub struct EmployeeBody {
    employee: EmployeeFields,
}

/// The attributes that a request can write; others are ignored and named in `meta`.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::read takes it in every form in which it comes")]
pub struct EmployeeFields {
    /// Required to create an employee, unique without regard to case, and never changed.
    email: Option<String>,
    /// Required to create an employee.
    first_name: Option<String>,
    /// Required to create an employee.
    last_name: Option<String>,
    /// What the person wants to be called.
    preferred_name: Option<String>,
    /// male, female or diverse.
    gender: Option<String>,
    /// What the person works as.
    position: Option<String>,
    /// The name of a subcompany that exists.
    subcompany: Option<String>,
    /// The name of a department that exists.
    department: Option<String>,
    /// The name of an office that exists.
    office: Option<String>,
    /// YYYY-MM-DD.
    hire_date: Option<String>,
    /// 0 to 168.
    weekly_working_hours: Option<f64>,
    /// onboarding, active, leave or inactive; without it, a new employee is active from the day of hire on.
    status: Option<String>,
    /// The number of a current employee; null for none.
    supervisor_id: Option<i32>,
    /// Values of the company's own attributes by their keys, dynamic_ and digits.
    custom_attributes: Option<BTreeMap<String, serde_json::Value>>,
}

/// That an employee was created.
#[derive(Debug, Serialize, ToSchema)]
pub struct Created {
    success: bool,
    data: CreatedEmployee,
    /// What was ignored, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    meta: Vec<String>,
}

/// The new employee.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedEmployee {
    id: EmployeeNumber,
    /// Always `success`.
    message: &'static str,
}

/// The number of an employee.
type EmployeeNumber = u32;

/// Create an employee
#[utoipa::path(
    post,
    path = "/v1/company/employees",
    tag = "Employees",
    operation_id = "create_employee",
    description = "Stores a new employee and answers its id.",
    request_body(content(
        (EmployeeBody = "application/json"),
        (EmployeeBody = "application/x-www-form-urlencoded"),
        (EmployeeBody = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The employee was created", body = Created),
        Refused,
        Rejected,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_employee(
    State(deps): State<Deps>,
    permit: WritePermit,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let mut draft = model::read(&company, &body, Purpose::Create)?;
    model::default_status(&mut draft.changes, company.zone.today(deps.clock.now()));
    let supervisor = match draft.supervisor {
        Patch::Set(id) => Some(id),
        Patch::Keep | Patch::Clear => None,
    };
    let id = store::take_ids(&deps, &permit, 1).await?;
    store::create(&deps, &permit, vec![New { id, changes: draft.changes, supervisor }]).await?;
    let data = CreatedEmployee { id: id.get(), message: "success" };
    Ok(Json(Created { success: true, data, meta: draft.meta }).into_response())
}

/// That an employee was updated.
#[derive(Debug, Serialize, ToSchema)]
pub struct Updated {
    success: bool,
    data: UpdatedEmployee,
    /// What was ignored, and why.
    meta: Vec<String>,
}

/// The employee that was updated.
#[derive(Debug, Serialize, ToSchema)]
pub struct UpdatedEmployee {
    id: EmployeeNumber,
}

/// Update an employee
#[utoipa::path(
    patch,
    path = "/v1/company/employees/{employee_id}",
    tag = "Employees",
    operation_id = "update_employee",
    description = "Changes what is sent and leaves the rest alone; null clears.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    request_body(content(
        (EmployeeBody = "application/json"),
        (EmployeeBody = "application/x-www-form-urlencoded"),
        (EmployeeBody = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The employee is updated", body = Updated),
        Refused,
        (status = 404, description = "There is no such employee", body = Failure),
        (status = 409, description = "Others kept changing the employee; try again", body = Failure),
        Rejected,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn update_employee(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(employee_id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_employee_id(permit.touched(), &employee_id)?;
    let company = deps.companies.get(permit.company()).await?;
    let draft = model::read(&company, &body, Purpose::Update)?;
    store::update(&deps, &permit, id, &draft.changes, &draft.supervisor).await?.ok_or_else(|| no_employee(id))?;
    let data = UpdatedEmployee { id: id.get() };
    Ok(Json(Updated { success: true, data, meta: draft.meta }).into_response())
}

/// An attribute that the credential may read.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadableAttribute {
    /// Its key.
    key: String,
    /// What people call it.
    label: String,
    /// Its type.
    #[serde(rename = "type")]
    attribute_type: AttributeType,
    /// What it means across companies.
    universal_id: Option<String>,
    /// The values that a list or tags attribute can take.
    options: Vec<String>,
}

/// List the attributes that the credential may read
#[utoipa::path(
    get,
    path = "/v1/company/employees/attributes",
    tag = "Employees",
    operation_id = "list_attributes",
    responses(
        (status = 200, description = "The attributes", body = Success<Vec<ReadableAttribute>>),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_attributes(State(deps): State<Deps>, permit: ReadPermit) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    Ok(success(readable_attributes(&company, &permit, deps.clock.now())))
}

/// List the attributes that the credential may read (another path for the same)
#[utoipa::path(
    get,
    path = "/v1/company/employees/custom-attributes",
    tag = "Employees",
    operation_id = "list_custom_attributes",
    responses(
        (status = 200, description = "The attributes", body = Success<Vec<ReadableAttribute>>),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_custom_attributes(state: State<Deps>, permit: ReadPermit) -> Result<Response, Error> {
    list_attributes(state, permit).await
}

fn readable_attributes(company: &Company, permit: &ReadPermit, now: Timestamp) -> Vec<ReadableAttribute> {
    let view = View::new(company, permit.reader(), now);
    view.definitions()
        .map(|definition| ReadableAttribute {
            key: definition.key.to_string(),
            label: definition.label.clone(),
            attribute_type: definition.attribute_type,
            universal_id: definition.universal_id.clone(),
            options: definition.options.clone(),
        })
        .collect()
}
