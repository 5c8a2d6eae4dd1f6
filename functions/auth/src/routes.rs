//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;

use crate::handlers;

/// Method, path, handler; all are open to everybody.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .open(&Method::POST, "/v1/auth", handlers::authenticate)
        .open(&Method::GET, "/openapi.json", handlers::describe)
        .open(&Method::GET, "/health", handlers::health)
}
