//! `POST /v1/auth`: a credential becomes a bearer token. This function also
//! answers what needs no credential: the API's description, and paths that
//! nobody serves.

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
