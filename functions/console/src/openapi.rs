//! What this function adds to the API's description: the JSON API, and not the pages.

use utoipa::OpenApi;

use crate::handlers::api;

/// The paths of this function.
#[derive(Debug, OpenApi)]
#[openapi(paths(
    api::sign_in,
    api::show_session,
    api::sign_out,
    api::list_credentials,
    api::create_credential,
    api::get_credential,
    api::change_credential,
    api::remove_credential,
    api::disable_credential,
    api::enable_credential,
    api::rotate_credential,
    api::list_integrations,
    api::list_attributes,
    api::list_record,
))]
pub struct Description;
