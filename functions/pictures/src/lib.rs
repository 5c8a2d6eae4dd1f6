//! Pictures of employees: show in any width, set and remove.
//!
//! A function of its own, so that no other one has to start with the code of three image formats.

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
