//! Every request of a test is served under the rights that `template.yaml` gives the function that serves it.
//!
//! The SDK asks before each call. One that the function's role does not allow is not sent: it fails, as it would on
//! AWS, and so does the test, which names function, action and keys. What a test does to the store by itself, what
//! applies its company file and what makes its credentials is the operator's work, which no role bounds.
//!
//! All functions of a [`Muster`](crate::Muster) share one process with its caches and its record, as `muster` has
//! them. [`hosted`] has each in a process of its own, as on AWS.

pub mod hosted;
pub mod needs;
pub mod policy;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::thread;

use aws_sdk_dynamodb::config::ConfigBag;
use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::config::RuntimeComponents;
use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::error::BoxError;
use axum::Router;
use axum::extract::Request;
use axum::middleware;
use axum::middleware::Next;
use muster::api;
use shared::aws::objects::Objects;
use shared::aws::table::Table;
use shared::deps::Deps;
use shared::http::app::app;

use needs::Need;
use needs::Right;
use policy::POLICIES;

tokio::task_local! {
    static ROLE: Role;
}

/// A function at work, and where its calls are noted.
#[derive(Clone, Debug)]
pub struct Role {
    function: String,
    ledger: Ledger,
}

/// What functions did; clones are the same.
#[derive(Clone, Debug, Default)]
pub struct Ledger(Arc<Mutex<Entries>>);

#[derive(Debug, Default)]
struct Entries {
    /// By function, the narrowest rights that its calls needed.
    used: BTreeMap<String, BTreeSet<Right>>,
    refused: Vec<String>,
}

impl Ledger {
    /// The role of a function, whose calls are noted here.
    #[must_use]
    pub fn role(&self, function: &str) -> Role {
        Role { function: function.to_owned(), ledger: self.clone() }
    }

    /// What a function needed up to now.
    #[must_use]
    pub fn used_by(&self, function: &str) -> BTreeSet<Right> {
        self.entries().used.get(function).cloned().unwrap_or_default()
    }

    /// What was refused, in words.
    #[must_use]
    pub fn refused(&self) -> Vec<String> {
        self.entries().refused.clone()
    }

    fn entries(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Role {
    fn check(&self, need: &Need) -> Result<(), BoxError> {
        let mut entries = self.ledger.entries();
        entries.used.entry(self.function.clone()).or_default().extend(need.rights());
        if POLICIES.allow(&self.function, need) {
            return Ok(());
        }
        let refusal = format!("the role of {} does not allow {need}", self.function);
        entries.refused.push(refusal.clone());
        Err(refusal.into())
    }

    fn refuse_unknown(&self) -> BoxError {
        let refusal =
            format!("{} made a call of which tests::rights::needs does not know what it needs", self.function);
        self.ledger.entries().refused.push(refusal.clone());
        refusal.into()
    }
}

/// Fails the test at its end if a role did not allow what its function did.
#[derive(Debug)]
pub struct Watch(pub Ledger);

impl Drop for Watch {
    fn drop(&mut self) {
        let refused = self.0.refused();
        if refused.is_empty() {
            return;
        }
        let text = refused.join("\n");
        // Where the test has failed already, it may know of no more than a 500.
        if thread::panicking() { eprintln!("{text}") } else { panic!("{text}") }
    }
}

/// Asks before each call whether the role that makes it may.
#[derive(Debug)]
struct Guard {
    /// Whose client it is; without one, the role is that of the request that is being served, if there is any.
    own: Option<Role>,
}

impl Guard {
    fn role(&self) -> Option<Role> {
        self.own.clone().or_else(|| ROLE.try_with(Role::clone).ok())
    }
}

impl Intercept for Guard {
    fn name(&self) -> &'static str {
        "rights"
    }

    fn read_before_serialization(
        &self,
        context: &BeforeSerializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(role) = self.role() else { return Ok(()) };
        let needs = needs::of(context).ok_or_else(|| role.refuse_unknown())?;
        needs.iter().try_for_each(|need| role.check(need))
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let Some(role) = self.role() else { return Ok(()) };
        needs::of_answer(context).map_or(Ok(()), |need| role.check(&need))
    }
}

/// A table to which requests have the rights of the function that serves them.
#[must_use]
pub fn table(table: &Table) -> Table {
    table.watched_by(Guard { own: None })
}

/// A bucket to which requests have the rights of the function that serves them.
#[must_use]
pub fn objects(objects: &Objects) -> Objects {
    objects.watched_by(|| Guard { own: None })
}

/// A table to which everybody has the rights of one function.
#[must_use]
pub fn table_of(table: &Table, role: &Role) -> Table {
    table.watched_by(Guard { own: Some(role.clone()) })
}

/// A bucket to which everybody has the rights of one function.
#[must_use]
pub fn objects_of(objects: &Objects, role: &Role) -> Objects {
    objects.watched_by(|| Guard { own: Some(role.clone()) })
}

/// All functions in one router, each under its own rights.
pub fn router(deps: &Deps, ledger: &Ledger) -> Router {
    let all = api::functions(deps).into_iter().fold(Router::new(), |all, (function, routes)| {
        let role = ledger.role(function);
        let under = move |request: Request, next: Next| ROLE.scope(role.clone(), next.run(request));
        all.merge(routes.into_router().layer(middleware::from_fn(under)))
    });
    app(all, deps)
}
