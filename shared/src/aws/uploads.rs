//! Uploads: objects that are under way, and objects that are to go.
//!
//! | step | table | bucket |
//! | --- | --- | --- |
//! | 1 | the upload is written down, open | |
//! | 2 | | the object arrives, or is copied from staging |
//! | 3 | the record is stored and the upload ends, if it is open | |
//!
//! Whatever breaks off between them leaves an open upload, of which no record
//! exists. A sweep condemns those that began an hour ago: from then on step 3
//! fails. Only then it removes the object, and the note last. Whoever takes an
//! object from a record leaves a condemned upload in the same transaction. So a
//! record never points to an object that is gone, and no object stays that
//! neither a record nor a note knows.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::keys::Key;
use crate::aws::objects::Objects;
use crate::aws::table::Range;
use crate::aws::table::Table;
use crate::aws::transaction::Condition;
use crate::error::Error;
use crate::ids::CompanyId;

/// How long an upload may take from its beginning to its record. No request and no presigned address lives so long.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// How many uploads one sweep goes through.
const SWEPT: usize = 5;

/// What an upload brings. Each kind is swept by its own function, which alone reaches its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The file of a document.
    File,
    /// The picture of an employee, and what was made of it.
    Picture,
}

impl Kind {
    /// Every kind, for whoever sweeps them all.
    pub const ALL: [Self; 2] = [Self::File, Self::Picture];

    fn name(self) -> &'static str {
        match self {
            Self::File => "FILE",
            Self::Picture => "PICTURE",
        }
    }
}

/// Whether a record can come of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// It can.
    Open,
    /// It cannot: its object is to be removed.
    Condemned,
}

/// An object that no record knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upload {
    /// Its id, which begins with the time at which it began.
    pub id: Uuid,
    /// What it brings.
    pub kind: Kind,
    /// The object.
    pub object: Uuid,
    /// What can come of it.
    pub state: State,
    /// Whether only what is in staging is to be removed: the rest is a record's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub staged_only: bool,
}

impl Entity for Upload {
    const TYPE: &'static str = "upload";
}

impl Upload {
    /// An upload that begins now. Its object has its id.
    #[must_use]
    pub fn open(kind: Kind, now: Timestamp) -> Self {
        let id = id_at(now);
        Self { id, kind, object: id, state: State::Open, staged_only: false }
    }

    /// A note that an object is to be removed by the next sweep.
    #[must_use]
    pub fn condemned(kind: Kind, object: Uuid) -> Self {
        // Older than anything that a sweep leaves alone.
        Self::condemned_at(kind, object, Timestamp::UNIX_EPOCH)
    }

    /// A note that an object is to be removed by a sweep in an hour: until then, requests that began before may add to it.
    #[must_use]
    pub fn condemned_at(kind: Kind, object: Uuid, now: Timestamp) -> Self {
        Self { id: id_at(now), kind, object, state: State::Condemned, staged_only: false }
    }

    /// Where it is written down.
    #[must_use]
    pub fn key(&self, company: &CompanyId) -> Key {
        key(company, self.kind, self.id)
    }
}

/// Where the upload with an id is written down.
#[must_use]
pub fn key(company: &CompanyId, kind: Kind, id: Uuid) -> Key {
    keys::upload(company, kind.name(), id)
}

fn id_at(instant: Timestamp) -> Uuid {
    let seconds = u64::try_from(instant.as_second()).unwrap_or(0);
    let nanoseconds = u32::try_from(instant.subsec_nanosecond()).unwrap_or(0);
    Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, seconds, nanoseconds))
}

/// That a record can come of an upload.
#[must_use]
pub fn is_open() -> Condition {
    Condition::exists().text_is(&["state"], "open")
}

/// The answer to an upload that is over.
#[must_use]
pub fn gone() -> Error {
    Error::not_found("There is no such upload, or it took too long. Begin again.")
}

/// Tidying up is not what was asked for, so it fails nobody's request.
pub fn note<T>(tidied: Result<T, Error>) {
    if let Err(error) = tidied {
        tracing::warn!(cause = %error, "objects without a record are left to a later sweep");
    }
}

/// The uploads of all companies: the notes in the table, and the objects in the bucket.
#[derive(Clone, Copy, Debug)]
pub struct Uploads<'a> {
    table: &'a Table,
    objects: &'a Objects,
    now: Timestamp,
}

impl<'a> Uploads<'a> {
    /// Those of a table and a bucket, as they stand now.
    #[must_use]
    pub fn new(table: &'a Table, objects: &'a Objects, now: Timestamp) -> Self {
        Self { table, objects, now }
    }

    /// Writes down that an upload begins.
    ///
    /// Access pattern: `PutItem`.
    pub async fn begin(&self, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
        self.table.put(Item::encode(upload.key(company), upload)?, None).await.map(drop)
    }

    /// Removes what came of an upload that failed, so that nobody has to wait for a
    /// sweep. The note stays for it: what was sent to the bucket may still arrive.
    pub async fn give_up(&self, company: &CompanyId, upload: &Upload) {
        let work = async {
            if self.condemn(company, upload).await? {
                self.remove_objects(company, upload).await?;
            }
            Ok::<(), Error>(())
        };
        note(work.await);
    }

    /// Removes the objects of uploads that began an hour ago and came to nothing,
    /// and of what was deleted; tells how many uploads that were.
    ///
    /// Access pattern: `Query` of the oldest uploads of a kind; of each that is over,
    /// `PutItem` if it is still open, the removal of its objects, `DeleteItem`.
    pub async fn sweep(&self, company: &CompanyId, kind: Kind) -> Result<usize, Error> {
        let before = self.now.checked_sub(LIFETIME).unwrap_or(Timestamp::UNIX_EPOCH);
        let range = Range {
            pk: keys::uploads(company, kind.name()),
            from: None,
            to: Some(keys::uploads_before(before)),
            limit: Some(SWEPT),
        };
        let uploads = self.table.query(range).await?.into_iter().map(Item::decode::<Upload>);
        let (mut count, mut failed) = (0, None);
        for upload in uploads.collect::<Result<Vec<_>, _>>()? {
            // One that cannot be removed holds up no other.
            match self.end(company, &upload).await {
                Ok(()) => count += 1,
                Err(error) => failed = Some(error),
            }
        }
        failed.map_or(Ok(count), Err)
    }

    async fn end(&self, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
        if self.condemn(company, upload).await? { self.remove(company, upload).await } else { Ok(()) }
    }

    /// Sees to it that no record comes of an upload; `false` if somebody else was faster, with a record or a sweep.
    async fn condemn(&self, company: &CompanyId, upload: &Upload) -> Result<bool, Error> {
        if upload.state == State::Condemned {
            return Ok(true);
        }
        let condemned = Upload { state: State::Condemned, ..upload.clone() };
        self.table.put(Item::encode(upload.key(company), &condemned)?, Some(is_open())).await
    }

    /// Removes objects of which no record can come, and the note of them.
    pub async fn remove(&self, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
        self.remove_objects(company, upload).await?;
        self.table.delete(upload.key(company), Condition::exists()).await.map(drop)
    }

    /// Removes objects of which no record can come; the note stays.
    ///
    /// Access pattern: of a file, `DeleteObject` in both places; of a picture,
    /// `ListObjectsV2`, then `DeleteObject` of each of its sizes.
    pub async fn remove_objects(&self, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
        match upload.kind {
            Kind::Picture => self.objects.delete_all(&keys::picture_objects(company, upload.object)).await,
            Kind::File => {
                if !upload.staged_only {
                    self.objects.delete(&keys::file_object(company, upload.object)).await?;
                }
                self.objects.delete(&keys::staged_object(company, upload.object)).await
            }
        }
    }
}
