//! API credentials and the bearer tokens derived from them.
//!
//! A secret is 256 random bits and is stored as a SHA-256 digest: it has no
//! pattern that a slow hash would have to protect. The bearer token is
//! `papi-` + base64url(client id, HMAC-SHA256(secret, client id and issue time)),
//! so the same secret gives the same token for its 24 hours without the token
//! being stored: the credential's item holds only the token's digest. The
//! client id inside lets a request find its credential with one read.
//!
//! After a rotation with a grace time, the item holds two secrets and a token
//! for each. Who is let in is decided by [`Credential`], from one item alone, so a
//! request reads no more than that.

mod secret;
mod stored;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::aws::companies::CACHE_LIFETIME;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::recent::Recent;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::table::unless_raced;
use crate::aws::transaction::Condition;
use crate::clock::Clock;
use crate::credential::Details;
use crate::credential::Grace;
use crate::error::Error;
use crate::ids::ClientId;
use crate::ids::CompanyId;

pub use secret::Fingerprint;
pub use secret::IssuedToken;
pub use secret::Secret;
pub use secret::TOKEN_LIFETIME;
pub use secret::client_of_token;
pub use stored::Credential;
pub use stored::Generation;
pub use stored::ListedCredential;
pub use stored::Previous;
pub use stored::Shown;
pub use stored::State;

/// What a company's list of credentials holds of each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CredentialName {
    /// The credential's public half.
    pub client_id: ClientId,
}

impl Entity for CredentialName {
    const TYPE: &'static str = "credential_name";
}

/// Of how many tokens a process keeps the credentials.
const MAX_KEPT: usize = 10_000;

/// What is kept of a credential that a token led to.
#[derive(Clone, Debug)]
struct Kept {
    credential: Arc<Credential>,
    /// By the clock that decides on tokens too; the cache's own cannot be set.
    read_at: Timestamp,
    /// How many writes this process had made before it was read.
    writes: u64,
}

/// The credentials of a table.
#[derive(Clone, Debug)]
pub struct Credentials {
    table: Table,
    clock: Clock,
    cache: Arc<Recent<Fingerprint, Kept>>,
    writes: Arc<AtomicU64>,
}

impl Credentials {
    /// The credentials of `table`.
    #[must_use]
    pub fn new(table: Table, clock: Clock) -> Self {
        let cache = Arc::new(Recent::new(CACHE_LIFETIME, MAX_KEPT));
        Self { table, clock, cache, writes: Arc::default() }
    }

    /// The credential to which a bearer token belongs, at most 30 seconds old;
    /// `None` for a token that is not good, or no longer. Whether it may be used
    /// from where the request comes is still to be checked ([`Credential::check_network`]).
    ///
    /// Access pattern: none while kept, else `GetItem` of the credential.
    pub async fn of_token(&self, token: &str) -> Result<Option<Arc<Credential>>, Error> {
        let Some(client_id) = client_of_token(token) else { return Ok(None) };
        let presented = Fingerprint::of(token);
        let now = self.clock.now();
        if let Some(credential) = self.kept(&presented, now) {
            return Ok(credential.accepts(&presented, now).then_some(credential));
        }
        // Before the read: what this process writes meanwhile must not be hidden by what is older.
        let writes = self.writes.load(Ordering::SeqCst);
        let Some(stored) = self.table.get::<Credential>(keys::credential(client_id)).await? else {
            return Ok(None);
        };
        if !stored.accepts(&presented, now) {
            return Ok(None);
        }
        let stored = Arc::new(stored);
        // Only what was just read goes in: keeping it longer each time would hide a change for ever.
        self.cache.put(presented, Kept { credential: stored.clone(), read_at: now, writes });
        Ok(Some(stored))
    }

    fn kept(&self, presented: &Fingerprint, now: Timestamp) -> Option<Arc<Credential>> {
        let kept = self.cache.get(presented)?;
        let lifetime = SignedDuration::try_from(CACHE_LIFETIME).unwrap_or_default();
        let fresh = now.duration_since(kept.read_at) < lifetime;
        (fresh && kept.writes == self.writes.load(Ordering::SeqCst)).then_some(kept.credential)
    }

    /// A credential as it is stored now, of whatever company: for the login, which knows no company yet.
    /// Access pattern: `GetItem`.
    pub async fn get(&self, client_id: ClientId) -> Result<Option<Credential>, Error> {
        self.table.get(keys::credential(client_id)).await
    }

    /// A company's credential as it is stored now. One of another company is not found.
    ///
    /// Access pattern: `GetItem`.
    pub async fn find(&self, company: &CompanyId, client_id: ClientId) -> Result<Credential, Error> {
        let found = self.get(client_id).await?.filter(|credential| credential.company == *company);
        found.ok_or_else(unknown)
    }

    /// Stores a new credential and its place in the company's list. The secret is nowhere but in the answer.
    ///
    /// Access pattern: a transaction of two puts.
    pub async fn create(&self, company: &CompanyId, details: Details) -> Result<(Credential, Secret), Error> {
        let secret = Secret::random()?;
        let credential = Credential::new(company.clone(), details, secret.fingerprint(), self.clock.now());
        let client_id = credential.client_id;
        let exists = || Error::Conflict("There is a credential with this client id.".to_owned());
        let name = Item::encode(keys::company_credential(company, client_id), &CredentialName { client_id })?;
        self.table
            .transaction()
            .put_if(Item::encode(keys::credential(client_id), &credential)?, Condition::absent(), exists())
            .put_if(name, Condition::absent(), exists())
            .commit()
            .await?;
        Ok((credential, secret))
    }

    /// Changes what an administrator decided. `edit` gets the credential as it is and says how its details shall be;
    /// it is asked again when somebody else was faster, so that no change is lost.
    ///
    /// Access pattern: `GetItem`, then `PutItem` if the version is the one that was read.
    pub async fn change(
        &self,
        company: &CompanyId,
        client_id: ClientId,
        edit: impl Fn(&Credential) -> Result<Details, Error>,
    ) -> Result<Credential, Error> {
        self.rewrite(company, client_id, |credential| {
            let details = edit(&credential)?;
            Ok(if details == credential.details() { None } else { Some(credential.with(details)) })
        })
        .await
    }

    /// Refuses a credential everywhere, at once in this process and within 30 seconds in others. One that is disabled
    /// stays so.
    ///
    /// Access pattern: as [`Self::change`].
    pub async fn disable(&self, company: &CompanyId, client_id: ClientId) -> Result<Credential, Error> {
        self.set_disabled(company, client_id, true).await
    }

    /// Lets a disabled credential be used again. Tokens of before work again for what is left of their day.
    ///
    /// Access pattern: as [`Self::change`].
    pub async fn enable(&self, company: &CompanyId, client_id: ClientId) -> Result<Credential, Error> {
        self.set_disabled(company, client_id, false).await
    }

    async fn set_disabled(
        &self,
        company: &CompanyId,
        client_id: ClientId,
        disabled: bool,
    ) -> Result<Credential, Error> {
        self.rewrite(company, client_id, |credential| {
            Ok((credential.disabled != disabled).then_some(Credential { disabled, ..credential }))
        })
        .await
    }

    /// Gives a credential a new secret. The old one and its token stay good for the grace time, or die at once without
    /// one; a still older one dies in any case.
    ///
    /// Access pattern: as [`Self::change`].
    pub async fn rotate(
        &self,
        company: &CompanyId,
        client_id: ClientId,
        grace: Grace,
    ) -> Result<(Credential, Secret), Error> {
        let secret = Secret::random()?;
        let rotated = self.rewrite(company, client_id, |credential| {
            let previous = grace.ends(self.clock.now()).map(|until| Previous {
                secret: credential.secret,
                token: credential.token,
                until,
            });
            Ok(Some(Credential { secret: secret.fingerprint(), token: None, previous, ..credential }))
        });
        Ok((rotated.await?, secret))
    }

    /// Removes a credential and its place in the company's list, and tells what it was. It cannot come back.
    ///
    /// Access pattern: `GetItem`, then a transaction of two deletes.
    pub async fn remove(&self, company: &CompanyId, client_id: ClientId) -> Result<Credential, Error> {
        let credential = self.find(company, client_id).await?;
        let of_company = Condition::exists().text_is(&["company"], company.as_str());
        self.table
            .transaction()
            .delete_if(keys::credential(client_id), of_company, unknown())
            .delete(keys::company_credential(company, client_id))
            .commit()
            .await?;
        self.forget_kept();
        Ok(credential)
    }

    /// An administrator's change: read, changed and stored again, from the beginning when somebody else was faster.
    /// `None` means that there is nothing to change.
    async fn rewrite(
        &self,
        company: &CompanyId,
        client_id: ClientId,
        edit: impl Fn(Credential) -> Result<Option<Credential>, Error>,
    ) -> Result<Credential, Error> {
        unless_raced("The credential", || async {
            let found = self.find(company, client_id).await?;
            let Some(edited) = edit(found.clone())? else { return Ok(found) };
            let changed = Credential {
                changed_at: Some(self.clock.now()),
                revision: found.revision + 1,
                version: found.version + 1,
                ..edited
            };
            if self.replace(&changed).await? { Ok(changed) } else { Err(Error::Raced) }
        })
        .await
    }

    /// Stores a changed credential if nobody was faster; `false` if somebody was, or removed it.
    /// Access pattern: `PutItem` if the version is the one before.
    pub async fn replace(&self, credential: &Credential) -> Result<bool, Error> {
        let item = Item::encode(keys::credential(credential.client_id), credential)?;
        let unchanged = Condition::exists().number_is(&["version"], credential.version - 1);
        let stored = self.table.put(item, Some(unchanged)).await?;
        if stored {
            self.forget_kept();
        }
        Ok(stored)
    }

    /// What this process keeps is out of date from here on.
    fn forget_kept(&self) {
        self.writes.fetch_add(1, Ordering::SeqCst);
    }

    /// A company's credentials in the order of their creation.
    ///
    /// Access pattern: `Query` of the company's list, then `BatchGetItem`.
    pub async fn list(&self, company: &CompanyId) -> Result<Vec<Credential>, Error> {
        let range = Range { pk: keys::company_credentials(company), from: None, to: None, limit: None };
        let names = self.table.query(range).await?;
        let keys = names
            .into_iter()
            .map(|item| item.decode::<CredentialName>().map(|name| keys::credential(name.client_id)))
            .collect::<Result<Vec<_>, _>>()?;
        let items = self.table.batch_get(keys).await?;
        let mut credentials: Vec<Credential> = items.into_iter().map(Item::decode).collect::<Result<_, _>>()?;
        credentials.sort_by_key(|credential| (credential.created_at, credential.client_id.to_string()));
        Ok(credentials)
    }
}

fn unknown() -> Error {
    Error::not_found("The company has no credential with this client id.")
}
