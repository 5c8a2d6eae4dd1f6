//! What every list by day can be asked for: days, times of change, and some of many.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar;
use crate::calendar::Zone;
use crate::error::Error;
use crate::http::query::Query;
use crate::ids::EmployeeId;

/// `start_date` and `end_date`, as far as they were sent, in their order.
pub fn read_days(query: &Query) -> Result<(Option<Date>, Option<Date>), Error> {
    let date = |name: &str| {
        query.get(name).map(|text| calendar::parse_date(name, text).map_err(Error::into_malformed)).transpose()
    };
    let (from, to) = (date("start_date")?, date("end_date")?);
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Error::malformed("end_date", "The end_date must not lie before the start_date."));
    }
    Ok((from, to))
}

/// `updated_from` and `updated_to`, as far as they were sent; a date includes all of it.
pub fn read_times(query: &Query, zone: &Zone) -> Result<(Option<Timestamp>, Option<Timestamp>), Error> {
    let from = query.get("updated_from").map(|text| zone.parse_instant("updated_from", text)).transpose()?;
    let to = query.get("updated_to").map(|text| zone.parse_until("updated_to", text)).transpose()?;
    Ok((from, to))
}

/// A parameter that is a list, of so many at most: each costs a read of its own.
/// One that was sent empty filters nothing: forms send their empty fields.
pub fn read_list<T: Ord>(
    query: &Query,
    name: &str,
    most: usize,
    read: impl Fn(&str) -> Result<T, Error>,
) -> Result<Option<BTreeSet<T>>, Error> {
    let Some(sent) = query.list(name).filter(|sent| !sent.is_empty()) else { return Ok(None) };
    if sent.len() > most {
        return Err(Error::malformed(name, format!("A call may name at most {most} {name}.")));
    }
    sent.iter().map(|text| read(text)).collect::<Result<_, _>>().map(Some)
}

/// A parameter that is a list of numbers.
pub fn read_numbers<T: Ord>(
    query: &Query,
    name: &str,
    most: usize,
    from_digits: fn(&str) -> Option<T>,
) -> Result<Option<BTreeSet<T>>, Error> {
    read_list(query, name, most, |text| {
        // Every kind of number ends where the wire's numbers do.
        let message = format!("The {name} must be numbers between 1 and {}.", EmployeeId::MAX);
        from_digits(text).ok_or_else(|| Error::malformed(name, message))
    })
}
