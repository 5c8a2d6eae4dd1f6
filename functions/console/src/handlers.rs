//! The endpoints of the console: its pages, and the JSON API beside them.
//!
//! - [`visitor`]: who asks: their language, their session, and whether a form is theirs
//! - [`cookies`]: what is kept in the browser
//! - [`sign_in`], [`pages`]: one function per page: read, store, show
//! - [`open_id`]: signing in by OpenID Connect
//! - [`api`]: one function per endpoint of `/admin/v1`, with the same rules
//! - [`show`]: HTML, and nothing else
//! - [`assets`]: the style sheet and the script

pub mod api;
pub mod assets;
pub mod cookies;
pub mod open_id;
pub mod pages;
pub mod show;
pub mod sign_in;
pub mod visitor;
