//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;

const READ: Scope = Scope::read(Resource::Employees);
const WRITE: Scope = Scope::write(Resource::Employees);

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .guarded(&Method::GET, "/v1/company/employees", READ, handlers::list_employees)
        .guarded(&Method::POST, "/v1/company/employees", WRITE, handlers::create_employee)
        .guarded(&Method::GET, "/v1/company/employees/attributes", READ, handlers::list_attributes)
        .guarded(&Method::GET, "/v1/company/employees/custom-attributes", READ, handlers::list_custom_attributes)
        .guarded(&Method::GET, "/v1/company/employees/{employee_id}", READ, handlers::get_employee)
        .guarded(&Method::PATCH, "/v1/company/employees/{employee_id}", WRITE, handlers::update_employee)
}
