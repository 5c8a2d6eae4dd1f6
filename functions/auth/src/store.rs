//! The access patterns of a login.

use jiff::Timestamp;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Fingerprint;
use shared::aws::credentials::Generation;
use shared::aws::credentials::IssuedToken;
use shared::aws::items::Entity;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::deps::Deps;
use shared::error::Error;

use crate::model;
use crate::model::Login;

/// What a login is decided on.
#[derive(Debug, Default)]
pub struct State {
    /// The credential, if the client id names one.
    pub credential: Option<Credential>,
    /// Failed logins of the client id in this minute.
    pub failures_this_minute: i64,
    /// Failed logins of the client id in the minute before.
    pub failures_last_minute: i64,
}

fn failures(login: &Login, minute: i64) -> Key {
    // A digest: what was sent as a client id can be of any length, and can be a secret sent by mistake.
    keys::failed_logins(&String::from(Fingerprint::of(&login.client_id)), minute)
}

/// Reads the credential and the failed logins of two minutes.
///
/// Access pattern: one `BatchGetItem` of three keys.
pub async fn read_state(deps: &Deps, login: &Login, now: Timestamp) -> Result<State, Error> {
    let minute = model::minute(now);
    let (this, last) = (failures(login, minute), failures(login, minute - 1));
    let keys = vec![keys::credential(login.client()), this.clone(), last];
    let mut state = State::default();
    for item in deps.table.batch_get(keys).await? {
        if item.entity_type() == Credential::TYPE {
            state.credential = Some(item.decode()?);
        } else if item.lies_at(&this) {
            state.failures_this_minute = item.counter();
        } else {
            state.failures_last_minute = item.counter();
        }
    }
    Ok(state)
}

/// Asks whether the table is there, and answers.
///
/// Access pattern: `GetItem` of an item that nobody writes.
pub async fn probe(deps: &Deps) -> Result<(), Error> {
    deps.table.get::<Credential>(keys::probe()).await.map(drop)
}

/// Counts a failed login; the counter is kept for an hour.
///
/// Access pattern: `UpdateItem`.
pub async fn count_failure(deps: &Deps, login: &Login, now: Timestamp) -> Result<(), Error> {
    let key = failures(login, model::minute(now));
    deps.table.add(key, 1, Some(now.as_second() + 3_600)).await.map(drop)
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
