//! The log: JSON on Lambda, readable on a terminal, one line per request.
//!
//! `docs/LOGGING.md` says what is never in it.

use std::env;

use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// The variable that sets what is logged: a level, and levels of parts such as `muster=debug`, with commas between.
pub const LOG_VARIABLE: &str = "MUSTER_LOG";
/// Our own lines, and what libraries warn of. To the embedded DynamoDB a condition that does not hold is a warning, to
/// us an answer; the embedded S3 would log whole answers.
const DEFAULT_FILTER: &str = "warn,muster=info,shared=info,dynoxide=error,s3s=off,s3s_fs=off";

/// JSON lines on standard output, for Lambda.
pub fn init_json() {
    log_panics();
    let lines = fmt::layer().json().flatten_event(true).with_current_span(false).with_span_list(false);
    // It fails only when a subscriber is there already, and then that one serves.
    let _ = tracing_subscriber::registry().with(filter()).with(lines.with_target(false)).try_init();
}

/// Readable lines on standard error, for a terminal.
pub fn init_terminal(colours: bool) {
    log_panics();
    let lines = fmt::layer().with_ansi(colours).with_target(false).with_writer(std::io::stderr);
    let _ = tracing_subscriber::registry().with(filter()).with(lines).try_init();
}

/// A panic's place goes into the log; its text, which may hold anything, does not.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "muster::panic", place, "panic");
    }));
}

/// Levels by target alone: filters by spans and fields would bring regular expressions along, into every function.
fn filter() -> Targets {
    let wanted = env::var(LOG_VARIABLE).ok().and_then(|text| text.parse().ok());
    wanted.or_else(|| DEFAULT_FILTER.parse().ok()).unwrap_or_default()
}
