//! When somebody who failed to sign in too often has to wait.

use jiff::Timestamp;

/// So many failures within a stretch of time lock a name until the next stretch has passed. A success does not count,
/// and a lock holds for known and unknown names alike, so that it tells nobody which names there are.
#[derive(Clone, Copy, Debug)]
pub struct Lockout {
    /// How long a stretch is, in seconds.
    pub stretch_seconds: i64,
    /// How many failures a stretch takes.
    pub most: i64,
}

/// Failures of a name, in this stretch and in the one before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// In the stretch that runs.
    pub this: i64,
    /// In the one before.
    pub last: i64,
}

impl Lockout {
    /// The stretch in which an instant lies, counted from 1970.
    #[must_use]
    pub fn stretch(&self, now: Timestamp) -> i64 {
        now.as_second().div_euclid(self.stretch_seconds)
    }

    /// Whole seconds until a lock that holds at `now` has ended.
    #[must_use]
    pub fn locked_for(&self, now: Timestamp, failures: Failures) -> Option<u64> {
        let left = self.stretch_seconds - now.as_second().rem_euclid(self.stretch_seconds);
        let seconds = if failures.this >= self.most {
            self.stretch_seconds + left
        } else if failures.last >= self.most {
            left
        } else {
            return None;
        };
        u64::try_from(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_lasts_until_the_next_stretch_has_passed() {
        let rule = Lockout { stretch_seconds: 900, most: 10 };
        let at = |second: i64| Timestamp::from_second(1_700_000_100 + second).expect("an instant");
        assert_eq!(rule.stretch(at(0)) * 900, at(0).as_second(), "a stretch begins here");
        assert_eq!(rule.locked_for(at(0), Failures { this: 9, last: 9 }), None);
        assert_eq!(rule.locked_for(at(10), Failures { this: 10, last: 0 }), Some(1_790));
        assert_eq!(rule.locked_for(at(10), Failures { this: 0, last: 10 }), Some(890));
        assert_eq!(rule.stretch(at(899)) + 1, rule.stretch(at(900)));
    }
}
