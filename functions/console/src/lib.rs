//! The console: the page at `/console`, on which administrators manage API
//! credentials, and its JSON API under `/admin/v1`.
//!
//! Both go through the same rules (`shared::credential`), the same store
//! functions and the same sessions; the page is HTML made here, which works
//! without a script.

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
