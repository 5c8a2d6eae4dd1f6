//! Absences: the kinds of absence that a company knows. Absences themselves are not kept yet.

use axum::Router;
use shared::deps::Deps;

pub mod handlers;
pub mod model;
pub mod openapi;
pub mod routes;
pub mod store;

/// The router of this function.
pub fn router(deps: Deps) -> Router {
    routes::routes(deps).into_router()
}
