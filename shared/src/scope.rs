//! What a credential may do: a resource and an action. An absent scope denies.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::error::Error;

/// A part of the API that scopes speak of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Employees and their attributes.
    Employees,
    /// Attendance periods and projects.
    Attendances,
    /// Time-offs, absence periods, balances.
    Absences,
    /// Documents and their categories.
    Documents,
    /// Custom reports.
    CustomReports,
}

/// What is done to a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// Nothing is changed.
    Read,
    /// Something is created, changed or removed.
    Write,
}

/// One permission, written `employees:read`. `write` does not include `read`:
/// the vendor's console grants them with two separate boxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scope {
    /// The resource.
    pub resource: Resource,
    /// The action.
    pub action: Action,
}

impl Scope {
    /// Read access to `resource`.
    #[must_use]
    pub const fn read(resource: Resource) -> Self {
        Self { resource, action: Action::Read }
    }

    /// Write access to `resource`.
    #[must_use]
    pub const fn write(resource: Resource) -> Self {
        Self { resource, action: Action::Write }
    }

    /// Every scope there is, in the order in which they are shown.
    #[must_use]
    pub fn all() -> BTreeSet<Self> {
        let resources = [
            Resource::Employees,
            Resource::Attendances,
            Resource::Absences,
            Resource::Documents,
            Resource::CustomReports,
        ];
        let mut scopes: BTreeSet<_> = resources.into_iter().map(Self::read).collect();
        // A report is only ever read; there is no `reports.custom:write` at the vendor.
        scopes.extend(resources[..4].iter().copied().map(Self::write));
        scopes
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let resource = match self.resource {
            Resource::Employees => "employees",
            Resource::Attendances => "attendances",
            Resource::Absences => "absences",
            Resource::Documents => "documents",
            Resource::CustomReports => "reports.custom",
        };
        let action = match self.action {
            Action::Read => "read",
            Action::Write => "write",
        };
        write!(f, "{resource}:{action}")
    }
}

impl FromStr for Scope {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::all().into_iter().find(|scope| scope.to_string() == text).ok_or_else(|| {
            let known: Vec<_> = Self::all().iter().map(ToString::to_string).collect();
            Error::invalid("scope", format!("Unknown scope {text}; there are {}.", known.join(", ")))
        })
    }
}

impl TryFrom<String> for Scope {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Scope> for String {
    fn from(scope: Scope) -> Self {
        scope.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_reads_back_what_it_shows() {
        assert_eq!(Scope::all().len(), 9);
        for scope in Scope::all() {
            assert_eq!(scope.to_string().parse::<Scope>().ok(), Some(scope));
        }
    }

    #[test]
    fn unknown_scopes_are_refused() {
        for bad in ["", "employees", "employees:admin", "Employees:read", "reports.custom:write", "*"] {
            assert!(bad.parse::<Scope>().is_err(), "{bad:?} must be refused");
        }
    }
}
