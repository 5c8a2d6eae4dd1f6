//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers;
use crate::handlers::upload;

const READ: Scope = Scope::read(Resource::Documents);
const WRITE: Scope = Scope::write(Resource::Documents);

/// Method, path, scope, handler.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    Routes::new(deps)
        .guarded(&Method::GET, "/v1/company/document-categories", READ, handlers::list_categories)
        .guarded(&Method::GET, "/v1/company/documents", READ, handlers::list_documents)
        .guarded_stream(&Method::POST, "/v1/company/documents", WRITE, upload::create_document)
        .guarded(&Method::POST, "/v1/company/documents/uploads", WRITE, upload::create_upload)
        .guarded(&Method::GET, "/v1/company/documents/{id}", READ, handlers::get_document)
        .guarded(&Method::PATCH, "/v1/company/documents/{id}", WRITE, handlers::update_document)
        .guarded(&Method::DELETE, "/v1/company/documents/{id}", WRITE, handlers::delete_document)
        .guarded(&Method::GET, "/v1/company/documents/{id}/download", READ, handlers::download_document)
}
