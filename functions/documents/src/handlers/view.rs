//! How documents are shown.

use serde::Serialize;
use shared::attributes::EmployeeResource;
use shared::company::Company;
use utoipa::ToSchema;

use crate::model;
use crate::model::Document;

/// A category of documents.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentCategory {
    /// Its number.
    id: u32,
    /// Always `DocumentCategory`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: DocumentCategoryAttributes,
}

/// What a category of documents is.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentCategoryAttributes {
    /// Its name.
    name: String,
}

impl DocumentCategory {
    /// A category.
    pub(crate) fn new(id: u32, name: &str) -> Self {
        let attributes = DocumentCategoryAttributes { name: name.to_owned() };
        Self { id, resource_type: "DocumentCategory", attributes }
    }
}

/// A document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentResource {
    /// Its number.
    id: u32,
    /// Always `Document`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What is known of it.
    attributes: DocumentAttributes,
}

/// What is known of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentAttributes {
    /// What people call it.
    title: String,
    /// Of which day it is, YYYY-MM-DD.
    date: Option<String>,
    /// What was said of it; empty where nothing was.
    comment: String,
    /// Whose it is, as far as the credential may read it.
    employee: EmployeeResource,
    /// Its category.
    category: DocumentCategory,
    /// Its file; ours.
    file: DocumentFile,
    /// When it was uploaded, in the company's zone; ours.
    created_at: String,
    /// When it was last changed, in the company's zone; ours.
    updated_at: String,
    /// The id under which v2 knows it; ours.
    #[schema(format = "uuid")]
    id_v2: String,
}

/// The file of a document.
#[derive(Debug, Serialize, ToSchema)]
pub struct DocumentFile {
    /// The name under which it is saved.
    name: String,
    /// Bytes.
    size: u64,
    /// By its extension.
    content_type: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    sha256: String,
}

/// A document, with its employee as the credential may read them.
pub(crate) fn show(company: &Company, employee: EmployeeResource, document: Document) -> DocumentResource {
    let details = document.details;
    let category = model::category_name(company, details.category).unwrap_or_default();
    let file = document.file;
    DocumentResource {
        id: document.id.get(),
        resource_type: "Document",
        attributes: DocumentAttributes {
            title: details.title,
            date: details.date.map(|date| date.to_string()),
            comment: details.comment.unwrap_or_default(),
            employee,
            category: DocumentCategory::new(details.category.get(), category),
            file: DocumentFile { name: file.name, size: file.size, content_type: file.media_type, sha256: file.sha256 },
            created_at: company.zone.show_instant(document.created_at),
            updated_at: company.zone.show_instant(document.updated_at),
            id_v2: document.id.v2(&company.profile.id).to_string(),
        },
    }
}
