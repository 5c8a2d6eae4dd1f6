//! The access patterns of pictures.
//!
//! The record of an employee says which object holds the picture. Setting one and
//! taking one away are changes of that record, in the same transaction as the
//! notes of [`shared::aws::uploads`]; sizes that were made lie beside the object
//! and go with it.

use std::time::Duration;

use shared::attributes::AttributeKey;
use shared::attributes::Employee;
use shared::attributes::Value;
use shared::attributes::employee::Changes;
use shared::attributes::system;
use shared::attributes::value::Picture;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::objects::Content;
use shared::aws::staff;
use shared::aws::table;
use shared::aws::uploads::Kind;
use shared::aws::uploads::Upload;
use shared::aws::uploads::gone;
use shared::aws::uploads::is_open;
use shared::aws::uploads::note;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::employee::no_employee;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;

use crate::model;
use crate::model::MAX_SIZE;

/// How long an address to download from is good.
const DOWNLOAD: Duration = Duration::from_mins(1);

/// A picture or a size of it, as it can be answered.
#[derive(Debug)]
pub enum Stored {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is larger than an answer can be: here it can be had for a minute.
    Elsewhere(String),
}

/// An employee.
///
/// Access pattern: `GetItem`.
pub async fn employee(deps: &Deps, company: &CompanyId, id: EmployeeId) -> Result<Option<Employee>, Error> {
    deps.table.get(keys::employee(company, id)).await
}

/// The picture of an employee, if there is one, to be shown.
///
/// Access pattern: `GetItem` of the employee.
pub async fn picture(deps: &Deps, permit: &ReadPermit, id: EmployeeId) -> Result<Option<Picture>, Error> {
    let picture = employee(deps, permit.company(), id).await?.and_then(|employee| employee.picture().cloned());
    if picture.is_some() {
        permit.touched().show(id, [&AttributeKey::system(system::PROFILE_PICTURE)]);
    }
    Ok(picture)
}

/// A picture as it came; none if it was replaced since its record was read.
///
/// Access pattern: `GetObject`.
pub async fn original(deps: &Deps, permit: &ReadPermit, picture: &Picture) -> Result<Option<Vec<u8>>, Error> {
    deps.objects()?.read(&keys::picture_original(permit.company(), picture.object), picture.size).await
}

/// A size of a picture that was made before.
///
/// Access pattern: `GetObject`.
pub async fn scaled(deps: &Deps, permit: &ReadPermit, picture: &Picture, width: u32) -> Result<Option<Stored>, Error> {
    let key = keys::picture_of_width(permit.company(), picture.object, width);
    // One byte more than is answered, to see whether there is more.
    let Some(png) = deps.objects()?.read(&key, MAX_SIZE as u64 + 1).await? else { return Ok(None) };
    stored(deps, &key, png).await.map(Some)
}

/// Keeps a size of a picture for the next time.
///
/// Access pattern: `PutObject`.
pub async fn keep(
    deps: &Deps,
    permit: &ReadPermit,
    picture: &Picture,
    width: u32,
    png: Vec<u8>,
) -> Result<Stored, Error> {
    let key = keys::picture_of_width(permit.company(), picture.object, width);
    let content = Content::of("image/png", &png);
    deps.objects()?.put_bytes(&key, png.clone(), &content).await?;
    stored(deps, &key, png).await
}

async fn stored(deps: &Deps, key: &str, png: Vec<u8>) -> Result<Stored, Error> {
    if png.len() <= MAX_SIZE {
        return Ok(Stored::Bytes(png));
    }
    let address = deps.objects()?.presign_download(key, DOWNLOAD, "image/png", "profile-picture.png").await?;
    Ok(Stored::Elsewhere(address))
}

/// Sets the picture of an employee.
///
/// Access pattern: `PutItem` of the upload beside the sweep, `PutObject`, then a
/// transaction: the employee as it was read, its mark of changes, the end of the
/// upload, and a note of the picture that was there before; then that picture's
/// objects are removed. `GetItem` and the transaction again when somebody else
/// changed the employee in between.
pub async fn set(
    deps: &Deps,
    permit: &WritePermit,
    employee: Employee,
    upload: &Upload,
    picture: &Picture,
    bytes: Vec<u8>,
) -> Result<(), Error> {
    let company = permit.company();
    permit.touched().change([system::PROFILE_PICTURE]);
    let uploads = deps.uploads()?;
    let (begun, swept) = tokio::join!(uploads.begin(company, upload), uploads.sweep(company, Kind::Picture));
    note(swept);
    let work = async {
        begun?;
        let content = Content::of(&picture.media_type, &bytes);
        deps.objects()?.put_bytes(&keys::picture_original(company, picture.object), bytes, &content).await?;
        change(deps, company, employee, Some((picture, upload))).await
    };
    let replaced = work.await;
    if replaced.is_err() {
        uploads.give_up(company, upload).await;
    }
    clear_up(deps, company, replaced?).await
}

/// Takes the picture of an employee away; an error if there is none.
///
/// Access pattern: a transaction: the employee as it was read, its mark of
/// changes, and a note of the picture; then its objects are removed.
pub async fn remove(deps: &Deps, permit: &WritePermit, employee: Employee) -> Result<(), Error> {
    let company = permit.company();
    permit.touched().change([system::PROFILE_PICTURE]);
    let removed = change(deps, company, employee, None).await?;
    clear_up(deps, company, removed).await
}

/// Gives an employee another picture or none, and tells which one is to be removed.
async fn change(
    deps: &Deps,
    company: &CompanyId,
    employee: Employee,
    wanted: Option<(&Picture, &Upload)>,
) -> Result<Option<Upload>, Error> {
    let id = employee.id;
    let read = std::sync::Mutex::new(Some(employee));
    let work = || async {
        // What was read before is good for the first try.
        let known = read.lock().ok().and_then(|mut read| read.take());
        let stored = match known {
            Some(employee) => employee,
            None => self::employee(deps, company, id).await?.ok_or_else(|| no_employee(id))?,
        };
        let mut employee = stored.clone();
        let value = wanted.map(|(picture, _)| Value::Picture(picture.clone()));
        let changes = Changes::from([(system::PROFILE_PICTURE.parse()?, value)]);
        if employee.apply(changes, deps.clock.now()).is_empty() {
            return Err(model::no_picture());
        }
        let mut transaction = staff::replace(deps.table.transaction(), company, &stored, &employee)?;
        if let Some((_, upload)) = wanted {
            transaction = transaction.delete_if(upload.key(company), is_open(), gone());
        }
        // Whoever shows the picture at this moment may still add a size of it, so the note waits an hour for a sweep.
        let condemned = |old: &Picture| Upload::condemned_at(Kind::Picture, old.object, deps.clock.now());
        let old = stored.picture().map(condemned);
        if let Some(old) = &old {
            transaction = transaction.put(Item::encode(old.key(company), old)?);
        }
        transaction.commit().await?;
        Ok(old)
    };
    table::unless_raced(&format!("Employee {id}"), work).await
}

/// Removes what a picture left behind; its note stays for what may still come.
async fn clear_up(deps: &Deps, company: &CompanyId, old: Option<Upload>) -> Result<(), Error> {
    if let Some(old) = old {
        note(deps.uploads()?.remove_objects(company, &old).await);
    }
    Ok(())
}
