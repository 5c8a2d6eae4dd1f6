//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    handlers::get_picture,
    handlers::get_picture_of_width,
    handlers::set_picture,
    handlers::remove_picture,
))]
pub struct Description;
