//! Decisions on what waits for approval: attendance and absences.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use utoipa::ToSchema;

use crate::ids::ClientId;

/// A decision on something that is pending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// What was asked for is so from now on.
    Approved,
    /// It is not.
    Rejected,
}

/// Who decided, and what was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Which decision it was.
    pub verdict: Verdict,
    /// The credential that acted; none for the operator.
    pub credential: Option<ClientId>,
    /// What was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub at: Timestamp,
}
