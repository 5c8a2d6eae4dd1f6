//! The access patterns of absences.

use shared::attributes::definition::EntryKind;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::ReadPermit;

use crate::model::TimeOffType;

/// The kinds of absence that a company declares, in the order of their numbers.
///
/// Access pattern: none of its own; they are among the company's settings, which a process keeps for 30 seconds.
pub async fn types(deps: &Deps, permit: &ReadPermit) -> Result<Vec<TimeOffType>, Error> {
    let company = deps.companies.get(permit.company()).await?;
    Ok(company.entries_of(EntryKind::AbsenceType).filter_map(TimeOffType::of).collect())
}
