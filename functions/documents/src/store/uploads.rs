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
//! fails. Only then it removes the object, and the note last. A deleted document
//! leaves a condemned upload in the transaction that removes its record, and one
//! whose file came by way of staging leaves one for what is there. So a record
//! never points to an object that is gone, and no object stays that neither a
//! record nor a note knows.

use std::path::Path;
use std::time::Duration;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::objects::Content;
use shared::aws::objects::Presigned;
use shared::aws::table::Range;
use shared::aws::transaction::Condition;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::WritePermit;
use shared::ids::CompanyId;
use shared::record::Subject;
use uuid::Uuid;

use crate::model::Details;
use crate::model::File;

/// How long an upload may take from its beginning to its record. No request and no presigned address lives so long.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(1);
/// How long a document can be created with an upload: well before a sweep may take it, for whoever has found it.
const USABLE: SignedDuration = SignedDuration::from_mins(45);
/// How long a presigned upload may begin.
pub const PRESIGNED: Duration = Duration::from_mins(15);
/// How many uploads one sweep goes through.
const SWEPT: usize = 5;

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
    /// The object.
    pub object: Uuid,
    /// What can come of it.
    pub state: State,
    /// Whether only what is in staging is to be removed: the rest is a document's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub staged_only: bool,
    /// The document that it is for, where the file comes by a presigned request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub announced: Option<Announced>,
}

/// A document whose file comes by a presigned request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// What is said of it.
    pub details: Details,
    /// The file as it has to come.
    pub file: File,
}

impl Entity for Upload {
    const TYPE: &'static str = "upload";
}

impl Upload {
    /// An upload that begins now. Its object has its id.
    #[must_use]
    pub fn open(now: Timestamp) -> Self {
        let id = id_at(now);
        Self { id, object: id, state: State::Open, staged_only: false, announced: None }
    }

    /// What is left of it once a document has its object.
    #[must_use]
    pub fn done(&self) -> Option<Self> {
        // Only what was announced came by way of staging.
        self.announced.as_ref()?;
        Some(Self { state: State::Condemned, staged_only: true, announced: None, ..self.clone() })
    }

    /// A note that an object is to be removed, older than anything that a sweep leaves alone.
    #[must_use]
    pub fn condemned(object: Uuid) -> Self {
        let id = id_at(Timestamp::UNIX_EPOCH);
        Self { id, object, state: State::Condemned, staged_only: false, announced: None }
    }
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
    Error::not_found("There is no such upload, or it took longer than 45 minutes. Begin again.")
}

/// Writes down that an upload begins.
///
/// Access pattern: `PutItem`.
pub async fn begin(deps: &Deps, permit: &WritePermit, upload: &Upload) -> Result<(), Error> {
    permit.touched().touch(Subject::Upload, upload.id);
    let item = Item::encode(keys::upload(permit.company(), upload.id), upload)?;
    deps.table.put(item, None).await.map(drop)
}

/// An open upload that was announced.
///
/// Access pattern: `GetItem`.
pub async fn find(deps: &Deps, permit: &WritePermit, id: Uuid) -> Result<(Upload, Announced), Error> {
    permit.touched().touch(Subject::Upload, id);
    let upload: Option<Upload> = deps.table.get(keys::upload(permit.company(), id)).await?;
    let earliest = keys::uploads_before(deps.clock.now().checked_sub(USABLE).unwrap_or(Timestamp::UNIX_EPOCH));
    let open = upload.filter(|upload| upload.state == State::Open && upload.id.to_string() >= earliest);
    let announced = open.and_then(|upload| upload.announced.clone().map(|announced| (upload, announced)));
    announced.ok_or_else(gone)
}

/// A request with which the file of an announced document can come.
pub async fn presign(
    deps: &Deps,
    permit: &WritePermit,
    upload: &Upload,
    content: &Content,
) -> Result<Presigned, Error> {
    let key = keys::staged_object(permit.company(), upload.object);
    deps.objects()?.presign_upload(&key, PRESIGNED, content).await
}

/// Stores the file of an upload. Access pattern: `PutObject`.
pub async fn put(
    deps: &Deps,
    permit: &WritePermit,
    upload: &Upload,
    file: &Path,
    content: &Content,
) -> Result<(), Error> {
    let key = keys::file_object(permit.company(), upload.object);
    deps.objects()?.put_file(&key, file, content).await
}

/// What came by a presigned request, and its first bytes; none if nothing came.
///
/// Access pattern: `HeadObject`, then `GetObject` of a range.
pub async fn arrived(
    deps: &Deps,
    permit: &WritePermit,
    upload: &Upload,
    first: usize,
) -> Result<Option<(Content, Vec<u8>)>, Error> {
    let (objects, key) = (deps.objects()?, keys::staged_object(permit.company(), upload.object));
    let Some(content) = objects.head(&key).await? else { return Ok(None) };
    let head = objects.read(&key, first as u64).await?;
    Ok(head.map(|head| (content, head)))
}

/// Moves what came by a presigned request to where documents have their files. Access pattern: `CopyObject`.
pub async fn adopt(deps: &Deps, permit: &WritePermit, upload: &Upload) -> Result<(), Error> {
    let company = permit.company();
    let (from, to) = (keys::staged_object(company, upload.object), keys::file_object(company, upload.object));
    if deps.objects()?.copy(&from, &to).await? { Ok(()) } else { Err(gone()) }
}

/// Removes what came of an upload that failed, so that nobody has to wait for a
/// sweep. The note stays for it: what was sent to the bucket may still arrive.
pub async fn give_up(deps: &Deps, permit: &WritePermit, upload: &Upload) {
    let company = permit.company();
    let work = async {
        if condemn(deps, company, upload).await? {
            deps.objects()?.delete(&keys::file_object(company, upload.object)).await?;
        }
        Ok::<(), Error>(())
    };
    if let Err(error) = work.await {
        tracing::warn!(cause = %error, "a failed upload is left to the sweep");
    }
}

/// Removes what is left in staging of an upload that became a document. The note
/// stays for a sweep: as long as its address is good, the file can come again.
pub async fn clear_staging(deps: &Deps, permit: &WritePermit, upload: &Upload) -> Result<(), Error> {
    deps.objects()?.delete(&keys::staged_object(permit.company(), upload.object)).await
}

/// Removes the objects of uploads that began an hour ago and came to nothing, and of deleted documents.
///
/// Access pattern: `Query` of the oldest uploads; of each that is over, `PutItem`
/// if it is still open, `DeleteObject` of its object in both places, `DeleteItem`.
pub async fn sweep(deps: &Deps, company: &CompanyId) -> Result<usize, Error> {
    let before = deps.clock.now().checked_sub(LIFETIME).unwrap_or(Timestamp::UNIX_EPOCH);
    let range =
        Range { pk: keys::uploads(company), from: None, to: Some(keys::uploads_before(before)), limit: Some(SWEPT) };
    let uploads = deps.table.query(range).await?.into_iter().map(Item::decode::<Upload>);
    let (mut count, mut failed) = (0, None);
    for upload in uploads.collect::<Result<Vec<_>, _>>()? {
        // One that cannot be removed holds up no other.
        match end(deps, company, &upload).await {
            Ok(()) => count += 1,
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(count), Err)
}

async fn end(deps: &Deps, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
    if condemn(deps, company, upload).await? { remove(deps, company, upload).await } else { Ok(()) }
}

/// Sees to it that no record comes of an upload; `false` if somebody else was faster, with a record or with a sweep.
async fn condemn(deps: &Deps, company: &CompanyId, upload: &Upload) -> Result<bool, Error> {
    if upload.state == State::Condemned {
        return Ok(true);
    }
    let condemned = Upload { state: State::Condemned, ..upload.clone() };
    deps.table.put(Item::encode(keys::upload(company, upload.id), &condemned)?, Some(is_open())).await
}

/// Removes an object of which no record can come, and the note of it.
pub async fn remove(deps: &Deps, company: &CompanyId, upload: &Upload) -> Result<(), Error> {
    let objects = deps.objects()?;
    if !upload.staged_only {
        objects.delete(&keys::file_object(company, upload.object)).await?;
    }
    objects.delete(&keys::staged_object(company, upload.object)).await?;
    deps.table.delete(keys::upload(company, upload.id), Condition::exists()).await.map(drop)
}
