//! Documents: upload, list, download, change and delete what belongs to employees' files.

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
