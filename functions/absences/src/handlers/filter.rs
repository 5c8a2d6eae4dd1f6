//! What lists of absences can be asked for.

use std::collections::BTreeSet;

use shared::calendar;
use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::error::Error;
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
    let date = |name: &str| {
        query.get(name).map(|text| calendar::parse_date(name, text).map_err(Error::into_malformed)).transpose()
    };
    let (from, to) = (date("start_date")?, date("end_date")?);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Error::malformed("end_date", "The end_date must not lie before the start_date."));
    }
    let updated_from = query.get("updated_from").map(|text| company.zone.parse_instant("updated_from", text));
    let updated_to = query.get("updated_to").map(|text| company.zone.parse_until("updated_to", text));
    let mut filter = Filter {
        from,
        to,
        employees: read_employees(query)?,
        updated_from: updated_from.transpose()?,
        updated_to: updated_to.transpose()?,
        ..Filter::all(unit)
    };
    if unit == AbsenceUnit::Hour {
        filter.types = list(query, "absence_types", |text| read_type(company, text))?;
        // A UUID that is none of ours is one that no absence has.
        let ids = list(query, "absence_periods", |text| match Uuid::try_parse(text) {
            Ok(_) => Ok(AbsenceId::from_v2(text, &company.profile.id)),
            Err(_) => Err(Error::malformed("absence_periods", "The absence_periods must be UUIDs.")),
        })?;
        filter.ids = ids.map(|ids| ids.into_iter().flatten().collect());
    }
    Ok(filter)
}

/// A parameter that is a list. One that was sent empty filters nothing: forms send their empty fields.
fn list<T: Ord>(
    query: &Query,
    name: &str,
    read: impl Fn(&str) -> Result<T, Error>,
) -> Result<Option<BTreeSet<T>>, Error> {
    let Some(sent) = query.list(name).filter(|sent| !sent.is_empty()) else { return Ok(None) };
    if sent.len() > MAX_FILTERED {
        return Err(Error::malformed(name, format!("A call may name at most {MAX_FILTERED} {name}.")));
    }
    sent.iter().map(|text| read(text)).collect::<Result<_, _>>().map(Some)
}

/// The employees that a list is asked for.
pub(crate) fn read_employees(query: &Query) -> Result<Option<BTreeSet<EmployeeId>>, Error> {
    list(query, "employees", |text| {
        EmployeeId::from_digits(text).ok_or_else(|| {
            Error::malformed("employees", format!("The employees must be numbers between 1 and {}.", EmployeeId::MAX))
        })
    })
}

/// A kind of absence by its UUID, as answers show it, or by its number.
fn read_type(company: &Company, text: &str) -> Result<AbsenceTypeId, Error> {
    let id = AbsenceTypeId::from_v2(text, &company.profile.id).or_else(|| AbsenceTypeId::from_digits(text));
    let known = id.filter(|id| TimeOffType::find(company, *id).is_some());
    known.ok_or_else(|| Error::not_found("models.absence-types.not-found"))
}
