//! The stored record of a person.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::attributes::AttributeKey;
use crate::attributes::Value;
use crate::attributes::system;
use crate::ids::EmployeeId;

/// What a write does to attributes: a value sets one, `None` clears it.
pub type Changes = BTreeMap<AttributeKey, Option<Value>>;

/// An employee as the table holds it.
///
/// The values are private to [`crate::attributes`]: rules ask for the few that
/// they need by name, and the only way from here to an answer is
/// [`crate::attributes::View`], which shows what the credential may read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Employee {
    /// The number by which everything else knows the person.
    pub id: EmployeeId,
    /// How often the record was written; a write names the version that it read.
    pub version: u64,
    /// When the record was created, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When the record was last changed, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    pub(super) values: BTreeMap<AttributeKey, Value>,
    /// When each attribute was last changed, in milliseconds since 1970.
    changed: BTreeMap<AttributeKey, i64>,
}

impl Employee {
    /// A new record.
    #[must_use]
    pub fn new(id: EmployeeId, changes: Changes, now: Timestamp) -> Self {
        let mut employee = Self {
            id,
            version: 0,
            created_at: now,
            updated_at: now,
            values: BTreeMap::new(),
            changed: BTreeMap::new(),
        };
        employee.apply(changes, now);
        employee.version = 1;
        employee
    }

    /// Applies a write and tells which attributes it changed. A write that
    /// changes nothing leaves the record as it was, its version included.
    pub fn apply(&mut self, changes: Changes, now: Timestamp) -> BTreeSet<AttributeKey> {
        let mut differing = BTreeSet::new();
        for (key, wanted) in changes {
            if self.values.get(&key) == wanted.as_ref() {
                continue;
            }
            match wanted {
                Some(value) => self.values.insert(key.clone(), value),
                None => self.values.remove(&key),
            };
            differing.insert(key);
        }
        if !differing.is_empty() {
            // Two machines' clocks differ; the order of a record's own changes must not.
            self.updated_at = self.updated_at.max(now);
            self.version += 1;
            let ms = self.updated_at.as_millisecond();
            self.changed.extend(differing.iter().map(|key| (key.clone(), ms)));
        }
        differing
    }

    /// The e-mail address as it was written.
    #[must_use]
    pub fn email(&self) -> Option<&str> {
        self.text(system::EMAIL)
    }

    /// The status, one of `onboarding`, `active`, `leave`, `inactive`.
    #[must_use]
    pub fn status(&self) -> Option<&str> {
        self.text(system::STATUS)
    }

    /// The person to whom the employee reports.
    #[must_use]
    pub fn supervisor(&self) -> Option<EmployeeId> {
        match self.values.get(system::SUPERVISOR) {
            Some(Value::Employee(id)) => Some(*id),
            _ => None,
        }
    }

    /// The number of the calendar of public holidays that holds for the employee.
    #[must_use]
    pub fn holiday_calendar(&self) -> Option<u32> {
        match self.values.get(system::HOLIDAY_CALENDAR) {
            Some(Value::Entry(id)) => Some(*id),
            _ => None,
        }
    }

    /// When each attribute was last changed, in milliseconds since 1970.
    #[must_use]
    pub fn changed(&self) -> &BTreeMap<AttributeKey, i64> {
        &self.changed
    }

    fn text(&self, key: &str) -> Option<&str> {
        match self.values.get(key) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }
}

/// The form in which e-mail addresses are compared: without regard to case.
#[must_use]
pub fn comparable_email(email: &str) -> String {
    email.trim().to_lowercase()
}
