//! Passwords of administrators.
//!
//! Argon2id with OWASP's first choice of parameters, which is the crate's own default: 19 MiB, two passes, one lane. It
//! takes tens of milliseconds of a processor, so callers run it where it holds up nobody else.

use argon2::Argon2;
use argon2::PasswordHasher;
use argon2::PasswordVerifier;
use argon2::password_hash::phc;
use serde::Deserialize;
use serde::Serialize;
use shared::error::Error;

/// The fewest characters of a password: what is shorter can be guessed in spite of all.
pub const SHORTEST: usize = 12;
/// The most characters: so that nobody sends a book to be hashed.
pub const LONGEST: usize = 200;
/// What an unknown address is compared with: of no password, at the cost of any.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bXVzdGVyIG9mIG5vYm9keQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password, on its way from whoever typed it to its hash.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A password that somebody chooses.
    pub fn chosen(text: &str) -> Result<Self, Error> {
        let characters = text.chars().count();
        if (SHORTEST..=LONGEST).contains(&characters) {
            return Ok(Self(text.to_owned()));
        }
        Err(Error::invalid("password", format!("The password must have {SHORTEST} to {LONGEST} characters.")))
    }

    /// A password that somebody presents; one that nobody can have chosen is compared like any other.
    #[must_use]
    pub fn presented(text: &str) -> Self {
        Self(text.chars().take(LONGEST + 1).collect())
    }

    /// What is stored of it.
    pub fn hash(&self) -> Result<PasswordHash, Error> {
        let hash: phc::PasswordHash = Argon2::default().hash_password(self.0.as_bytes()).map_err(|_| no_hash())?;
        Ok(PasswordHash(hash.to_string()))
    }

    /// Whether it is the one that was chosen. Without one to compare with, the answer is no, after the same work.
    #[must_use]
    pub fn is(&self, stored: Option<&PasswordHash>) -> bool {
        let text = stored.map_or(OF_NOBODY, |stored| &stored.0);
        let right = phc::PasswordHash::new(text)
            .is_ok_and(|hash| Argon2::default().verify_password(self.0.as_bytes(), &hash).is_ok());
        right && stored.is_some()
    }
}

fn no_hash() -> Error {
    Error::Internal("a password could not be hashed".to_owned())
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

/// What is stored of a password: a PHC string with parameters, salt and hash.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl std::fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PasswordHash(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_itself_and_no_other() {
        let chosen = Password::chosen("correct horse battery").expect("a password");
        let hash = chosen.hash().expect("a hash");
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(hash.0, chosen.hash().expect("a hash").0, "salted");
        assert!(Password::presented("correct horse battery").is(Some(&hash)));
        assert!(!Password::presented("correct horse batterz").is(Some(&hash)));
        assert!(!Password::presented("correct horse battery").is(None));
        assert!(!format!("{chosen:?} {hash:?}").contains("correct") && !format!("{hash:?}").contains("argon"));
    }

    #[test]
    fn nobodys_hash_costs_what_any_other_does() {
        let nobody = phc::PasswordHash::new(OF_NOBODY).expect("a hash that is read");
        let hash = Password::chosen("correct horse battery").and_then(|password| password.hash()).expect("a hash");
        let any = phc::PasswordHash::new(&hash.0).expect("a hash");
        assert_eq!((nobody.algorithm, nobody.version, &nobody.params), (any.algorithm, any.version, &any.params));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        for bad in ["", "elevenchars", &"x".repeat(201)] {
            assert!(Password::chosen(bad).is_err(), "{bad:?}");
        }
        for good in ["twelve chars", &"ü".repeat(200)] {
            assert!(Password::chosen(good).is_ok(), "{good:?}");
        }
    }
}
