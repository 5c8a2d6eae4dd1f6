//! Request bodies: JSON or a form, read into one tree.
//!
//! Clients send `{"employee": {"email": …}}`, the form `employee[email]=…`, which
//! may be multipart, and JSON whose keys are written as in the form
//! (`{"employee[email]": …}`). All of them become the same JSON object.

pub mod multipart;

use axum::body::Body;
use axum::extract::FromRequest;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::header;
use percent_encoding::percent_decode;
use serde_json::Map;
use serde_json::Value as Json;

use crate::error::Error;

/// The largest body of an endpoint that takes no files.
pub const MAX_BODY: usize = 1024 * 1024;
/// How deep brackets may nest, and how many fields a form may have.
const MAX_DEPTH: usize = 8;
const MAX_FIELDS: usize = 5_000;
/// What a form may have around its file.
const AROUND: usize = 16 * 1024;

/// The fields of a body, whatever form they came in. An empty body has none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(pub Map<String, Json>);

impl<S: Sync> FromRequest<S> for Fields {
    type Rejection = Error;

    async fn from_request(request: Request, _: &S) -> Result<Self, Error> {
        let (parts, body) = request.into_parts();
        read_fields(&parts.headers, body).await
    }
}

/// Reads the fields of a body.
pub async fn read_fields(headers: &HeaderMap, body: Body) -> Result<Fields, Error> {
    let bytes = read(headers, body).await?;
    // Where nothing comes, it comes in no wrong form.
    if bytes.trim_ascii().is_empty() {
        return Ok(Fields::default());
    }
    match format(headers)?.unwrap_or_else(|| sniff(&bytes)) {
        Format::Json => from_json(&bytes),
        Format::Form => from_form(&bytes),
        Format::Multipart => from_fields(multipart::fields(headers, bytes)?),
    }
}

#[derive(Clone, Copy, Debug)]
enum Format {
    Json,
    Form,
    Multipart,
}

fn format(headers: &HeaderMap) -> Result<Option<Format>, Error> {
    match media_type(headers).as_str() {
        "" => Ok(None),
        "application/json" | "text/json" => Ok(Some(Format::Json)),
        json if json.starts_with("application/") && json.ends_with("+json") => Ok(Some(Format::Json)),
        "application/x-www-form-urlencoded" => Ok(Some(Format::Form)),
        "multipart/form-data" => Ok(Some(Format::Multipart)),
        _ => Err(Error::unsupported(
            "The Content-Type must be application/json, application/x-www-form-urlencoded or multipart/form-data.",
        )),
    }
}

/// The content type in lower case and without parameters; empty where none was sent.
pub(crate) fn media_type(headers: &HeaderMap) -> String {
    let header = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    header.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn sniff(bytes: &[u8]) -> Format {
    if bytes.trim_ascii_start().starts_with(b"{") { Format::Json } else { Format::Form }
}

/// Reads a file that is the body, or that a form brings in its part `file`: 1 to `most` bytes.
pub async fn read_file(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge(format!("The file may not be larger than {most} bytes."));
    let is_form = media_type(headers) == "multipart/form-data";
    let bytes = read_up_to(headers, body, if is_form { most + AROUND } else { most }, too_large).await?;
    let file = if is_form { multipart::file(headers, bytes)? } else { bytes };
    match file.len() {
        0 => Err(Error::invalid("file", "The file is empty.")),
        size if size > most => Err(too_large()),
        _ => Ok(file),
    }
}

/// A body to its end, up to the limit.
pub(crate) async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Error> {
    let too_large = || Error::TooLarge(format!("The request body may not be larger than {MAX_BODY} bytes."));
    read_up_to(headers, body, MAX_BODY, too_large).await
}

async fn read_up_to(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    too_large: impl Fn() -> Error,
) -> Result<Vec<u8>, Error> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > most as u64) {
        return Err(too_large());
    }
    match http_body_util::BodyExt::collect(http_body_util::Limited::new(body, most)).await {
        Ok(collected) => Ok(collected.to_bytes().to_vec()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(too_large()),
        Err(_) => Err(Error::malformed("body", "The request body ended before it was complete.")),
    }
}

/// Reads a JSON object.
fn from_json(bytes: &[u8]) -> Result<Fields, Error> {
    match serde_json::from_slice::<Json>(bytes) {
        Ok(Json::Object(object)) => nest(object),
        Ok(_) => Err(Error::malformed("body", "The request body must be a JSON object.")),
        Err(error) => Err(Error::malformed(
            "body",
            // Not the error's own text: it can repeat what was sent.
            format!("The request body is not valid JSON (line {}, column {}).", error.line(), error.column()),
        )),
    }
}

/// Opens keys that are written as in a form.
fn nest(object: Map<String, Json>) -> Result<Fields, Error> {
    if !object.keys().any(|key| key.contains('[')) {
        return Ok(Fields(object));
    }
    let mut tree = Json::Object(Map::new());
    for (key, value) in object {
        insert(&mut tree, &key, value)?;
    }
    finish(tree)
}

/// Reads a form that is not multipart.
fn from_form(bytes: &[u8]) -> Result<Fields, Error> {
    // The parser would put a sign for "unreadable" in the place of what is no UTF-8, and that would be stored.
    if percent_decode(bytes).decode_utf8().is_err() {
        return Err(Error::malformed("body", "The form is not UTF-8 text."));
    }
    from_fields(form_urlencoded::parse(bytes))
}

/// Puts the fields of a form into a tree; every value is text.
fn from_fields(fields: impl IntoIterator<Item = (impl AsRef<str>, impl Into<String>)>) -> Result<Fields, Error> {
    let mut tree = Json::Object(Map::new());
    for (index, (key, value)) in fields.into_iter().enumerate() {
        if index >= MAX_FIELDS {
            return Err(Error::malformed("body", format!("A form may not have more than {MAX_FIELDS} fields.")));
        }
        insert(&mut tree, key.as_ref(), Json::String(value.into()))?;
    }
    finish(tree)
}

fn finish(mut tree: Json) -> Result<Fields, Error> {
    lists(&mut tree);
    match tree {
        Json::Object(object) => Ok(Fields(object)),
        _ => Err(Error::malformed("body", "The fields of the request body must have names.")),
    }
}

/// The steps of `employee[custom_attributes][dynamic_1][]`; an empty step appends.
fn steps(key: &str) -> Option<Vec<&str>> {
    let Some((first, rest)) = key.split_once('[') else { return Some(vec![key]) };
    // The contract writes one field of attendances so: `attendances[]break`.
    if let Some(name) = rest.strip_prefix(']').filter(|name| !name.is_empty() && !name.contains(['[', ']'])) {
        return (!first.is_empty()).then(|| vec![first, "", name]);
    }
    let mut steps = vec![first];
    for step in rest.strip_suffix(']')?.split("][") {
        if step.contains(['[', ']']) {
            return None;
        }
        steps.push(step);
    }
    (steps.len() <= MAX_DEPTH && !first.is_empty()).then_some(steps)
}

fn insert(tree: &mut Json, key: &str, value: Json) -> Result<(), Error> {
    let unreadable =
        || Error::malformed("body", "The brackets of a field name do not match, or say two things at once.");
    let mut place = tree;
    let mut steps = steps(key).ok_or_else(unreadable)?.into_iter().peekable();
    while let Some(step) = steps.next() {
        if place.is_null() {
            *place = Json::Object(Map::new());
        }
        let object = place.as_object_mut().ok_or_else(unreadable)?;
        let step = if step.is_empty() { appended(object, steps.peek().copied()) } else { step.to_owned() };
        place = object.entry(step).or_insert(Json::Null);
    }
    if merge(place, value) { Ok(()) } else { Err(unreadable()) }
}

/// Puts a value where there may be one already; `false` where the two cannot both be meant.
fn merge(place: &mut Json, value: Json) -> bool {
    match (place, value) {
        (Json::Object(before), Json::Object(more)) => {
            more.into_iter().all(|(key, value)| merge(before.entry(key).or_insert(Json::Null), value))
        }
        (Json::Object(_), _) => false,
        (place, value) if place.is_null() || !value.is_object() => {
            *place = value;
            true
        }
        _ => false,
    }
}

/// Where an empty step leads: `a[][x]=1&a[][y]=2&a[][x]=3` is two items, of which
/// the second begins where a field comes for the second time.
fn appended(list: &Map<String, Json>, field: Option<&str>) -> String {
    let latest = list.len().checked_sub(1).map(|index| index.to_string());
    let has_room = |index: &String| match (list.get(index), field) {
        (Some(Json::Object(item)), Some(field)) => !field.is_empty() && !item.contains_key(field),
        _ => false,
    };
    latest.filter(has_room).unwrap_or_else(|| list.len().to_string())
}

/// Objects whose keys are numbers become lists, in the order of the numbers.
fn lists(tree: &mut Json) {
    match tree {
        Json::Object(object) => {
            object.values_mut().for_each(lists);
            let number = |key: &String| key.len() <= 9 && key.bytes().all(|byte| byte.is_ascii_digit());
            let counted = !object.is_empty() && object.keys().all(number);
            if counted {
                let mut items: Vec<(usize, Json)> = std::mem::take(object)
                    .into_iter()
                    .filter_map(|(key, item)| Some((key.parse().ok()?, item)))
                    .collect();
                items.sort_by_key(|(index, _)| *index);
                *tree = items.into_iter().map(|(_, item)| item).collect();
            }
        }
        Json::Array(items) => items.iter_mut().for_each(lists),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn form(text: &str) -> Option<Json> {
        from_form(text.as_bytes()).ok().map(|fields| Json::Object(fields.0))
    }

    #[test]
    fn the_three_ways_of_writing_an_employee_are_one() {
        let wanted = json!({"employee": {"email": "a@b.example", "custom_attributes": {"dynamic_1": "x y"}}});
        let read = |bytes: &[u8]| from_json(bytes).ok().map(|fields| Json::Object(fields.0));
        assert_eq!(read(wanted.to_string().as_bytes()), Some(wanted.clone()));
        assert_eq!(
            read(br#"{"employee[email]": "a@b.example", "employee[custom_attributes][dynamic_1]": "x y"}"#),
            Some(wanted.clone())
        );
        assert_eq!(form("employee%5Bemail%5D=a%40b.example&employee[custom_attributes][dynamic_1]=x+y"), Some(wanted));
    }

    #[test]
    fn lists_come_with_and_without_numbers() {
        let wanted = Some(json!({"a": {"tags": ["x", "y"]}}));
        assert_eq!(form("a[tags][]=x&a[tags][]=y"), wanted);
        assert_eq!(form("a[tags][1]=y&a[tags][0]=x"), wanted);
        assert_eq!(form("a[0][b]=1&a[1][b]=2"), Some(json!({"a": [{"b": "1"}, {"b": "2"}]})));
        assert_eq!(form("a[10][b]=2&a[9][b]=1"), Some(json!({"a": [{"b": "1"}, {"b": "2"}]})));
        let two = Some(json!({"a": [{"b": "1", "c": "2"}, {"b": "3", "c": "4"}]}));
        assert_eq!(form("a[][b]=1&a[][c]=2&a[][b]=3&a[][c]=4"), two);
        assert_eq!(form("a[][b]=1&a[]c=2&a[][b]=3&a[]c=4"), two);
    }

    #[test]
    fn names_that_say_two_things_are_refused() {
        for bad in ["a[b=1", "a]b[=1", "a[b]c=1", "[a]=1", "a=1&a[b]=2", "a[b]=1&a=2", "a[b][c][d][e][f][g][h][i]=1"] {
            assert_eq!(form(bad), None, "{bad} must be refused");
        }
        for bad in ["[]", "1", "\"x\"", "{\"a\":", "{'a': 1}", "\u{feff}{}"] {
            assert!(from_json(bad.as_bytes()).is_err(), "{bad} must be refused");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_readers_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = from_form(&bytes);
            let _ = from_json(&bytes);
        }

        #[test]
        fn no_brackets_make_the_reader_panic(text in "[a-c\\[\\]0-2&=%]{0,60}") {
            let _ = from_form(text.as_bytes());
        }

        #[test]
        fn what_a_form_says_is_read_back(fields in proptest::collection::btree_map("[a-z_]{1,10}", "\\PC{0,20}", 1..8)) {
            let text = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields.iter().map(|(name, value)| (format!("employee[{name}]"), value)))
                .finish();
            let read = form(&text).expect("a form");
            for (name, value) in &fields {
                prop_assert_eq!(&read["employee"][name], &json!(value));
            }
        }
    }
}
