//! Companies and their settings: read before every answer, so kept for 30 seconds.
//!
//! Settings are written one by one, each to an item of its own, and read all at once, as they were published:
//! `docs/decisions/0032-published-settings.md`.

mod published;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use futures_util::future::Shared;
use futures_util::future::WeakShared;
use serde::Deserialize;
use serde::Serialize;

use crate::attributes::definition::DeclaredAttribute;
use crate::attributes::definition::EntryKind;
use crate::aws::companies::published::Published;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::recent::Recent;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::table::unless_raced;
use crate::aws::transaction::Condition;
use crate::company::Company;
use crate::company::Entry;
use crate::company::Profile;
use crate::credential::Integration;
use crate::error::Error;
use crate::ids::CompanyId;

/// How long settings and credentials are kept in a process.
pub const CACHE_LIFETIME: Duration = Duration::from_secs(30);
/// Of how many companies a process keeps the settings.
const MAX_KEPT: usize = 1_000;

impl Entity for Profile {
    const TYPE: &'static str = "profile";
}

impl Entity for Entry {
    const TYPE: &'static str = "entry";
}

impl Entity for DeclaredAttribute {
    const TYPE: &'static str = "attribute";
}

impl Entity for Integration {
    const TYPE: &'static str = "integration";
}

/// That a company file was applied to its end; `muster serve` applies again what was cut short.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Applied {}

impl Entity for Applied {
    const TYPE: &'static str = "applied";
}

/// Everything in a company's settings partition.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Settings {
    /// What the company says of itself; `None` when there is no such company.
    pub profile: Option<Profile>,
    /// The entries of its lists.
    pub entries: Vec<Entry>,
    /// The attributes that it declared.
    pub attributes: Vec<DeclaredAttribute>,
    /// The integrations that it declared.
    pub integrations: Vec<Integration>,
    /// Whether a company file was applied to its end; readers do not ask.
    #[serde(skip)]
    pub applied: bool,
}

impl Settings {
    /// Whether they are small enough to be published.
    pub fn check_size(&self) -> Result<(), Error> {
        Published::following(None, self).map(drop)
    }

    /// The company of these settings; `None` without a profile.
    pub fn into_company(self) -> Result<Option<Company>, Error> {
        let Some(profile) = self.profile else { return Ok(None) };
        let company = Company::new(profile, self.entries, self.attributes)?;
        Ok(Some(company.with_integrations(self.integrations)))
    }
}

/// A company that is being read, for everybody who waits for it.
type Loading = BoxFuture<'static, Result<Arc<Company>, Error>>;

/// The companies of a table. Clones are the same.
#[derive(Clone, Debug)]
pub struct Companies {
    table: Table,
    kept: Arc<Recent<CompanyId, Arc<Company>>>,
    /// Those who wait hold the work: what nobody waits for any more is not done to its end, and begins anew.
    loading: Arc<Mutex<HashMap<CompanyId, WeakShared<Loading>>>>,
}

impl Companies {
    /// The companies of `table`.
    #[must_use]
    pub fn new(table: Table) -> Self {
        Self { table, kept: Arc::new(Recent::new(CACHE_LIFETIME, MAX_KEPT)), loading: Arc::default() }
    }

    /// A company, at most 30 seconds old. Requests that come at the same time read it once.
    pub async fn get(&self, id: &CompanyId) -> Result<Arc<Company>, Error> {
        match self.kept.get(id) {
            Some(company) => Ok(company),
            None => self.loading(id).await,
        }
    }

    /// The reading of a company that is under way, or begins.
    fn loading(&self, id: &CompanyId) -> Shared<Loading> {
        let mut loading = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(begun) = loading.get(id).and_then(WeakShared::upgrade) {
            return begun;
        }
        loading.retain(|_, other| other.upgrade().is_some());
        let (companies, id) = (self.clone(), id.clone());
        let begun = {
            let id = id.clone();
            async move {
                let published = companies.published(&id).await?.ok_or_else(unpublished)?;
                let company = published.settings()?.into_company()?.map(Arc::new).ok_or_else(unpublished)?;
                companies.kept.put(id, company.clone());
                Ok(company)
            }
            .boxed()
            .shared()
        };
        if let Some(weak) = begun.downgrade() {
            loading.insert(id, weak);
        }
        begun
    }

    /// Reads the first company that there is, so that the first request finds it where it is the only one.
    ///
    /// Access pattern: `Query` of one item.
    pub async fn read_ahead(&self) -> Result<(), Error> {
        let range = Range { pk: keys::COMPANIES.to_owned(), from: None, to: None, limit: Some(1) };
        let part = self.table.query(range).await?;
        // One of several parts is no company; whoever asks for it reads them all.
        if let Some(published) = Published::join(part).ok().flatten()
            && let Some(company) = published.settings()?.into_company()?
        {
            self.kept.put(company.profile.id.clone(), Arc::new(company));
        }
        Ok(())
    }

    /// A company's settings as they were published last; `None` where they never were.
    ///
    /// Access pattern: `Query` of their parts, of which there is one up to 300 KB.
    async fn published(&self, id: &CompanyId) -> Result<Option<Published>, Error> {
        let range = || Range {
            pk: keys::COMPANIES.to_owned(),
            from: Some(keys::published(id, 0).sk),
            to: Some(keys::published(id, published::MAX_PARTS).sk),
            limit: None,
        };
        // A query is no snapshot: parts of two versions can meet.
        unless_raced("The company", || async { Published::join(self.table.query(range()).await?) }).await
    }

    /// Publishes a company's settings as they are stored now, and answers them: readers see all of what was changed,
    /// or nothing of it.
    ///
    /// Whoever publishes later has read later: a version that somebody else published meanwhile is not overwritten.
    ///
    /// Access pattern: `Query` of the parts and of the settings; then, if they differ, a transaction of the parts.
    pub async fn publish(&self, id: &CompanyId) -> Result<Settings, Error> {
        unless_raced("The company", || async {
            let before = self.published(id).await?;
            let settings = self.load(id).await?;
            if let Some(next) = Published::following(before.as_ref(), &settings)? {
                next.write(self.table.transaction(), id, before.as_ref())?.commit().await?;
            }
            Ok(settings)
        })
        .await
    }

    /// A company's settings as they are stored now, published or not.
    ///
    /// Access pattern: `Query` of the settings partition; one round trip per MB.
    pub async fn load(&self, id: &CompanyId) -> Result<Settings, Error> {
        let items = self.table.query(Range { pk: keys::settings(id), from: None, to: None, limit: None }).await?;
        let mut settings = Settings::default();
        for item in items {
            match item.entity_type() {
                Profile::TYPE => settings.profile = Some(item.decode()?),
                Entry::TYPE => settings.entries.push(item.decode()?),
                DeclaredAttribute::TYPE => settings.attributes.push(item.decode()?),
                Integration::TYPE => settings.integrations.push(item.decode()?),
                Applied::TYPE => settings.applied = true,
                other => return Err(Error::Internal(format!("settings hold a {other}"))),
            }
        }
        Ok(settings)
    }

    /// Stores what a company says of itself. Access pattern: `PutItem`.
    pub async fn put_profile(&self, profile: &Profile) -> Result<(), Error> {
        self.table.put(Item::encode(keys::profile(&profile.id), profile)?, None).await.map(drop)
    }

    /// Stores entries under names that are new in their lists. Access pattern: a transaction for each fifty, all or none of them.
    pub async fn create_entries(&self, company: &CompanyId, entries: &[Entry]) -> Result<(), Error> {
        for batch in entries.chunks(50) {
            let mut transaction = self.table.transaction();
            for entry in batch {
                let kind = entry.details.kind();
                let item = Item::encode(keys::entry(company, kind, &entry.name), entry)?;
                let message = format!("Somebody else just created the {} {}.", kind.word(), entry.name);
                transaction = transaction.put_if(item, Condition::absent(), Error::Conflict(message));
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Stores an entry in place of another one of the same number, whose name may differ.
    ///
    /// Access pattern: `PutItem`, or a transaction of put and delete for a new name.
    pub async fn replace_entry(&self, company: &CompanyId, old: &Entry, new: &Entry) -> Result<(), Error> {
        let kind = new.details.kind();
        let item = Item::encode(keys::entry(company, kind, &new.name), new)?;
        if old.name == new.name {
            return self.table.put(item, None).await.map(drop);
        }
        let taken = Error::Conflict(format!("There is another {} with the name {}.", kind.word(), new.name));
        self.table
            .transaction()
            .put_if(item, Condition::absent(), taken)
            .delete(keys::entry(company, kind, &old.name))
            .commit()
            .await
    }

    /// Stores declared attributes. Access pattern: a transaction for each fifty.
    pub async fn put_attributes(&self, company: &CompanyId, attributes: &[DeclaredAttribute]) -> Result<(), Error> {
        for batch in attributes.chunks(50) {
            let mut transaction = self.table.transaction();
            for attribute in batch {
                transaction = transaction.put(Item::encode(keys::attribute(company, &attribute.key), attribute)?);
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Stores declared integrations. Access pattern: a transaction for each fifty.
    pub async fn put_integrations(&self, company: &CompanyId, integrations: &[Integration]) -> Result<(), Error> {
        for batch in integrations.chunks(50) {
            let mut transaction = self.table.transaction();
            for integration in batch {
                let key = keys::integration(company, &integration.key);
                transaction = transaction.put(Item::encode(key, integration)?);
            }
            transaction.commit().await?;
        }
        Ok(())
    }

    /// Notes that a company file was applied to its end. Access pattern: `PutItem`.
    pub async fn mark_applied(&self, company: &CompanyId) -> Result<(), Error> {
        self.table.put(Item::encode(keys::applied(company), &Applied {})?, None).await.map(drop)
    }

    /// Takes so many numbers for entries of a list; the first of them. Access pattern: `UpdateItem`.
    pub async fn take_entry_ids(&self, company: &CompanyId, kind: EntryKind, count: u32) -> Result<u32, Error> {
        let first = self.table.take(keys::sequence(company, kind.word()), count, u32::MAX).await?;
        u32::try_from(first).map_err(|_| Error::Internal(format!("the {} numbers are used up", kind.word())))
    }

    /// Keeps numbers up to `id` from being given again. Access pattern: `UpdateItem`.
    pub async fn reserve_entry_id(&self, company: &CompanyId, kind: EntryKind, id: u32) -> Result<(), Error> {
        self.table.raise(keys::sequence(company, kind.word()), i64::from(id)).await
    }
}

fn unpublished() -> Error {
    Error::Internal("a credential names a company without published settings: `muster apply` publishes them".to_owned())
}
