//! What can be wrong with what an administrator says of a credential.
//!
//! Each rule is a variant, so that whoever shows it in another language can
//! tell rules apart; the English text of each is here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;

use ipnet::IpNet;

use crate::credential::Grace;
use crate::credential::MAX_NAME;
use crate::credential::Networks;
use crate::error::Badness;
use crate::error::Error;
use crate::error::Invalid;
use crate::scope::Resource;
use crate::scope::Scope;

/// A rule that is broken. Its text is English and a whole sentence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is no name.
    #[error("The name is required.")]
    NameEmpty,
    /// The name has more than [`MAX_NAME`] characters.
    #[error("The name must have at most {MAX_NAME} characters.")]
    NameTooLong,
    /// The name has line breaks or other control characters.
    #[error("The name must be one line of text.")]
    NameControl,
    /// The company has no such integration.
    #[error("There is no integration {0}.")]
    IntegrationUnknown(String),
    /// A company declared `other` anew.
    #[error("The integration other recommends nothing and cannot be declared; choose another key.")]
    IntegrationReserved,
    /// There is no scope at all.
    #[error("At least one scope is required.")]
    ScopesMissing,
    /// There is no such scope.
    #[error("There is no scope {0}.")]
    ScopeUnknown(String),
    /// Writing without reading: whoever writes could not see what became of it.
    #[error("{write} needs {read} as well.", write = Scope::write(*.0), read = Scope::read(*.0))]
    WriteWithoutRead(Resource),
    /// The company has no such attribute.
    #[error("The company has no attribute {0}.")]
    AttributeUnknown(String),
    /// It is neither a date nor an instant.
    #[error("The expiry must be a date such as 2027-12-31 or a date-time such as 2027-12-31T18:00:00+01:00.")]
    ExpiryUnreadable,
    /// The instant has passed.
    #[error("The expiry must be in the future.")]
    ExpiryPast,
    /// It is neither an address nor a network.
    #[error("{0} is no network such as 192.0.2.0/24 or 2001:db8::/32.")]
    NetworkUnreadable(String),
    /// An address with a prefix: what is meant, one address or the whole network, cannot be known.
    #[error("{written} is an address within a network; write {network} for the network, or the address alone.")]
    NetworkAmbiguous {
        /// What was written.
        written: String,
        /// The network in which the address lies.
        network: IpNet,
    },
    /// There are more than [`Networks::MOST`].
    #[error("There can be at most {} networks.", Networks::MOST)]
    NetworksTooMany,
    /// It is no length of time.
    #[error("The grace time must be days or hours, such as 0, 12h or 3d.")]
    GraceUnreadable,
    /// It is longer than [`Grace::MAX_DAYS`].
    #[error("The grace time must be at most {} days.", Grace::MAX_DAYS)]
    GraceTooLong,
}

impl Refusal {
    /// The field that is wrong, as forms and JSON name it.
    #[must_use]
    pub fn field(&self) -> &'static str {
        match self {
            Self::NameEmpty | Self::NameTooLong | Self::NameControl => "name",
            Self::IntegrationUnknown(_) | Self::IntegrationReserved => "integration",
            Self::ScopesMissing | Self::ScopeUnknown(_) | Self::WriteWithoutRead(_) => "scopes",
            Self::AttributeUnknown(_) => "readable_attributes",
            Self::ExpiryUnreadable | Self::ExpiryPast => "expires_at",
            Self::NetworkUnreadable(_) | Self::NetworkAmbiguous { .. } | Self::NetworksTooMany => "networks",
            Self::GraceUnreadable | Self::GraceTooLong => "grace",
        }
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::invalid(refusal.field(), refusal.to_string())
    }
}

/// All that is wrong, in the order of the form; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusals(pub(super) Vec<Refusal>);

impl Refusals {
    /// Each broken rule.
    pub fn iter(&self) -> impl Iterator<Item = &Refusal> {
        self.0.iter()
    }

    /// What is wrong with one field.
    pub fn of<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a Refusal> {
        self.iter().filter(move |refusal| refusal.field() == field)
    }
}

impl fmt::Display for Refusals {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, refusal) in self.iter().enumerate() {
            let blank = if index == 0 { "" } else { " " };
            write!(f, "{blank}{refusal}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Refusals {}

impl From<Refusals> for Error {
    fn from(refusals: Refusals) -> Self {
        let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for refusal in refusals.iter() {
            fields.entry(refusal.field().to_owned()).or_default().push(refusal.to_string());
        }
        let message = refusals.iter().next().map(ToString::to_string).unwrap_or_default();
        Self::Invalid(Invalid { badness: Badness::Rejected, message, fields })
    }
}
