//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;
use crate::handlers::projects;

const READ: Scope = Scope::read(Resource::Attendances);
const WRITE: Scope = Scope::write(Resource::Attendances);

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .guarded(&Method::GET, "/v1/company/attendances", READ, handlers::list_attendances)
        .guarded(&Method::POST, "/v1/company/attendances", WRITE, handlers::create_attendances)
        .guarded(&Method::GET, "/v1/company/attendances/{id}", READ, handlers::get_attendance)
        .guarded(&Method::PATCH, "/v1/company/attendances/{id}", WRITE, handlers::update_attendance)
        .guarded(&Method::DELETE, "/v1/company/attendances/{id}", WRITE, handlers::delete_attendance)
        .guarded(&Method::POST, "/v1/company/attendances/{id}/approve", WRITE, handlers::approve_attendance)
        .guarded(&Method::POST, "/v1/company/attendances/{id}/reject", WRITE, handlers::reject_attendance)
        .guarded(&Method::GET, "/v1/company/attendances/projects", READ, projects::list_projects)
        .guarded(&Method::POST, "/v1/company/attendances/projects", WRITE, projects::create_project)
        .guarded(&Method::PATCH, "/v1/company/attendances/projects/{id}", WRITE, projects::update_project)
        .guarded(&Method::DELETE, "/v1/company/attendances/projects/{id}", WRITE, projects::delete_project)
}
