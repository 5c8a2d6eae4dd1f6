//! Multipart forms: each part is a field, and its content is text.

use std::convert::Infallible;

use axum::http::HeaderMap;
use axum::http::header;
use futures_util::FutureExt;
use futures_util::future;
use futures_util::stream;
use multer::Field;
use multer::Multipart;
use percent_encoding::percent_decode_str;

use crate::error::Error;

/// The boundary of a multipart body; none for a body of another kind.
#[must_use]
pub fn boundary(headers: &HeaderMap) -> Option<String> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    multer::parse_boundary(content_type).ok().filter(|boundary| !boundary.is_empty())
}

/// A multipart body without its boundaries, which clients make anew for each
/// time that they send the same form; `None` for a body of another kind.
pub(crate) fn without_boundaries(headers: &HeaderMap, bytes: &[u8]) -> Option<Vec<u8>> {
    let delimiter = format!("--{}", boundary(headers)?).into_bytes();
    let (mut kept, mut rest) = (Vec::with_capacity(bytes.len()), bytes);
    while let Some((first, behind)) = rest.split_first() {
        rest = rest.strip_prefix(delimiter.as_slice()).unwrap_or_else(|| {
            kept.push(*first);
            behind
        });
    }
    Some(kept)
}

fn needed_boundary(headers: &HeaderMap) -> Result<String, Error> {
    boundary(headers).ok_or_else(|| malformed("The Content-Type of a multipart body needs a boundary."))
}

/// The one file of a multipart body, in the part `file`.
pub(super) fn file(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    only_file(needed_boundary(headers)?, bytes).now_or_never().unwrap_or_else(|| Err(incomplete()))
}

async fn only_file(boundary: String, bytes: Vec<u8>) -> Result<Vec<u8>, Error> {
    let body = stream::once(future::ready(Ok::<_, Infallible>(bytes)));
    let mut form = Multipart::new(body, boundary);
    let mut file = None;
    while let Some(part) = form.next_field().await.map_err(|_| incomplete())? {
        if part.name() != Some("file") || file.is_some() {
            return Err(Error::malformed("file", "The form must have one file, in the part file, and nothing else."));
        }
        file = Some(part.bytes().await.map_err(|_| incomplete())?.to_vec());
    }
    file.ok_or_else(|| Error::invalid("file", "The file field is required."))
}

/// The fields of a multipart body, in the order in which they came.
pub(super) fn fields(headers: &HeaderMap, bytes: Vec<u8>) -> Result<Vec<(String, String)>, Error> {
    let boundary = needed_boundary(headers)?;
    // The body is here to its end. Whatever would still wait would wait forever.
    parts(boundary, bytes).now_or_never().unwrap_or_else(|| Err(incomplete()))
}

async fn parts(boundary: String, bytes: Vec<u8>) -> Result<Vec<(String, String)>, Error> {
    let body = stream::once(future::ready(Ok::<_, Infallible>(bytes)));
    let mut form = Multipart::new(body, boundary);
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.map_err(|_| incomplete())? {
        // Counted as people count. The name of a part is what was sent, so its number stands for it.
        let number = part.index() + 1;
        let is_file = is_file(&part);
        let is_unnamed_file = is_file && part.file_name() == Some("");
        let name = part.name().unwrap_or_default().to_owned();
        let content = part.bytes().await.map_err(|_| incomplete())?;
        // So browsers send a file that was not chosen.
        if is_unnamed_file && content.is_empty() {
            continue;
        }
        if is_file {
            return Err(malformed(format!(
                "Part {number} of the multipart form is a file, and no files are taken here."
            )));
        }
        if name.is_empty() {
            return Err(malformed(format!("Part {number} of the multipart form has no name.")));
        }
        let text = String::from_utf8(content.into())
            .map_err(|_| malformed(format!("Part {number} of the multipart form is not UTF-8 text.")))?;
        fields.push((name, text));
    }
    Ok(fields)
}

/// Whether a part has a file name. `multer` sees none in `filename*=` nor in one that
/// is not UTF-8, and the file would be stored as text.
fn is_file(part: &Field<'_>) -> bool {
    let disposition = part.headers().get(header::CONTENT_DISPOSITION).map(header::HeaderValue::as_bytes);
    let is_file_name = |parameter: &[u8]| {
        let name = parameter.trim_ascii_start().get(.."filename".len());
        name.is_some_and(|name| name.eq_ignore_ascii_case(b"filename"))
    };
    part.file_name().is_some() || parameters(disposition.unwrap_or_default()).any(is_file_name)
}

/// The pieces of a header between its semicolons. Those in quotes are text: a field may well be called
/// `filename`, and a name may hold what looks like another one. A backslash takes the meaning from what follows it.
fn parameters(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    header.split(move |byte| {
        let was_escaped = std::mem::take(&mut is_escaped);
        match byte {
            b'"' if !was_escaped => is_quoted = !is_quoted,
            b'\\' => is_escaped = is_quoted && !was_escaped,
            _ => {}
        }
        *byte == b';' && !is_quoted
    })
}

/// The name of the file that a part is, if it is one. The extended form
/// (`filename*=UTF-8''…`, RFC 5987), in which some clients send names that are
/// not ASCII, goes before the plain one, which stands in for it; `multer` does not see it.
#[must_use]
pub fn file_name(part: &Field<'_>) -> Option<String> {
    let disposition = part.headers().get(header::CONTENT_DISPOSITION).map(header::HeaderValue::as_bytes);
    let extended = parameters(disposition.unwrap_or_default()).find_map(|parameter| {
        let parameter = String::from_utf8_lossy(parameter);
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("filename*").then(|| value.to_owned())
    });
    let plain = || part.file_name().map(str::to_owned);
    // Something that is a file, by a name that cannot be read.
    let unreadable = || is_file(part).then(String::new);
    extended.as_deref().and_then(extended_value).or_else(plain).or_else(unreadable)
}

/// A value of the extended form, in the two character sets that it knows.
fn extended_value(value: &str) -> Option<String> {
    let mut parts = value.trim().trim_matches('"').splitn(3, '\'');
    let (charset, _language, encoded) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes: Vec<u8> = percent_decode_str(encoded).collect();
    match charset.to_ascii_lowercase().as_str() {
        "utf-8" => String::from_utf8(bytes).ok(),
        // Its characters have the numbers of its bytes.
        "iso-8859-1" => Some(bytes.into_iter().map(char::from).collect()),
        _ => None,
    }
}

/// Not the reader's own text: it can repeat what was sent.
fn incomplete() -> Error {
    malformed("The request body is not a complete multipart form.")
}

fn malformed(message: impl Into<String>) -> Error {
    Error::malformed("body", message)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::extract::FromRequest;
    use axum::extract::Request;
    use proptest::prelude::*;
    use serde_json::Value as Json;
    use serde_json::json;

    use super::super::Fields;
    use super::super::MAX_BODY;
    use super::super::MAX_FIELDS;
    use super::*;

    #[test]
    fn extended_names_are_read_in_both_character_sets() {
        for (value, name) in [
            ("UTF-8''Lohn%20M%C3%A4rz.pdf", Some("Lohn März.pdf")),
            ("utf-8'de'Lohn.pdf", Some("Lohn.pdf")),
            ("\"UTF-8''Lohn.pdf\"", Some("Lohn.pdf")),
            ("iso-8859-1''M%E4rz.pdf", Some("März.pdf")),
            ("UTF-8''100%+f.pdf", Some("100%+f.pdf")),
            ("UTF-8''%FF.pdf", None),
            ("koi8-r''a.pdf", None),
            ("a.pdf", None),
        ] {
            assert_eq!(extended_value(value).as_deref(), name, "{value}");
        }
    }
    use crate::error::Badness;

    const FORM: &str = "multipart/form-data; boundary=xYz";

    fn send(content_type: &str, body: impl Into<Body>) -> Result<Json, Error> {
        let request = Request::post("/").header(header::CONTENT_TYPE, content_type).body(body.into());
        let fields = Fields::from_request(request.expect("a request"), &()).now_or_never().expect("no waiting");
        fields.map(|fields| Json::Object(fields.0))
    }

    /// A part from the parameters of its Content-Disposition.
    fn part(parameters: &str, content: &str) -> String {
        format!("--xYz\r\nContent-Disposition: form-data{parameters}\r\n\r\n{content}\r\n")
    }

    fn field(name: &str, content: &str) -> String {
        part(&format!("; name=\"{name}\""), content)
    }

    fn form(parts: &[String]) -> String {
        format!("{}--xYz--\r\n", parts.concat())
    }

    /// What a body is refused with, after a look at whether the answer is a 400 that repeats nothing.
    fn refusal(content_type: &str, body: impl Into<Body>) -> String {
        let Err(Error::Invalid(invalid)) = send(content_type, body) else { panic!("it must be refused as invalid") };
        assert_eq!(invalid.badness, Badness::Malformed);
        assert_eq!(invalid.fields.keys().collect::<Vec<_>>(), ["body"]);
        assert!(!invalid.message.contains("secret"), "{}", invalid.message);
        invalid.message
    }

    #[test]
    fn json_a_form_and_a_multipart_form_are_one() {
        let wanted =
            json!({"employee": {"email": "a@b.example", "custom_attributes": {"dynamic_1": "x y"}, "n": ["1"]}});
        let parts = [
            field("employee[email]", "a@b.example"),
            "--xYz\r\nContent-Type: text/plain; charset=utf-8\r\n\
             content-disposition: form-data; name=employee[custom_attributes][dynamic_1]\r\n\r\nx y\r\n"
                .to_owned(),
            field("employee[n][]", "1"),
        ];
        let urlencoded = "employee[email]=a%40b.example&employee[custom_attributes][dynamic_1]=x+y&employee[n][]=1";
        assert_eq!(send("application/json", wanted.to_string()), Ok(wanted.clone()));
        assert_eq!(send("application/x-www-form-urlencoded", urlencoded), Ok(wanted.clone()));
        for content_type in [FORM, "Multipart/Form-Data; charset=utf-8; Boundary=\"xYz\""] {
            assert_eq!(send(content_type, form(&parts)), Ok(wanted.clone()), "{content_type}");
        }
        assert_eq!(send(FORM, format!("preamble\r\n{}epilogue", form(&parts))), Ok(wanted));
    }

    #[test]
    fn a_form_may_be_empty_and_so_may_its_fields() {
        assert_eq!(send(FORM, ""), Ok(json!({})));
        assert_eq!(send("multipart/form-data", ""), Ok(json!({})));
        assert_eq!(send(FORM, form(&[])), Ok(json!({})));
        assert_eq!(send(FORM, form(&[field("comment", "")])), Ok(json!({"comment": ""})));
        assert_eq!(send(FORM, form(&[field("comment", "ä\r\n--x\r\n")])), Ok(json!({"comment": "ä\r\n--x\r\n"})));
    }

    #[test]
    fn a_multipart_body_needs_a_boundary() {
        let body = form(&[field("a", "secret")]);
        for bad in ["", ";", "; charset=utf-8", "; boundary", "; boundary=", "; boundary=\"\"", "; boundary=\"xYz"] {
            let message = refusal(&format!("multipart/form-data{bad}"), body.clone());
            assert_eq!(message, "The Content-Type of a multipart body needs a boundary.", "{bad}");
        }
    }

    #[test]
    fn a_body_that_breaks_off_is_refused_wherever_it_does() {
        let whole = form(&[field("a", "secret"), field("b", "secret")]);
        let end = whole.len() - "\r\n".len();
        for length in 1..end {
            assert_eq!(refusal(FORM, whole[..length].to_owned()), incomplete().to_string(), "{length}");
        }
        assert!(send(FORM, whole[..end].to_owned()).is_ok());
        for bad in [
            "secret=1".to_owned(),
            "{\"secret\": 1}".to_owned(),
            form(&[field("a", "secret")]).replace("xYz", "another"),
            form(&[field("a", "secret")]).replace("\r\n", "\n"),
            form(&[field("a", "1").replace("Content-Disposition:", "secret")]),
            form(&[field("a", "1").replace("Content-Disposition:", &"A: secret\r\n".repeat(100))]),
        ] {
            assert_eq!(refusal(FORM, bad.clone()), incomplete().to_string(), "{bad}");
        }
    }

    #[test]
    fn a_part_without_a_name_is_refused() {
        let message = "Part 2 of the multipart form has no name.";
        let first = field("a", "1");
        for bad in ["", "; name=\"\"", "; name=", "; name=\"secret", "; nickname=\"secret\"", "; filenam=\"secret\""] {
            assert_eq!(refusal(FORM, form(&[first.clone(), part(bad, "secret")])), message, "{bad}");
        }
        let bare = "--xYz\r\nContent-Type: text/plain\r\n\r\nsecret\r\n".to_owned();
        assert_eq!(refusal(FORM, form(&[first.clone(), bare])), message);
        assert_eq!(refusal(FORM, form(&[first, "--xYz\r\n\r\nsecret\r\n".to_owned(), field("b", "1")])), message);
    }

    #[test]
    fn files_are_refused_and_a_file_that_was_not_chosen_is_none() {
        let message = "Part 2 of the multipart form is a file, and no files are taken here.";
        let first = field("a", "1");
        for bad in [
            "; name=\"b\"; filename=\"secret.pdf\"",
            "; name=b; filename=secret.pdf",
            "; filename=\"secret.pdf\"; name=\"b\"",
            "; filename=\"secret.pdf\"",
            "; name=\"b\"; FileName=\"secret.pdf\"",
            "; name=\"b\"; filename*=utf-8''secret.pdf",
            "; name=\"b\";filename=\"\"",
            "; name=\"b\\\"c\"; filename=\"secret.pdf\"",
        ] {
            assert_eq!(refusal(FORM, form(&[first.clone(), part(bad, "secret")])), message, "{bad}");
        }
        let named = part("; name=\"b\"; filename=\"secret.pdf\"", "");
        assert_eq!(refusal(FORM, form(&[first.clone(), named])), message);
        let disposition = b"; name=\"b\"; filename=\"secret\xff\"\r\n\r\nsecret\r\n--xYz--";
        let not_utf_8 = [first.as_bytes(), b"--xYz\r\nContent-Disposition: form-data", disposition].concat();
        assert_eq!(refusal(FORM, not_utf_8), message);

        let not_chosen = part("; name=\"b\"; filename=\"\"", "");
        assert_eq!(send(FORM, form(&[first, not_chosen])), Ok(json!({"a": "1"})));
        for name in ["filename", "filename=x", "x;filename"] {
            assert_eq!(send(FORM, form(&[field(name, "1")])), Ok(json!({name: "1"})));
        }
        let quoted = field("b\\\"; filename*=utf-8''x", "1");
        assert_eq!(send(FORM, form(&[quoted])), Ok(json!({"b\"; filename*=utf-8''x": "1"})));
        assert_eq!(send(FORM, form(&[part("; name=filename", "1")])), Ok(json!({"filename": "1"})));
    }

    /// What a file is called by the parameters of its Content-Disposition.
    fn name_by(parameters: &str) -> Option<String> {
        let body = stream::once(future::ready(Ok::<_, Infallible>(form(&[part(parameters, "1")]))));
        let mut form = Multipart::new(body, "xYz");
        let part = form.next_field().now_or_never().expect("no waiting").expect("a form").expect("a part");
        file_name(&part)
    }

    #[test]
    fn what_is_in_quotes_is_no_name_of_a_file() {
        for (parameters, name) in [
            ("; filename=\"a.pdf\"; filename*=UTF-8''b.pdf", Some("b.pdf")),
            ("; filename*=UTF-8''b.pdf; filename=\"a;b.pdf\"", Some("b.pdf")),
            ("; name=\"x;y\"; filename=a.pdf; FileName* = \"UTF-8''b.pdf\"", Some("b.pdf")),
            ("; filename=\"a; filename*=UTF-8''b.html; x=.pdf\"", Some("a; filename*=UTF-8''b.html; x=.pdf")),
            (
                "; filename=\"a\\\"; filename*=UTF-8''b.html; x=\\\".pdf\"",
                Some("a\"; filename*=UTF-8''b.html; x=\".pdf"),
            ),
            ("; filename=\"a\\\\\"; filename*=UTF-8''b.pdf", Some("b.pdf")),
            ("; name=\"a; filename*=UTF-8''b.html\"", None),
            ("; filename*=koi8-r''b.html", Some("")),
        ] {
            assert_eq!(name_by(parameters).as_deref(), name, "{parameters}");
        }
    }

    #[test]
    fn text_that_is_not_utf_8_is_refused() {
        let body =
            [field("a", "1").as_bytes(), b"--xYz\r\nContent-Disposition: form-data; name=b\r\n", b"\r\nsecret\xe4"]
                .concat();
        let message = refusal(FORM, [body.as_slice(), b"\r\n--xYz--"].concat());
        assert_eq!(message, "Part 2 of the multipart form is not UTF-8 text.");
    }

    #[test]
    fn names_that_say_two_things_are_refused() {
        for bad in ["secret[b", "secret]b[", "[secret]"] {
            assert_eq!(refusal(FORM, form(&[field(bad, "1")])), refusal("application/x-www-form-urlencoded", bad));
        }
    }

    #[test]
    fn the_bounds_of_bodies_and_forms_hold() {
        let fields = |count: usize| form(&(0..count).map(|index| field(&format!("f{index}"), "")).collect::<Vec<_>>());
        assert!(send(FORM, fields(MAX_FIELDS)).is_ok());
        assert!(refusal(FORM, fields(MAX_FIELDS + 1)).contains("5000"));
        let around = form(&[field("a", "")]).len();
        assert!(send(FORM, form(&[field("a", &"x".repeat(MAX_BODY - around))])).is_ok());
        let larger = form(&[field("a", &"x".repeat(MAX_BODY - around + 1))]);
        assert!(matches!(send(FORM, larger), Err(Error::TooLarge(_))));
        let announced =
            Request::post("/").header(header::CONTENT_TYPE, FORM).header(header::CONTENT_LENGTH, MAX_BODY + 1);
        // A body that never comes shows that nothing waits for it.
        let body = Body::from_stream(stream::pending::<Result<Vec<u8>, Infallible>>());
        let request = announced.body(body).expect("a request");
        let answer = Fields::from_request(request, &()).now_or_never().expect("no waiting");
        assert!(matches!(answer, Err(Error::TooLarge(_))));
    }

    #[test]
    fn other_content_types_are_refused_with_those_that_are_taken() {
        for other in ["text/plain", "multipart/mixed; boundary=xYz", "multipart/form-data-2; boundary=xYz"] {
            let Err(Error::Invalid(invalid)) = send(other, "secret") else { panic!("{other} must be refused") };
            assert_eq!(invalid.badness, Badness::Unsupported);
            for taken in ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"] {
                assert!(invalid.message.contains(taken), "{}", invalid.message);
            }
        }
    }

    /// Pieces of which forms are made, so that some of what they make gets far.
    fn pieces() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            Just(b"--xYz".to_vec()),
            Just(b"--".to_vec()),
            Just(b"\r\n".to_vec()),
            Just(b"\r\n\r\n".to_vec()),
            Just(b"Content-Disposition: form-data; ".to_vec()),
            Just(b"name=\"a[b]\"".to_vec()),
            Just(b"; filename=\"\\\"".to_vec()),
            proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic_or_wait(
            bytes in prop_oneof![proptest::collection::vec(any::<u8>(), 0..200), pieces()],
            boundary in prop_oneof![Just("xYz".to_owned()), "\\PC{0,80}"],
        ) {
            let read = parts(boundary, bytes).now_or_never();
            prop_assert!(!matches!(read, None | Some(Err(Error::Internal(_) | Error::Unavailable(_)))));
        }

        #[test]
        fn no_content_type_makes_the_reader_panic(parameters in "[a-z=;\" \\\\*/-]{0,40}") {
            let mut headers = HeaderMap::new();
            let content_type = format!("multipart/form-data{parameters}");
            headers.insert(header::CONTENT_TYPE, content_type.parse().expect("a header"));
            let _ = fields(&headers, b"--a\r\n\r\n\r\n--a--".to_vec());
        }

        #[test]
        fn what_a_form_says_is_read_back(
            values in proptest::collection::btree_map("[a-z_]{1,10}", "\\PC{0,20}", 1..8),
        ) {
            let parts: Vec<_> = values.iter().map(|(name, value)| field(&format!("employee[{name}]"), value)).collect();
            let read = send(FORM, form(&parts)).expect("a form");
            for (name, value) in &values {
                prop_assert_eq!(&read["employee"][name], &json!(value));
            }
        }
    }
}
