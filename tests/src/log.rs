//! The log of this process, as Lambda would have it: one JSON line per request.

use std::io;
use std::sync::Mutex;
use std::sync::Once;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value as Json;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::PATIENCE;
use crate::place;

static LINES: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static CAPTURE: Once = Once::new();

struct Buffer;

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LINES.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Begins to keep what is logged.
pub fn capture() {
    CAPTURE.call_once(|| {
        let filter: Targets = "info,muster::record=debug,dynoxide=error".parse().expect("a filter");
        let lines = fmt::layer().json().flatten_event(true).with_writer(|| Buffer);
        tracing_subscriber::registry().with(filter).with(lines).init();
    });
}

/// Everything that was logged up to now.
#[must_use]
pub fn text() -> String {
    place::needs_own_process("what the process logs");
    String::from_utf8_lossy(&LINES.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
}

/// The line of a request. It is written just after the answer, so it is waited for.
#[must_use]
pub fn line_of(request_id: &str) -> Json {
    wait_for(&format!("the request {request_id}"), |line| {
        line["target"] == "muster::request" && line["request_id"] == request_id
    })
}

/// The line that says what the entry of a request in the record has cost.
#[must_use]
pub fn record_line_of(request_id: &str) -> Json {
    wait_for(&format!("the entry of the request {request_id}"), |line| {
        line["message"] == "recorded" && line["request_id"] == request_id
    })
}

/// The first line that is wanted.
#[must_use]
pub fn wait_for(what: &str, wanted: impl Fn(&Json) -> bool) -> Json {
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        let found = text().lines().filter_map(|line| serde_json::from_str::<Json>(line).ok()).find(&wanted);
        if let Some(line) = found {
            return line;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("no log line of {what}");
}
