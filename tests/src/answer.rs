//! What a test sees of an answer.

use serde_json::Value as Json;

use crate::log;

/// An answer, read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: reqwest::header::HeaderMap,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// The body as text; what is none is replaced.
    pub text: String,
    /// The body as JSON; null where it is none.
    pub body: Json,
}

impl Answer {
    /// Sends a request and reads the answer.
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("an answer");
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.expect("a body").to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Json::Null);
        Self { status, headers, bytes, text, body }
    }

    /// A header as text, empty where it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The error's message; fails for an answer that is no error in the v1 envelope.
    #[must_use]
    pub fn message(&self) -> &str {
        assert_eq!(self.body["success"], false, "no error: {}", self.body);
        assert_eq!(self.body["error"]["code"], self.status, "the code is the status: {}", self.body);
        self.body["error"]["message"].as_str().expect("a message")
    }

    /// The log line of the request.
    #[must_use]
    pub fn log_line(&self) -> Json {
        log::line_of(self.header("x-request-id"))
    }
}
