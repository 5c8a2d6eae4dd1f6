//! API Gateway's events as requests, and answers as it takes them: the payload format 2.0 of HTTP APIs.
//!
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html>

use std::borrow::Cow;
use std::fmt;
use std::fmt::Write;
use std::net::IpAddr;

use axum::body::Body;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::http::HeaderName;
use axum::http::HeaderValue;
use axum::http::Method;
use axum::http::header;
use axum::http::uri::PathAndQuery;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de;
use serde::de::MapAccess;
use serde::de::Visitor;

use crate::http::context::ClientIp;
use crate::http::context::PlatformRequestId;

/// What of an address's path stands for itself, beside letters and digits.
///
/// API Gateway hands the path over decoded, but for percent signs: those are as they were sent.
const PATH: &[u8] = b"/%-._~!$&'()*+,;=:@";
/// The same of a query, which is handed over as it was sent. It may hold what no client should send.
const QUERY: &[u8] = b"/%-._~!$&'()*+,;=:@?\\^`{|}[]";

/// A request as API Gateway describes it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    raw_path: String,
    raw_query_string: Option<String>,
    cookies: Option<Vec<String>>,
    #[serde(default, deserialize_with = "read_headers")]
    headers: HeaderMap,
    request_context: Context,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    request_id: Option<String>,
    http: Http,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Http {
    method: String,
    source_ip: Option<String>,
}

/// Straight into the form that requests have, for they come with every event.
fn read_headers<'de, D: Deserializer<'de>>(deserializer: D) -> Result<HeaderMap, D::Error> {
    struct Headers;

    impl<'de> Visitor<'de> for Headers {
        type Value = HeaderMap;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("headers")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<HeaderMap, A::Error> {
            let mut headers = HeaderMap::with_capacity(map.size_hint().unwrap_or(16));
            while let Some((name, value)) = map.next_entry::<Cow<'de, str>, Cow<'de, str>>()? {
                let name = HeaderName::from_bytes(name.as_bytes()).map_err(de::Error::custom)?;
                headers.append(name, HeaderValue::from_bytes(value.as_bytes()).map_err(de::Error::custom)?);
            }
            Ok(headers)
        }
    }

    deserializer.deserialize_map(Headers)
}

impl Event {
    /// The request, with what API Gateway knows of it.
    pub fn into_request(self) -> Result<Request, lambda_runtime::Error> {
        let body = match self.body {
            Some(text) if self.is_base64_encoded => Body::from(STANDARD.decode(text)?),
            Some(text) => Body::from(text),
            None => Body::empty(),
        };
        let mut request = Request::new(body);
        *request.method_mut() = Method::from_bytes(self.request_context.http.method.as_bytes())?;
        let address = address(&self.raw_path, &self.raw_query_string.unwrap_or_default());
        *request.uri_mut() = address.parse::<PathAndQuery>()?.into();
        *request.headers_mut() = self.headers;
        if let Some(cookies) = self.cookies.filter(|cookies| !cookies.is_empty()) {
            request.headers_mut().insert(header::COOKIE, HeaderValue::try_from(cookies.join("; "))?);
        }
        let address = self.request_context.http.source_ip.and_then(|text| text.parse::<IpAddr>().ok());
        if let Some(address) = address {
            request.extensions_mut().insert(ClientIp(address));
        }
        if let Some(id) = self.request_context.request_id {
            request.extensions_mut().insert(PlatformRequestId(id));
        }
        Ok(request)
    }
}

/// The path and query that were sent.
fn address(raw_path: &str, raw_query: &str) -> String {
    let mut address = String::with_capacity(raw_path.len() + raw_query.len() + 1);
    encode(&mut address, raw_path, PATH);
    if !raw_query.is_empty() {
        address.push('?');
        encode(&mut address, raw_query, QUERY);
    }
    address
}

fn encode(address: &mut String, part: &str, plain: &[u8]) {
    for byte in part.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            address.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(address, "%{byte:02X}");
        }
    }
}

/// An answer as API Gateway takes it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Answer {
    status_code: u16,
    #[serde(serialize_with = "write_headers")]
    headers: HeaderMap,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl Answer {
    /// What a router answered, its body whole.
    pub async fn of(response: Response) -> Result<Self, lambda_runtime::Error> {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await?.to_bytes();
        let (body, is_base64_encoded) = match String::from_utf8(bytes.into()) {
            Ok(text) => (text, false),
            Err(other) => (STANDARD.encode(other.as_bytes()), true),
        };
        let mut headers = parts.headers;
        let cookies = headers.get_all(header::SET_COOKIE).iter().map(text).collect();
        headers.remove(header::SET_COOKIE);
        Ok(Self { status_code: parts.status.as_u16(), headers, cookies, body, is_base64_encoded })
    }
}

/// Each name once, its values with commas between: there is no other way to send several, but for cookies.
fn write_headers<S: Serializer>(headers: &HeaderMap, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(headers.keys().map(|name| {
        let mut values = headers.get_all(name).iter().map(text);
        let first = values.next().unwrap_or_default();
        (name.as_str(), values.fold(first, |all, value| all + ", " + &value))
    }))
}

fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::StatusCode;
    use axum::response::IntoResponse;
    use proptest::prelude::*;
    use serde_json::Value as Json;
    use serde_json::json;

    use super::*;

    fn event(raw_path: &str, query: &str) -> Json {
        json!({
            "version": "2.0", "routeKey": "$default", "rawPath": raw_path, "rawQueryString": query, "headers": {},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "a.example", "stage": "$default", "requestId": "r",
                "http": {"method": "GET", "path": raw_path, "sourceIp": "192.0.2.1"},
            },
            "isBase64Encoded": false,
        })
    }

    fn request(event: &Json) -> Request {
        serde_json::from_str::<Event>(&event.to_string()).expect("an event").into_request().expect("a request")
    }

    fn sent(raw_path: &str, query: &str) -> String {
        request(&event(raw_path, query)).uri().to_string()
    }

    #[test]
    fn a_decoded_path_is_the_one_that_was_sent() {
        for (decoded, query, wanted) in [
            ("/v1/projects/1", "", "/v1/projects/1"),
            ("/v1/projects/1", "a=b?c", "/v1/projects/1?a=b?c"),
            ("/v1/projects/1 ", "", "/v1/projects/1%20"),
            ("/v1/projects/1 ", "a=%20", "/v1/projects/1%20?a=%20"),
            ("/v1/projects/1?x", "", "/v1/projects/1%3Fx"),
            ("/v1/projects/1?x?", "a=b?c", "/v1/projects/1%3Fx%3F?a=b?c"),
            ("/v1/projects/1#x", "", "/v1/projects/1%23x"),
            ("/v1/projects/ö", "", "/v1/projects/%C3%B6"),
            ("/v1/projects/%25", "a", "/v1/projects/%25?a"),
            ("/v1/../x", "", "/v1/../x"),
            ("/v1/x", "attributes[]=email&q=ö \"<>#", "/v1/x?attributes[]=email&q=%C3%B6%20%22%3C%3E%23"),
        ] {
            assert_eq!(sent(decoded, query), wanted, "{decoded}?{query}");
        }
    }

    proptest! {
        #[test]
        fn every_path_and_query_is_an_address(path in "/\\PC*", query in "\\PC*") {
            let uri = sent(&path, &query).parse::<PathAndQuery>().expect("an address");
            let decoded: Vec<u8> = form_urlencoded::parse(format!("p={}", uri.path().replace('+', "%2B")).as_bytes())
                .next().expect("a pair").1.into_owned().into_bytes();
            prop_assert!(path.contains('%') || path.contains('&') || decoded == path.as_bytes());
        }
    }

    #[tokio::test]
    async fn a_request_has_what_the_client_sent_and_what_the_gateway_knows() {
        let mut event = event("/v1/x", "");
        event["headers"] = json!({"Content-Type": "text/plain", "x-name": "Zoë", "accept": "a,b"});
        event["cookies"] = json!(["a=1", "b=2"]);
        event["body"] = json!("aMO2");
        event["requestContext"]["http"]["method"] = json!("PUT");
        for (is_base64, body) in [(true, "hö"), (false, "aMO2")] {
            event["isBase64Encoded"] = json!(is_base64);
            let (parts, read) = request(&event).into_parts();
            assert_eq!(parts.method, Method::PUT);
            assert_eq!(parts.headers["content-type"], "text/plain");
            assert_eq!(parts.headers["x-name"].as_bytes(), "Zoë".as_bytes());
            assert_eq!(parts.headers["cookie"], "a=1; b=2");
            assert_eq!(parts.extensions.get::<ClientIp>().map(|ip| ip.0.to_string()).as_deref(), Some("192.0.2.1"));
            assert_eq!(parts.extensions.get::<PlatformRequestId>().map(|id| id.0.as_str()), Some("r"));
            assert_eq!(to_bytes(read, 100).await.expect("a body"), body.as_bytes());
        }
    }

    #[test]
    fn what_emulators_leave_out_or_empty_is_not_there() {
        let mut event = event("/v1/x", "");
        for name in ["rawQueryString", "cookies", "body"] {
            event[name] = Json::Null;
        }
        event["requestContext"]["requestId"] = Json::Null;
        event["requestContext"]["http"]["sourceIp"] = Json::Null;
        event.as_object_mut().expect("an object").remove("headers");
        event.as_object_mut().expect("an object").remove("isBase64Encoded");
        let (parts, _) = request(&event).into_parts();
        assert_eq!((parts.uri.to_string().as_str(), parts.headers.len()), ("/v1/x", 0));
        assert!(parts.extensions.get::<ClientIp>().is_none() && parts.extensions.get::<PlatformRequestId>().is_none());
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let refused = |event: &Json| match serde_json::from_str::<Event>(&event.to_string()) {
            Ok(event) => event.into_request().is_err(),
            Err(_) => true,
        };
        let mut broken = event("/v1/x", "");
        assert!(!refused(&broken));
        broken["body"] = json!("no base64!");
        broken["isBase64Encoded"] = json!(true);
        assert!(refused(&broken));
        assert!(refused(&event("", "")), "no path");
        assert!(refused(&json!({"Records": []})));
        let mut broken = event("/v1/x", "");
        broken["headers"] = json!({"a b": "c"});
        assert!(refused(&broken));
    }

    #[tokio::test]
    async fn an_answer_is_text_where_it_can_be() {
        let headers = [("set-cookie", "a=1"), ("set-cookie", "b=2"), ("vary", "accept"), ("vary", "cookie")];
        let mut response = (StatusCode::CREATED, "hö").into_response();
        for (name, value) in headers {
            response.headers_mut().append(name, HeaderValue::from_static(value));
        }
        let answer = serde_json::to_value(Answer::of(response).await.expect("an answer")).expect("JSON");
        let wanted = json!({
            "statusCode": 201, "cookies": ["a=1", "b=2"], "body": "hö", "isBase64Encoded": false,
            "headers": {"content-type": "text/plain; charset=utf-8", "vary": "accept, cookie"},
        });
        assert_eq!(answer, wanted);
        let answer = Answer::of(vec![0xff_u8, 0xd8].into_response()).await.expect("an answer");
        assert_eq!((answer.body.as_str(), answer.is_base64_encoded), ("/9g=", true));
    }
}
