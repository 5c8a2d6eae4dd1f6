//! Approval on the wire: what requests say of it, and how a decision is shown.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::approval::Decision;
use crate::approval::Verdict;
use crate::calendar::Zone;
use crate::deps::Deps;
use crate::error::Error;
use crate::http::permit::WritePermit;
use crate::http::query::Query;
use crate::wire;

/// Longest comment of a decision, in characters.
pub const MAX_COMMENT: usize = 1_000;

/// What is said with a decision.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "describes the body; `read_decision` takes it in every form in which it comes")]
pub struct DecisionBody {
    /// Up to 1,000 characters.
    comment: Option<String>,
}

/// Reads what is said with a decision of the caller.
pub fn read_decision(
    deps: &Deps,
    permit: &WritePermit,
    body: &Map<String, Json>,
    verdict: Verdict,
) -> Result<Decision, Error> {
    let comment = wire::optional_text("comment", body.get("comment").unwrap_or(&Json::Null), MAX_COMMENT)?;
    Ok(Decision { verdict, credential: permit.credential(), comment, at: deps.clock.now() })
}

/// The fields of a body with `skip_approval` from the query, unless the body says
/// it: the contract has it here for some calls and there for others, and the
/// wrong place must not confirm what should wait.
#[must_use]
pub fn with_approval(query: &Query, mut body: Map<String, Json>) -> Map<String, Json> {
    // A form can only leave a field empty where JSON says nothing.
    let nothing = |raw: &Json| raw.is_null() || raw.as_str().is_some_and(|text| text.trim().is_empty());
    if let Some(said) = query.get("skip_approval")
        && body.get("skip_approval").is_none_or(nothing)
    {
        body.insert("skip_approval".to_owned(), said.into());
    }
    body
}

/// Who decided.
#[derive(Debug, Serialize, ToSchema)]
pub struct Approval {
    /// Which decision it was.
    verdict: Verdict,
    /// The client id of the credential that acted.
    credential: Option<String>,
    /// What was said.
    comment: Option<String>,
    /// When, in the company's zone.
    decided_at: String,
}

impl Approval {
    /// A decision as answers show it.
    #[must_use]
    pub fn of(zone: &Zone, decision: Decision) -> Self {
        Self {
            verdict: decision.verdict,
            credential: decision.credential.map(|client_id| client_id.to_string()),
            comment: decision.comment,
            decided_at: zone.show_instant(decision.at),
        }
    }
}
