//! What a process keeps of what it read, for a while.

use std::fmt;
use std::hash::Hash;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::time::Duration;
use std::time::Instant;

use lru::LruCache;

/// Values by their keys, none older than a lifetime, and no more than a number of them: what was not asked for longest
/// goes first. It takes memory as it fills.
pub struct Recent<K, V> {
    lifetime: Duration,
    most: usize,
    values: Mutex<LruCache<K, (Instant, V)>>,
}

impl<K, V> fmt::Debug for Recent<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recent").field("lifetime", &self.lifetime).field("most", &self.most).finish_non_exhaustive()
    }
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    /// Nothing yet.
    #[must_use]
    pub fn new(lifetime: Duration, most: usize) -> Self {
        Self { lifetime, most, values: Mutex::new(LruCache::unbounded()) }
    }

    fn values(&self) -> MutexGuard<'_, LruCache<K, (Instant, V)>> {
        self.values.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value of a key, if it was put there within the lifetime.
    pub fn get(&self, key: &K) -> Option<V> {
        let mut values = self.values();
        let (at, value) = values.get(key)?;
        if at.elapsed() < self.lifetime {
            return Some(value.clone());
        }
        values.pop(key);
        None
    }

    /// Keeps a value from now on, in the place of the one before.
    pub fn put(&self, key: K, value: V) {
        let mut values = self.values();
        values.put(key, (Instant::now(), value));
        if values.len() > self.most {
            values.pop_lru();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_asked_for_longest_goes_first() {
        let recent = Recent::new(Duration::from_mins(1), 2);
        recent.put("a", 1);
        recent.put("b", 2);
        assert_eq!(recent.get(&"a"), Some(1));
        recent.put("c", 3);
        assert_eq!((recent.get(&"a"), recent.get(&"b"), recent.get(&"c")), (Some(1), None, Some(3)));
        recent.put("a", 4);
        assert_eq!((recent.get(&"a"), recent.get(&"c")), (Some(4), Some(3)));
    }

    #[test]
    fn nothing_outlives_its_lifetime() {
        let recent = Recent::new(Duration::ZERO, 2);
        recent.put("a", 1);
        assert_eq!(recent.get(&"a"), None);
        assert!(recent.values().is_empty(), "it takes no memory any more");
    }
}
