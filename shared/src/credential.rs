//! What an administrator says of a credential, and the rules for it: one place
//! for the console and the command line.
//!
//! A [`Draft`] is what was typed, a [`Details`] what may be stored. The
//! credential itself, with its secret, is [`crate::aws::credentials::Credential`].

pub mod integrations;
pub mod networks;
pub mod refusal;

use std::collections::BTreeSet;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;

use crate::attributes::Readable;
use crate::calendar::Zone;
use crate::company::Company;
use crate::ids::IntegrationKey;
use crate::scope::Action;
use crate::scope::Scope;

pub use integrations::Integration;
pub use integrations::Integrations;
pub use networks::Networks;
pub use refusal::Refusal;
pub use refusal::Refusals;

/// How many characters a name has at most.
pub const MAX_NAME: usize = 255;

/// What an administrator decides about a credential. [`Draft::check`] is where the rules are; details that are put
/// together without it are stored all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub integration: IntegrationKey,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Which attributes of employees it may read.
    pub readable: Readable,
    /// The instant from which on it is refused everywhere, in whole milliseconds; `None` for never.
    pub expires_at: Option<Timestamp>,
    /// From where it may be used.
    pub networks: Networks,
}

/// The same as somebody typed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// What people call it; blanks around it do not count.
    pub name: String,
    /// The key of an integration; nothing for `other`.
    pub integration: String,
    /// Scopes such as `employees:read`.
    pub scopes: Vec<String>,
    /// Keys of attributes; `*` for all of them. Empty texts do not count.
    pub readable_attributes: Vec<String>,
    /// A date, which is the last day in the company's time zone, or an instant; nothing for never.
    pub expires_at: Option<String>,
    /// Networks or single addresses. Empty texts do not count.
    pub networks: Vec<String>,
}

impl Draft {
    /// A draft with what an integration recommends.
    #[must_use]
    pub fn recommended(integration: &Integration) -> Self {
        Self {
            integration: integration.key.to_string(),
            scopes: integration.scopes.iter().map(ToString::to_string).collect(),
            readable_attributes: integration.readable_attributes.clone().into(),
            ..Self::default()
        }
    }

    /// A draft that says what is stored, to be changed.
    #[must_use]
    pub fn of(details: &Details) -> Self {
        Self {
            name: details.name.clone(),
            integration: details.integration.to_string(),
            scopes: details.scopes.iter().map(ToString::to_string).collect(),
            readable_attributes: details.readable.clone().into(),
            expires_at: details.expires_at.map(|instant| instant.to_string()),
            networks: details.networks.iter().map(ToString::to_string).collect(),
        }
    }

    /// What may be stored, or all that is wrong. `before` is what is stored already: an expiry that has passed, an
    /// integration that is gone and scopes that break a rule may stay as they are.
    pub fn check(&self, company: &Company, now: Timestamp, before: Option<&Details>) -> Result<Details, Refusals> {
        let mut refusals = Vec::new();
        let name = self.name.trim().to_owned();
        refusals.extend(check_name(&name));
        let integration = keep(&mut refusals, self.integration(company, before)).unwrap_or_default();
        let scopes = keep(&mut refusals, self.scopes(before)).unwrap_or_default();
        let readable = keep(&mut refusals, self.readable(company)).unwrap_or(Readable::All);
        let expires_at = keep(&mut refusals, self.expiry(&company.zone, now, before)).flatten();
        let networks = keep(&mut refusals, Networks::parse(self.networks.iter().map(String::as_str)));
        let networks = networks.unwrap_or_default();
        if refusals.is_empty() {
            Ok(Details { name, integration, scopes, readable, expires_at, networks })
        } else {
            Err(Refusals(refusals))
        }
    }

    fn integration(&self, company: &Company, before: Option<&Details>) -> Result<IntegrationKey, Vec<Refusal>> {
        let text = self.integration.trim();
        if text.is_empty() {
            return Ok(IntegrationKey::default());
        }
        let known = |key: &IntegrationKey| {
            company.integrations.get(key).is_some() || before.is_some_and(|before| before.integration == *key)
        };
        let key = text.parse().ok().filter(known);
        key.ok_or_else(|| vec![Refusal::IntegrationUnknown(text.to_owned())])
    }

    fn scopes(&self, before: Option<&Details>) -> Result<BTreeSet<Scope>, Vec<Refusal>> {
        let (mut scopes, mut refusals) = (BTreeSet::new(), Vec::new());
        for text in self.scopes.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            match text.parse::<Scope>() {
                Ok(scope) => drop(scopes.insert(scope)),
                Err(_) => refusals.push(Refusal::ScopeUnknown(text.to_owned())),
            }
        }
        if !refusals.is_empty() {
            return Err(refusals);
        }
        if before.is_none_or(|before| before.scopes != scopes) {
            refusals.extend(check_scopes(&scopes));
        }
        if refusals.is_empty() { Ok(scopes) } else { Err(refusals) }
    }

    fn readable(&self, company: &Company) -> Result<Readable, Vec<Refusal>> {
        let keys: Vec<_> =
            self.readable_attributes.iter().map(|key| key.trim()).filter(|key| !key.is_empty()).collect();
        // Of a misspelled key, nobody would notice that it hides the attribute.
        let unknown = |key: &&str| *key != Readable::EVERYTHING && company.catalogue.get(key).is_none();
        let unknown: Vec<_> = keys.iter().copied().filter(unknown).collect();
        if !unknown.is_empty() {
            return Err(unknown.into_iter().map(|key| Refusal::AttributeUnknown(key.to_owned())).collect());
        }
        let keys = keys.into_iter().map(str::to_owned).collect::<Vec<_>>();
        Readable::try_from(keys).map_err(|error| vec![Refusal::AttributeUnknown(error.to_string())])
    }

    fn expiry(&self, zone: &Zone, now: Timestamp, before: Option<&Details>) -> Result<Option<Timestamp>, Vec<Refusal>> {
        let text = self.expires_at.as_deref().unwrap_or_default().trim();
        if text.is_empty() {
            return Ok(None);
        }
        let instant = expiry(zone, text).ok_or_else(|| vec![Refusal::ExpiryUnreadable])?;
        let stays = before.is_some_and(|before| before.expires_at == Some(instant));
        if stays || instant > now { Ok(Some(instant)) } else { Err(vec![Refusal::ExpiryPast]) }
    }
}

/// The value, or a note of what is wrong with it.
fn keep<T>(refusals: &mut Vec<Refusal>, result: Result<T, Vec<Refusal>>) -> Option<T> {
    match result {
        Ok(value) => Some(value),
        Err(wrong) => {
            refusals.extend(wrong);
            None
        }
    }
}

fn check_name(name: &str) -> Option<Refusal> {
    if name.is_empty() {
        Some(Refusal::NameEmpty)
    } else if name.chars().count() > MAX_NAME {
        Some(Refusal::NameTooLong)
    } else {
        name.chars().any(char::is_control).then_some(Refusal::NameControl)
    }
}

/// Whoever writes has to read: an update that cannot be checked is made blindly, and payslips need their categories.
fn check_scopes(scopes: &BTreeSet<Scope>) -> Vec<Refusal> {
    if scopes.is_empty() {
        return vec![Refusal::ScopesMissing];
    }
    let blind = |scope: &&Scope| scope.action == Action::Write && !scopes.contains(&Scope::read(scope.resource));
    scopes.iter().filter(blind).map(|scope| Refusal::WriteWithoutRead(scope.resource)).collect()
}

/// The end of a date, or an instant, in whole milliseconds.
fn expiry(zone: &Zone, text: &str) -> Option<Timestamp> {
    let instant = match text.parse::<Date>() {
        Ok(date) if text.len() == 10 => zone.instant(date.tomorrow().ok()?, Time::midnight()),
        _ => zone.parse_instant("expires_at", text).ok()?,
    };
    Timestamp::from_millisecond(instant.as_millisecond()).ok()
}

impl Integration {
    /// Checks what a company declares: a recommendation must be one that can be followed. `other` recommends nothing
    /// and stays as it is.
    pub fn check(&self, company: &Company) -> Result<(), Refusals> {
        if self.key.as_str() == IntegrationKey::OTHER {
            return Err(Refusals(vec![Refusal::IntegrationReserved]));
        }
        let draft = Draft { name: self.name.clone(), integration: String::new(), ..Draft::recommended(self) };
        draft.check(company, Timestamp::MIN, None).map(drop)
    }
}

/// How long the old secret is still good after a rotation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Grace(Duration);

impl Grace {
    /// The longest time, in days.
    pub const MAX_DAYS: u64 = 7;
    /// The old secret dies at once, and its token.
    pub const NONE: Self = Self(Duration::ZERO);

    /// A time of at most a week, to the millisecond.
    pub fn new(length: Duration) -> Result<Self, Refusal> {
        let most = Duration::from_hours(24 * Self::MAX_DAYS);
        if length > most { Err(Refusal::GraceTooLong) } else { Ok(Self(length)) }
    }

    /// The instant at which the time is over; `None` if there is no such time.
    #[must_use]
    pub fn ends(self, now: Timestamp) -> Option<Timestamp> {
        (!self.0.is_zero()).then(|| now.checked_add(self.0).unwrap_or(Timestamp::MAX))
    }
}

impl FromStr for Grace {
    type Err = Refusal;

    /// `0`, `12h`, `3d`; a bare number is days.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        let text = text.trim();
        let (digits, hours) = match text.strip_suffix('h') {
            Some(digits) => (digits, 1),
            None => (text.strip_suffix('d').unwrap_or(text), 24),
        };
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Refusal::GraceUnreadable);
        }
        let hours = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(hours));
        let hours = hours.filter(|hours| *hours <= 24 * Self::MAX_DAYS).ok_or(Refusal::GraceTooLong)?;
        Self::new(Duration::from_hours(hours))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    use super::*;
    use crate::company::Locale;
    use crate::company::Profile;
    use crate::error::Error;
    use crate::scope::Resource;

    fn company() -> Company {
        let profile = Profile {
            id: "a".parse().expect("a slug"),
            name: "A".to_owned(),
            time_zone: "Europe/Berlin".to_owned(),
            locale: Locale::En,
            currency: "EUR".to_owned(),
            attendance_approval: true,
        };
        Company::new(profile, Vec::new(), Vec::new()).expect("a company")
    }

    fn now() -> Timestamp {
        "2026-11-24T12:00:00Z".parse().expect("an instant")
    }

    /// A draft without a fault.
    fn sound() -> Draft {
        Draft { name: "Payroll".to_owned(), scopes: vec!["employees:read".to_owned()], ..Draft::default() }
    }

    fn refusals(draft: &Draft) -> Vec<Refusal> {
        draft.check(&company(), now(), None).map_or_else(|refusals| refusals.0, |_| Vec::new())
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once_with_its_field() {
        let draft = Draft {
            name: " ".to_owned(),
            integration: "skype".to_owned(),
            scopes: vec!["documents:write".to_owned(), "absences:write".to_owned()],
            readable_attributes: vec!["first_name".to_owned(), "salary".to_owned(), "dynamic_7".to_owned()],
            expires_at: Some("2026-11-23".to_owned()),
            networks: vec!["home".to_owned()],
        };
        let expected = [
            Refusal::NameEmpty,
            Refusal::IntegrationUnknown("skype".to_owned()),
            Refusal::WriteWithoutRead(Resource::Absences),
            Refusal::WriteWithoutRead(Resource::Documents),
            Refusal::AttributeUnknown("salary".to_owned()),
            Refusal::AttributeUnknown("dynamic_7".to_owned()),
            Refusal::ExpiryPast,
            Refusal::NetworkUnreadable("home".to_owned()),
        ];
        let found = draft.check(&company(), now(), None).expect_err("all is wrong");
        let mut sorted = expected.to_vec();
        sorted.sort_by_key(ToString::to_string);
        let mut listed: Vec<_> = found.iter().cloned().collect();
        listed.sort_by_key(ToString::to_string);
        assert_eq!(listed, sorted);
        assert_eq!(found.of("scopes").count(), 2);
        let Error::Invalid(invalid) = Error::from(found) else { panic!("it is about input") };
        let fields: Vec<_> = invalid.fields.keys().map(String::as_str).collect();
        assert_eq!(fields, ["expires_at", "integration", "name", "networks", "readable_attributes", "scopes"]);
        assert_eq!(invalid.fields["scopes"][0], "absences:write needs absences:read as well.");
    }

    #[test]
    fn names_have_1_to_255_characters_in_one_line() {
        let named = |name: &str| refusals(&Draft { name: name.to_owned(), ..sound() });
        assert_eq!(named(&format!("  {}  ", "é".repeat(255))), []);
        assert_eq!(named(&"é".repeat(256)), [Refusal::NameTooLong]);
        assert_eq!(named("a\nb"), [Refusal::NameControl]);
        let details = Draft { name: "  Payroll ".to_owned(), ..sound() }.check(&company(), now(), None);
        assert_eq!(details.map(|details| details.name).as_deref(), Ok("Payroll"));
    }

    #[test]
    fn a_date_is_the_last_day_and_an_instant_the_end() {
        let expires = |text: &str| {
            let draft = Draft { expires_at: Some(text.to_owned()), ..sound() };
            draft.check(&company(), now(), None).map(|details| details.expires_at.map(|end| end.to_string()))
        };
        for (text, end) in [
            ("2026-11-24", "2026-11-24T23:00:00Z"),
            ("2027-07-31", "2027-07-31T22:00:00Z"),
            ("2026-11-24T13:00:00.0019+01:00", "2026-11-24T12:00:00.001Z"),
            ("2026-11-24T13:01", "2026-11-24T12:01:00Z"),
        ] {
            assert_eq!(expires(text), Ok(Some(end.to_owned())), "{text}");
        }
        assert_eq!(expires("  "), Ok(None));
        for (text, refusal) in [
            ("2026-11-23", Refusal::ExpiryPast),
            ("2026-11-24T12:00:00Z", Refusal::ExpiryPast),
            ("tomorrow", Refusal::ExpiryUnreadable),
            ("2026-13-01", Refusal::ExpiryUnreadable),
        ] {
            assert_eq!(expires(text), Err(Refusals(vec![refusal])), "{text}");
        }
    }

    #[test]
    fn what_stays_as_it_was_is_not_judged_again() {
        let before = Details {
            name: "Old".to_owned(),
            integration: "gone".parse().expect("a key"),
            scopes: [Scope::write(Resource::Documents)].into(),
            readable: Readable::All,
            expires_at: Some("2020-01-01T00:00:00Z".parse().expect("an instant")),
            networks: Networks::default(),
        };
        let renamed = Draft { name: "New".to_owned(), ..Draft::of(&before) };
        let after = renamed.check(&company(), now(), Some(&before));
        assert_eq!(after, Ok(Details { name: "New".to_owned(), ..before.clone() }));
        assert_eq!(refusals(&renamed).len(), 3, "a new credential cannot be like that");
        let widened = Draft { scopes: vec!["documents:write".into(), "absences:write".into()], ..renamed };
        let found = widened.check(&company(), now(), Some(&before)).expect_err("scopes that change are judged");
        assert_eq!(found.iter().count(), 2);
    }

    #[test]
    fn what_the_table_recommends_can_be_granted() {
        let company = company();
        let mut seen = 0;
        for integration in company.integrations.iter().filter(|one| one.key.as_str() != IntegrationKey::OTHER) {
            let draft = Draft { name: integration.name.clone(), ..Draft::recommended(integration) };
            let details = draft.check(&company, now(), None).expect("a recommendation");
            assert_eq!(
                (details.integration, details.readable),
                (integration.key.clone(), integration.readable_attributes.clone())
            );
            assert!(integration.check(&company).is_ok());
            seen += 1;
        }
        assert_eq!(seen, 4);
        let other = company.integrations.get(&IntegrationKey::default()).expect("other");
        assert_eq!(other.check(&company), Err(Refusals(vec![Refusal::IntegrationReserved])));
        assert_eq!(refusals(&Draft { name: "X".to_owned(), ..Draft::recommended(other) }), [Refusal::ScopesMissing]);
    }

    #[test]
    fn a_grace_time_is_days_or_hours_up_to_a_week() {
        let hours = |text: &str| text.parse::<Grace>().map(|grace| grace.0.as_secs() / 3_600);
        for (text, expected) in [("0", 0), ("0h", 0), ("12h", 12), ("3d", 72), ("7", 168), ("168h", 168)] {
            assert_eq!(hours(text), Ok(expected), "{text}");
        }
        for bad in ["", "h", "-1", "+1", "1w", "1.5", "1 d"] {
            assert_eq!(hours(bad), Err(Refusal::GraceUnreadable), "{bad}");
        }
        for long in ["8", "8d", "169h", "99999999999999999999", "18446744073709551615d"] {
            assert_eq!(hours(long), Err(Refusal::GraceTooLong), "{long}");
        }
        assert_eq!(Grace::NONE.ends(now()), None);
        assert_eq!(Grace::new(Duration::from_millis(1)).map(|grace| grace.ends(now()).is_some()), Ok(true));
    }

    proptest! {
        #[test]
        fn scopes_are_taken_exactly_if_every_write_has_its_read(
            chosen in subsequence(Scope::all().into_iter().collect::<Vec<_>>(), 0..=9),
        ) {
            let scopes: BTreeSet<Scope> = chosen.iter().copied().collect();
            let draft = Draft { scopes: chosen.iter().map(ToString::to_string).collect(), ..sound() };
            let reads = |scope: &Scope| scopes.contains(&Scope::read(scope.resource));
            let sound = !scopes.is_empty() && scopes.iter().all(reads);
            match draft.check(&company(), now(), None) {
                Ok(details) => prop_assert!(sound && details.scopes == scopes),
                Err(refusals) => prop_assert!(!sound && refusals.of("scopes").count() == refusals.iter().count()),
            }
        }

        #[test]
        fn details_that_are_typed_again_are_the_same(
            scopes in subsequence(Scope::all().into_iter().collect::<Vec<_>>(), 1..=9),
            keys in subsequence(vec!["first_name", "last_name", "email", "team"], 0..=4),
            everything: bool,
            days in proptest::option::of(1_i64..3_000),
            hosts in proptest::collection::vec(any::<std::net::IpAddr>(), 0..5),
            name in "[^\\p{C}\\s]{1,20}",
        ) {
            let mut scopes: BTreeSet<Scope> = scopes.into_iter().collect();
            scopes.extend(scopes.clone().into_iter().map(|scope| Scope::read(scope.resource)));
            let hosts: Vec<String> = hosts.iter().map(ToString::to_string).collect();
            let readable = if everything { vec!["*"] } else { keys };
            let details = Details {
                name,
                integration: IntegrationKey::default(),
                scopes,
                readable: Readable::try_from(readable.into_iter().map(str::to_owned).collect::<Vec<_>>()).expect("keys"),
                expires_at: days.map(|days| now() + Duration::from_hours(24 * days.unsigned_abs())),
                networks: Networks::parse(hosts.iter().map(String::as_str)).expect("addresses"),
            };
            prop_assert_eq!(Draft::of(&details).check(&company(), now(), None), Ok(details));
        }

        #[test]
        fn nothing_that_is_typed_panics(text in "\\PC{0,40}", date in "[0-9T:+./-]{0,30}") {
            let draft = Draft {
                name: text.clone(),
                integration: text.clone(),
                scopes: vec![text.clone()],
                readable_attributes: vec![text.clone(), date.clone()],
                expires_at: Some(date.clone()),
                networks: vec![date.clone(), text],
            };
            prop_assert!(draft.check(&company(), now(), None).is_err());
            let _ = date.parse::<Grace>();
        }
    }
}
