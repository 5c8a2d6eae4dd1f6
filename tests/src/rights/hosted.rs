//! A company served as on AWS: each function a process of its own, behind the routes of `template.yaml`.

use std::collections::BTreeMap;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use muster::api;
use shared::aws::objects::Objects;
use shared::aws::table::Table;
use shared::deps::Deps;
use shared::http::app::app;
use shared::http::context::ClientIp;
use shared::http::limits::Limits;
use tower::ServiceExt;

use super::Ledger;
use super::policy::POLICIES;
use crate::Muster;
use crate::rights;

/// The functions, and what they did.
#[derive(Debug)]
pub struct Hosted {
    /// Behind their routes.
    pub muster: Muster,
    /// What they needed.
    pub ledger: Ledger,
    deps: BTreeMap<String, Deps>,
}

impl Hosted {
    /// The functions over the store of a company; `complete` gives a function what it has beside table and bucket.
    pub async fn of(muster: &Muster, table: &Table, objects: &Objects, complete: impl Fn(Deps) -> Deps) -> Self {
        let ledger = Ledger::default();
        let own = |function: &str| {
            let role = ledger.role(function);
            let deps = Deps::new(rights::table_of(table, &role), muster.deps.clock.clone(), Limits::off());
            (function.to_owned(), complete(deps.with_objects(rights::objects_of(objects, &role))))
        };
        let deps: BTreeMap<String, Deps> = POLICIES.functions().map(own).collect();
        let served = Muster::serve_by(muster.deps.clone(), muster.company.clone(), gateway(&deps), &ledger).await;
        Self { muster: served, ledger, deps }
    }

    /// Waits until all is written that is written beside the answers.
    pub async fn flush(&self) {
        for deps in self.deps.values() {
            deps.record.flush().await;
        }
    }
}

/// What API Gateway does: a request goes to the function of its path, and to the default one if there is none.
fn gateway(deps: &BTreeMap<String, Deps>) -> Router {
    let services: BTreeMap<&str, Router> = deps
        .iter()
        .map(|(function, deps)| {
            let mut own = api::functions(deps).into_iter().filter(|(name, _)| name == function);
            let (_, routes) = own.next().expect("a function of the template is one of the code");
            (function.as_str(), app(routes.into_router(), deps))
        })
        .collect();
    let invoke = |function: &String| {
        let service = services[function.as_str()].clone();
        any(async move |mut request: Request| {
            // The function matches the path itself; what was matched here would be taken for its own.
            let address = request.extensions().get::<ClientIp>().map(|ip| ClientIp(ip.0));
            request.extensions_mut().clear();
            if let Some(address) = address {
                request.extensions_mut().insert(address);
            }
            service.oneshot(request).await
        })
    };
    let routed = POLICIES.paths.iter().fold(Router::new(), |all, (path, function)| all.route(path, invoke(function)));
    routed.fallback(invoke(&POLICIES.default))
}
