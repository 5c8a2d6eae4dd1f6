//! The access patterns of a login.

use jiff::Timestamp;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Fingerprint;
use shared::aws::credentials::Generation;
use shared::aws::credentials::IssuedToken;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::lockout::Counters;
use shared::deps::Deps;
use shared::error::Error;
use shared::lockout::Failures;

use crate::model;
use crate::model::Login;

/// What a login is decided on.
#[derive(Debug)]
pub struct State {
    /// The credential, if the client id names one.
    pub credential: Option<Credential>,
    /// Failed logins of the client id.
    pub failures: Failures,
    counters: Counters,
}

/// Reads the credential and the failed logins of two minutes.
///
/// Access pattern: one `BatchGetItem` of three keys.
pub async fn read_state(deps: &Deps, login: &Login, now: Timestamp) -> Result<State, Error> {
    // A digest: what was sent as a client id can be of any length, and can be a secret sent by mistake.
    let counters = Counters::new(&model::LOCKOUT, &String::from(Fingerprint::of(&login.client_id)), now);
    let mut keys = vec![keys::credential(login.client())];
    keys.extend(counters.keys());
    let items = deps.table.batch_get(keys).await?;
    let failures = counters.read(&items);
    let credential = items.into_iter().find(|item| item.entity_type() == Credential::TYPE);
    Ok(State { credential: credential.map(Item::decode).transpose()?, failures, counters })
}

/// Asks whether the table is there, and answers.
///
/// Access pattern: `GetItem` of an item that nobody writes.
pub async fn probe(deps: &Deps) -> Result<(), Error> {
    deps.table.get::<Credential>(keys::probe()).await.map(drop)
}

impl State {
    /// Counts a failed login; the counter is kept for an hour.
    ///
    /// Access pattern: `UpdateItem`.
    pub async fn count_failure(&self, deps: &Deps) -> Result<(), Error> {
        self.counters.count(&deps.table).await
    }
}

/// Stores that a secret of a credential has a new token; `None` if somebody else wrote the credential at the same time.
///
/// Access pattern: `PutItem` if the version is the one that was read.
pub async fn issue(
    deps: &Deps,
    credential: Credential,
    generation: Generation,
    token: IssuedToken,
) -> Result<Option<Credential>, Error> {
    let version = credential.version + 1;
    let credential = Credential { version, ..credential.with_token(generation, token) };
    Ok(deps.credentials.replace(&credential).await?.then_some(credential))
}
