//! The record in the table: written beside the answers, read for whoever looks something up.
//!
//! An entry waits in the process until it is written, so that no answer waits for
//! it. In one process a task writes what waits; on Lambda, where a process stands
//! still between two requests, [`crate::lambda`] does it before the process does.
//! What cannot be written goes into the log, so that it is not lost.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::civil::Date;
use tokio::runtime::Handle;
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;
use uuid::ContextV7;
use uuid::Uuid;

use crate::aws::credentials::Credential;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::meter::Meter;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::table::back_off;
use crate::aws::transaction::Condition;
use crate::clock::Clock;
use crate::error::Error;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::record::Actor;
use crate::record::Cursor;
use crate::record::Deed;
use crate::record::Entries;
use crate::record::Entry;
use crate::record::Filter;
use crate::record::Usage;
use crate::record::month_of;
use crate::record::time_of;
use crate::scope::Scope;

/// How many days an entry is kept where nobody says otherwise.
pub const DEFAULT_DAYS: u32 = 365;
/// How many entries may wait to be written: some 2 MB. Whoever comes then waits.
const ROOM: usize = 2_000;
/// How many entries are written at once: of the largest that there are, a transaction takes so many.
const BATCH: usize = 25;
/// How often entries are tried to be written, beside the SDK's own tries, and how long.
const MAX_TRIES: u32 = 3;
const WRITE_TIME: Duration = Duration::from_secs(8);
/// How often the use of a credential is written, in milliseconds.
const USAGE_EVERY: i64 = 60 * 60 * 1_000;
/// How many uses a process keeps in mind.
const MAX_USES: usize = 10_000;
/// What a page of the list reads at most: so many queries of so many entries each.
const MAX_QUERIES: usize = 20;
const CHUNK: usize = 250;

impl Entity for Deed {
    const TYPE: &'static str = "record";
}

impl Entity for Usage {
    const TYPE: &'static str = "usage";
}

/// The record of a table. Clones are the same.
#[derive(Clone)]
pub struct Record(Arc<Inner>);

struct Inner {
    table: Table,
    clock: Clock,
    days: u32,
    ids: Mutex<ContextV7>,
    waiting: Mutex<VecDeque<Waiting>>,
    room: Arc<Semaphore>,
    /// One at a time writes, so that whoever waits for it knows that all is written that waited.
    writing: tokio::sync::Mutex<()>,
    /// Whether a task of this process writes what waits.
    has_writer: AtomicBool,
    /// Whether somebody else sees to it that what waits is written.
    is_held: AtomicBool,
    /// When the use of a credential, and of each of its scopes, was written last, in milliseconds since 1970.
    uses: Mutex<HashMap<(ClientId, Option<Scope>), i64>>,
}

impl fmt::Debug for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Record").field("days", &self.0.days).field("waiting", &self.waiting().len()).finish()
    }
}

/// Whose record an entry belongs to.
#[derive(Clone, Debug)]
pub enum Of {
    /// Of this company.
    Company(CompanyId),
    /// Of the company of the credential that was named, which is looked up when the
    /// entry is written; there is no entry if there is no such credential.
    Credential(ClientId),
}

struct Waiting {
    of: Of,
    id: Uuid,
    deed: Deed,
    scope: Option<Scope>,
    /// Its place among those that wait.
    _place: Option<OwnedSemaphorePermit>,
}

impl Waiting {
    fn add_use(&self, uses: &mut Uses) {
        if let (Of::Company(company), Actor::Credential(client_id), true) =
            (&self.of, &self.deed.actor, self.deed.proven)
        {
            let (latest, scopes) = uses.entry((company.clone(), *client_id)).or_default();
            *latest = self.id.max(*latest);
            scopes.extend(self.scope);
        }
    }

    /// An entry holds no value, so all of it may be in the log.
    fn log_lost(&self, cause: &str) {
        let company = match &self.of {
            Of::Company(company) => Some(company.as_str()),
            Of::Credential(_) => None,
        };
        let entry = serde_json::to_string(&self.deed).unwrap_or_default();
        tracing::error!(
            target: "muster::record",
            request_id = self.deed.request_id,
            company,
            entry_id = %self.id,
            entry,
            cause,
            "an entry of the record was not written"
        );
    }
}

impl Record {
    /// The record of `table`, which is kept for so many days.
    #[must_use]
    pub fn new(table: Table, clock: Clock, days: u32) -> Self {
        Self(Arc::new(Inner {
            table,
            clock,
            days,
            ids: Mutex::new(ContextV7::new()),
            waiting: Mutex::default(),
            room: Arc::new(Semaphore::new(ROOM)),
            writing: tokio::sync::Mutex::default(),
            has_writer: AtomicBool::new(false),
            is_held: AtomicBool::new(false),
            uses: Mutex::default(),
        }))
    }

    /// How many days an entry is kept.
    #[must_use]
    pub fn days(&self) -> u32 {
        self.0.days
    }

    /// Records what was done to a company's records by a command or a page. It
    /// waits only where very many entries do; [`Record::flush`] before the process ends.
    pub async fn note(&self, company: &CompanyId, deed: Deed) {
        self.note_call(Of::Company(company.clone()), deed, None).await;
    }

    /// Records a call, and that its credential used a scope.
    pub async fn note_call(&self, of: Of, deed: Deed, scope: Option<Scope>) {
        // It is never closed.
        let place = self.0.room.clone().acquire_owned().await.ok();
        self.push(of, deed, scope, place);
    }

    /// Records a call that broke off, where nothing can wait.
    pub(crate) fn note_now(&self, of: Of, deed: Deed, scope: Option<Scope>) {
        self.push(of, deed, scope, None);
    }

    fn push(&self, of: Of, deed: Deed, scope: Option<Scope>, place: Option<OwnedSemaphorePermit>) {
        let waiting = Waiting { of, id: self.next_id(), deed: deed.ended(), scope, _place: place };
        self.waiting().push_back(waiting);
        if !self.0.is_held.load(Ordering::SeqCst) {
            self.start_writer();
        }
    }

    fn waiting(&self) -> MutexGuard<'_, VecDeque<Waiting>> {
        self.0.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_id(&self) -> Uuid {
        let now = self.0.clock.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or(0);
        let nanoseconds = u32::try_from(now.subsec_nanosecond()).unwrap_or(0);
        let context = self.0.ids.lock().unwrap_or_else(PoisonError::into_inner);
        Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, nanoseconds))
    }

    /// From now on, what waits is written only by [`Record::flush`].
    pub fn hold(&self) {
        self.0.is_held.store(true, Ordering::SeqCst);
    }

    /// A task that lives for as long as there is something to write.
    fn start_writer(&self) {
        if self.0.has_writer.swap(true, Ordering::SeqCst) {
            return;
        }
        let Ok(runtime) = Handle::try_current() else {
            self.0.has_writer.store(false, Ordering::SeqCst);
            return;
        };
        let record = self.clone();
        runtime.spawn(async move {
            loop {
                record.flush().await;
                record.0.has_writer.store(false, Ordering::SeqCst);
                // Somebody may have come before that was said, and found that there was a writer.
                if record.waiting().is_empty() || record.0.has_writer.swap(true, Ordering::SeqCst) {
                    break;
                }
            }
        });
    }

    /// Writes what waits, and returns when nothing does.
    ///
    /// Access pattern: `PutItem` of an entry, or of several one transaction, each only if
    /// there is none with its id; before that `GetItem` for each entry of a credential that was
    /// only named, after it `UpdateItem` for each use that was not written in the last hour.
    pub async fn flush(&self) {
        let _alone = self.0.writing.lock().await;
        loop {
            let batch: Vec<Waiting> = {
                let mut waiting = self.waiting();
                let count = waiting.len().min(BATCH);
                waiting.drain(..count).collect()
            };
            if batch.is_empty() {
                return;
            }
            self.write(batch).await;
        }
    }

    /// The same for a process that ends: it does not wait longer than that, and what is left then goes into the log.
    pub async fn close(&self, within: Duration) {
        if tokio::time::timeout(within, self.flush()).await.is_err() {
            self.waiting().drain(..).for_each(|left| left.log_lost("the process ended"));
        }
    }

    async fn write(&self, batch: Vec<Waiting>) {
        let mut unwritten = Unwritten { left: batch, why: "the process ended".to_owned() };
        let work = self.try_write(&mut unwritten);
        match tokio::time::timeout(WRITE_TIME, work).await {
            Ok(Ok(uses)) => {
                unwritten.left.clear();
                self.write_uses(uses).await;
            }
            Ok(Err(error)) => unwritten.why = error.to_string(),
            Err(_) => "it took too long".clone_into(&mut unwritten.why),
        }
    }

    /// Stores the entries of a batch; the uses of credentials among them.
    async fn try_write(&self, batch: &mut Unwritten) -> Result<Uses, Error> {
        let (mut items, mut uses) = (Vec::with_capacity(batch.left.len()), Uses::new());
        let mut index = 0;
        while let Some(waiting) = batch.left.get_mut(index) {
            match self.prepare(waiting).await {
                Ok(Some(item)) => {
                    waiting.add_use(&mut uses);
                    items.push(item);
                    index += 1;
                }
                // Nobody's record: the log has the line of the request.
                Ok(None) => drop(batch.left.remove(index)),
                // One that cannot be written must not hold up the others.
                Err(error) => batch.left.remove(index).log_lost(&error.to_string()),
            }
        }
        let meter = Meter::default();
        let store = async {
            for attempt in 1..MAX_TRIES {
                if self.store(&items).await.is_ok() {
                    return Ok(());
                }
                back_off(attempt + 3).await;
            }
            self.store(&items).await
        };
        meter.measure(store).await?;
        let write_units = meter.counts().write_units;
        for (waiting, item) in batch.left.iter().zip(&items) {
            tracing::debug!(
                target: "muster::record",
                request_id = waiting.deed.request_id,
                units = item.write_units(),
                entries = items.len(),
                write_units,
                "recorded"
            );
        }
        Ok(uses)
    }

    /// An entry as it is stored; none if it belongs to nobody's record.
    async fn prepare(&self, waiting: &mut Waiting) -> Result<Option<Item>, Error> {
        if let Of::Credential(client_id) = waiting.of {
            let credential = self.0.table.get::<Credential>(keys::credential(client_id)).await?;
            let Some(credential) = credential else { return Ok(None) };
            waiting.of = Of::Company(credential.company);
        }
        let Of::Company(company) = &waiting.of else { return Ok(None) };
        let at = time_of(&waiting.id);
        let item = Item::encode(keys::record(company, month_of(at), waiting.id), &waiting.deed)?;
        Ok(Some(item.expiring(self.expiry(at))))
    }

    /// Seconds since 1970 after which something of this instant is not kept.
    fn expiry(&self, at: Timestamp) -> i64 {
        at.as_second() + i64::from(self.0.days) * 24 * 60 * 60
    }

    async fn store(&self, items: &[Item]) -> Result<(), Error> {
        // Nobody else makes these ids: what is there already, a try stored whose answer was lost.
        let there = || Error::Conflict("An entry of the record was stored before.".to_owned());
        match items {
            [] => Ok(()),
            [item] => self.0.table.put(item.clone(), Some(Condition::absent())).await.map(drop),
            several => {
                let transaction = several.iter().fold(self.0.table.transaction(), |transaction, item| {
                    transaction.put_if(item.clone(), Condition::absent(), there())
                });
                match transaction.commit().await {
                    Err(Error::Conflict(_)) => Ok(()),
                    other => other,
                }
            }
        }
    }

    /// Writes when and for what credentials were used, unless this process did within the hour.
    async fn write_uses(&self, uses: Uses) {
        for ((company, client_id), (id, scopes)) in uses {
            let at = time_of(&id);
            let due = self.due(client_id, &scopes, at);
            if due.is_empty() {
                continue;
            }
            let words: BTreeSet<String> = due.iter().flatten().map(ToString::to_string).collect();
            let key = keys::usage(&company, client_id);
            let (expires_at, at_ms) = (self.expiry(at), at.as_millisecond());
            match self.0.table.unite(key, Usage::TYPE, ("scopes", &words), ("last_used", at_ms), expires_at).await {
                Ok(()) => {
                    let mut kept = self.uses();
                    if kept.len() + due.len() > MAX_USES {
                        kept.clear();
                    }
                    kept.extend(due.into_iter().map(|scope| ((client_id, scope), at_ms)));
                }
                // The next use writes it, and the record has this one.
                Err(error) => tracing::warn!(cause = %error, "the use of a credential could not be written"),
            }
        }
    }

    fn uses(&self) -> MutexGuard<'_, HashMap<(ClientId, Option<Scope>), i64>> {
        self.0.uses.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Which uses are to be written: of the credential as such (`None`), and of scopes.
    fn due(&self, client_id: ClientId, scopes: &BTreeSet<Scope>, at: Timestamp) -> Vec<Option<Scope>> {
        let kept = self.uses();
        let is_due = |scope: &Option<Scope>| {
            kept.get(&(client_id, *scope)).is_none_or(|last| at.as_millisecond() - last >= USAGE_EVERY)
        };
        std::iter::once(None).chain(scopes.iter().copied().map(Some)).filter(is_due).collect()
    }

    /// Entries of a company, the newest first; behind a cursor, those that come then.
    ///
    /// What was noted a moment ago may not be written yet, by this process or another.
    ///
    /// Access pattern: `Query` of a month, backwards, 250 entries at a time; at most 20 queries, then there are
    /// fewer entries than asked for, and a cursor. None where the end lies before the beginning.
    pub async fn list(
        &self,
        company: &CompanyId,
        filter: &Filter,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Entries, Error> {
        let mut search = self.search(filter, after);
        let mut entries = Vec::new();
        for _ in 0..MAX_QUERIES {
            let Some(place) = search.place.take() else { break };
            let range = Range {
                pk: keys::record_month(company, place.month),
                from: (place.month == search.first_month).then(|| keys::record_at(search.first)),
                to: place.before.clone(),
                limit: Some(CHUNK),
            };
            let items = self.0.table.query_backwards(range).await?;
            let is_last = items.len() < CHUNK;
            let mut last = None;
            for item in items {
                let damaged = || Error::Internal("an entry of the record has no id".to_owned());
                let id = Uuid::try_parse(item.sort_key()).map_err(|_| damaged())?;
                last = Some(id);
                // The bound itself belongs to the page before.
                if place.before.as_deref() == Some(item.sort_key()) {
                    continue;
                }
                let entry = Entry::new(id, company.clone(), item.decode()?);
                if filter.takes(&entry) {
                    entries.push(entry);
                }
                if entries.len() >= limit {
                    return Ok(Entries { entries, next: Some(Cursor::Before(id)) });
                }
            }
            search.place = match last {
                Some(id) if !is_last => Some(Place { month: place.month, before: Some(id.to_string()) }),
                _ => search.month_before(place.month),
            };
        }
        let next = search.place.map(|place| match place.before.as_deref().map(Uuid::try_parse) {
            Some(Ok(id)) => Cursor::Before(id),
            _ => Cursor::Month(place.month),
        });
        Ok(Entries { entries, next })
    }

    /// Where a list begins and ends: no entry is older than what is kept, and none is of the future.
    fn search(&self, filter: &Filter, after: Option<Cursor>) -> Search {
        let now = self.0.clock.now();
        let kept = now.checked_sub((i64::from(self.0.days) * 24).hours()).unwrap_or(Timestamp::UNIX_EPOCH);
        let first = filter.from.unwrap_or(kept).max(kept);
        // Clocks of machines differ.
        let soon = now.checked_add(1.hours()).unwrap_or(now);
        let end = filter.to.unwrap_or(soon).min(soon);
        let newest = Place { month: month_of(end), before: Some(keys::record_at(end)) };
        let place = match after {
            Some(Cursor::Before(id)) if time_of(&id) < end => {
                Place { month: month_of(time_of(&id)), before: Some(id.to_string()) }
            }
            Some(Cursor::Month(month)) if month < newest.month => Place { month, before: None },
            _ => newest,
        };
        let first_month = month_of(first);
        // The store refuses a range that ends before it begins, and nothing is in it.
        let ends_late_enough = |place: &Place| place.before.as_deref().is_none_or(|end| end > &*keys::record_at(first));
        let place = Some(place).filter(|place| place.month >= first_month && ends_late_enough(place));
        Search { first, first_month, place }
    }

    /// When and for what credentials were used; those that never were, or long ago, are not there.
    ///
    /// Access pattern: `BatchGetItem`, a hundred at a time and all at once.
    pub async fn usage(
        &self,
        company: &CompanyId,
        client_ids: impl IntoIterator<Item = ClientId>,
    ) -> Result<BTreeMap<ClientId, Usage>, Error> {
        let keys: Vec<_> = client_ids.into_iter().map(|id| keys::usage(company, id)).collect();
        if keys.is_empty() {
            return Ok(BTreeMap::new());
        }
        let items = self.0.table.batch_get(keys).await?;
        items.into_iter().map(|item| Ok((item.sort_key().parse()?, item.decode()?))).collect()
    }
}

/// The uses of credentials: the latest entry, and the scopes.
type Uses = BTreeMap<(CompanyId, ClientId), (Uuid, BTreeSet<Scope>)>;

/// Where a list is: in a month, before an entry or a bound.
struct Place {
    month: Date,
    before: Option<String>,
}

struct Search {
    first: Timestamp,
    first_month: Date,
    place: Option<Place>,
}

impl Search {
    fn month_before(&self, month: Date) -> Option<Place> {
        let before = month.first_of_month().yesterday().ok()?.first_of_month();
        (before >= self.first_month).then_some(Place { month: before, before: None })
    }
}

/// A batch on its way. What is left of it when it goes is not written, whatever the reason, and goes into the log.
struct Unwritten {
    left: Vec<Waiting>,
    why: String,
}

impl Drop for Unwritten {
    fn drop(&mut self) {
        self.left.iter().for_each(|waiting| waiting.log_lost(&self.why));
    }
}
