//! What lists of absences can be asked for.

use std::collections::BTreeSet;

use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::error::Error;
use shared::http::filter::read_days;
use shared::http::filter::read_list;
use shared::http::filter::read_numbers;
use shared::http::filter::read_times;
use shared::http::query::Query;
use shared::ids::AbsenceId;
use shared::ids::AbsenceTypeId;
use shared::ids::EmployeeId;
use uuid::Uuid;

use crate::model::Filter;
use crate::model::TimeOffType;

/// How many employees or absences a list can be asked for: each costs a read of its own.
const MAX_FILTERED: usize = 200;

/// Reads the filter of a list.
pub(crate) fn read(unit: AbsenceUnit, company: &Company, query: &Query) -> Result<Filter, Error> {
    let ((from, to), (updated_from, updated_to)) = (read_days(query)?, read_times(query, &company.zone)?);
    let mut filter =
        Filter { from, to, employees: read_employees(query)?, updated_from, updated_to, ..Filter::all(unit) };
    if unit == AbsenceUnit::Hour {
        filter.types = read_list(query, "absence_types", MAX_FILTERED, |text| read_type(company, text))?;
        // A UUID that is none of ours is one that no absence has.
        let ids = read_list(query, "absence_periods", MAX_FILTERED, |text| match Uuid::try_parse(text) {
            Ok(_) => Ok(AbsenceId::from_v2(text, &company.profile.id)),
            Err(_) => Err(Error::malformed("absence_periods", "The absence_periods must be UUIDs.")),
        })?;
        filter.ids = ids.map(|ids| ids.into_iter().flatten().collect());
    }
    Ok(filter)
}

/// The employees that a list is asked for.
pub(crate) fn read_employees(query: &Query) -> Result<Option<BTreeSet<EmployeeId>>, Error> {
    read_numbers(query, "employees", MAX_FILTERED, EmployeeId::from_digits)
}

/// A kind of absence by its UUID, as answers show it, or by its number.
fn read_type(company: &Company, text: &str) -> Result<AbsenceTypeId, Error> {
    let id = AbsenceTypeId::from_v2(text, &company.profile.id).or_else(|| AbsenceTypeId::from_digits(text));
    let known = id.filter(|id| TimeOffType::find(company, *id).is_some());
    known.ok_or_else(|| Error::not_found("models.absence-types.not-found"))
}
