//! The routers of all functions as one, and their description.

use axum::Router;
use shared::deps::Deps;
use shared::http::app::app;
use shared::http::idempotency::KEY_HEADER;
use shared::http::idempotency::MAX_KEY;
use shared::http::routes::Endpoint;
use shared::http::routes::Routes;
use utoipa::OpenApi;
use utoipa::openapi::Content;
use utoipa::openapi::Object;
use utoipa::openapi::Ref;
use utoipa::openapi::RefOr;
use utoipa::openapi::ResponseBuilder;
use utoipa::openapi::Type;
use utoipa::openapi::path::Operation;
use utoipa::openapi::path::ParameterBuilder;
use utoipa::openapi::path::ParameterIn;
use utoipa::openapi::security::ApiKey;
use utoipa::openapi::security::ApiKeyValue;
use utoipa::openapi::security::HttpAuthScheme;
use utoipa::openapi::security::HttpBuilder;
use utoipa::openapi::security::SecurityScheme;

/// The endpoints of every function. Nobody else lists the functions.
#[must_use]
pub fn functions(deps: &Deps) -> [(&'static str, Routes); 7] {
    [
        ("auth", auth::routes::routes(deps.clone())),
        ("employees", employees::routes::routes(deps.clone())),
        ("attendances", attendances::routes::routes(deps.clone())),
        ("absences", absences::routes::routes(deps.clone())),
        ("documents", documents::routes::routes(deps.clone())),
        ("pictures", pictures::routes::routes(deps.clone())),
        ("console", console::routes::routes(deps.clone())),
    ]
}

/// One router for all functions, with everything that surrounds it.
pub fn router(deps: &Deps) -> Router {
    let all = functions(deps).into_iter().fold(Router::new(), |all, (_, routes)| all.merge(routes.into_router()));
    app(all, deps)
}

/// The endpoints of every function in one list.
#[must_use]
pub fn endpoints(deps: &Deps) -> Vec<Endpoint> {
    functions(deps).iter().flat_map(|(_, routes)| routes.endpoints().to_vec()).collect()
}

/// The description of the API, generated from the code; `openapi.json` is a copy of it.
#[must_use]
pub fn description() -> utoipa::openapi::OpenApi {
    #[derive(OpenApi)]
    #[openapi(info(
        title = "muster",
        description = "Personnel data in Personio's v1 wire format, open and self-hosted.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ))]
    struct Frame;

    let mut document = Frame::openapi();
    document.merge(auth::openapi::Description::openapi());
    document.merge(employees::openapi::Description::openapi());
    document.merge(attendances::openapi::Description::openapi());
    document.merge(absences::openapi::Description::openapi());
    document.merge(documents::openapi::Description::openapi());
    document.merge(pictures::openapi::Description::openapi());
    document.merge(console::openapi::Description::openapi());
    let bearer = SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build());
    let cookie = "`__Host-muster_session`; on a loopback address, where there is no TLS, `muster_session`";
    let cookie = ApiKeyValue::with_description("__Host-muster_session", cookie);
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("BearerAuth", bearer);
    components.add_security_scheme("AdministratorSession", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
    let clients = document.paths.paths.iter_mut().filter(|(path, _)| path.starts_with("/v1/"));
    let posts = clients.filter_map(|(_, item)| item.post.as_mut());
    posts.filter(|post| post.security.is_some()).for_each(take_idempotency_key);
    document
}

/// Describes what every `POST` behind a scope does with the header: no handler knows of it.
fn take_idempotency_key(post: &mut Operation) {
    let mut text = Object::with_type(Type::String);
    (text.min_length, text.max_length) = (Some(1), Some(MAX_KEY));
    let key = ParameterBuilder::new()
        .name(KEY_HEADER)
        .parameter_in(ParameterIn::Header)
        .description(Some(
            "Makes the request safe to send again: for 24 hours, the same request with the same key gets the answer \
             of the first one and changes nothing; another request with the key is refused",
        ))
        .schema(Some(text));
    post.parameters.get_or_insert_default().push(RefOr::T(key.build()));
    for (status, text) in [
        ("409", "Another request with the same Idempotency-Key is still being answered"),
        ("422", "The Idempotency-Key came with another request before"),
    ] {
        let response = ResponseBuilder::new()
            .description(text)
            .content("application/json", Content::new(Some(Ref::from_schema_name("Failure"))));
        post.responses.responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(response.build()));
    }
}
