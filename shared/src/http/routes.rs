//! The list of a resource's endpoints: method, path, scope, handler.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware;
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::MethodFilter;
use axum::routing::MethodRouter;
use axum::routing::on;

use crate::deps::Deps;
use crate::http::idempotency;
use crate::http::permit;
use crate::scope::Scope;

/// One endpoint, for the tests that compare the routers with the documents.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Endpoint {
    /// `GET`, `POST`, …
    pub method: String,
    /// The path with its parameters in braces.
    pub path: &'static str,
    /// The scope that it demands; `None` asks for no credential.
    pub scope: Option<Scope>,
    /// Whether it is for administrators who are signed in; its handler takes their session.
    pub session: bool,
}

/// A resource's endpoints as they are listed.
#[derive(Debug)]
pub struct Routes {
    deps: Deps,
    router: Router<Deps>,
    endpoints: Vec<Endpoint>,
}

impl Routes {
    /// No endpoint yet.
    #[must_use]
    pub fn new(deps: Deps) -> Self {
        Self { deps, router: Router::new(), endpoints: Vec::new() }
    }

    /// An endpoint that demands a scope. A `POST` takes an `Idempotency-Key`, whatever its handler does.
    #[must_use]
    pub fn guarded<H, T>(self, method: &Method, path: &'static str, scope: Scope, handler: H) -> Self
    where
        H: Handler<T, Deps>,
        T: 'static,
    {
        self.guarded_by(method, path, scope, handler, false)
    }

    /// An endpoint that demands a scope and whose body is too large to be held:
    /// its handler sees to the `Idempotency-Key` with [`idempotency::keyed`].
    #[must_use]
    pub fn guarded_stream<H, T>(self, method: &Method, path: &'static str, scope: Scope, handler: H) -> Self
    where
        H: Handler<T, Deps>,
        T: 'static,
    {
        self.guarded_by(method, path, scope, handler, true)
    }

    fn guarded_by<H, T>(self, method: &Method, path: &'static str, scope: Scope, handler: H, streams: bool) -> Self
    where
        H: Handler<T, Deps>,
        T: 'static,
    {
        let deps = self.deps.clone();
        let check =
            middleware::from_fn(move |request: Request, next: Next| permit::guard(deps.clone(), scope, request, next));
        let mut handler = on(filter(method), handler);
        if *method == Method::POST && !streams {
            let deps = self.deps.clone();
            let once = move |request: Request, next: Next| idempotency::once(deps.clone(), request, next);
            handler = handler.route_layer(middleware::from_fn(once));
        }
        // The layer that comes last is the first to see a request.
        let handler = handler.route_layer(check);
        self.add(method, path, Some(scope), handler)
    }

    /// An endpoint that is open to everybody.
    #[must_use]
    pub fn open<H, T>(self, method: &Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Deps>,
        T: 'static,
    {
        let handler = on(filter(method), handler);
        self.add(method, path, None, handler)
    }

    /// An endpoint of the console, for administrators who are signed in.
    #[must_use]
    pub fn session<H, T>(mut self, method: &Method, path: &'static str, handler: H) -> Self
    where
        H: Handler<T, Deps>,
        T: 'static,
    {
        self = self.open(method, path, handler);
        if let Some(endpoint) = self.endpoints.last_mut() {
            endpoint.session = true;
        }
        self
    }

    /// Lets a function of the whole resource see each request of the endpoints so far, and its answer.
    #[must_use]
    pub fn surrounded_by<F, A>(mut self, around: F) -> Self
    where
        F: Fn(Request, Next) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        self.router = self.router.layer(middleware::from_fn(around));
        self
    }

    fn add(mut self, method: &Method, path: &'static str, scope: Option<Scope>, handler: MethodRouter<Deps>) -> Self {
        self.router = self.router.route(path, handler);
        self.endpoints.push(Endpoint { method: method.to_string(), path, scope, session: false });
        self
    }

    /// The endpoints as they were listed.
    #[must_use]
    pub fn endpoints(&self) -> &[Endpoint] {
        &self.endpoints
    }

    /// The router of these endpoints.
    pub fn into_router(self) -> Router {
        self.router.with_state(self.deps)
    }
}

/// A GET answers HEAD as well, as it should.
fn filter(method: &Method) -> MethodFilter {
    match *method {
        Method::POST => MethodFilter::POST,
        Method::PATCH => MethodFilter::PATCH,
        Method::PUT => MethodFilter::PUT,
        Method::DELETE => MethodFilter::DELETE,
        _ => MethodFilter::GET,
    }
}
