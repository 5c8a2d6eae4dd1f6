//! Kinds of absence.

use shared::company::Details;
use shared::company::Entry;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceUnit;
use shared::ids::AbsenceTypeId;

/// A kind of absence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeOffType {
    /// Its number.
    pub id: AbsenceTypeId,
    /// Its name.
    pub name: String,
    /// What it counts as.
    pub category: AbsenceCategory,
    /// Whether it is taken in days or hours.
    pub unit: AbsenceUnit,
    /// Whether somebody has to agree.
    pub approval_required: bool,
}

impl TimeOffType {
    /// The kind of absence that an entry of the company's lists declares, if it declares one.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        match entry.details {
            Details::AbsenceType { category, unit, approval_required, .. } => {
                let id = AbsenceTypeId::new(u64::from(entry.id))?;
                Some(Self { id, name: entry.name.clone(), category, unit, approval_required })
            }
            _ => None,
        }
    }
}
