//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;

const READ: Scope = Scope::read(Resource::Absences);

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps).guarded(&Method::GET, "/v1/company/time-off-types", READ, handlers::list_time_off_types)
}
