//! One function per endpoint: parse, store, respond. Uploads have a file of their own.

use axum::Json;
use axum::extract::State;
use axum::response::Response;
use shared::attributes::View;
use shared::attributes::definition::EntryKind;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::body::Fields;
use shared::http::filter::read_days;
use shared::http::filter::read_numbers;
use shared::http::filter::read_times;
use shared::http::paging::Page;
use shared::http::paging::PageOf;
use shared::http::path::Path;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;
use shared::http::respond::Rejected;
use shared::http::respond::Success;
use shared::http::respond::no_content;
use shared::http::respond::see_other;
use shared::http::respond::success;
use shared::ids::DocumentCategoryId;
use shared::ids::DocumentId;
use shared::ids::EmployeeId;
use shared::record::Subject;
use shared::record::Touched;

use crate::handlers::bodies::DocumentUpdate;
use crate::handlers::view::DocumentCategory;
use crate::handlers::view::DocumentResource;
use crate::model;
use crate::model::Document;
use crate::model::Filter;
use crate::model::requests;
use crate::store;

pub mod bodies;
pub mod receive;
pub mod upload;
pub mod view;

/// How many documents a page has when the client does not say, and at most: each shows its employee.
const DEFAULT_LIMIT: u64 = 50;
const MAX_LIMIT: u64 = 200;
/// How many employees or categories a list can be asked for: each is a query of its own.
const MAX_FILTERED: usize = 100;

/// List document categories
#[utoipa::path(
    get,
    path = "/v1/company/document-categories",
    tag = "Documents",
    operation_id = "list_document_categories",
    description = "The categories of documents, in the order of their numbers.",
    responses((status = 200, description = "The categories", body = Success<Vec<DocumentCategory>>), Refused),
    security(("BearerAuth" = [])),
)]
pub async fn list_categories(State(deps): State<Deps>, permit: ReadPermit) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let categories = company.entries_of(EntryKind::DocumentCategory);
    Ok(success(categories.map(|entry| DocumentCategory::new(entry.id, &entry.name)).collect::<Vec<_>>()))
}

/// List documents
#[utoipa::path(
    get,
    path = "/v1/company/documents",
    tag = "Documents",
    operation_id = "list_documents",
    description = "A page of documents by day, then by employee; of several categories, one after the other. The day is a document's date, or that of its upload if \
        it has none. The vendor has no such call.",
    params(
        ("employees[]" = Option<Vec<i32>>, Query, description = "Only those of these employees, up to 100"),
        ("categories[]" = Option<Vec<i32>>, Query, description = "Only those of these categories, up to 100"),
        ("start_date" = Option<String>, Query, description = "Only those of this day or later, YYYY-MM-DD"),
        ("end_date" = Option<String>, Query, description = "Only those of this day or before, YYYY-MM-DD"),
        ("updated_from" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or later; the company's zone, if it \
                has none"),
        ("updated_to" = Option<String>, Query,
            description = "Only those that were changed at this date or date-time or before; a date includes all of it"),
        ("limit" = Option<u64>, Query, minimum = 1, maximum = 200, description = "How many documents a page has: 50"),
        ("offset" = Option<u64>, Query, description = "How many documents stand before the page"),
    ),
    responses(
        (status = 200, description = "A page", body = PageOf<DocumentResource>),
        (status = 400, description = "A parameter cannot be read", body = Failure),
        Refused,
    ),
    security(("BearerAuth" = [])),
)]
pub async fn list_documents(
    State(deps): State<Deps>,
    permit: ReadPermit,
    query: Query,
) -> Result<Json<PageOf<DocumentResource>>, Error> {
    let page = Page::from_query(&query, MAX_LIMIT, DEFAULT_LIMIT)?;
    let company = deps.companies.get(permit.company()).await?;
    let filter = read_filter(&company, &query)?;
    let (total, documents) = store::list(&deps, &permit, &filter, page).await?;
    Ok(Json(PageOf::new(page, total, show(&deps, &permit, &company, documents).await?)))
}

fn read_filter(company: &Company, query: &Query) -> Result<Filter, Error> {
    let ((from, to), (updated_from, updated_to)) = (read_days(query)?, read_times(query, &company.zone)?);
    Ok(Filter {
        from,
        to,
        employees: read_numbers(query, "employees", MAX_FILTERED, EmployeeId::from_digits)?,
        categories: read_numbers(query, "categories", MAX_FILTERED, DocumentCategoryId::from_digits)?,
        updated_from,
        updated_to,
    })
}

async fn show(
    deps: &Deps,
    permit: &ReadPermit,
    company: &Company,
    documents: Vec<Document>,
) -> Result<Vec<DocumentResource>, Error> {
    let ids = documents.iter().map(|document| document.details.employee).collect();
    let employees = store::employees(deps, permit, &ids).await?;
    let view = View::new(company, permit.reader(), deps.clock.now());
    let shown = documents.into_iter().map(|document| {
        let employee = employees.get(&document.details.employee);
        let lost = || Error::Internal("a document is of an employee who does not exist".to_owned());
        permit.touched().touch(Subject::Document, document.id);
        Ok(view::show(company, view.short_employee(employee.ok_or_else(lost)?)?, document))
    });
    shown.collect()
}

/// Get a document
#[utoipa::path(
    get,
    path = "/v1/company/documents/{id}",
    tag = "Documents",
    operation_id = "get_document",
    description = "What is known of a document, without its file. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the document")),
    responses(
        (status = 200, description = "The document", body = Success<DocumentResource>),
        Refused,
        (status = 404, description = "There is no such document", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn get_document(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let (company, found) = tokio::try_join!(deps.companies.get(permit.company()), store::get(&deps, &permit, id))?;
    let document = found.ok_or_else(model::no_document)?;
    let shown = show(&deps, &permit, &company, vec![document]).await?;
    shown.into_iter().next().map(success).ok_or_else(model::no_document)
}

/// Reads the number of a document from a path, and takes note of it for the record.
fn parse_id(touched: &Touched, text: &str) -> Result<DocumentId, Error> {
    let id = DocumentId::from_digits(text).ok_or_else(model::no_document)?;
    touched.touch(Subject::Document, id);
    Ok(id)
}

/// Download a document
#[utoipa::path(
    get,
    path = "/v1/company/documents/{id}/download",
    tag = "Documents",
    operation_id = "download_document",
    description = "Leads to an address that gives the file to whoever asks within a minute, to be saved and never \
        shown. It takes no token: a client that follows must not send one there. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the document")),
    responses(
        (status = 303, description = "The address is in the header Location",
            headers(("Location" = String, description = "Where the file is for a minute"))),
        Refused,
        (status = 404, description = "There is no such document", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn download_document(
    State(deps): State<Deps>,
    permit: ReadPermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let document = store::get(&deps, &permit, id).await?.ok_or_else(model::no_document)?;
    permit.touched().touch(Subject::Employee, document.details.employee);
    see_other(&store::address(&deps, &permit, &document.file).await?)
}

/// Change a document
#[utoipa::path(
    patch,
    path = "/v1/company/documents/{id}",
    tag = "Documents",
    operation_id = "update_document",
    description = "Changes what is sent and leaves the rest alone; null clears the comment and the date. Its file and \
        its employee stay. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the document")),
    request_body(content(
        (DocumentUpdate = "application/json"),
        (DocumentUpdate = "application/x-www-form-urlencoded"),
        (DocumentUpdate = "multipart/form-data"),
    )),
    responses(
        (status = 200, description = "The document as it is now", body = Success<DocumentResource>),
        Rejected,
        Refused,
        (status = 404, description = "There is no such document or category", body = Failure),
        (status = 409, description = "Others kept changing the document; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn update_document(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
    Fields(body): Fields,
) -> Result<Response, Error> {
    let id = parse_id(permit.touched(), &id)?;
    let company = deps.companies.get(permit.company()).await?;
    let update = requests::read_update(&body)?;
    if let Some(category) = update.category {
        model::category_name(&company, category).ok_or_else(|| model::no_category(category))?;
    }
    let now = deps.clock.now();
    let changed = store::update(&deps, &permit, id, |stored| stored.updated(&update, &company, now)).await?;
    let document = changed.ok_or_else(model::no_document)?;
    let employee = store::employee(&deps, &permit, document.details.employee).await?;
    let view = View::new(&company, permit.reader(), now);
    Ok(success(view::show(&company, view.short_employee(&employee)?, document)))
}

/// Delete a document
#[utoipa::path(
    delete,
    path = "/v1/company/documents/{id}",
    tag = "Documents",
    operation_id = "delete_document",
    description = "Deletes a document and its file. The vendor has no such call.",
    params(("id" = i32, Path, description = "The number of the document")),
    responses(
        (status = 204, description = "The document is deleted"),
        Refused,
        (status = 404, description = "There is no such document", body = Failure),
        (status = 409, description = "Others kept changing the document; try again", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn delete_document(
    State(deps): State<Deps>,
    permit: WritePermit,
    Path(id): Path<String>,
) -> Result<Response, Error> {
    if store::delete(&deps, &permit, parse_id(permit.touched(), &id)?).await? {
        Ok(no_content())
    } else {
        Err(model::no_document())
    }
}
