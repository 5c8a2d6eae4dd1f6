//! What sessions and sign-in links are known by.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use shared::aws::credentials::Fingerprint;
use shared::error::Error;
use shared::ids::AdministratorId;

/// How many random bytes make a token.
const RANDOM: usize = 32;

/// A session's or a link's token: an administrator's id and 256 random bits. It is stored as a digest only. The id
/// inside lets one read find the administrator and the session together.
#[derive(Clone)]
pub struct Token {
    administrator: AdministratorId,
    text: String,
}

impl Token {
    /// A new token of an administrator.
    pub fn random(administrator: AdministratorId) -> Result<Self, Error> {
        let mut bytes = administrator.as_bytes().to_vec();
        bytes.extend_from_slice(&random()?);
        Ok(Self { administrator, text: URL_SAFE_NO_PAD.encode(bytes) })
    }

    /// A token that somebody presents, if it has the form of one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok().filter(|bytes| bytes.len() == 16 + RANDOM)?;
        let id = bytes[..16].try_into().ok()?;
        Some(Self { administrator: AdministratorId::from_bytes(id), text: text.to_owned() })
    }

    /// The administrator whose token it claims to be.
    #[must_use]
    pub fn administrator(&self) -> AdministratorId {
        self.administrator
    }

    /// The text, for the cookie or the link.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }

    /// What is stored of it, as text for a key.
    #[must_use]
    pub fn digest(&self) -> String {
        Fingerprint::of(&self.text).into()
    }

    /// What forms of this session carry. Nobody who does not know the token can make it, and the token cannot be
    /// told from it.
    #[must_use]
    pub fn form_token(&self) -> String {
        Fingerprint::of_parts(&[b"form", self.text.as_bytes()]).into()
    }

    /// Whether a form comes from a page of this session; the time does not depend on where the two differ.
    #[must_use]
    pub fn signs_form(&self, presented: &str) -> bool {
        let own = Fingerprint::of_parts(&[b"form", self.text.as_bytes()]);
        Fingerprint::try_from(presented.to_owned()).is_ok_and(|presented| presented.matches(&own))
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(…)")
    }
}

/// A number that a form carries, so that a browser which sends it again does nothing twice.
pub fn form_number() -> Result<String, Error> {
    random().map(|bytes| URL_SAFE_NO_PAD.encode(bytes))
}

fn random() -> Result<[u8; RANDOM], Error> {
    let mut bytes = [0; RANDOM];
    getrandom::fill(&mut bytes).map_err(|error| Error::Internal(format!("no random bits: {error}")))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reads_back_what_it_shows_and_signs_its_own_forms() {
        let id = AdministratorId::random();
        let (one, other) = (Token::random(id).expect("random bits"), Token::random(id).expect("random bits"));
        let read = Token::parse(one.reveal()).expect("a token");
        assert_eq!((read.administrator(), read.digest()), (id, one.digest()));
        assert_ne!(one.digest(), other.digest());
        assert!(read.signs_form(&one.form_token()) && !read.signs_form(&other.form_token()));
        for bad in ["", "x", one.reveal(), &one.digest()] {
            assert!(!one.signs_form(bad), "{bad:?} signs nothing");
        }
        assert!(!format!("{one:?}").contains(&one.reveal()[..8]));
    }

    #[test]
    fn what_is_no_token_is_none() {
        let good = Token::random(AdministratorId::random()).expect("random bits");
        for bad in ["", "AAAA", "!", &good.reveal()[1..], &format!("{}A", good.reveal())] {
            assert!(Token::parse(bad).is_none(), "{bad:?}");
        }
    }
}
