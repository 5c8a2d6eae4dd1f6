//! What every muster function shares.
//!
//! The upper half is pure: [`ids`], [`scope`], [`error`], [`patch`], [`clock`],
//! [`calendar`], [`lockout`], [`minute`], [`page`], [`text`], [`wire`], [`approval`],
//! [`attributes`], [`company`], [`credential`] and [`record`] know rules and nothing of HTTP, AWS or the environment.
//! Below them, [`http`] turns requests into permits and results into envelopes, [`aws`] is the only way to the table, and
//! [`lambda`] and [`telemetry`] are what a function's `main` needs. Arrows never point back;
//! `tests/tests/architecture.rs` fails when one does.

pub mod approval;
pub mod attributes;
pub mod aws;
pub mod calendar;
pub mod clock;
pub mod company;
pub mod credential;
pub mod deps;
pub mod error;
pub mod holidays;
pub mod http;
pub mod ids;
pub mod lambda;
pub mod lockout;
pub mod minute;
pub mod open_id;
pub mod page;
pub mod patch;
pub mod record;
pub mod scope;
pub mod telemetry;
pub mod text;
pub mod wire;
