//! Whether an ID token is one, and whose.

use jiff::Timestamp;
use jsonwebtoken::Algorithm;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::Header;
use jsonwebtoken::Validation;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::jwk::PublicKeyUse;
use serde::Deserialize;
use serde_json::Value as Json;

/// How a token may be signed: with keys of which the provider shows the public half. HMAC is not among them: its key
/// would be one that others know.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];
/// By how many seconds the provider's clock may differ from ours.
const LEEWAY: i64 = 60;

/// What a token has to say.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'e> {
    /// Who issued it.
    pub issuer: &'e str,
    /// For whom.
    pub client_id: &'e str,
    /// For which sign-in.
    pub nonce: &'e str,
    /// What time it is.
    pub now: Timestamp,
}

/// Why a token is refused, in our words: nothing of it is in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is signed with a key that is not among those known: perhaps a new one.
    UnknownKey,
    /// It is not good.
    Bad(&'static str),
}

/// Whom a token, or the provider's page of the user, is about.
#[derive(Clone, Deserialize)]
pub struct Identity {
    /// The provider's name for the person, never used twice.
    #[serde(rename = "sub")]
    pub subject: String,
    /// The address, if it is said here.
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    email_verified: Json,
}

impl Identity {
    /// Whether the address, or whether it is the person's own, is not said here.
    #[must_use]
    pub fn is_incomplete(&self) -> bool {
        self.email.is_none() || self.email_verified.is_null()
    }

    /// Whether the provider says that the address is the person's own; `"true"` as text is how some say it.
    #[must_use]
    pub fn is_verified(&self) -> bool {
        self.email_verified == Json::Bool(true) || self.email_verified == "true"
    }
}

impl std::fmt::Debug for Identity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Identity(…)")
    }
}

#[derive(Deserialize)]
struct Claims {
    aud: Json,
    azp: Option<String>,
    exp: i64,
    iat: i64,
    nbf: Option<i64>,
    nonce: Option<String>,
    #[serde(flatten)]
    identity: Identity,
}

impl Claims {
    /// The rules of OpenID Connect Core 3.1.3.7 that are about more than signature, issuer and audience.
    fn check(self, expected: &Expected) -> Result<Identity, Refused> {
        let now = expected.now.as_second();
        let shared = self.aud.as_array().is_some_and(|audience| audience.len() > 1);
        let party_is_wrong = self.azp.as_deref().map_or(shared, |party| party != expected.client_id);
        let wrong = [
            (party_is_wrong, "it was issued to another client"),
            (self.nonce.as_deref() != Some(expected.nonce), "its nonce is not that of the sign-in"),
            (self.exp.saturating_add(LEEWAY) <= now, "it has expired"),
            (self.iat.saturating_sub(LEEWAY) > now, "it was issued in the future"),
            (self.nbf.is_some_and(|from| from.saturating_sub(LEEWAY) > now), "it is not good yet"),
        ];
        match wrong.into_iter().find(|(is_wrong, _)| *is_wrong) {
            Some((_, why)) => Err(Refused::Bad(why)),
            None => Ok(self.identity),
        }
    }
}

/// Checks a token with the keys of its issuer.
pub fn verify(token: &str, keys: &[Jwk], expected: &Expected) -> Result<Identity, Refused> {
    // Also what is not signed at all: `none` is no algorithm.
    let header = jsonwebtoken::decode_header(token).map_err(|_| Refused::Bad("it is no signed token"))?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(Refused::Bad("it is signed in a way that is not taken"));
    }
    let suitable: Vec<&Jwk> = keys.iter().filter(|key| suits(key, &header)).collect();
    if suitable.is_empty() {
        return Err(Refused::UnknownKey);
    }
    let mut refused = Refused::UnknownKey;
    for key in suitable {
        match verify_with(token, key, &header, expected) {
            Ok(claims) => return claims.check(expected),
            Err(why) => refused = why,
        }
    }
    Err(refused)
}

/// Whether a key may be the one of a header: a token without a key's id can be signed with any.
fn suits(key: &Jwk, header: &Header) -> bool {
    let named = header.kid.is_none() || key.common.key_id == header.kid;
    let signs = !matches!(key.common.public_key_use, Some(PublicKeyUse::Encryption));
    let made_for = key.common.key_algorithm.is_none_or(|made_for| {
        made_for.to_string().parse::<Algorithm>().is_ok_and(|algorithm| algorithm == header.alg)
    });
    named && signs && made_for
}

fn verify_with(token: &str, key: &Jwk, header: &Header, expected: &Expected) -> Result<Claims, Refused> {
    let key = DecodingKey::from_jwk(key).map_err(|_| Refused::UnknownKey)?;
    let mut validation = Validation::new(header.alg);
    validation.set_required_spec_claims(&["iss", "aud", "sub"]);
    validation.set_issuer(&[expected.issuer]);
    validation.set_audience(&[expected.client_id]);
    // By our clock, in `Claims::check`.
    validation.validate_exp = false;
    jsonwebtoken::decode::<Claims>(token, &key, &validation).map(|data| data.claims).map_err(|error| {
        use jsonwebtoken::errors::ErrorKind;
        Refused::Bad(match error.kind() {
            ErrorKind::InvalidSignature => "its signature is not right",
            ErrorKind::InvalidIssuer => "another issuer made it",
            ErrorKind::InvalidAudience => "it is for another client",
            ErrorKind::InvalidAlgorithm => "its key is of another kind",
            _ => "it does not say what it has to",
        })
    })
}
