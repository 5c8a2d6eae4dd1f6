//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    handlers::list_attendances,
    handlers::create_attendances,
    handlers::get_attendance,
    handlers::update_attendance,
    handlers::delete_attendance,
    handlers::approve_attendance,
    handlers::reject_attendance,
    handlers::projects::list_projects,
    handlers::projects::create_project,
    handlers::projects::update_project,
    handlers::projects::delete_project,
))]
pub struct Description;
