//! The one source of "now".

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;

/// The wall clock in milliseconds, the precision that is stored.
///
/// A clock can be set forward, which lets a test see a token expire without
/// waiting a day. Clones share the setting.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The machine's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// The present instant, cut to milliseconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let ms = Timestamp::now().as_millisecond() + self.ahead_ms.load(Ordering::Relaxed);
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::MAX)
    }

    /// Sets the clock forward.
    pub fn advance(&self, by: Duration) {
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.ahead_ms.fetch_add(ms, Ordering::Relaxed);
    }
}
