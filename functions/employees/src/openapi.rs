//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    handlers::list_employees,
    handlers::create_employee,
    handlers::get_employee,
    handlers::update_employee,
    handlers::list_attributes,
    handlers::list_custom_attributes,
))]
pub struct Description;
