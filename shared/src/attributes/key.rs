//! The key of an attribute.

use std::borrow::Borrow;
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::attributes::system;
use crate::error::Error;

/// What begins the key of a company's own attribute; only digits follow.
pub const DYNAMIC_PREFIX: &str = "dynamic_";

/// `first_name`, `dynamic_24407`: a system attribute's name, or a company's own
/// attribute with `dynamic_` and up to 18 digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AttributeKey(Cow<'static, str>);

impl AttributeKey {
    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the company defined it itself.
    #[must_use]
    pub fn is_dynamic(&self) -> bool {
        self.0.starts_with(DYNAMIC_PREFIX)
    }

    /// The key of a system attribute, from the table in [`system`].
    #[must_use]
    pub fn system(name: &'static str) -> Self {
        debug_assert!(system::find(name).is_some(), "{name} is not in the table of system attributes");
        Self(Cow::Borrowed(name))
    }

    /// The key as text that can be kept; a system attribute's is not copied.
    #[must_use]
    pub fn to_text(&self) -> Cow<'static, str> {
        self.0.clone()
    }
}

impl FromStr for AttributeKey {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = match text.strip_prefix(DYNAMIC_PREFIX) {
            Some(digits) if (1..=18).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) => {
                Some(Cow::Owned(text.to_owned()))
            }
            Some(_) => None,
            None => system::find(text).map(|attribute| Cow::Borrowed(attribute.key)),
        };
        found.map(Self).ok_or_else(|| {
            Error::invalid(text, format!("{text} is no attribute: neither a system attribute nor dynamic_ and digits."))
        })
    }
}

impl TryFrom<String> for AttributeKey {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<AttributeKey> for String {
    fn from(key: AttributeKey) -> Self {
        key.0.into_owned()
    }
}

impl Borrow<str> for AttributeKey {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for AttributeKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_dynamic_come_digits_only() {
        for good in ["first_name", "dynamic_1", "dynamic_180883"] {
            assert!(good.parse::<AttributeKey>().is_ok(), "{good} is a key");
        }
        for bad in
            ["", "firstname", "dynamic_", "dynamic_x", "dynamic_1.2", "dynamic_-1", "dynamic_1234567890123456789"]
        {
            assert!(bad.parse::<AttributeKey>().is_err(), "{bad} is no key");
        }
    }
}
