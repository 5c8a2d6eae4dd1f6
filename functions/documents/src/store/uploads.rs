//! Uploads of documents: the shared notes of what is under way, and files that
//! come by a presigned request before their documents are created.

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
use shared::aws::uploads;
use shared::aws::uploads::Kind;
use shared::aws::uploads::State;
use shared::aws::uploads::Upload;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::WritePermit;
use shared::record::Subject;
use uuid::Uuid;

use crate::model::Details;
use crate::model::File;

/// How long a document can be created with an upload: well before a sweep may take it, for whoever has found it.
const USABLE: SignedDuration = SignedDuration::from_mins(45);
/// How long a presigned upload may begin.
pub const PRESIGNED: Duration = Duration::from_mins(15);

/// An upload of a file that comes by a presigned request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Announced {
    /// The note of it. A sweep reads and writes nothing else.
    #[serde(flatten)]
    pub upload: Upload,
    /// What is said of the document.
    pub details: Details,
    /// The file as it has to come.
    pub file: File,
}

impl Entity for Announced {
    const TYPE: &'static str = Upload::TYPE;
}

/// What is left of an upload once a document has its object: only what is in staging is to be removed.
#[must_use]
pub fn done(upload: &Upload) -> Upload {
    Upload { state: State::Condemned, staged_only: true, ..upload.clone() }
}

/// Writes down that a file will come.
///
/// Access pattern: `PutItem`.
pub async fn announce(deps: &Deps, permit: &WritePermit, announced: &Announced) -> Result<(), Error> {
    permit.touched().touch(Subject::Upload, announced.upload.id);
    let item = Item::encode(announced.upload.key(permit.company()), announced)?;
    deps.table.put(item, None).await.map(drop)
}

/// An open upload that was announced.
///
/// Access pattern: `GetItem`.
pub async fn find(deps: &Deps, permit: &WritePermit, id: Uuid) -> Result<Announced, Error> {
    permit.touched().touch(Subject::Upload, id);
    let earliest = keys::uploads_before(deps.clock.now().checked_sub(USABLE).unwrap_or(Timestamp::UNIX_EPOCH));
    let found = deps.table.get::<Noted>(uploads::key(permit.company(), Kind::File, id)).await?;
    match found.and_then(Noted::announced) {
        Some(found) if found.upload.state == State::Open && found.upload.id.to_string() >= earliest => Ok(found),
        _ => Err(uploads::gone()),
    }
}

/// An upload that may have been announced: files also come with their documents.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Noted {
    #[serde(flatten)]
    upload: Upload,
    details: Option<Details>,
    file: Option<File>,
}

impl Entity for Noted {
    const TYPE: &'static str = Upload::TYPE;
}

impl Noted {
    fn announced(self) -> Option<Announced> {
        let Self { upload, details, file } = self;
        details.zip(file).map(|(details, file)| Announced { upload, details, file })
    }
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
    if deps.objects()?.copy(&from, &to).await? { Ok(()) } else { Err(uploads::gone()) }
}

/// Removes what is left in staging of an upload that became a document. The note
/// stays for a sweep: as long as its address is good, the file can come again.
pub async fn clear_staging(deps: &Deps, permit: &WritePermit, upload: &Upload) -> Result<(), Error> {
    deps.objects()?.delete(&keys::staged_object(permit.company(), upload.object)).await
}
