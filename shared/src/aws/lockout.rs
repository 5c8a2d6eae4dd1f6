//! Failed attempts to sign in, counted by name.
//!
//! A name is counted under a digest: what was sent as one can be of any length,
//! and can be a secret sent by mistake.

use jiff::Timestamp;

use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::keys::Key;
use crate::aws::table::Table;
use crate::error::Error;
use crate::lockout::Failures;
use crate::lockout::Lockout;

/// How long a counter is kept beyond its own stretch, in seconds.
const KEPT: i64 = 3_600;

/// The counters of a name that decide whether it is locked.
#[derive(Clone, Debug)]
pub struct Counters {
    this: Key,
    last: Key,
    expires_at: i64,
}

impl Counters {
    /// The counters of a name at an instant.
    #[must_use]
    pub fn new(rule: &Lockout, name_digest: &str, now: Timestamp) -> Self {
        let stretch = rule.stretch(now);
        Self {
            this: keys::failed_logins(name_digest, stretch),
            last: keys::failed_logins(name_digest, stretch - 1),
            expires_at: now.as_second() + rule.stretch_seconds + KEPT,
        }
    }

    /// What to read, together with whatever else a decision needs.
    #[must_use]
    pub fn keys(&self) -> [Key; 2] {
        [self.this.clone(), self.last.clone()]
    }

    /// The failures among what was read.
    #[must_use]
    pub fn read(&self, items: &[Item]) -> Failures {
        let count = |key| items.iter().find(|item| item.lies_at(key)).map(Item::counter).unwrap_or_default();
        Failures { this: count(&self.this), last: count(&self.last) }
    }

    /// Counts a failure. Access pattern: `UpdateItem`.
    pub async fn count(&self, table: &Table) -> Result<(), Error> {
        table.add(self.this.clone(), 1, Some(self.expires_at)).await.map(drop)
    }
}
