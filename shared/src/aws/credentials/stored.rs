//! A credential as the table holds it, and when it is good.

use std::collections::BTreeSet;
use std::fmt;
use std::net::IpAddr;

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;

use crate::attributes::Readable;
use crate::aws::credentials::secret::Fingerprint;
use crate::aws::credentials::secret::IssuedToken;
use crate::aws::items::Entity;
use crate::credential::Details;
use crate::credential::Networks;
use crate::error::Error;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::ids::IntegrationKey;
use crate::record::Usage;
use crate::scope::Scope;

/// A credential as the table holds it. What came later than the first ones has a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// Its public half.
    pub client_id: ClientId,
    /// The company to which it belongs.
    pub company: CompanyId,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default)]
    pub integration: IntegrationKey,
    /// What it may do.
    pub scopes: BTreeSet<Scope>,
    /// Which attributes of employees it may read.
    pub readable: Readable,
    /// The instant from which on it is refused everywhere, in milliseconds; `None` for never. In the table it has
    /// another name: by `expires_at`, DynamoDB would remove the item.
    #[serde(rename = "ends_at", default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub expires_at: Option<Timestamp>,
    /// From where it may be used.
    #[serde(default)]
    pub networks: Networks,
    /// What is stored of its secret.
    pub secret: Fingerprint,
    /// When it was created, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When an administrator last changed it, UTC, in milliseconds; `None` for not since it was created.
    #[serde(default, with = "jiff::fmt::serde::timestamp::millisecond::optional")]
    pub changed_at: Option<Timestamp>,
    /// How often an administrator changed it. A form remembers the number that it shows, to notice that somebody else
    /// was faster; logins leave it as it is.
    #[serde(default)]
    pub revision: u64,
    /// Whether it is refused everywhere.
    pub disabled: bool,
    /// How often the item was written; a write names the version that it read.
    pub version: u64,
    /// The token that is good at present.
    pub token: Option<IssuedToken>,
    /// The secret of before the last rotation, while its grace time lasts; it stays in the item after that, for nothing.
    #[serde(default)]
    pub previous: Option<Previous>,
}

impl Entity for Credential {
    const TYPE: &'static str = "credential";
}

/// What is left of a secret that was rotated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Previous {
    /// What is stored of it.
    pub secret: Fingerprint,
    /// Its token that is good at present.
    pub token: Option<IssuedToken>,
    /// When its grace time is over, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub until: Timestamp,
}

/// Which of a credential's secrets somebody presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Generation {
    /// The one that was given out last.
    Current,
    /// The one before, in its grace time.
    Previous,
}

/// Whether a credential can be used at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = CredentialState)]
pub enum State {
    /// It can.
    Active,
    /// An administrator switched it off.
    Disabled,
    /// Its time is over.
    Expired,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "active",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
        })
    }
}

impl Credential {
    /// A credential that nobody has used, with this secret.
    #[must_use]
    pub fn new(company: CompanyId, details: Details, secret: Fingerprint, now: Timestamp) -> Self {
        let Details { name, integration, scopes, readable, expires_at, networks } = details;
        Self {
            client_id: ClientId::random(),
            company,
            name,
            integration,
            scopes,
            readable,
            expires_at,
            networks,
            secret,
            created_at: now,
            changed_at: None,
            revision: 0,
            disabled: false,
            version: 1,
            token: None,
            previous: None,
        }
    }

    /// What an administrator decided about it.
    #[must_use]
    pub fn details(&self) -> Details {
        Details {
            name: self.name.clone(),
            integration: self.integration.clone(),
            scopes: self.scopes.clone(),
            readable: self.readable.clone(),
            expires_at: self.expires_at,
            networks: self.networks.clone(),
        }
    }

    /// The same credential with other details.
    #[must_use]
    pub fn with(self, details: Details) -> Self {
        let Details { name, integration, scopes, readable, expires_at, networks } = details;
        Self { name, integration, scopes, readable, expires_at, networks, ..self }
    }

    /// Whether it can be used at an instant. One that is both disabled and expired is disabled.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> State {
        if self.disabled {
            State::Disabled
        } else if self.expires_at.is_some_and(|end| end <= now) {
            State::Expired
        } else {
            State::Active
        }
    }

    /// The end of the previous secret's grace time, if it still lasts.
    #[must_use]
    pub fn grace_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.previous.map(|previous| previous.until).filter(|until| *until > now)
    }

    /// Which of its secrets this is, if the credential can be used with it. Both are compared, whatever comes of the
    /// first, so that the time tells nothing.
    #[must_use]
    pub fn generation(&self, presented: &Fingerprint, now: Timestamp) -> Option<Generation> {
        let current = self.secret.matches(presented);
        // Without a previous one, the current one takes its place in the comparison.
        let previous = self.previous.map_or(self.secret, |previous| previous.secret).matches(presented);
        let found = if current {
            Some(Generation::Current)
        } else {
            (previous && self.grace_until(now).is_some()).then_some(Generation::Previous)
        };
        found.filter(|_| self.state(now) == State::Active)
    }

    /// The token that a secret has at present, good or not.
    #[must_use]
    pub fn token_of(&self, generation: Generation) -> Option<IssuedToken> {
        match generation {
            Generation::Current => self.token,
            Generation::Previous => self.previous.and_then(|previous| previous.token),
        }
    }

    /// The same credential with another token for a secret.
    #[must_use]
    pub fn with_token(mut self, generation: Generation, token: IssuedToken) -> Self {
        match generation {
            Generation::Current => self.token = Some(token),
            Generation::Previous => {
                if let Some(previous) = &mut self.previous {
                    previous.token = Some(token);
                }
            }
        }
        self
    }

    /// Whole seconds that a token is still good for: to the end of its day, of the credential, or of a grace time.
    #[must_use]
    pub fn seconds_left(&self, generation: Generation, token: IssuedToken, now: Timestamp) -> i64 {
        let grace = self.previous.filter(|_| generation == Generation::Previous).map(|previous| previous.until);
        let ends = [self.expires_at, grace].into_iter().flatten();
        let left = ends.map(|end| (end.as_millisecond() - now.as_millisecond()).max(0).div_euclid(1_000));
        left.fold(token.seconds_left(now), i64::min)
    }

    /// Whether a token is one of the credential's, and still good.
    #[must_use]
    pub fn accepts(&self, presented: &Fingerprint, now: Timestamp) -> bool {
        let good = |token: Option<IssuedToken>| {
            token.is_some_and(|token| token.fingerprint.matches(presented) && token.seconds_left(now) > 0)
        };
        let in_grace = self.previous.filter(|previous| previous.until > now).and_then(|previous| previous.token);
        (good(self.token) || good(in_grace)) && self.state(now) == State::Active
    }

    /// Refuses a request that comes from elsewhere than the credential's networks. Only who holds its secret or a
    /// token learns of it, so it may be said.
    pub fn check_network(&self, address: Option<IpAddr>) -> Result<(), Error> {
        if self.networks.admit(address) {
            return Ok(());
        }
        Err(Error::Forbidden("The credential may not be used from this network address.".to_owned()))
    }

    /// The credential as commands and the console show it; nothing in it is secret.
    #[must_use]
    pub fn show(&self, now: Timestamp) -> Shown {
        Shown {
            client_id: self.client_id,
            company: self.company.clone(),
            name: self.name.clone(),
            integration: self.integration.clone(),
            state: self.state(now),
            scopes: self.scopes.clone(),
            readable_attributes: self.readable.clone(),
            expires_at: self.expires_at,
            networks: self.networks.clone(),
            created_at: self.created_at,
            changed_at: self.changed_at,
            previous_secret_until: self.grace_until(now),
        }
    }
}

/// What there is to see of a credential. The names are part of what `--json` promises (docs/API.md).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = Credential)]
pub struct Shown {
    /// Its public half.
    #[schema(value_type = String)]
    pub client_id: ClientId,
    /// The company to which it belongs.
    #[schema(value_type = String)]
    pub company: CompanyId,
    /// What people call it.
    pub name: String,
    /// The key of what it is for.
    #[schema(value_type = String)]
    pub integration: IntegrationKey,
    /// Whether it can be used.
    pub state: State,
    /// What it may do.
    #[schema(value_type = Vec<String>)]
    pub scopes: BTreeSet<Scope>,
    /// Which attributes it may read; `["*"]` for all.
    #[schema(value_type = Vec<String>)]
    pub readable_attributes: Readable,
    /// From when on it is refused, RFC 3339 in UTC; `null` for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Timestamp>,
    /// From where it may be used; empty for everywhere.
    #[schema(value_type = Vec<String>)]
    pub networks: Networks,
    /// When it was created, RFC 3339 in UTC.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// When an administrator last changed it; `null` for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub changed_at: Option<Timestamp>,
    /// How long the secret of before the last rotation still works; `null` if it does not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub previous_secret_until: Option<Timestamp>,
}

/// The same with what the record says of its use. [`crate::aws::record::Record::usage`] has it.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ListedCredential {
    /// The credential.
    #[serde(flatten)]
    pub credential: Shown,
    /// When it was used last, to the hour; `null` for never.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_used_at: Option<Timestamp>,
    /// The scopes that it has used.
    #[schema(value_type = Vec<String>)]
    pub used_scopes: BTreeSet<Scope>,
}

impl ListedCredential {
    /// A credential as it is now, and its use, if it was used.
    #[must_use]
    pub fn new(credential: &Credential, usage: Option<&Usage>, now: Timestamp) -> Self {
        Self {
            credential: credential.show(now),
            last_used_at: usage.map(|usage| usage.last_used),
            used_scopes: usage.map(|usage| usage.scopes.clone()).unwrap_or_default(),
        }
    }

    /// The scopes that it has and has not used, where it was used at all.
    #[must_use]
    pub fn unused_scopes(&self) -> Vec<Scope> {
        let scopes = self.credential.scopes.difference(&self.used_scopes);
        if self.last_used_at.is_some() { scopes.copied().collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + second).expect("an instant")
    }

    fn credential() -> Credential {
        let details = Details {
            name: "Test".to_owned(),
            integration: IntegrationKey::default(),
            scopes: BTreeSet::new(),
            readable: Readable::All,
            expires_at: None,
            networks: Networks::default(),
        };
        Credential::new("a".parse().expect("a slug"), details, Fingerprint::of("new"), at(0))
    }

    fn token(text: &str, issued: i64) -> IssuedToken {
        IssuedToken { issued_at: at(issued), fingerprint: Fingerprint::of(text) }
    }

    fn rotated() -> Credential {
        let previous = Previous { secret: Fingerprint::of("old"), token: Some(token("T1", 0)), until: at(3_600) };
        Credential { token: Some(token("T2", 10)), previous: Some(previous), ..credential() }
    }

    #[test]
    fn what_was_stored_before_there_was_more_to_say_is_read() {
        let old = json!({
            "client_id": "papi-dcec6d81-8c0f-47f0-9dd8-4e59755f041a", "company": "a", "name": "Old",
            "scopes": ["employees:read"], "readable": ["*"], "secret": String::from(Fingerprint::of("x")),
            "created_at": 1_700_000_000_000_i64, "disabled": false, "version": 3, "token": null,
        });
        let read: Credential = serde_json::from_value(old).expect("a credential");
        assert_eq!((read.integration.as_str(), read.expires_at, read.changed_at), ("other", None, None));
        assert_eq!((read.networks.is_empty(), read.revision, read.previous), (true, 0, None));
        assert_eq!(read.state(Timestamp::MAX), State::Active);
    }

    #[test]
    fn both_secrets_are_good_until_the_grace_time_is_over() {
        let (credential, old, new) = (rotated(), Fingerprint::of("old"), Fingerprint::of("new"));
        assert_eq!(credential.generation(&new, at(3_600)), Some(Generation::Current));
        assert_eq!(credential.generation(&old, at(3_599)), Some(Generation::Previous));
        assert_eq!(credential.generation(&old, at(3_600)), None);
        assert_eq!(credential.generation(&Fingerprint::of("other"), at(0)), None);
        let accepts = |text: &str, second| credential.accepts(&Fingerprint::of(text), at(second));
        assert!(accepts("T1", 3_599) && !accepts("T1", 3_600));
        assert!(accepts("T2", 86_409) && !accepts("T2", 86_410));
        assert!(!accepts("T3", 0));
    }

    #[test]
    fn a_token_is_good_no_longer_than_what_it_stands_for() {
        let credential = rotated();
        let left = |generation, second| {
            let token = credential.token_of(generation).expect("a token");
            credential.seconds_left(generation, token, at(second))
        };
        assert_eq!((left(Generation::Current, 10), left(Generation::Previous, 10)), (86_400, 3_590));
        let ends = Credential { expires_at: Some(at(60)), ..credential.clone() };
        assert_eq!(ends.seconds_left(Generation::Current, token("T2", 10), at(10)), 50);
        assert_eq!(ends.seconds_left(Generation::Current, token("T2", 10), at(70)), 0);
    }

    #[test]
    fn nothing_is_good_of_what_is_disabled_or_expired() {
        let disabled = Credential { disabled: true, ..rotated() };
        let expired = Credential { expires_at: Some(at(50)), ..rotated() };
        assert_eq!(
            (disabled.state(at(0)), expired.state(at(49)), expired.state(at(50))),
            (State::Disabled, State::Active, State::Expired)
        );
        for dead in [disabled, expired] {
            for text in ["T1", "T2"] {
                assert!(!dead.accepts(&Fingerprint::of(text), at(50)), "{text}");
            }
            for text in ["old", "new"] {
                assert_eq!(dead.generation(&Fingerprint::of(text), at(50)), None, "{text}");
            }
        }
    }

    #[test]
    fn what_is_shown_holds_nothing_secret() {
        let credential = rotated();
        let shown = serde_json::to_string(&credential.show(at(0))).expect("JSON");
        let previous = credential.previous.expect("a previous secret");
        for secret in [credential.secret, previous.secret, token("T1", 0).fingerprint, token("T2", 0).fingerprint] {
            assert!(!shown.contains(&String::from(secret)), "{shown}");
        }
    }
}
