//! What a function reads before its first event; the connection to the table opens with it.
//!
//! Each is a function of its own, so that a package has no more in it than the one that its `main` names.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::deps::Deps;
use crate::error::Error;
use crate::ids::ClientId;

/// Reads from the table, once.
pub type ReadAhead = fn(&Deps) -> BoxFuture<'_, Result<(), Error>>;

/// The settings of the first company there is, for functions that need them with every request.
#[must_use]
pub fn company(deps: &Deps) -> BoxFuture<'_, Result<(), Error>> {
    deps.companies.read_ahead().boxed()
}

/// A credential that nobody has, as each function may: for those that need no settings.
#[must_use]
pub fn nothing(deps: &Deps) -> BoxFuture<'_, Result<(), Error>> {
    async { deps.credentials.get(ClientId::from_bytes([0; 16])).await.map(drop) }.boxed()
}
