//! Administrators, how they sign in, and for how long; no HTTP, no AWS.

pub mod groups;
pub mod id_token;
pub mod open_id;
pub mod password;
pub mod texts;
pub mod token;

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use shared::attributes::value;
use shared::credential::Details;
use shared::error::Error;
use shared::ids::AdministratorId;
use shared::ids::CompanyId;
use shared::lockout::Lockout;

use crate::model::password::PasswordHash;

/// How long a session lasts, used or not.
pub const SESSION_LIFETIME: SignedDuration = SignedDuration::from_hours(12);
/// How long a sign-in link waits for its one use.
pub const LINK_LIFETIME: SignedDuration = SignedDuration::from_mins(15);
/// Ten wrong passwords within a quarter of an hour lock an address until the next quarter has passed. A lock does not
/// stop a link, so nobody can shut an administrator out by guessing.
pub const LOCKOUT: Lockout = Lockout { stretch_seconds: 900, most: 10 };

/// Who manages the credentials of one company.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Administrator {
    /// A random number, by which the record of calls knows the person.
    pub id: AdministratorId,
    /// The only company that they see.
    pub company: CompanyId,
    /// Their address, as it was written.
    pub email: Email,
    /// What is stored of their password; without one they sign in by links.
    pub password: Option<PasswordHash>,
    /// Which sessions and links are good: those that were made under this number. Another password moves it, and so
    /// does signing out everywhere.
    pub generation: u64,
    /// When the account was created, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// How often the item was written; a write names the version that it read.
    pub version: u64,
}

/// An administrator's e-mail address. It is not shown in `Debug` output.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Email(String);

impl Email {
    /// Reads an address.
    pub fn parse(text: &str) -> Result<Self, Error> {
        value::email("email", &Json::from(text)).map(Self)
    }

    /// An address as somebody typed it to sign in, an address or not: a wrong one is unknown like any other.
    #[must_use]
    pub fn typed(text: &str) -> Self {
        Self(text.trim().to_owned())
    }

    /// The address as it was written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The form in which two addresses are compared.
    #[must_use]
    pub fn comparable(&self) -> String {
        self.0.to_lowercase()
    }
}

impl std::fmt::Debug for Email {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Email(…)")
    }
}

/// A session as it is stored, under the digest of its token.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StoredSession {
    /// The administrator's generation when it began.
    pub generation: u64,
    /// When it ends, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub ends_at: Timestamp,
}

impl StoredSession {
    /// Whether it is good for its administrator at an instant.
    #[must_use]
    pub fn is_good(&self, administrator: &Administrator, now: Timestamp) -> bool {
        self.generation == administrator.generation && now < self.ends_at
    }
}

/// A sign-in link as it is stored, under the digest of its token.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct StoredLink {
    /// The administrator's generation when it was made; nobody's where that was not kept yet.
    #[serde(default)]
    pub generation: u64,
    /// When it ends, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub ends_at: Timestamp,
}

impl StoredLink {
    /// Whether it is good for its administrator at an instant.
    #[must_use]
    pub fn is_good(&self, administrator: &Administrator, now: Timestamp) -> bool {
        self.generation == administrator.generation && now < self.ends_at
    }
}

/// The names of the fields in which details differ.
#[must_use]
pub fn changed_fields(before: &Details, after: &Details) -> Vec<&'static str> {
    let differ = [
        ("name", before.name != after.name),
        ("integration", before.integration != after.integration),
        ("scopes", before.scopes != after.scopes),
        ("readable_attributes", before.readable != after.readable),
        ("expires_at", before.expires_at != after.expires_at),
        ("networks", before.networks != after.networks),
    ];
    differ.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect()
}
