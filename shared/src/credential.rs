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
        if !before.is_some_and(|before| before.scopes == scopes) {
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
