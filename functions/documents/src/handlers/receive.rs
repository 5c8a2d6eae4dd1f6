//! A body with a file, read part by part: the file goes to a temporary one while it comes, never into memory.

use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header;
use multer::Constraints;
use multer::Field;
use multer::Multipart;
use multer::SizeLimit;
use serde_json::Map;
use serde_json::Value as Json;
use sha2::Digest;
use sha2::Sha256;
use shared::aws::objects::Content;
use shared::error::Error;
use shared::http::body::multipart;
use tempfile::NamedTempFile;
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use crate::model::MAX_FILE;
use crate::model::kind;
use crate::model::kind::HEAD;
use crate::model::requests;

/// The variable that lowers how large a file may come with its document: Lambda carries 6 MB.
pub const DIRECT_VARIABLE: &str = "MUSTER_MAX_DIRECT_UPLOAD";
/// How much the parts around a file may have.
const AROUND: u64 = 256 * 1024;
/// How long a field may be that is no file.
const MAX_FIELD: u64 = 64 * 1024;
/// How many parts a body may have.
const MAX_PARTS: usize = 50;

/// What came.
#[derive(Debug)]
pub(crate) struct Received {
    /// The fields that are no file, as text.
    pub(crate) fields: Map<String, Json>,
    /// The file, if one came.
    pub(crate) file: Option<Spooled>,
}

/// A file that came, checked; it is removed with this.
#[derive(Debug)]
pub(crate) struct Spooled {
    /// Where it lies.
    pub(crate) path: NamedTempFile,
    /// A name that is safe.
    pub(crate) name: String,
    /// What it is.
    pub(crate) content: Content,
}

/// How large a file may come with its document.
pub(crate) fn max_direct() -> u64 {
    let lowered = std::env::var(DIRECT_VARIABLE).ok().and_then(|text| text.parse().ok());
    lowered.unwrap_or(MAX_FILE).min(MAX_FILE)
}

/// Whether a body can bring a file.
pub(crate) fn is_multipart(headers: &HeaderMap) -> bool {
    multipart::boundary(headers).is_some()
}

/// Reads a multipart body to its end.
pub(crate) async fn receive(headers: &HeaderMap, body: Body) -> Result<Received, Error> {
    let boundary = multipart::boundary(headers).ok_or_else(incomplete)?;
    let most = max_direct();
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most + AROUND) {
        return Err(too_large());
    }
    let limit = SizeLimit::new().whole_stream(most + AROUND).per_field(MAX_FIELD).for_field("file", most);
    let constraints = Constraints::new().size_limit(limit);
    let mut form = Multipart::with_constraints(body.into_data_stream(), boundary, constraints);
    let mut received = Received { fields: Map::new(), file: None };
    let mut parts = 0;
    while let Some(part) = form.next_field().await.map_err(|error| broken(&error))? {
        parts += 1;
        if parts > MAX_PARTS {
            return Err(Error::malformed(
                "body",
                format!("A form with a file may not have more than {MAX_PARTS} parts."),
            ));
        }
        match part.name() {
            Some("file") if received.file.is_some() => {
                return Err(Error::malformed("file", "A document has one file, and two came."));
            }
            Some("file") => received.file = Some(spool(part).await?),
            Some(name) if !name.is_empty() => {
                let name = name.to_owned();
                if multipart::file_name(&part).is_some_and(|name| !name.is_empty()) {
                    return Err(Error::malformed("file", "The file must come in the part file."));
                }
                let bytes = part.bytes().await.map_err(|error| broken(&error))?;
                let text = String::from_utf8(bytes.into());
                let text =
                    text.map_err(|_| Error::malformed("body", "A part of the multipart form is not UTF-8 text."))?;
                received.fields.insert(name, text.into());
            }
            _ => return Err(Error::malformed("body", "A part of the multipart form has no name.")),
        }
    }
    Ok(received)
}

/// Takes a file down while it comes.
async fn spool(mut part: Field<'_>) -> Result<Spooled, Error> {
    let sent = multipart::file_name(&part).unwrap_or_default();
    let name = requests::check_file_name("file", &sent).map_err(crate::model::not_valid)?;
    let disk = |_| Error::Unavailable("a temporary file cannot be written".to_owned());
    let path = NamedTempFile::new().map_err(disk)?;
    let mut file = File::from_std(path.reopen().map_err(disk)?);
    let (mut hash, mut size, mut head) = (Sha256::new(), 0_u64, Vec::new());
    while let Some(chunk) = part.chunk().await.map_err(|error| broken(&error))? {
        let missing = HEAD.saturating_sub(head.len()).min(chunk.len());
        head.extend_from_slice(&chunk[..missing]);
        hash.update(&chunk);
        size += chunk.len() as u64;
        file.write_all(&chunk).await.map_err(disk)?;
    }
    file.flush().await.map_err(disk)?;
    check(&name, size, &head)?;
    let media_type = kind::media_type(&name).unwrap_or_default().to_owned();
    Ok(Spooled { path, name, content: Content { size, media_type, sha256: hash.finalize().into() } })
}

/// Checks that a file has something in it, and what its name says.
pub(crate) fn check(name: &str, size: u64, head: &[u8]) -> Result<(), Error> {
    let refuse = |message: &str| Err(crate::model::not_valid(Error::invalid("file", message)));
    if size == 0 {
        return refuse("The file is empty.");
    }
    if !kind::matches(name, head) {
        return refuse("The content of the file is not what its extension says.");
    }
    Ok(())
}

/// A file that is larger than what comes through here.
pub(crate) fn too_large() -> Error {
    let (most, all) = (max_direct() / (1024 * 1024), MAX_FILE / (1024 * 1024));
    let other_way = "Larger ones begin with POST /v1/company/documents/uploads.";
    Error::TooLarge(if most < all {
        format!("A file that comes with its document may have {most} MB. {other_way} They may have {all} MB.")
    } else {
        format!("A file may have {all} MB.")
    })
}

/// What is wrong with a body, never in the reader's words: they can repeat what was sent.
fn broken(error: &multer::Error) -> Error {
    match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), .. } if name != "file" => {
            Error::malformed("body", format!("A field may not have more than {MAX_FIELD} bytes."))
        }
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => too_large(),
        multer::Error::DecodeHeaderName { .. } | multer::Error::DecodeHeaderValue { .. } => {
            Error::malformed("body", "A header of a part cannot be read.")
        }
        _ => incomplete(),
    }
}

fn incomplete() -> Error {
    Error::malformed("body", "The request body is not a complete multipart form.")
}
