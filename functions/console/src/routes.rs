//! The endpoints of this function.

use axum::http::Method;
use shared::deps::Deps;
use shared::http::routes::Routes;

use crate::handlers::api;
use crate::handlers::assets;
use crate::handlers::open_id;
use crate::handlers::open_id::provider::Provider;
use crate::handlers::pages;
use crate::handlers::sign_in;
use crate::handlers::visitor;

/// Method, path, handler. Those with a session take it from the cookie of an administrator who is signed in.
#[must_use]
pub fn routes(deps: Deps) -> Routes {
    let provider = deps.open_id.clone().map(|settings| Provider::new(settings, deps.clock.clone()));
    admin(console(Routes::new(deps)))
        .surrounded_by(move |request, next| visitor::surround(provider.clone(), request, next))
}

/// The pages.
fn console(routes: Routes) -> Routes {
    let (get, post) = (&Method::GET, &Method::POST);
    routes
        .open(get, "/console", sign_in::begin)
        .open(get, "/console/assets/{name}", assets::asset)
        .open(get, "/console/sign-in", sign_in::show_form)
        .open(post, "/console/sign-in", sign_in::send_form)
        .open(get, "/console/sign-in/oidc", open_id::begin)
        .open(get, "/console/sign-in/oidc/callback", open_id::finish)
        .open(get, "/console/sign-in/{token}", sign_in::show_link)
        .open(post, "/console/sign-in/{token}", sign_in::use_link)
        .session(post, "/console/sign-out", sign_in::sign_out)
        .session(get, "/console/credentials", pages::list)
        .session(get, "/console/credentials/new", pages::show_new)
        .session(post, "/console/credentials/new", pages::send_new)
        .session(get, "/console/credentials/{client_id}", pages::show_one)
        .session(post, "/console/credentials/{client_id}", pages::change_one)
        .session(post, "/console/credentials/{client_id}/state", pages::set_state)
        .session(get, "/console/credentials/{client_id}/rotate", pages::show_rotate)
        .session(post, "/console/credentials/{client_id}/rotate", pages::rotate)
        .session(get, "/console/credentials/{client_id}/remove", pages::show_remove)
        .session(post, "/console/credentials/{client_id}/remove", pages::remove)
        .session(get, "/console/record", pages::record::show)
}

/// The JSON API.
fn admin(routes: Routes) -> Routes {
    let (get, post) = (&Method::GET, &Method::POST);
    routes
        .open(post, "/admin/v1/session", api::sign_in)
        .session(get, "/admin/v1/session", api::show_session)
        .session(&Method::DELETE, "/admin/v1/session", api::sign_out)
        .session(get, "/admin/v1/credentials", api::list_credentials)
        .session(post, "/admin/v1/credentials", api::create_credential)
        .session(get, "/admin/v1/credentials/{client_id}", api::get_credential)
        .session(&Method::PATCH, "/admin/v1/credentials/{client_id}", api::change_credential)
        .session(&Method::DELETE, "/admin/v1/credentials/{client_id}", api::remove_credential)
        .session(post, "/admin/v1/credentials/{client_id}/disable", api::disable_credential)
        .session(post, "/admin/v1/credentials/{client_id}/enable", api::enable_credential)
        .session(post, "/admin/v1/credentials/{client_id}/rotate", api::rotate_credential)
        .session(get, "/admin/v1/integrations", api::list_integrations)
        .session(get, "/admin/v1/attributes", api::list_attributes)
        .session(get, "/admin/v1/record", api::list_record)
}
