//! The stored record of a person.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::Serialize;

use crate::attributes::AttributeKey;
use crate::attributes::Value;
use crate::attributes::system;
use crate::attributes::value::Entitlement;
use crate::attributes::value::Picture;
use crate::ids::AbsenceTypeId;
use crate::ids::EmployeeId;
use crate::text;

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
    /// When attributes were last changed since the record was created, in milliseconds since 1970. It is read with
    /// every employee and seldom wanted, so the values that are as they came are not in it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changed: BTreeMap<AttributeKey, i64>,
}

impl Employee {
    /// A new record.
    #[must_use]
    pub fn new(id: EmployeeId, changes: Changes, now: Timestamp) -> Self {
        let values = changes.into_iter().filter_map(|(key, value)| Some((key, value?))).collect();
        Self { id, version: 1, created_at: now, updated_at: now, values, changed: BTreeMap::new() }
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
        self.entry(system::HOLIDAY_CALENDAR)
    }

    /// The number of the work schedule that holds for the employee.
    #[must_use]
    pub fn work_schedule(&self) -> Option<u32> {
        self.entry(system::WORK_SCHEDULE)
    }

    /// The number of the employee's team.
    #[must_use]
    pub fn team(&self) -> Option<u32> {
        self.entry(system::TEAM)
    }

    /// Hours of work in a week.
    #[must_use]
    pub fn weekly_hours(&self) -> Option<Decimal> {
        match self.values.get(system::WEEKLY_HOURS) {
            Some(Value::Decimal(hours)) => Some(*hours),
            _ => None,
        }
    }

    /// The first day of the employment.
    #[must_use]
    pub fn first_day(&self) -> Option<Date> {
        self.date(system::HIRE_DATE)
    }

    /// The last day of the employment, if it has one: of its end and the contract's, the one that comes first.
    #[must_use]
    pub fn last_day(&self) -> Option<Date> {
        [system::TERMINATION, system::CONTRACT_END].into_iter().filter_map(|key| self.date(key)).min()
    }

    /// How much absence of a type there is a year; `None` if it is of no type that is counted down.
    #[must_use]
    pub fn entitlement(&self, absence_type: AbsenceTypeId) -> Option<&Entitlement> {
        self.entitlements().iter().find(|one| one.id == absence_type.get())
    }

    /// How much absence there is a year, of each type that is counted down.
    #[must_use]
    pub fn entitlements(&self) -> &[Entitlement] {
        match self.values.get(system::ENTITLEMENT) {
            Some(Value::Entitlements(entitlements)) => entitlements,
            _ => &[],
        }
    }

    /// The picture, if there is one.
    #[must_use]
    pub fn picture(&self) -> Option<&Picture> {
        match self.values.get(system::PROFILE_PICTURE) {
            Some(Value::Picture(picture)) => Some(picture),
            _ => None,
        }
    }

    /// When each attribute was last changed, in milliseconds since 1970; those that never had a value are left out.
    #[must_use]
    pub fn changed(&self) -> BTreeMap<AttributeKey, i64> {
        let created = self.created_at.as_millisecond();
        let mut changed: BTreeMap<_, _> = self.values.keys().map(|key| (key.clone(), created)).collect();
        changed.extend(self.changed.iter().map(|(key, at)| (key.clone(), *at)));
        changed
    }

    fn entry(&self, key: &str) -> Option<u32> {
        match self.values.get(key) {
            Some(Value::Entry(id)) => Some(*id),
            _ => None,
        }
    }

    fn date(&self, key: &str) -> Option<Date> {
        match self.values.get(key) {
            Some(Value::Date(date)) => Some(*date),
            _ => None,
        }
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
    text::without_case(email.trim())
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn instant(second: i64) -> Timestamp {
        Timestamp::from_second(second).expect("an instant")
    }

    fn write(changes: &[(&str, Option<&str>)]) -> Changes {
        let value = |text: &str| Value::Text(text.to_owned());
        changes.iter().map(|(key, text)| (key.parse().expect("a key"), text.map(value))).collect()
    }

    fn changed(employee: &Employee) -> Json {
        serde_json::to_value(employee.changed()).expect("JSON")
    }

    #[test]
    fn the_record_keeps_the_time_of_changes_and_not_of_what_is_as_it_came() {
        let id = EmployeeId::new(1).expect("an id");
        let came = write(&[("first_name", Some("Anna")), ("last_name", Some("Berg")), ("position", None)]);
        let mut employee = Employee::new(id, came, instant(1));
        let stored = |employee: &Employee| serde_json::to_value(employee).expect("JSON");
        assert_eq!(stored(&employee).get("changed"), None);
        assert_eq!(changed(&employee), serde_json::json!({"first_name": 1_000, "last_name": 1_000}));

        let first = employee.apply(write(&[("first_name", Some("Anna")), ("last_name", Some("Bergmann"))]), instant(2));
        assert_eq!(first.len(), 1, "{first:?}");
        employee.apply(write(&[("position", Some("CTO"))]), instant(3));
        employee.apply(write(&[("position", None)]), instant(4));
        assert_eq!(stored(&employee)["changed"], serde_json::json!({"last_name": 2_000, "position": 4_000}));
        let all = serde_json::json!({"first_name": 1_000, "last_name": 2_000, "position": 4_000});
        assert_eq!(changed(&employee), all);
        assert_eq!(serde_json::from_value::<Employee>(stored(&employee)).expect("a record"), employee);
    }
}
