//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;

const READ: Scope = Scope::read(Resource::Employees);
const WRITE: Scope = Scope::write(Resource::Employees);

const PICTURE: &str = "/v1/company/employees/{employee_id}/profile-picture";
const OF_WIDTH: &str = "/v1/company/employees/{employee_id}/profile-picture/{width}";

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .guarded(&Method::GET, PICTURE, READ, handlers::get_picture)
        .guarded(&Method::PUT, PICTURE, WRITE, handlers::set_picture)
        .guarded(&Method::DELETE, PICTURE, WRITE, handlers::remove_picture)
        .guarded(&Method::GET, OF_WIDTH, READ, handlers::get_picture_of_width)
}
