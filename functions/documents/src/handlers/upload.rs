//! Documents come in one call with their files, or in three where files are large:
//! an upload begins, the file goes to the bucket, the document is created with it.

use std::sync::Arc;

use axum::extract::Request;
use axum::extract::State;
use axum::response::Response;
use serde_json::Map;
use serde_json::Value as Json;
use shared::attributes::Employee;
use shared::attributes::View;
use shared::aws::objects::Content;
use shared::aws::uploads::Kind;
use shared::aws::uploads::Upload;
use shared::aws::uploads::note;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body;
use shared::http::body::Fields;
use shared::http::idempotency;
use shared::http::permit::WritePermit;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::created;
use shared::wire::hex;

use crate::handlers::bodies::BegunUpload;
use crate::handlers::bodies::DocumentBody;
use crate::handlers::bodies::UploadBody;
use crate::handlers::receive;
use crate::handlers::receive::Spooled;
use crate::handlers::view;
use crate::handlers::view::DocumentResource;
use crate::model;
use crate::model::Details;
use crate::model::Document;
use crate::model::File;
use crate::model::kind;
use crate::model::requests;
use crate::store;
use crate::store::uploads::Announced;

/// Upload a document
#[utoipa::path(
    post,
    path = "/v1/company/documents",
    tag = "Documents",
    operation_id = "create_document",
    description = "Stores a document with the file that comes with it, or with the file of an upload. The file's \
        content must be what its extension says.",
    request_body(content(
        (DocumentBody = "multipart/form-data"),
        (DocumentBody = "application/json"),
        (DocumentBody = "application/x-www-form-urlencoded"),
    )),
    responses(
        (status = 201, description = "The document is stored", body = Success<DocumentResource>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such employee, category or upload", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_document(
    State(deps): State<Deps>,
    permit: WritePermit,
    request: Request,
) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let (fields, file) = if receive::is_multipart(&parts.headers) {
        let received = Box::pin(receive::receive(&parts.headers, body)).await?;
        (received.fields, received.file)
    } else {
        (body::read_fields(&parts.headers, body).await?.0, None)
    };
    let digest = file.as_ref().map(|file| (file.name.clone(), hex(&file.content.sha256)));
    let told = serde_json::to_vec(&(&fields, digest)).unwrap_or_default();
    let work = async {
        let (document, employee, company) = match file {
            Some(_) if fields.contains_key("upload_id") => {
                let message = "A document has one file: the one that comes with it, or that of an upload.";
                return Err(model::not_valid(Error::invalid("upload_id", message)));
            }
            Some(file) => Box::pin(with_file(&deps, &permit, &fields, file)).await?,
            None => Box::pin(with_upload(&deps, &permit, &fields)).await?,
        };
        let view = View::new(&company, permit.reader(), deps.clock.now());
        Ok(created(view::show(&company, view.short_employee(&employee)?, document)))
    };
    Box::pin(idempotency::keyed(&deps, &parts, &told, work)).await
}

type Stored = (Document, Employee, Arc<Company>);

/// Everything is checked before the first byte goes to the bucket.
async fn with_file(
    deps: &Deps,
    permit: &WritePermit,
    fields: &Map<String, Json>,
    file: Spooled,
) -> Result<Stored, Error> {
    let details = requests::read_details(fields)?;
    let company = check_category(deps, permit, &details).await?;
    let employee = store::employee(deps, permit, details.employee).await?;
    let upload = Upload::open(Kind::File, deps.clock.now());
    // What others left behind is removed by those who come.
    let uploads = deps.uploads()?;
    let (id, begun, swept) = tokio::join!(
        store::take_id(deps, permit),
        uploads.begin(permit.company(), &upload),
        uploads.sweep(permit.company(), Kind::File)
    );
    note(swept);
    let stored = async {
        let id = id?;
        begun?;
        store::uploads::put(deps, permit, &upload, file.path.path(), &file.content).await?;
        let kept = File::new(upload.object, file.name.clone(), &file.content);
        let document = Document::new(id, details, kept, &company, deps.clock.now());
        store::create(deps, permit, &document, &upload, false).await?;
        Ok(document)
    };
    match stored.await {
        Ok(document) => Ok((document, employee, company)),
        Err(error) => {
            uploads.give_up(permit.company(), &upload).await;
            Err(error)
        }
    }
}

/// A file that came by a presigned request becomes a document's, after the same checks.
async fn with_upload(deps: &Deps, permit: &WritePermit, fields: &Map<String, Json>) -> Result<Stored, Error> {
    let Some(id) = requests::read_upload_id(fields)? else {
        return Err(model::not_valid(Error::invalid("file", "The file field is required.")));
    };
    let Announced { upload, details, file } = store::uploads::find(deps, permit, id).await?;
    let company = check_category(deps, permit, &details).await?;
    let employee = store::employee(deps, permit, details.employee).await?;
    let missing = || model::not_valid(Error::invalid("upload_id", "The file of this upload did not come yet."));
    let (content, head) = store::uploads::arrived(deps, permit, &upload, kind::HEAD).await?.ok_or_else(missing)?;
    if (content.size, hex(&content.sha256)) != (file.size, file.sha256.clone()) {
        let message = "The file that came is not the one that was announced.";
        return Err(model::not_valid(Error::invalid("upload_id", message)));
    }
    receive::check(&file.name, file.size, &head)?;
    store::uploads::adopt(deps, permit, &upload).await?;
    let id = store::take_id(deps, permit).await?;
    let document = Document::new(id, details, file, &company, deps.clock.now());
    store::create(deps, permit, &document, &upload, true).await?;
    note(store::uploads::clear_staging(deps, permit, &upload).await);
    Ok((document, employee, company))
}

async fn check_category(deps: &Deps, permit: &WritePermit, details: &Details) -> Result<Arc<Company>, Error> {
    let company = deps.companies.get(permit.company()).await?;
    model::category_name(&company, details.category).ok_or_else(|| model::no_category(details.category))?;
    Ok(company)
}

/// Begin an upload
#[utoipa::path(
    post,
    path = "/v1/company/documents/uploads",
    tag = "Documents",
    operation_id = "create_upload",
    description = "Begins a document whose file is too large to come with it: answers where to send the file. Within 45 \
        minutes, the document is created with the upload's id. The vendor has no such call.",
    request_body(content(
        (UploadBody = "application/json"),
        (UploadBody = "application/x-www-form-urlencoded"),
        (UploadBody = "multipart/form-data"),
    )),
    responses(
        (status = 201, description = "Where to send the file", body = Success<BegunUpload>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such employee or category", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn create_upload(
    State(deps): State<Deps>,
    permit: WritePermit,
    Fields(fields): Fields,
) -> Result<Response, Error> {
    let details = requests::read_details(&fields)?;
    let file = requests::read_announced(&fields)?;
    let company = check_category(&deps, &permit, &details).await?;
    store::employee(&deps, &permit, details.employee).await?;
    let now = deps.clock.now();
    let media_type = kind::media_type(&file.name).unwrap_or_default().to_owned();
    let content = Content { size: file.size, media_type, sha256: file.sha256 };
    let upload = Upload::open(Kind::File, now);
    let file = File::new(upload.object, file.name, &content);
    let announced = Announced { upload, details, file };
    let uploads = deps.uploads()?;
    let (begun, swept) =
        tokio::join!(store::uploads::announce(&deps, &permit, &announced), uploads.sweep(permit.company(), Kind::File));
    note(swept);
    begun?;
    let request = store::uploads::presign(&deps, &permit, &announced.upload, &content).await?;
    let expires_at = now.checked_add(store::uploads::PRESIGNED).unwrap_or(now);
    Ok(created(BegunUpload {
        upload_id: announced.upload.id.to_string(),
        method: "PUT",
        url: request.url,
        headers: request.headers,
        expires_at: company.zone.show_instant(expires_at),
    }))
}
