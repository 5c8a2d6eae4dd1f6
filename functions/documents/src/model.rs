//! Documents of employees, and what must hold for them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::definition::EntryKind;
use shared::aws::objects::Content;
use shared::company::Company;
use shared::error::Badness;
use shared::error::Error;
use shared::error::Invalid;
use shared::ids::DocumentCategoryId;
use shared::ids::DocumentId;
use shared::ids::EmployeeId;
use shared::patch::Patch;
use shared::wire::hex;
use uuid::Uuid;

pub mod kind;
pub mod name;
pub mod requests;

/// The largest file, as at the vendor: 30 MB.
pub const MAX_FILE: u64 = 30 * 1024 * 1024;
/// The longest title, in characters, as at the vendor.
pub const MAX_TITLE: usize = 255;
/// Longest comment, in characters.
pub const MAX_COMMENT: usize = 2_000;

/// A document's file: where its bytes are, and what they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// The object that holds them; its name in the bucket is made of it.
    pub object: Uuid,
    /// The name under which it is saved.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// By its extension; never what a client said, never sniffed.
    pub media_type: String,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
}

impl File {
    /// A file with a content, and a name that is safe.
    #[must_use]
    pub fn new(object: Uuid, name: String, content: &Content) -> Self {
        let (size, media_type) = (content.size, content.media_type.clone());
        Self { object, name, size, media_type, sha256: hex(&content.sha256) }
    }
}

/// What is said of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Whose it is.
    pub employee: EmployeeId,
    /// The number of its category.
    pub category: DocumentCategoryId,
    /// What people call it.
    pub title: String,
    /// What was said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// Of which day it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
}

/// A document as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// Its number.
    pub id: DocumentId,
    /// How often it was written; a write names the version that it read.
    pub version: u64,
    /// What is said of it.
    #[serde(flatten)]
    pub details: Details,
    /// Under which day lists have it: its date, or else that of its upload.
    pub filed: Date,
    /// Its file.
    pub file: File,
    /// When it was uploaded, UTC, in milliseconds.
    #[serde(rename = "created", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed, UTC, in milliseconds.
    #[serde(rename = "updated", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
}

/// What an update does to a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    /// Whose it is said to be; it cannot become somebody else's.
    pub employee: Option<EmployeeId>,
    /// Another title.
    pub title: Option<String>,
    /// Another category.
    pub category: Option<DocumentCategoryId>,
    /// Another comment, or none.
    pub comment: Patch<String>,
    /// Another date, or none.
    pub date: Patch<Date>,
}

impl Document {
    /// A new document.
    #[must_use]
    pub fn new(id: DocumentId, details: Details, file: File, company: &Company, now: Timestamp) -> Self {
        let filed = details.date.unwrap_or_else(|| company.zone.today(now));
        Self { id, version: 1, details, filed, file, created_at: now, updated_at: now }
    }

    /// The document as an update leaves it; itself if nothing changes.
    pub fn updated(&self, update: &Update, company: &Company, now: Timestamp) -> Result<Self, Error> {
        if update.employee.is_some_and(|named| named != self.details.employee) {
            let message = "The employee of a document cannot be changed.";
            return Err(not_valid(Error::invalid("employee_id", message)));
        }
        let mut details = self.details.clone();
        details.title = update.title.clone().unwrap_or(details.title);
        details.category = update.category.unwrap_or(details.category);
        update.comment.clone().apply(&mut details.comment);
        update.date.apply(&mut details.date);
        if details == self.details {
            return Ok(self.clone());
        }
        let filed = details.date.unwrap_or_else(|| company.zone.today(self.created_at));
        let updated_at = self.updated_at.max(now);
        Ok(Self { version: self.version + 1, details, filed, updated_at, ..self.clone() })
    }
}

/// Which documents a list is of.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Those of this day or later.
    pub from: Option<Date>,
    /// Those of this day or before.
    pub to: Option<Date>,
    /// Only those of these employees.
    pub employees: Option<BTreeSet<EmployeeId>>,
    /// Only those of these categories.
    pub categories: Option<BTreeSet<DocumentCategoryId>>,
    /// Only those that were changed at this instant or later.
    pub updated_from: Option<Timestamp>,
    /// Only those that were changed at this instant or before.
    pub updated_to: Option<Timestamp>,
}

impl Filter {
    /// Whether the list has a document with these properties.
    #[must_use]
    pub fn takes(&self, document: &Document) -> bool {
        self.takes_day(document.filed)
            && self.employees.as_ref().is_none_or(|all| all.contains(&document.details.employee))
            && self.takes_category(document.details.category)
            && self.takes_time(document.updated_at)
    }

    /// Whether it has those of a day.
    #[must_use]
    pub fn takes_day(&self, filed: Date) -> bool {
        self.from.is_none_or(|from| filed >= from) && self.to.is_none_or(|to| filed <= to)
    }

    /// Whether it has those of a category.
    #[must_use]
    pub fn takes_category(&self, category: DocumentCategoryId) -> bool {
        self.categories.as_ref().is_none_or(|all| all.contains(&category))
    }

    /// Whether it has those that were changed at an instant.
    #[must_use]
    pub fn takes_time(&self, at: Timestamp) -> bool {
        self.updated_from.is_none_or(|from| at >= from) && self.updated_to.is_none_or(|to| at <= to)
    }
}

/// The name of a category, if the company has it.
#[must_use]
pub fn category_name(company: &Company, id: DocumentCategoryId) -> Option<&str> {
    company.entry(EntryKind::DocumentCategory, id.get()).map(|entry| entry.name.as_str())
}

/// The vendor's text for fields that break a rule.
pub const NOT_VALID: &str = "The given data was invalid.";

/// Fields that break a rule: 422, the vendor's text and each field with what is wrong with it.
#[must_use]
pub fn not_valid(error: Error) -> Error {
    match error {
        Error::Invalid(invalid) => {
            Error::Invalid(Invalid { badness: Badness::Rejected, message: NOT_VALID.to_owned(), ..invalid })
        }
        other => other,
    }
}

/// The answer to an employee who does not exist, in the vendor's words.
#[must_use]
pub fn no_employee(id: EmployeeId) -> Error {
    Error::not_found(format!("No query results for model [Employee] {id}"))
}

/// The answer to a category that does not exist, in the vendor's words.
#[must_use]
pub fn no_category(id: DocumentCategoryId) -> Error {
    Error::not_found(format!("No query results for model [DocumentCategory] {id}"))
}

/// The answer to a document that does not exist, in the vendor's words.
#[must_use]
pub fn no_document() -> Error {
    Error::not_found("The document was not found.")
}
