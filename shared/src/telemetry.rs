//! The log: JSON on Lambda, readable on a terminal, one line per request.
//!
//! `docs/LOGGING.md` says what is never in it.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// The variable that sets what is logged, as `RUST_LOG` does elsewhere.
pub const LOG_VARIABLE: &str = "MUSTER_LOG";
/// Our own lines, and what libraries warn of. To the embedded DynamoDB a condition that does not hold is a warning, to
/// us an answer; the embedded S3 would log whole answers.
const DEFAULT_FILTER: &str = "warn,muster=info,shared=info,dynoxide=error,s3s=off,s3s_fs=off";

/// JSON lines on standard output, for Lambda.
pub fn init_json() {
    log_panics();
    // `init` fails only when a subscriber is there already, and then that one serves.
    let _ = fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_env_filter(filter())
        .with_target(false)
        .try_init();
}

/// Readable lines on standard error, for a terminal.
pub fn init_terminal(colours: bool) {
    log_panics();
    let _ =
        fmt().with_ansi(colours).with_env_filter(filter()).with_target(false).with_writer(std::io::stderr).try_init();
}

/// A panic's place goes into the log; its text, which may hold anything, does not.
fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "muster::panic", place, "panic");
    }));
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_env(LOG_VARIABLE).unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER))
}
