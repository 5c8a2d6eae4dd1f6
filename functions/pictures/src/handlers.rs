//! One function per endpoint: parse, store, respond.

use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use serde::Serialize;
use shared::attributes::system;
use shared::attributes::value::Picture;
use shared::aws::objects::Content;
use shared::aws::uploads::Kind;
use shared::aws::uploads::Upload;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body::read_file;
use shared::http::employee::no_employee;
use shared::http::employee::parse_employee_id;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::bytes;
use shared::http::respond::no_content;
use shared::http::respond::see_other;
use shared::http::respond::success;
use shared::ids::EmployeeId;
use shared::wire::hex;
use shared::wire::whole;
use tokio::sync::Semaphore;
use utoipa::ToSchema;

use crate::model;
use crate::model::Facts;
use crate::model::MAX_SIZE;
use crate::model::MAX_WIDTH;
use crate::model::no_picture;
use crate::store;
use crate::store::Stored;

/// How many pictures a process decodes at the same time: each takes memory, and a core.
static DECODING: Semaphore = Semaphore::const_new(2);
/// How often a picture is looked up again that somebody replaced in the meantime.
const MAX_LOOKUPS: usize = 5;

/// Show the picture of an employee
#[utoipa::path(
    get,
    path = "/v1/company/employees/{employee_id}/profile-picture",
    tag = "Employees",
    operation_id = "get_profile_picture",
    description = "The picture as it was set. The credential must be able to read the attribute profile_picture.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    responses(
        (status = 200, description = "The picture", content(
            (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"),
        )),
        Refused,
        (status = 404, description = "There is no such employee, no picture, or it cannot be read", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_picture(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(employee_id): Path<String>,
) -> Result<Response, Error> {
    let id = readable_picture_of(&permit, &employee_id)?;
    for _ in 0..MAX_LOOKUPS {
        let picture = store::picture(&deps, &permit, id).await?.ok_or_else(no_picture)?;
        if let Some(original) = store::original(&deps, &permit, &picture).await? {
            return Ok(bytes(&picture.media_type, original));
        }
    }
    Err(missing())
}

/// Show the picture of an employee in a width
#[utoipa::path(
    get,
    path = "/v1/company/employees/{employee_id}/profile-picture/{width}",
    tag = "Employees",
    operation_id = "get_profile_picture_of_width",
    description = "The picture as a PNG, so many pixels wide, or as wide as it is if that is less. The credential must \
        be able to read the attribute profile_picture.",
    params(
        ("employee_id" = i32, Path, description = "The number of the employee"),
        ("width" = i32, Path, minimum = 1, maximum = 100_000, description = "Pixels"),
    ),
    responses(
        (status = 200, description = "The picture", body = Vec<u8>, content_type = "image/png"),
        (status = 303, description = "It is larger than 4 MB: where it can be had for a minute, without the token"),
        (status = 400, description = "The width cannot be read", body = Failure),
        Refused,
        (status = 404, description = "There is no such employee, no picture, or it cannot be read", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_picture_of_width(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path((employee_id, width)): Path<(String, String)>,
) -> Result<Response, Error> {
    let id = readable_picture_of(&permit, &employee_id)?;
    let wanted = whole("width", &width.into(), 1, MAX_WIDTH.into())?;
    let wanted = u32::try_from(wanted).unwrap_or(MAX_WIDTH);
    for _ in 0..MAX_LOOKUPS {
        let picture = store::picture(&deps, &permit, id).await?.ok_or_else(no_picture)?;
        // Whatever is larger is the same picture, and kept once.
        let width = wanted.min(picture.width);
        if let Some(stored) = scaled(&deps, &permit, &picture, width).await? {
            return match stored {
                Stored::Bytes(png) => Ok(bytes("image/png", png)),
                Stored::Elsewhere(address) => see_other(&address),
            };
        }
    }
    Err(missing())
}

/// A size of a picture, made now if it was not before; none if the picture was replaced.
async fn scaled(deps: &Deps, permit: &ReadPermit, picture: &Picture, width: u32) -> Result<Option<Stored>, Error> {
    if let Some(kept) = store::scaled(deps, permit, picture, width).await? {
        return Ok(Some(kept));
    }
    let Some(original) = store::original(deps, permit, picture).await? else { return Ok(None) };
    let png = decoding(move || model::scale(&original, width)).await?;
    store::keep(deps, permit, picture, width, png).await.map(Some)
}

/// The employee that a path names, if the credential may see a picture at all.
fn readable_picture_of(permit: &ReadPermit, employee_id: &str) -> Result<EmployeeId, Error> {
    let id = parse_employee_id(permit.touched(), employee_id).map_err(|_| no_picture())?;
    if permit.reader().readable().allows(system::PROFILE_PICTURE) { Ok(id) } else { Err(no_picture()) }
}

fn missing() -> Error {
    Error::Unavailable("the object of a picture is not there, or is replaced all the time".to_owned())
}

/// Does work that keeps a core busy, beside the requests.
async fn decoding<T: Send + 'static>(work: impl FnOnce() -> Result<T, Error> + Send + 'static) -> Result<T, Error> {
    let _turn = DECODING.acquire().await;
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|_| Error::Internal("decoding a picture broke off".to_owned()))?
}

/// A picture that was set.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureResource {
    /// Always `ProfilePicture`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: PictureAttributes,
}

/// What a picture is.
#[derive(Debug, Serialize, ToSchema)]
pub struct PictureAttributes {
    /// `image/jpeg`, `image/png` or `image/webp`.
    content_type: String,
    /// Bytes.
    size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    sha256: String,
    /// Pixels, as it is shown.
    width: u32,
    /// Pixels, as it is shown.
    height: u32,
}

impl PictureResource {
    fn new(picture: Picture) -> Self {
        let Picture { media_type: content_type, size, sha256, width, height, .. } = picture;
        let attributes = PictureAttributes { content_type, size, sha256, width, height };
        Self { resource_type: "ProfilePicture", attributes }
    }
}

/// A picture in a form.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; shared::http::body takes it")]
pub struct PictureForm {
    /// Up to 4 MB.
    #[schema(format = "binary")]
    file: String,
}

/// Set the picture of an employee
#[utoipa::path(
    put,
    path = "/v1/company/employees/{employee_id}/profile-picture",
    tag = "Employees",
    operation_id = "set_profile_picture",
    description = "Sets the picture, or replaces the one that is there: a PNG, JPEG or WebP image of up to 4 MB and 25 \
        million pixels, as the body or as the file of a form. The vendor has no such call.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    request_body(content(
        (Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/webp"),
        (PictureForm = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The picture is set", body = Success<PictureResource>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such employee", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn set_picture(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(employee_id): Path<String>,
    request: Request,
) -> Result<Response, Error> {
    let id = parse_employee_id(permit.touched(), &employee_id)?;
    let (parts, body) = request.into_parts();
    let bytes = read_file(&parts.headers, body, MAX_SIZE).await?;
    let (checked, bytes) = decoding(move || Ok((model::check(&bytes), bytes))).await?;
    let Facts { media_type, width, height } = checked?;
    let employee = store::employee(&deps, permit.company(), id).await?.ok_or_else(|| no_employee(id))?;
    let content = Content::of(media_type, &bytes);
    let sha256 = hex(&content.sha256);
    // The same picture once more: nothing to do, and nothing changes.
    if let Some(picture) = employee.picture().filter(|picture| picture.sha256 == sha256) {
        return Ok(success(PictureResource::new(picture.clone())));
    }
    let upload = Upload::open(Kind::Picture, deps.clock.now());
    let media_type = content.media_type;
    let picture = Picture { object: upload.object, media_type, size: content.size, sha256, width, height };
    store::set(&deps, &permit, employee, &upload, &picture, bytes).await?;
    Ok(success(PictureResource::new(picture)))
}

/// Remove the picture of an employee
#[utoipa::path(
    delete,
    path = "/v1/company/employees/{employee_id}/profile-picture",
    tag = "Employees",
    operation_id = "remove_profile_picture",
    description = "Removes the picture. The vendor has no such call.",
    params(("employee_id" = i32, Path, description = "The number of the employee")),
    responses(
        (status = 204, description = "The picture is gone"),
        Refused,
        (status = 404, description = "There is no such employee, or no picture", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn remove_picture(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(employee_id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_employee_id(permit.touched(), &employee_id)?;
    let employee = store::employee(&deps, permit.company(), id).await?.ok_or_else(|| no_employee(id))?;
    store::remove(&deps, &permit, employee).await?;
    Ok(no_content())
}
