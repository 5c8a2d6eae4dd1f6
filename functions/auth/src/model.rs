//! What a login is and when it is refused; no HTTP, no AWS.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value as Json;
use shared::aws::credentials::Secret;
use shared::error::Error;
use shared::ids::ClientId;
use shared::scope::Scope;
use utoipa::ToSchema;

/// So many failed logins of a client id within a minute lock it until the next
/// one has passed: as many as the vendor takes logins. A successful one does not count.
pub const MAX_FAILURES: i64 = 60;
/// What a client id and a secret may weigh: ours are under 60 characters.
const MAX_CHARACTERS: usize = 255;

/// What somebody presents in exchange for a token.
#[derive(Clone, Debug)]
pub struct Login {
    /// The client id as it was sent, known or not.
    pub client_id: String,
    /// The secret.
    pub secret: Secret,
}

impl Login {
    /// Reads a login from the fields of a body, or of a query string where the body has none.
    pub fn read(field: impl Fn(&str) -> Option<Json>) -> Result<Self, Error> {
        let text = |name: &str| match field(name) {
            Some(Json::String(text)) if !text.trim().is_empty() && text.len() <= MAX_CHARACTERS => {
                Ok(text.trim().to_owned())
            }
            None | Some(Json::Null) => Err(Error::malformed(name, format!("The {name} field is required."))),
            Some(_) => Err(Error::malformed(
                name,
                format!("The {name} field must be text of 1 to {MAX_CHARACTERS} characters."),
            )),
        };
        let client_id = text("client_id")?;
        Ok(Self { client_id, secret: Secret::presented(&text("client_secret")?) })
    }

    /// The credential that the client id names. A text that is no client id of
    /// ours is looked up all the same, under an id that nobody has, so that an
    /// answer takes as long whatever is wrong.
    #[must_use]
    pub fn client(&self) -> ClientId {
        self.client_id.parse().unwrap_or_else(|_| ClientId::from_bytes([0; 16]))
    }
}

/// The minute to which a failed login counts, since 1970.
#[must_use]
pub fn minute(now: Timestamp) -> i64 {
    now.as_second().div_euclid(60)
}

/// Whole seconds until a lock that holds at `now` has ended, given the failures of this minute and the one before.
#[must_use]
pub fn locked_for(now: Timestamp, this_minute: i64, last_minute: i64) -> Option<u64> {
    let into_minute = u64::try_from(now.as_second().rem_euclid(60)).unwrap_or_default();
    if this_minute >= MAX_FAILURES {
        Some(120 - into_minute)
    } else if last_minute >= MAX_FAILURES {
        Some(60 - into_minute)
    } else {
        None
    }
}

/// A token as the answer shows it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct IssuedToken {
    /// The bearer token, `papi-…`; the same for a credential for 24 hours.
    pub token: String,
    /// Seconds that are left of its 24 hours; fewer if the credential or a rotated secret ends before.
    pub expires_in: i64,
    /// The credential's scopes, separated by blanks.
    pub scope: String,
}

/// Scopes as the answer shows them.
#[must_use]
pub fn show_scopes(scopes: &BTreeSet<Scope>) -> String {
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_lasts_until_the_next_minute_has_passed() {
        let at = |second: i64| Timestamp::from_second(1_700_000_040 + second).expect("an instant");
        assert_eq!(locked_for(at(0), MAX_FAILURES - 1, MAX_FAILURES - 1), None);
        assert_eq!(locked_for(at(10), MAX_FAILURES, 0), Some(110));
        assert_eq!(locked_for(at(10), 0, MAX_FAILURES), Some(50));
        assert_eq!(minute(at(59)) + 1, minute(at(60)));
    }
}
