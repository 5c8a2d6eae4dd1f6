//! What requests say of documents, in all the forms in which they say it.

use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value as Json;
use shared::calendar;
use shared::error::Error;
use shared::error::Problems;
use shared::ids::DocumentCategoryId;
use shared::ids::EmployeeId;
use shared::patch::Patch;
use shared::wire;
use uuid::Uuid;

use crate::model::Details;
use crate::model::MAX_COMMENT;
use crate::model::MAX_FILE;
use crate::model::MAX_TITLE;
use crate::model::Update;
use crate::model::kind;
use crate::model::name;
use crate::model::not_valid;

/// Reads what is said of a new document.
pub fn read_details(body: &Map<String, Json>) -> Result<Details, Error> {
    let mut problems = Problems::default();
    let employee = problems.check(required(body, "employee_id").and_then(read_employee))?;
    let category = problems.check(required(body, "category_id").and_then(read_category))?;
    let title = problems.check(required(body, "title").and_then(read_title))?;
    let comment = problems.check(read_comment(body))?.flatten();
    let date = problems.check(get(body, "date").map(read_date).transpose())?.flatten();
    problems.into_result().map_err(not_valid)?;
    let missing = || Error::Internal("a field of a document is neither there nor missing".to_owned());
    Ok(Details {
        employee: employee.ok_or_else(missing)?,
        category: category.ok_or_else(missing)?,
        title: title.ok_or_else(missing)?,
        comment,
        date,
    })
}

/// A file that is to come by another way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// A name that is safe.
    pub name: String,
    /// Its bytes.
    pub size: u64,
    /// The SHA-256 of its bytes.
    pub sha256: [u8; 32],
}

/// Reads what is said of a file that is to come.
pub fn read_announced(body: &Map<String, Json>) -> Result<Announced, Error> {
    let mut problems = Problems::default();
    let name = problems.check(required(body, "file_name").and_then(read_file_name))?;
    let size = problems.check(required(body, "size").and_then(|raw| wire::whole("size", raw, 1, MAX_FILE)))?;
    let sha256 = problems.check(required(body, "sha256").and_then(read_sha256))?;
    problems.into_result().map_err(not_valid)?;
    let missing = || Error::Internal("a field of an upload is neither there nor missing".to_owned());
    Ok(Announced {
        name: name.ok_or_else(missing)?,
        size: size.ok_or_else(missing)?,
        sha256: sha256.ok_or_else(missing)?,
    })
}

/// The upload that a body names instead of bringing a file.
pub fn read_upload_id(body: &Map<String, Json>) -> Result<Option<Uuid>, Error> {
    let Some(raw) = get(body, "upload_id") else { return Ok(None) };
    let id = raw.as_str().and_then(|text| Uuid::try_parse(text.trim()).ok());
    let bad = || not_valid(Error::invalid("upload_id", "The upload_id must be the id of an upload."));
    id.map(Some).ok_or_else(bad)
}

/// Reads an update.
pub fn read_update(body: &Map<String, Json>) -> Result<Update, Error> {
    const CHANGEABLE: [&str; 4] = ["title", "category_id", "comment", "date"];
    if !CHANGEABLE.iter().any(|name| body.contains_key(*name)) {
        return Err(Error::malformed("body", format!("At least one of {} is required.", CHANGEABLE.join(", "))));
    }
    let mut problems = Problems::default();
    let employee = problems.check(get(body, "employee_id").map(read_employee).transpose())?.flatten();
    let title = problems.check(body.get("title").map(read_title).transpose())?.flatten();
    let category = problems.check(body.get("category_id").map(read_category).transpose())?.flatten();
    let comment = problems.check(read_comment(body))?.flatten();
    let date = problems.check(get(body, "date").map(read_date).transpose())?.flatten();
    problems.into_result().map_err(not_valid)?;
    let patch = |name: &str| body.contains_key(name);
    Ok(Update {
        employee,
        title,
        category,
        comment: if patch("comment") { comment.map_or(Patch::Clear, Patch::Set) } else { Patch::Keep },
        date: if patch("date") { date.map_or(Patch::Clear, Patch::Set) } else { Patch::Keep },
    })
}

/// A name that is safe, of a kind of file that is taken; `field` is what brought it.
pub fn check_file_name(field: &str, sent: &str) -> Result<String, Error> {
    let name = name::safe(sent).ok_or_else(|| Error::invalid(field, "The file needs a name."))?;
    match kind::media_type(&name) {
        Some(_) => Ok(name),
        None => Err(Error::invalid(field, kind::refusal())),
    }
}

fn read_file_name(raw: &Json) -> Result<String, Error> {
    check_file_name("file_name", raw.as_str().unwrap_or_default())
}

/// 64 hexadecimal digits.
fn read_sha256(raw: &Json) -> Result<[u8; 32], Error> {
    let text = raw.as_str().unwrap_or_default().trim();
    let mut digest = [0; 32];
    let pairs = text.as_bytes().chunks(2).map(|pair| {
        let digits = std::str::from_utf8(pair).ok().filter(|_| pair.iter().all(u8::is_ascii_hexdigit));
        digits.and_then(|digits| u8::from_str_radix(digits, 16).ok())
    });
    let bytes: Option<Vec<u8>> = pairs.collect();
    match bytes.filter(|bytes| text.len() == 64 && bytes.len() == 32) {
        Some(bytes) => digest.copy_from_slice(&bytes),
        None => return Err(Error::invalid("sha256", "The sha256 must be 64 hexadecimal digits.")),
    }
    Ok(digest)
}

fn get<'b>(body: &'b Map<String, Json>, name: &str) -> Option<&'b Json> {
    body.get(name).filter(|raw| !raw.is_null() && !raw.as_str().is_some_and(|text| text.trim().is_empty()))
}

fn required<'b>(body: &'b Map<String, Json>, name: &str) -> Result<&'b Json, Error> {
    get(body, name).ok_or_else(|| Error::invalid(name, format!("The {name} field is required.")))
}

fn read_employee(raw: &Json) -> Result<EmployeeId, Error> {
    let number = wire::whole("employee_id", raw, 1, u64::from(EmployeeId::MAX))?;
    EmployeeId::new(number).ok_or_else(|| Error::invalid("employee_id", "The employee_id must be 1 or more."))
}

fn read_category(raw: &Json) -> Result<DocumentCategoryId, Error> {
    let number = wire::whole("category_id", raw, 1, u64::from(DocumentCategoryId::MAX))?;
    DocumentCategoryId::new(number).ok_or_else(|| Error::invalid("category_id", "The category_id must be 1 or more."))
}

fn read_title(raw: &Json) -> Result<String, Error> {
    let text = wire::optional_text("title", raw, MAX_TITLE)?.unwrap_or_default();
    let text = text.trim();
    if text.is_empty() {
        return Err(Error::invalid("title", "The title field is required."));
    }
    if text.contains(char::is_control) {
        return Err(Error::invalid("title", "The title must be one line of text."));
    }
    Ok(text.to_owned())
}

fn read_comment(body: &Map<String, Json>) -> Result<Option<String>, Error> {
    wire::optional_text("comment", body.get("comment").unwrap_or(&Json::Null), MAX_COMMENT)
}

fn read_date(raw: &Json) -> Result<Date, Error> {
    calendar::parse_date("date", raw.as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields<T: std::fmt::Debug>(result: Result<T, Error>) -> Vec<String> {
        match result {
            Err(Error::Invalid(invalid)) => invalid.fields.into_keys().collect(),
            other => panic!("{other:?} is no refusal of fields"),
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let body = json!({"employee_id": "x", "title": "a".repeat(256), "date": "2026-02-30"});
        let body = body.as_object().expect("an object");
        assert_eq!(fields(read_details(body)), ["category_id", "date", "employee_id", "title"]);
        let upload = json!({"file_name": "a.exe", "size": MAX_FILE + 1, "sha256": "ab"});
        assert_eq!(fields(read_announced(upload.as_object().expect("an object"))), ["file_name", "sha256", "size"]);
    }

    #[test]
    fn a_title_has_255_characters_and_not_256() {
        let body = |length: usize| json!({"employee_id": "1", "category_id": 2, "title": "ä".repeat(length)});
        assert!(read_details(body(255).as_object().expect("an object")).is_ok());
        assert_eq!(fields(read_details(body(256).as_object().expect("an object"))), ["title"]);
    }
}
