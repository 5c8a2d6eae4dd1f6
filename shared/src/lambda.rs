//! A router behind API Gateway.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use lambda_http::RequestExt;
use lambda_http::request::RequestContext as GatewayContext;
use lambda_http::service_fn;
use tower::ServiceExt;

use crate::aws::config;
use crate::clock::Clock;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::app::app;
use crate::http::context::ClientIp;
use crate::http::context::PlatformRequestId;
use crate::http::limits::LIMITS_VARIABLE;
use crate::http::limits::Limits;
use crate::telemetry;

/// Serves a function's router until Lambda stops the process: everything that its `main` does.
///
/// Clients and caches are made before the first event, while the process has a whole core.
pub async fn run(router: fn(Deps) -> Router) -> Result<(), lambda_http::Error> {
    serve(router, deps()?).await
}

/// The same for a function that has to do with files.
pub async fn run_with_objects(router: fn(Deps) -> Router) -> Result<(), lambda_http::Error> {
    serve(router, deps()?.with_objects(config::objects_from_env()?)).await
}

fn deps() -> Result<Deps, Error> {
    telemetry::init_json();
    let limits = Limits::parse(&std::env::var(LIMITS_VARIABLE).unwrap_or_default())?;
    Ok(Deps::new(config::table_from_env()?, Clock::system(), limits))
}

async fn serve(router: fn(Deps) -> Router, deps: Deps) -> Result<(), lambda_http::Error> {
    let service = app(router(deps.clone()), &deps);
    lambda_http::run(service_fn(|event| handle(service.clone(), event))).await
}

/// Answers one event, as Lambda hands it over.
pub async fn handle(service: Router, event: lambda_http::Request) -> Result<Response, Infallible> {
    let request = with_gateway_facts(event);
    service.oneshot(request).await
}

/// Takes over what API Gateway knows of the request.
fn with_gateway_facts(event: lambda_http::Request) -> Request {
    let gateway = match event.request_context_ref() {
        Some(GatewayContext::ApiGatewayV2(context)) => {
            Some((context.request_id.clone(), context.http.source_ip.clone()))
        }
        _ => None,
    };
    let mut request = event.map(axum::body::Body::new);
    if let Some((id, address)) = gateway {
        if let Some(address) = address.and_then(|text| text.parse().ok()) {
            request.extensions_mut().insert(ClientIp(address));
        }
        if let Some(id) = id {
            request.extensions_mut().insert(PlatformRequestId(id));
        }
    }
    request
}
