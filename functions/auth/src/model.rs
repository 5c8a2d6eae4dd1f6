//! What a login is and when it is refused; no HTTP, no AWS.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value as Json;
use shared::aws::credentials::Secret;
use shared::error::Error;
use shared::ids::ClientId;
use shared::lockout::Lockout;
use shared::scope::Scope;
use utoipa::ToSchema;

/// So many failed logins of a client id within a minute lock it until the next
/// one has passed: as many as the vendor takes logins. A successful one does not count.
pub const LOCKOUT: Lockout = Lockout { stretch_seconds: 60, most: 60 };
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
