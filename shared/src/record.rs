//! The record of what credentials, administrators and the operator did.
//!
//! An entry says when, who, what, what it touched and how it ended. It holds ids
//! and names of attributes, and never a value: it can be kept and read where the
//! records themselves may not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Display;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde::Serialize;
use uuid::Uuid;

use crate::attributes::AttributeKey;
use crate::error::Error;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::ids::EmployeeId;
use crate::scope::Scope;

/// The status of a call whose caller hung up before it was answered. What it wrote may be stored.
pub const CUT_OFF: u16 = 499;
/// The method of an entry that a command of the operator left; its route is the command.
pub const COMMAND: &str = "COMMAND";

/// A kind of thing that is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    /// Persons, by number; also those to whom a period, an absence or a document belongs.
    Employee,
    /// Attendance periods, by number.
    Attendance,
    /// Projects, by number.
    Project,
    /// Absences of days and of hours, by number.
    Absence,
    /// Documents, by number.
    Document,
    /// Files on their way to a document, by UUID.
    Upload,
    /// API credentials, by client id.
    Credential,
    /// Accounts of the console, by id.
    Administrator,
}

impl Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Employee => "employee",
            Self::Attendance => "attendance",
            Self::Project => "project",
            Self::Absence => "absence",
            Self::Document => "document",
            Self::Upload => "upload",
            Self::Credential => "credential",
            Self::Administrator => "administrator",
        })
    }
}

/// Ids of one kind. Their text has runs of numbers, then names: `1-50,77,papi-…`.
/// A page of 200 employees stays below 1.7 KB while ids have seven digits.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct Ids {
    numbers: BTreeSet<u32>,
    names: BTreeSet<String>,
}

impl Ids {
    /// Adds an id; of what is no id, only what could be one is kept.
    fn insert(&mut self, id: &str) {
        match id.parse() {
            Ok(number) => self.numbers.insert(number),
            Err(_) => self
                .names
                .insert(id.chars().filter(|one| one.is_ascii_alphanumeric() || matches!(one, '-' | '_')).collect()),
        };
    }

    fn extend(&mut self, other: &Self) {
        self.numbers.extend(&other.numbers);
        self.names.extend(other.names.iter().cloned());
    }

    /// Whether this number is among them.
    #[must_use]
    pub fn contains(&self, number: u32) -> bool {
        self.numbers.contains(&number)
    }

    /// Whether this name is among them.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.names.contains(name)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.numbers.len() + self.names.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The numbers in runs without a gap, each by its first and its last.
    fn runs(&self) -> Vec<(u32, u32)> {
        let mut runs: Vec<(u32, u32)> = Vec::new();
        for number in &self.numbers {
            match runs.last_mut() {
                Some((_, last)) if last.checked_add(1) == Some(*number) => *last = *number,
                _ => runs.push((*number, *number)),
            }
        }
        runs
    }
}

impl Display for Ids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self
            .runs()
            .into_iter()
            .map(|(first, last)| if first == last { first.to_string() } else { format!("{first}-{last}") });
        f.write_str(&runs.chain(self.names.iter().cloned()).collect::<Vec<_>>().join(","))
    }
}

impl From<Ids> for String {
    fn from(ids: Ids) -> Self {
        ids.to_string()
    }
}

impl From<String> for Ids {
    fn from(text: String) -> Self {
        let mut ids = Self::default();
        for part in text.split(',').filter(|part| !part.is_empty()) {
            let number = |text: &str| text.parse::<u32>().ok();
            let run = part.split_once('-').and_then(|(first, last)| Some((number(first)?, number(last)?)));
            match run {
                Some((first, last)) => ids.numbers.extend(first..=last),
                None => ids.insert(part),
            }
        }
        ids
    }
}

/// The keys of attributes. Those of the system are not copied, and what was stored under another version is still read.
pub type Keys = BTreeSet<Cow<'static, str>>;

/// What was touched.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Touches {
    /// What was shown, changed or asked for, by its ids. What was asked for need not exist.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ids: BTreeMap<Subject, Ids>,
    /// The keys of the attributes of employees that were shown, of one of them at least.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub shown: Keys,
    /// The keys of the attributes of employees, or the fields of a credential, that were changed; none where the
    /// change was refused.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub changed: Keys,
}

impl Touches {
    /// The ids of a kind.
    #[must_use]
    pub fn of(&self, subject: Subject) -> Ids {
        self.ids.get(&subject).cloned().unwrap_or_default()
    }
}

/// Collects what a call touches; clones collect into the same.
#[derive(Clone, Debug, Default)]
pub struct Touched(Arc<Mutex<Touches>>);

impl Touched {
    fn lock(&self) -> MutexGuard<'_, Touches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of something by its id: a number of ours or a name that we gave, never what a client wrote.
    pub fn touch(&self, subject: Subject, id: impl Display) {
        self.lock().ids.entry(subject).or_default().insert(&id.to_string());
    }

    /// Takes note of attributes of an employee that are shown.
    pub fn show<'k>(&self, employee: EmployeeId, keys: impl IntoIterator<Item = &'k AttributeKey>) {
        let mut touches = self.lock();
        touches.ids.entry(Subject::Employee).or_default().numbers.insert(employee.get());
        for key in keys {
            // Most are there already, from the employee before.
            if !touches.shown.contains(key.as_str()) {
                touches.shown.insert(key.to_text());
            }
        }
    }

    /// Takes note of what is changed: attributes of employees by their keys, or fields of a credential.
    pub fn change(&self, keys: impl IntoIterator<Item = impl Display>) {
        self.lock().changed.extend(keys.into_iter().map(|key| Cow::Owned(key.to_string())));
    }

    /// Takes over what another call touched, whose answer is given once more.
    pub fn absorb(&self, other: &Touches) {
        let mut touches = self.lock();
        for (subject, ids) in &other.ids {
            touches.ids.entry(*subject).or_default().extend(ids);
        }
        touches.shown.extend(other.shown.iter().cloned());
        touches.changed.extend(other.changed.iter().cloned());
    }

    /// All that was touched, for who is the last to ask.
    #[must_use]
    pub fn take(&self) -> Touches {
        std::mem::take(&mut *self.lock())
    }

    /// What was touched up to now.
    #[must_use]
    pub fn so_far(&self) -> Touches {
        self.lock().clone()
    }
}

/// Who did something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "lowercase")]
pub enum Actor {
    /// An API credential.
    Credential(ClientId),
    /// An account of the console, by its id and never by its e-mail address.
    Administrator(String),
    /// Whoever runs commands on the table.
    Operator,
}

impl Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(id) => id.fmt(f),
            Self::Administrator(id) => write!(f, "administrator {id}"),
            Self::Operator => f.write_str("operator"),
        }
    }
}

/// How something ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As it was asked for: a status below 400.
    Ok,
    /// It was refused: a status from 400 on.
    Refused,
    /// It failed through no fault of the caller's (a status from 500 on), or the caller hung up.
    Failed,
}

impl Outcome {
    /// The outcome that a status means.
    #[must_use]
    pub fn of(status: u16) -> Self {
        match status {
            ..400 => Self::Ok,
            400..500 if status != CUT_OFF => Self::Refused,
            _ => Self::Failed,
        }
    }
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
        })
    }
}

impl FromStr for Outcome {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let known = [Self::Ok, Self::Refused, Self::Failed].into_iter().find(|one| one.to_string() == text);
        known.ok_or_else(|| Error::invalid("outcome", "The outcome must be ok, refused or failed."))
    }
}

/// What was done. It is what is stored of an [`Entry`] beside its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deed {
    /// Who did it.
    pub actor: Actor,
    /// Whether the actor was proven; `false` for a login or a token that only named a credential.
    // Left out where it is true: to skip a value is to say of it "yes", which its clone does.
    #[serde(default = "yes", skip_serializing_if = "Clone::clone")]
    pub proven: bool,
    /// The HTTP method, or [`COMMAND`].
    pub method: String,
    /// The pattern of the route, `none` where nothing is served, or the command.
    pub route: String,
    /// The HTTP status; [`CUT_OFF`] if the caller did not wait for it.
    pub status: u16,
    /// The id in the answer's `X-Request-Id` and in the log; a command has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// What it touched.
    #[serde(flatten)]
    pub touched: Touches,
}

fn yes() -> bool {
    true
}

impl Deed {
    /// What a command of the operator did, such as `credentials disable`, and that it succeeded.
    #[must_use]
    pub fn command(command: &str, touched: Touches) -> Self {
        Self {
            actor: Actor::Operator,
            proven: true,
            method: COMMAND.to_owned(),
            route: command.to_owned(),
            status: 200,
            request_id: None,
            touched,
        }
    }

    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        Outcome::of(self.status)
    }

    /// The deed once it ended. Changes are noted before they are stored: one that was refused did not come to that,
    /// one that failed may have.
    #[must_use]
    pub fn ended(mut self) -> Self {
        if self.outcome() == Outcome::Refused {
            self.touched.changed.clear();
        }
        self
    }
}

/// An entry of the record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// A version 7 UUID: entries are in the order of their ids.
    pub id: Uuid,
    /// When it ended, UTC, to the millisecond.
    pub at: Timestamp,
    /// The company whose records it was about.
    pub company: CompanyId,
    /// How it ended.
    pub outcome: Outcome,
    /// What was done.
    #[serde(flatten)]
    pub deed: Deed,
}

impl Entry {
    /// An entry with an id of version 7, whose time is the entry's.
    #[must_use]
    pub fn new(id: Uuid, company: CompanyId, deed: Deed) -> Self {
        Self { at: time_of(&id), id, company, outcome: deed.outcome(), deed }
    }
}

/// The time in an id of version 7.
#[must_use]
pub fn time_of(id: &Uuid) -> Timestamp {
    let (seconds, nanoseconds) = id.get_timestamp().map_or((0, 0), |time| time.to_unix());
    let ms = i64::try_from(seconds).unwrap_or_default() * 1_000 + i64::from(nanoseconds / 1_000_000);
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The first day of the month of an instant, UTC.
#[must_use]
pub fn month_of(instant: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(instant).date().first_of_month()
}

/// Which entries are wanted; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// At this instant or later.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// Of this actor.
    pub actor: Option<Actor>,
    /// With this method.
    pub method: Option<String>,
    /// With a route that holds this text.
    pub route: Option<String>,
    /// With this outcome.
    pub outcome: Option<Outcome>,
    /// That touched this employee.
    pub employee: Option<EmployeeId>,
}

impl Filter {
    /// Whether an entry is wanted.
    #[must_use]
    pub fn takes(&self, entry: &Entry) -> bool {
        let deed = &entry.deed;
        let employees = deed.touched.ids.get(&Subject::Employee);
        self.from.is_none_or(|from| entry.at >= from)
            && self.to.is_none_or(|to| entry.at < to)
            && self.actor.as_ref().is_none_or(|actor| deed.actor == *actor)
            && self.method.as_ref().is_none_or(|method| deed.method.eq_ignore_ascii_case(method))
            && self.route.as_ref().is_none_or(|route| deed.route.contains(route.as_str()))
            && self.outcome.is_none_or(|outcome| entry.outcome == outcome)
            && self.employee.is_none_or(|id| employees.is_some_and(|ids| ids.contains(id.get())))
    }
}

/// Where a list goes on: behind an entry, or with the last one of a month.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cursor {
    /// With the entry before this one.
    Before(Uuid),
    /// With the last entry of the month of this day, UTC.
    Month(Date),
}

impl Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Before(id) => id.fmt(f),
            Self::Month(month) => write!(f, "{:04}-{:02}", month.year(), month.month()),
        }
    }
}

impl FromStr for Cursor {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let id = Uuid::try_parse(text).ok().filter(|id| id.get_version_num() == 7).map(Self::Before);
        let cursor = id.or_else(|| format!("{text}-01").parse().ok().map(Self::Month));
        cursor.ok_or_else(|| Error::malformed("cursor", "The cursor must be one that an answer gave."))
    }
}

/// Some entries, the newest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entries {
    /// The entries; fewer than asked for where many were looked through.
    pub entries: Vec<Entry>,
    /// Where the list goes on; none at its end.
    pub next: Option<Cursor>,
}

/// When and for what a credential was used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// When it was used last, UTC: to the hour, for each process writes it once an hour.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub last_used: Timestamp,
    /// The scopes that it has used.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub scopes: BTreeSet<Scope>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ids_are_written_in_runs() {
        let ids = Ids::from("1-3,7,9-9,papi-x,018bcfe5-687b-7000-8000-000000000000".to_owned());
        assert_eq!(ids.to_string(), "1-3,7,9,018bcfe5-687b-7000-8000-000000000000,papi-x");
        assert!(ids.contains(2) && !ids.contains(4) && ids.has("papi-x"));
        assert_eq!((ids.len(), Ids::from(String::new()).is_empty()), (7, true));
    }

    #[test]
    fn a_page_of_two_hundred_employees_is_short() {
        let mut ids = Ids::default();
        (0..200_u32).for_each(|number| ids.insert(&(9_000_001 + 2 * number).to_string()));
        assert!(ids.to_string().len() < 1_700, "{}", ids.to_string().len());
        let touched = Touched::default();
        (1..=200).for_each(|number| touched.touch(Subject::Employee, number));
        assert_eq!(touched.so_far().of(Subject::Employee).to_string(), "1-200");
    }

    #[test]
    fn what_is_no_id_cannot_be_read_as_several() {
        let touched = Touched::default();
        touched.touch(Subject::Upload, "a,1-9 ä@x");
        assert_eq!(touched.so_far().of(Subject::Upload).to_string(), "a1-9x");
    }

    #[test]
    fn statuses_are_outcomes() {
        use Outcome::Failed;
        use Outcome::Ok;
        use Outcome::Refused;

        let outcomes = [200, 303, 400, 429, CUT_OFF, 500, 503].map(Outcome::of);
        assert_eq!(outcomes, [Ok, Ok, Refused, Refused, Failed, Failed, Failed]);
        for outcome in [Ok, Refused, Failed] {
            assert_eq!(outcome.to_string().parse(), Result::Ok(outcome));
        }
        assert!("good".parse::<Outcome>().is_err());
    }

    #[test]
    fn what_was_refused_changed_nothing() {
        for (status, kept) in [(200, 1), (303, 1), (404, 0), (409, 0), (422, 0), (CUT_OFF, 1), (500, 1), (503, 1)] {
            let touched = Touched::default();
            touched.touch(Subject::Employee, 5);
            touched.change(["position"]);
            let deed = Deed { status, ..Deed::command("test", touched.so_far()) }.ended();
            let found = (deed.touched.changed.len(), deed.touched.of(Subject::Employee).len());
            assert_eq!(found, (kept, 1), "{status}");
        }
    }

    #[test]
    fn cursors_read_back_what_they_show() {
        let id: Uuid = "018bcfe5-687b-7000-8000-000000000000".parse().expect("a UUID");
        for cursor in [Cursor::Before(id), Cursor::Month(Date::constant(2026, 11, 1))] {
            assert_eq!(cursor.to_string().parse(), Ok(cursor));
        }
        for bad in ["", "1", "C#x", "2026-13", "2026-11-26", "dcec6d81-8c0f-47f0-9dd8-4e59755f041a"] {
            assert!(bad.parse::<Cursor>().is_err(), "{bad:?} must be refused");
        }
        assert_eq!(time_of(&id).as_millisecond(), 1_700_000_000_123);
    }

    proptest! {
        #[test]
        fn ids_read_back_what_they_show(numbers in prop::collection::btree_set(any::<u32>(), 0..300), start in 0..9_u32) {
            let mut ids = Ids { numbers, names: BTreeSet::from(["papi-a".to_owned()]) };
            ids.numbers.extend(start..start + 40);
            prop_assert_eq!(Ids::from(ids.to_string()), ids);
        }
    }
}
