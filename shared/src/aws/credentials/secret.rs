//! Secrets, the bearer tokens derived from them, and what is stored of both.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use hmac::KeyInit;
use hmac::Mac;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use sha2::Digest;
use sha2::Sha256;
use subtle::ConstantTimeEq;

use crate::error::Error;
use crate::ids::CREDENTIAL_PREFIX;
use crate::ids::ClientId;

/// How long a token is good for, in seconds.
pub const TOKEN_LIFETIME: i64 = 24 * 60 * 60;

/// A SHA-256 digest, stored and compared in place of a secret or token.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    /// The digest of a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        Self(Sha256::digest(text.as_bytes()).into())
    }

    /// The digest of several texts; the same bytes divided in another way have another one.
    #[must_use]
    pub fn of_parts(parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// Whether both are digests of the same text, in a time that does not depend on where they differ.
    #[must_use]
    pub fn matches(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        URL_SAFE_NO_PAD.encode(fingerprint.0)
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| "not base64url")?;
        bytes.try_into().map(Self).map_err(|_| "not 32 bytes")
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

/// The secret half of a credential. It is shown once: when the credential is created, or its secret rotated.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// A new secret of 256 random bits.
    pub fn random() -> Result<Self, Error> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no random bits: {error}")))?;
        Ok(Self(format!("{CREDENTIAL_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// A secret that somebody presents.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for the one answer that shows it.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.0)
    }

    /// The token of this secret that was issued at an instant.
    pub fn token(&self, client_id: ClientId, issued_at: Timestamp) -> Result<String, Error> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_bytes())
            .map_err(|error| Error::Internal(format!("no token key: {error}")))?;
        mac.update(client_id.as_bytes());
        mac.update(&issued_at.as_millisecond().to_be_bytes());
        let mut bytes = client_id.as_bytes().to_vec();
        bytes.extend_from_slice(&mac.finalize().into_bytes());
        Ok(format!("{CREDENTIAL_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)))
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// The client id inside a token, if it has the form of one.
#[must_use]
pub fn client_of_token(token: &str) -> Option<ClientId> {
    let bytes = URL_SAFE_NO_PAD.decode(token.strip_prefix(CREDENTIAL_PREFIX)?).ok()?;
    let id: [u8; 16] = (bytes.len() == 48).then(|| bytes[..16].try_into().ok()).flatten()?;
    Some(ClientId::from_bytes(id))
}

/// The token that is good at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IssuedToken {
    /// When it was issued, UTC, in milliseconds: a part of what it is derived from.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub issued_at: Timestamp,
    /// What is stored of it.
    pub fingerprint: Fingerprint,
}

impl IssuedToken {
    /// Whole seconds that the token is still good for.
    #[must_use]
    pub fn seconds_left(&self, now: Timestamp) -> i64 {
        (TOKEN_LIFETIME - (now.as_second() - self.issued_at.as_second())).clamp(0, TOKEN_LIFETIME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_the_same_for_its_day_and_names_its_client() {
        let client_id = ClientId::random();
        let secret = Secret::random().expect("random bits");
        let now = Timestamp::from_millisecond(1_700_000_000_000).expect("an instant");
        let token = secret.token(client_id, now).expect("a token");
        assert!(token.starts_with("papi-"));
        assert_eq!(secret.token(client_id, now).as_ref(), Ok(&token));
        assert_eq!(client_of_token(&token), Some(client_id));

        let later = Timestamp::from_millisecond(1_700_000_000_001).expect("an instant");
        assert_ne!(secret.token(client_id, later).as_ref(), Ok(&token));
        let other = Secret::random().expect("random bits");
        assert_ne!(other.token(client_id, now).as_ref(), Ok(&token));
    }

    #[test]
    fn a_digest_of_parts_tells_where_they_end() {
        assert_eq!(Fingerprint::of_parts(&[b"ab", b""]), Fingerprint::of_parts(&[b"ab", b""]));
        assert_ne!(Fingerprint::of_parts(&[b"ab", b""]), Fingerprint::of_parts(&[b"a", b"b"]));
    }

    #[test]
    fn what_is_no_token_names_nobody() {
        for bad in ["", "papi-", "papi-AAAA", "Bearer x", "papi-!!!!", &format!("papi-{}", "A".repeat(63))] {
            assert_eq!(client_of_token(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_token_ends_after_a_day() {
        let at = |ms: i64| Timestamp::from_millisecond(ms).expect("an instant");
        let token = IssuedToken { issued_at: at(1_700_000_000_000), fingerprint: Fingerprint::of("x") };
        assert_eq!(token.seconds_left(at(1_700_000_000_000)), 86_400);
        assert_eq!(token.seconds_left(at(1_700_086_399_000)), 1);
        assert_eq!(token.seconds_left(at(1_700_086_400_000)), 0);
        assert_eq!(token.seconds_left(at(1_600_000_000_000)), 86_400);
    }

    #[test]
    fn secrets_do_not_show_in_debug_output() {
        let secret = Secret::random().expect("random bits");
        assert!(!format!("{secret:?} {:?}", secret.fingerprint()).contains(&secret.reveal()[5..15]));
    }
}
