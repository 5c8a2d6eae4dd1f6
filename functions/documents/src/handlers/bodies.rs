//! What requests say of documents, and what uploads are answered.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

/// A new document, with its file or with the upload that brought it.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; handlers::receive takes it part by part")]
pub struct DocumentBody {
    /// 1 to 255 characters.
    title: Option<String>,
    /// The number of the employee.
    employee_id: Option<i32>,
    /// The number of the category.
    category_id: Option<i32>,
    /// Up to 2,000 characters.
    comment: Option<String>,
    /// YYYY-MM-DD.
    date: Option<String>,
    /// The file, with its name; up to 30 MB, on Lambda up to 4 MB.
    #[schema(format = "binary")]
    file: Option<String>,
    /// The id of an upload, instead of all the other fields.
    #[schema(format = "uuid")]
    upload_id: Option<String>,
}

/// A document whose file comes by another request.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::requests takes it in every form in which it comes")]
pub struct UploadBody {
    /// 1 to 255 characters.
    title: String,
    /// The number of the employee.
    employee_id: i32,
    /// The number of the category.
    category_id: i32,
    /// Up to 2,000 characters.
    comment: Option<String>,
    /// YYYY-MM-DD.
    date: Option<String>,
    /// The name of the file.
    file_name: String,
    /// Its bytes, up to 30 MB.
    size: u64,
    /// The SHA-256 of its bytes, 64 hexadecimal digits.
    sha256: String,
}

/// What an update says of a document; one field at least.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; model::requests takes it in every form in which it comes")]
pub struct DocumentUpdate {
    /// 1 to 255 characters.
    title: Option<String>,
    /// The number of the category.
    category_id: Option<i32>,
    /// Up to 2,000 characters; null clears it.
    comment: Option<String>,
    /// YYYY-MM-DD; null clears it.
    date: Option<String>,
}

/// How the file of a document is to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct BegunUpload {
    /// What the document is created with once the file came.
    #[schema(format = "uuid")]
    pub(crate) upload_id: String,
    /// Always `PUT`.
    pub(crate) method: &'static str,
    /// Where to send the file, without a token.
    pub(crate) url: String,
    /// The headers to send with it, as they are.
    pub(crate) headers: BTreeMap<String, String>,
    /// Until when the file can be sent, in the company's zone.
    pub(crate) expires_at: String,
}
