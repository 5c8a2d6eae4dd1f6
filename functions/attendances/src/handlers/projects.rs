//! The endpoints of projects, which have envelopes of their own for errors.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use shared::company::Company;
use shared::deps::Deps;
use shared::http::body::Fields;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::respond::BareFailure;
use shared::http::respond::FieldFailure;
use shared::http::respond::ProjectError;
use shared::http::respond::Refused;
use shared::http::respond::Success;
use shared::http::respond::Unreadable;
use shared::http::respond::no_content;
use shared::ids::ProjectId;
use shared::record::Subject;
use shared::record::Touched;
use utoipa::ToSchema;

use crate::model::project;
use crate::model::project::Project;
use crate::store::projects as store;

/// A project of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectResource {
    /// The number of the project.
    id: u32,
    /// Always `Project`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: ProjectAttributes,
}

/// What a project is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProjectAttributes {
    /// Its name.
    name: String,
    /// Whether new attendance can be booked on it.
    active: bool,
    /// When it was created, in the company's zone.
    created_at: String,
    /// When it was last changed, in the company's zone.
    updated_at: String,
}

fn show(touched: &Touched, company: &Company, project: Project) -> ProjectResource {
    touched.touch(Subject::Project, project.id);
    ProjectResource {
        id: project.id.get(),
        resource_type: "Project",
        attributes: ProjectAttributes {
            name: project.name,
            active: project.active,
            created_at: company.zone.show_instant(project.created_at),
            updated_at: company.zone.show_instant(project.updated_at),
        },
    }
}

/// Reads the number of a project from a path, and takes note of it for the record.
fn parse_id(permit: &WritePermit, text: &str) -> Result<ProjectId, ProjectError> {
    let id = ProjectId::from_digits(text).ok_or_else(|| ProjectError(project::not_found(None)))?;
    permit.touched().touch(Subject::Project, id);
    Ok(id)
}

/// What a request says of a project.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::project takes it in every form in which it comes")]
pub struct ProjectBody {
    /// One line of up to 255 characters, unique among active projects without regard to case.
    name: Option<String>,
    /// Whether new attendance can be booked on it; a new project is not active without it.
    active: Option<bool>,
}

/// List projects
#[utoipa::path(
    get,
    path = "/v1/company/attendances/projects",
    tag = "Projects",
    operation_id = "list_projects",
    description = "All projects, in the order of their numbers.",
    responses(
        (status = 200, description = "The projects", body = Success<Vec<ProjectResource>>),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_projects(
    State(deps): State<Deps>,
    permit: ReadPermit,
) -> Result<Json<Success<Vec<ProjectResource>>>, ProjectError> {
    let (company, projects) = tokio::try_join!(deps.companies.get(permit.company()), store::list(&deps, &permit))?;
    let data = projects.into_iter().map(|project| show(permit.touched(), &company, project)).collect();
    Ok(Json(Success { success: true, data }))
}

/// Create a project
#[utoipa::path(
    post,
    path = "/v1/company/attendances/projects",
    tag = "Projects",
    operation_id = "create_project",
    description = "Stores a new project.",
    request_body(content(
        (ProjectBody = "application/json"),
        (ProjectBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The project", body = Success<ProjectResource>),
        (status = 400, description = "A field is wrong", body = FieldFailure),
        Refused,
        Unreadable,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_project(
    State(deps): State<Deps>,
    permit: WritePermit,
    Fields(body): Fields,
) -> Result<Json<Success<ProjectResource>>, ProjectError> {
    let fields = project::read(&body)?;
    let name = fields.name.ok_or_else(project::no_name)?;
    let company = deps.companies.get(permit.company()).await?;
    let id = store::take_ids(&deps, &permit, 1).await?;
    let project = Project::new(id, name, fields.active.unwrap_or(false), deps.clock.now());
    store::create(&deps, &permit, std::slice::from_ref(&project)).await?;
    Ok(Json(Success { success: true, data: show(permit.touched(), &company, project) }))
}

/// Update a project
#[utoipa::path(
    patch,
    path = "/v1/company/attendances/projects/{id}",
    tag = "Projects",
    operation_id = "update_project",
    description = "Changes what is sent and leaves the rest alone.",
    params(("id" = i32, Path, description = "The number of the project")),
    request_body(content(
        (ProjectBody = "application/json"),
        (ProjectBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 200, description = "The project", body = Success<ProjectResource>),
        (status = 400, description = "A field is wrong", body = FieldFailure),
        Refused,
        Unreadable,
        (status = 404, description = "There is no such project", body = BareFailure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn update_project(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Json<Success<ProjectResource>>, ProjectError> {
    let id = parse_id(&permit, &id)?;
    let fields = project::read(&body)?;
    let company = deps.companies.get(permit.company()).await?;
    let project = store::update(&deps, &permit, id, &fields).await?;
    let project = project.ok_or_else(|| project::not_found(Some(id)))?;
    Ok(Json(Success { success: true, data: show(permit.touched(), &company, project) }))
}

/// Delete a project
#[utoipa::path(
    delete,
    path = "/v1/company/attendances/projects/{id}",
    tag = "Projects",
    operation_id = "delete_project",
    description = "Deletes a project. It keeps its name where attendance is booked on it, and takes no more.",
    params(("id" = i32, Path, description = "The number of the project")),
    responses(
        (status = 204, description = "The project is deleted"),
        Refused,
        (status = 404, description = "There is no such project", body = BareFailure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn delete_project(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
) -> Result<Response, ProjectError> {
    let id = parse_id(&permit, &id)?;
    if store::delete(&deps, &permit, id).await? {
        Ok(no_content())
    } else {
        Err(ProjectError(project::not_found(Some(id))))
    }
}
