//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(handlers::list_time_off_types))]
pub struct Description;
