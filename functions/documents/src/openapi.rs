//! What this function adds to the API's description.

use utoipa::OpenApi;

use crate::handlers;
use crate::handlers::upload;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    handlers::list_categories,
    handlers::list_documents,
    upload::create_document,
    upload::create_upload,
    handlers::get_document,
    handlers::update_document,
    handlers::delete_document,
    handlers::download_document,
))]
pub struct Description;
