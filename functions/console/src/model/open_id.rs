//! A sign-in by OpenID Connect between its beginning and its end.

use jiff::SignedDuration;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use shared::aws::credentials::Fingerprint;
use shared::error::Error;

use crate::model::token::form_number;

/// How long somebody may take at the provider.
pub const ATTEMPT_LIFETIME: SignedDuration = SignedDuration::from_mins(10);

/// 256 random bits that stay in the browser which began. What only that browser may know to the end is derived from
/// them, so nobody who reads the table can end a sign-in of somebody else.
#[derive(Clone)]
pub struct BrowserSecret(String);

impl BrowserSecret {
    /// A new one.
    pub fn random() -> Result<Self, Error> {
        form_number().map(Self)
    }

    /// One that a browser sends.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the cookie.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn digest(&self) -> Fingerprint {
        self.derived("browser")
    }

    /// What the ID token has to repeat.
    #[must_use]
    pub fn nonce(&self) -> String {
        self.derived("nonce").into()
    }

    /// What the code is exchanged with (RFC 7636), so that whoever intercepts the code has no use for it.
    #[must_use]
    pub fn verifier(&self) -> String {
        self.derived("verifier").into()
    }

    /// What the provider learns of the verifier beforehand: its SHA-256, the method `S256`.
    #[must_use]
    pub fn challenge(&self) -> String {
        Fingerprint::of(&self.verifier()).into()
    }

    fn derived(&self, what: &str) -> Fingerprint {
        Fingerprint::of_parts(&[b"open id", what.as_bytes(), self.0.as_bytes()])
    }
}

impl std::fmt::Debug for BrowserSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BrowserSecret(…)")
    }
}

/// A sign-in that was begun, as it is stored under the digest of its `state`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredAttempt {
    /// The digest of the secret of the browser that began it.
    pub browser: String,
    /// When it ends, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub ends_at: Timestamp,
}

impl StoredAttempt {
    /// Whether a browser may end it at an instant.
    #[must_use]
    pub fn is_of(&self, browser: &BrowserSecret, now: Timestamp) -> bool {
        let stored = Fingerprint::try_from(self.browser.clone());
        now < self.ends_at && stored.is_ok_and(|stored| stored.matches(&browser.digest()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_attempt_is_of_the_browser_that_began_it_and_for_ten_minutes() {
        let (one, other) = (BrowserSecret::random().expect("bits"), BrowserSecret::random().expect("bits"));
        let begun = Timestamp::UNIX_EPOCH;
        let attempt = StoredAttempt { browser: one.digest().into(), ends_at: begun + ATTEMPT_LIFETIME };
        assert!(attempt.is_of(&one, begun) && attempt.is_of(&BrowserSecret::presented(one.reveal()), begun));
        assert!(!attempt.is_of(&other, begun) && !attempt.is_of(&one, begun + ATTEMPT_LIFETIME));
        assert!(!format!("{one:?}").contains(&one.reveal()[..8]));
    }

    #[test]
    fn what_is_derived_differs_and_has_the_form_that_the_protocol_wants() {
        let secret = BrowserSecret::random().expect("bits");
        let derived = [String::from(secret.digest()), secret.nonce(), secret.verifier(), secret.challenge()];
        for (place, one) in derived.iter().enumerate() {
            assert!(derived.iter().skip(place + 1).all(|other| other != one), "{derived:?}");
            assert!(one.len() == 43 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        }
    }
}
