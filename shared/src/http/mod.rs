//! Requests in, envelopes out. The only place with HTTP status codes, beside the handlers.
//!
//! - [`routes`]: the list of a resource's endpoints, each with the scope that it demands
//! - [`permit`]: what a handler receives when the scope check has passed
//! - [`app`]: what surrounds every router: request id, log line, metrics, fallbacks, panics
//! - [`approval`]: what requests say of approval, and how a decision is shown
//! - [`body`], [`query`], [`path`], [`paging`]: what clients send, in all the forms in which they send it
//! - [`employee`]: the employee that a path names
//! - [`filter`]: what every list by day can be asked for
//! - [`idempotency`]: a `POST` that is sent again with the same key is done once
//! - [`respond`]: envelopes and errors
//! - [`limits`]: how many requests are taken from whom
//! - [`metrics`]: what requests do, as numbers for CloudWatch

pub mod app;
pub mod approval;
pub mod body;
pub mod context;
pub mod employee;
pub mod filter;
pub mod idempotency;
pub mod limits;
pub mod metrics;
pub mod paging;
pub mod path;
pub mod permit;
pub mod query;
pub mod respond;
pub mod routes;
