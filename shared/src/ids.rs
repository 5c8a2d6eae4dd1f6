//! Identifiers, each its own type, each parsed in one place.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use uuid::Builder;
use uuid::Uuid;

use crate::error::Error;

/// The slug that names a company in its file, in every key and in the log:
/// 1 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct CompanyId(String);

impl CompanyId {
    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CompanyId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid(
                "company.id",
                "The company id must be 1 to 40 of a-z, 0-9 and -, beginning with a letter.",
            ))
        }
    }
}

impl TryFrom<String> for CompanyId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<CompanyId> for String {
    fn from(id: CompanyId) -> Self {
        id.0
    }
}

impl fmt::Display for CompanyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The slug that names an integration: 1 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct IntegrationKey(String);

impl IntegrationKey {
    /// The integration of whatever has none of its own.
    pub const OTHER: &str = "other";

    /// The slug as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key of an integration that every company has.
    pub(crate) fn built_in(key: &'static str) -> Self {
        debug_assert!(is_slug(key), "{key} is no slug");
        Self(key.to_owned())
    }
}

impl Default for IntegrationKey {
    fn default() -> Self {
        Self::built_in(Self::OTHER)
    }
}

impl FromStr for IntegrationKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if is_slug(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Error::invalid(
                "integration",
                "The key of an integration must be 1 to 40 of a-z, 0-9 and -, beginning with a letter.",
            ))
        }
    }
}

impl TryFrom<String> for IntegrationKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<IntegrationKey> for String {
    fn from(key: IntegrationKey) -> Self {
        key.0
    }
}

impl fmt::Display for IntegrationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_slug(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A kind of number that v1 knows a record by: 1 to 2,147,483,647, as the wire contract declares it (`format: int32`).
macro_rules! number {
    ($(#[$doc:meta])* $name:ident, $word:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "u32", into = "u32")]
        pub struct $name(u32);

        impl $name {
            /// The largest id that the wire format can carry.
            pub const MAX: u32 = i32::MAX as u32;

            /// An id from a number, if it is one that can be.
            #[must_use]
            pub fn new(number: u64) -> Option<Self> {
                match u32::try_from(number) {
                    Ok(number @ 1..=Self::MAX) => Some(Self(number)),
                    _ => None,
                }
            }

            /// An id from its digits.
            #[must_use]
            pub fn from_digits(text: &str) -> Option<Self> {
                // Rust would take a plus as well.
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                text.parse().ok().filter(|_| digits).and_then(Self::new)
            }

            /// The id as a number.
            #[must_use]
            pub fn get(self) -> u32 {
                self.0
            }
        }

        impl TryFrom<u32> for $name {
            type Error = Error;

            fn try_from(number: u32) -> Result<Self, Error> {
                Self::new(u64::from(number)).ok_or_else(|| {
                    Error::invalid("id", format!(concat!($word, " id must be between 1 and {}."), Self::MAX))
                })
            }
        }

        impl From<$name> for u32 {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number! {
    /// The number of an employee. It is also the v2 person id.
    EmployeeId, "An employee"
}

number! {
    /// The number of an attendance period.
    AttendanceId, "An attendance"
}

number! {
    /// The number of a project. It is also the v2 project id.
    ProjectId, "A project"
}

number! {
    /// The number of a kind of absence.
    AbsenceTypeId, "A time-off type"
}

number! {
    /// The number of a document.
    DocumentId, "A document"
}

number! {
    /// The number of a category of documents.
    DocumentCategoryId, "A document category"
}

impl DocumentId {
    /// The id under which v2 knows the document.
    #[must_use]
    pub fn v2(self, company: &CompanyId) -> Uuid {
        v2("document", company, self.0)
    }
}

number! {
    /// The number of an absence, of days or of hours.
    AbsenceId, "An absence"
}

impl AbsenceId {
    /// The id under which v2 knows the absence, and v1 one of hours.
    #[must_use]
    pub fn v2(self, company: &CompanyId) -> Uuid {
        v2(Self::KIND, company, self.0)
    }

    /// The absence that a v2 id names, if it can be one of the company's.
    #[must_use]
    pub fn from_v2(text: &str, company: &CompanyId) -> Option<Self> {
        from_v2(Self::KIND, text, company).and_then(Self::new)
    }

    const KIND: &str = "absence period";
}

impl AttendanceId {
    /// The id under which v2 knows the period.
    #[must_use]
    pub fn v2(self, company: &CompanyId) -> Uuid {
        v2("attendance period", company, self.0)
    }
}

impl AbsenceTypeId {
    /// The id under which v2 knows the kind of absence.
    #[must_use]
    pub fn v2(self, company: &CompanyId) -> Uuid {
        v2(Self::KIND, company, self.0)
    }

    /// The kind of absence that a v2 id names, if it can be one of the company's.
    #[must_use]
    pub fn from_v2(text: &str, company: &CompanyId) -> Option<Self> {
        from_v2(Self::KIND, text, company).and_then(Self::new)
    }

    const KIND: &str = "absence type";
}

/// A UUID that carries the number, so that no second pointer has to be stored.
/// Version 8 leaves the content to us: what tells kinds and companies apart, then the number.
fn v2(kind: &str, company: &CompanyId, number: u32) -> Uuid {
    let digest = Sha256::digest(format!("{kind} of {company}"));
    let mut bytes = [0; 16];
    bytes[..12].copy_from_slice(&digest[..12]);
    bytes[12..].copy_from_slice(&number.to_be_bytes());
    Builder::from_custom_bytes(bytes).into_uuid()
}

/// The number that a UUID carries, if it is one that [`v2`] makes.
fn from_v2(kind: &str, text: &str, company: &CompanyId) -> Option<u64> {
    let uuid = Uuid::try_parse(text.trim()).ok()?;
    let number = u32::from_be_bytes(uuid.as_bytes()[12..].try_into().ok()?);
    (v2(kind, company, number) == uuid).then_some(u64::from(number))
}

/// The prefix that the vendor gives client ids, secrets and tokens; clients check for it.
pub const CREDENTIAL_PREFIX: &str = "papi-";

/// The public half of an API credential, `papi-` and a version 4 UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(Uuid);

impl ClientId {
    /// A new random client id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The sixteen bytes that a bearer token carries to name its credential.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The client id that a token's sixteen bytes name.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for ClientId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        text.strip_prefix(CREDENTIAL_PREFIX)
            .and_then(|text| {
                // As it is written here and no other way: who could spell it anew would not be locked out.
                let uuid = Uuid::try_parse(text).ok()?;
                (uuid.hyphenated().encode_lower(&mut Uuid::encode_buffer()) == text).then_some(Self(uuid))
            })
            .ok_or_else(|| Error::invalid("client_id", "The client_id must be papi- and a UUID."))
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CREDENTIAL_PREFIX}{}", self.0.hyphenated())
    }
}

impl Serialize for ClientId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ClientId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Who manages a company's credentials in the console: a random number that says nothing of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AdministratorId(Uuid);

impl AdministratorId {
    /// The id that nobody has.
    pub const NOBODY: Self = Self(Uuid::nil());

    /// A new random id.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4())
    }

    /// The sixteen bytes with which a session's token begins.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id that a token's sixteen bytes name.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl FromStr for AdministratorId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let uuid = Uuid::try_parse(text);
        uuid.map(Self).map_err(|_| Error::invalid("administrator", "The id of an administrator must be a UUID."))
    }
}

impl fmt::Display for AdministratorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn company_ids_are_slugs() {
        for good in ["a", "alpenrad", "a-1"] {
            assert_eq!(good.parse::<CompanyId>().map(String::from).ok().as_deref(), Some(good));
        }
        for bad in ["", "A", "1a", "a#b", "a b", "-a", &"a".repeat(41)] {
            assert!(bad.parse::<CompanyId>().is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn employee_ids_fit_the_wire() {
        assert_eq!(EmployeeId::new(0), None);
        assert_eq!(EmployeeId::new(1).map(EmployeeId::get), Some(1));
        assert_eq!(EmployeeId::new(2_147_483_647).map(EmployeeId::get), Some(2_147_483_647));
        assert_eq!(EmployeeId::new(2_147_483_648), None);
    }

    #[test]
    fn v2_ids_differ_by_number_and_company() {
        let (one, other) = ("a".parse().expect("a slug"), "b".parse().expect("a slug"));
        let id = |number| AttendanceId::new(number).expect("an id");
        let ids = [id(1).v2(&one), id(2).v2(&one), id(1).v2(&other)];
        assert!(ids[0] != ids[1] && ids[0] != ids[2]);
        assert_ne!(AbsenceTypeId::new(1).expect("an id").v2(&one), ids[0], "kinds differ");
        assert_eq!(id(1).v2(&one), ids[0]);
        let absence = AbsenceId::new(7).expect("an id");
        let text = absence.v2(&one).to_string();
        assert_eq!(AbsenceId::from_v2(&text, &one), Some(absence));
        assert_eq!((AbsenceId::from_v2(&text, &other), AbsenceTypeId::from_v2(&text, &one)), (None, None));
        assert_eq!((ids[0].get_version_num(), &ids[0].as_bytes()[12..]), (8, &[0, 0, 0, 1][..]));
    }

    #[test]
    fn client_ids_read_back_what_they_show() {
        let id = ClientId::random();
        assert_eq!(id.to_string().parse::<ClientId>().ok(), Some(id));
        assert_eq!(ClientId::from_bytes(*id.as_bytes()), id);
    }
}
