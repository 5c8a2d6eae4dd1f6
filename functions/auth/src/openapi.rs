//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(handlers::authenticate, handlers::describe, handlers::health))]
pub struct Description;
