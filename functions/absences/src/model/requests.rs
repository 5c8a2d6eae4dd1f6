//! What requests say of absences, in all the forms in which they say it.

use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value as Json;
use shared::calendar;
use shared::calendar::Zone;
use shared::company::absences::AbsenceUnit;
use shared::error::Error;
use shared::error::Problems;
use shared::ids::AbsenceTypeId;
use shared::ids::EmployeeId;
use shared::minute::Minute;
use shared::patch::Patch;
use shared::wire;

use crate::model::MAX_COMMENT;
use crate::model::MAX_DAYS;
use crate::model::Span;
use crate::model::not_valid;

/// The first and the last year in which an absence can be; beyond them, it is a slip of the keyboard.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;
/// The vendor's text for a day of which both halves are said to be the only one.
const BOTH_HALVES: &str =
    "Invalid absence day. Reason: Both half day start and half day end are true for a single-day period";

/// A new absence as a request asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Whose it is to be.
    pub employee: EmployeeId,
    /// Of which kind.
    pub absence_type: AbsenceTypeId,
    /// On which days.
    pub span: Span,
    /// What is said of it.
    pub comment: Option<String>,
    /// Whether approval is asked for: `skip_approval=false`.
    pub ask: bool,
}

/// Reads a new absence.
pub fn read(unit: AbsenceUnit, zone: &Zone, body: &Map<String, Json>) -> Result<Request, Error> {
    let fields = Body(body);
    let mut problems = Problems::default();
    let employee = problems.check(fields.required("employee_id").and_then(read_employee))?;
    let absence_type = problems.check(fields.required("time_off_type_id").and_then(read_type))?;
    let start = problems.check(fields.required("start_date").and_then(|raw| read_date("start_date", raw)))?;
    let end = problems.check(fields.required("end_date").and_then(|raw| read_date("end_date", raw)))?;
    let half_start = problems.check(fields.flag("half_day_start"))?.flatten();
    let half_end = problems.check(fields.flag("half_day_end"))?.flatten();
    let start_time = problems.check(fields.time("start_time"))?.flatten();
    let end_time = problems.check(fields.time("end_time"))?.flatten();
    let comment = problems.check(fields.comment())?.flatten();
    let skip = problems.check(fields.flag("skip_approval"))?.flatten();
    problems.into_result().map_err(not_valid)?;
    let (Some(employee), Some(absence_type), Some(start), Some(end)) = (employee, absence_type, start, end) else {
        return Err(Error::Internal("a field of an absence is neither there nor missing".to_owned()));
    };
    let halves = (half_start.unwrap_or(false), half_end.unwrap_or(false));
    let span = read_span(unit, zone, (start, end), halves, (start_time, end_time))?;
    Ok(Request { employee, absence_type, span, comment, ask: skip == Some(false) })
}

/// The days of an absence, where they can be. Times belong to an absence of hours
/// on a single day, and half days to one of several days, or of one in days.
fn read_span(
    unit: AbsenceUnit,
    zone: &Zone,
    (start, end): (Date, Date),
    (half_start, half_end): (bool, bool),
    times: (Option<Minute>, Option<Minute>),
) -> Result<Span, Error> {
    let (single, hours) = (start == end, unit == AbsenceUnit::Hour);
    let halves = if single && hours { (false, false) } else { (half_start, half_end) };
    let times = match times {
        _ if !(single && hours) => None,
        (None, None) => None,
        (Some(from), Some(until)) if from < until => {
            for (field, time) in [("start_time", from), ("end_time", until)] {
                zone.check_shows(field, start, time.time()).map_err(not_valid)?;
            }
            Some((from, until))
        }
        (Some(_), Some(_)) => return Err(invalid("end_time", "The end_time must be after the start_time.")),
        (None, Some(_)) => return Err(not_valid(required("start_time"))),
        (Some(_), None) => return Err(not_valid(required("end_time"))),
    };
    let span = Span { start, end, half_start: halves.0, half_end: halves.1, times };
    if span.length() < 1 {
        return Err(invalid("end_date", "The end_date must not lie before the start_date."));
    }
    if span.length() > MAX_DAYS {
        return Err(invalid("end_date", &format!("An absence can last at most {MAX_DAYS} days.")));
    }
    if single && span.half_start && span.half_end {
        return Err(Error::malformed("half_day_end", BOTH_HALVES));
    }
    Ok(span)
}

/// What an update says of an absence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    employee: Option<EmployeeId>,
    absence_type: Option<AbsenceTypeId>,
    /// The first day to which it goes.
    pub start: Option<Date>,
    end: Option<Date>,
    half_start: Option<bool>,
    half_end: Option<bool>,
    start_time: Patch<Minute>,
    end_time: Patch<Minute>,
    /// What is said of it.
    pub comment: Patch<String>,
    /// Whether the certificate came.
    pub submitted: Option<bool>,
    /// Whether approval is asked for, if that is said.
    pub ask: Option<bool>,
}

/// Fields that an update can change; one of them must be there.
const CHANGEABLE: [&str; 7] =
    ["start_date", "end_date", "half_day_start", "half_day_end", "comment", "certificate", "skip_approval"];
/// Those that only an absence of hours has.
const CHANGEABLE_OF_HOURS: [&str; 4] = ["start_time", "end_time", "start", "end"];

/// Reads an update. An absence of hours is read back with `start` and `end`, which are taken as well.
pub fn read_update(unit: AbsenceUnit, zone: &Zone, body: &Map<String, Json>) -> Result<Update, Error> {
    let of_hours = if unit == AbsenceUnit::Hour { &CHANGEABLE_OF_HOURS[..] } else { &[] };
    let changeable = [&CHANGEABLE, of_hours].concat();
    if !changeable.iter().any(|name| body.contains_key(*name)) {
        return Err(Error::malformed("body", format!("At least one of {} is required.", changeable.join(", "))));
    }
    let fields = Body(body);
    let mut problems = Problems::default();
    let mut check = |result: Result<Update, Error>| problems.check(result).map(Option::unwrap_or_default);
    let mut update = check(read_dates(&fields))?;
    if unit == AbsenceUnit::Hour && update.start.is_none() && update.end.is_none() {
        let read_back = check(read_instants(zone, &fields))?;
        update = if read_back.start.is_some() { read_back } else { update };
    }
    let rest = check(read_rest(&fields))?;
    problems.into_result().map_err(not_valid)?;
    Ok(Update {
        start: update.start,
        end: update.end,
        start_time: update.start_time,
        end_time: update.end_time,
        ..rest
    })
}

fn read_dates(fields: &Body<'_>) -> Result<Update, Error> {
    let date = |name: &str| fields.get(name).map(|raw| read_date(name, raw)).transpose();
    Ok(Update {
        start: date("start_date")?,
        end: date("end_date")?,
        start_time: fields.time_patch("start_time")?,
        end_time: fields.time_patch("end_time")?,
        ..Update::default()
    })
}

/// `start` and `end` as an answer gives them: from midnight to midnight for whole days.
fn read_instants(zone: &Zone, fields: &Body<'_>) -> Result<Update, Error> {
    let (start, end) = match (fields.get("start"), fields.get("end")) {
        (Some(start), Some(end)) => (start, end),
        (None, None) => return Ok(Update::default()),
        (None, Some(_)) => return Err(required("start")),
        (Some(_), None) => return Err(required("end")),
    };
    let instant = |name: &str, raw: &Json| zone.parse_instant(name, raw.as_str().unwrap_or_default());
    let (begins, ends) = (instant("start", start)?, instant("end", end)?);
    let (start, end) = (zone.local_time(begins), zone.local_time(ends));
    check_year("start", start.date())?;
    // Not by what the clocks show: in some zones a day of the year begins at one.
    let is_midnight = |instant, date| zone.instant(date, jiff::civil::Time::midnight()) == instant;
    if is_midnight(begins, start.date()) && is_midnight(ends, end.date()) {
        // The midnight that ends the last of these years is in the next one.
        let last = end.date().yesterday().map_err(|_| out_of_years("end"))?;
        check_year("end", last)?;
        let (start_time, end_time) = (Patch::Clear, Patch::Clear);
        return Ok(Update { start: Some(start.date()), end: Some(last), start_time, end_time, ..Update::default() });
    }
    check_year("end", end.date())?;
    if start.date() != end.date() {
        let message = "An absence is of whole days, from midnight to midnight, or of a part of one day.";
        return Err(Error::invalid("end", message));
    }
    let minute = |field: &str, time: jiff::civil::Time| {
        let minutes = u16::from(time.hour().unsigned_abs()) * 60 + u16::from(time.minute().unsigned_abs());
        let whole = time.second() == 0 && time.subsec_nanosecond() == 0;
        Minute::new(minutes)
            .filter(|_| whole)
            .map(Patch::Set)
            .ok_or_else(|| Error::invalid(field, format!("The {field} must be a whole minute.")))
    };
    Ok(Update {
        start: Some(start.date()),
        end: Some(end.date()),
        start_time: minute("start", start.time())?,
        end_time: minute("end", end.time())?,
        ..Update::default()
    })
}

fn read_rest(fields: &Body<'_>) -> Result<Update, Error> {
    let mut problems = Problems::default();
    let employee = problems.check(fields.get("employee_id").map(read_employee).transpose())?.flatten();
    let absence_type = problems.check(fields.get("time_off_type_id").map(read_type).transpose())?.flatten();
    let half_start = problems.check(fields.flag("half_day_start"))?.flatten();
    let half_end = problems.check(fields.flag("half_day_end"))?.flatten();
    let comment = problems.check(fields.comment())?.flatten();
    let submitted = problems.check(fields.get("certificate").map(read_certificate).transpose())?.flatten();
    let skip = problems.check(fields.flag("skip_approval"))?.flatten();
    problems.into_result()?;
    let comment = match fields.0.get("comment") {
        None => Patch::Keep,
        Some(_) => comment.map_or(Patch::Clear, Patch::Set),
    };
    let ask = skip.map(|skip| !skip);
    Ok(Update { employee, absence_type, half_start, half_end, comment, submitted, ask, ..Update::default() })
}

impl Update {
    /// Refuses to make an absence somebody else's, or another kind of absence.
    pub fn check_same(&self, employee: EmployeeId, absence_type: AbsenceTypeId) -> Result<(), Error> {
        if self.employee.is_some_and(|named| named != employee) {
            return Err(invalid("employee_id", "The employee of an absence cannot be changed."));
        }
        if self.absence_type.is_some_and(|named| named != absence_type) {
            return Err(invalid("time_off_type_id", "The type of an absence cannot be changed."));
        }
        Ok(())
    }

    /// The days as the update leaves them.
    pub fn apply(&self, unit: AbsenceUnit, zone: &Zone, span: &Span) -> Result<Span, Error> {
        let dates = (self.start.unwrap_or(span.start), self.end.unwrap_or(span.end));
        let halves = (self.half_start.unwrap_or(span.half_start), self.half_end.unwrap_or(span.half_end));
        let (mut start, mut end) = span.times.unzip();
        self.start_time.apply(&mut start);
        self.end_time.apply(&mut end);
        // Without one of them the other says nothing.
        if self.start_time == Patch::Clear || self.end_time == Patch::Clear {
            (start, end) = (None, None);
        }
        read_span(unit, zone, dates, halves, (start, end))
    }
}

/// The fields of a body; a form can only leave a field empty where JSON says null.
struct Body<'b>(&'b Map<String, Json>);

impl Body<'_> {
    fn get(&self, name: &str) -> Option<&Json> {
        self.0.get(name).filter(|raw| !is_blank(raw))
    }

    fn required(&self, name: &str) -> Result<&Json, Error> {
        self.get(name).ok_or_else(|| required(name))
    }

    fn flag(&self, name: &str) -> Result<Option<bool>, Error> {
        self.get(name).map(|raw| wire::flag(name, raw)).transpose()
    }

    fn time(&self, name: &str) -> Result<Option<Minute>, Error> {
        self.get(name).map(|raw| read_time(name, raw)).transpose()
    }

    fn time_patch(&self, name: &str) -> Result<Patch<Minute>, Error> {
        match self.0.get(name) {
            None => Ok(Patch::Keep),
            Some(raw) if is_blank(raw) => Ok(Patch::Clear),
            Some(raw) => read_time(name, raw).map(Patch::Set),
        }
    }

    fn comment(&self) -> Result<Option<String>, Error> {
        wire::optional_text("comment", self.0.get("comment").unwrap_or(&Json::Null), MAX_COMMENT)
    }
}

fn is_blank(raw: &Json) -> bool {
    raw.is_null() || raw.as_str().is_some_and(|text| text.trim().is_empty())
}

fn invalid(field: &str, message: &str) -> Error {
    not_valid(Error::invalid(field, message))
}

fn required(name: &str) -> Error {
    Error::invalid(name, format!("The {name} field is required."))
}

fn read_employee(raw: &Json) -> Result<EmployeeId, Error> {
    let number = wire::whole("employee_id", raw, 1, u64::from(EmployeeId::MAX))?;
    EmployeeId::new(number).ok_or_else(|| Error::invalid("employee_id", "The employee_id must be 1 or more."))
}

fn read_type(raw: &Json) -> Result<AbsenceTypeId, Error> {
    let number = wire::whole("time_off_type_id", raw, 1, u64::from(AbsenceTypeId::MAX))?;
    AbsenceTypeId::new(number)
        .ok_or_else(|| Error::invalid("time_off_type_id", "The time_off_type_id must be 1 or more."))
}

fn read_date(field: &str, raw: &Json) -> Result<Date, Error> {
    let date = calendar::parse_date(field, raw.as_str().unwrap_or_default())?;
    check_year(field, date)?;
    Ok(date)
}

fn check_year(field: &str, date: Date) -> Result<(), Error> {
    if YEARS.contains(&date.year()) { Ok(()) } else { Err(out_of_years(field)) }
}

fn out_of_years(field: &str) -> Error {
    let (first, last) = YEARS.into_inner();
    Error::invalid(field, format!("The {field} must lie between {first} and {last}."))
}

fn read_time(field: &str, raw: &Json) -> Result<Minute, Error> {
    raw.as_str().and_then(Minute::read).ok_or_else(|| {
        Error::invalid(field, format!("The {field} must be a time of day in the form 08:00, 00:00 to 23:59."))
    })
}

/// A certificate's status, bare or in the form in which a read gave it back.
fn read_certificate(raw: &Json) -> Result<bool, Error> {
    match raw.get("status").unwrap_or(raw).as_str().map(str::trim) {
        Some("submitted") => Ok(true),
        Some("required" | "not-required") => Ok(false),
        _ => Err(Error::invalid("certificate", "The certificate must be submitted, required or not-required.")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read_json(unit: AbsenceUnit, body: &Json) -> Result<Request, Error> {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        read(unit, &zone, body.as_object().expect("an object"))
    }

    fn fields(result: Result<Request, Error>) -> Vec<String> {
        match result {
            Err(Error::Invalid(invalid)) => invalid.fields.into_keys().collect(),
            other => panic!("{other:?} is no refusal of fields"),
        }
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let wrong = json!({"employee_id": "x", "start_date": "2026-02-30", "half_day_start": "maybe", "comment": 1});
        let wanted = ["comment", "employee_id", "end_date", "half_day_start", "start_date", "time_off_type_id"];
        assert_eq!(fields(read_json(AbsenceUnit::Day, &wrong)), wanted);
    }

    #[test]
    fn forms_and_json_say_the_same() {
        let text = json!({"employee_id": "5", "time_off_type_id": " 1 ", "start_date": "2026-01-05", "end_date": "2026-01-06",
            "half_day_start": "0", "half_day_end": "True", "comment": "", "skip_approval": "false "});
        let plain = json!({"employee_id": 5, "time_off_type_id": 1, "start_date": "2026-01-05T00:00:00+01:00",
            "end_date": "2026-01-06", "half_day_start": false, "half_day_end": 1, "comment": null, "skip_approval": false});
        let read = |body| read_json(AbsenceUnit::Day, body);
        assert_eq!(read(&text), read(&plain));
        assert!(read(&text).is_ok_and(|request| request.ask && request.span.half_end && !request.span.half_start));
    }

    fn hours(more: &Json) -> Result<Request, Error> {
        let mut body =
            json!({"employee_id": 5, "time_off_type_id": 7, "start_date": "2026-01-05", "end_date": "2026-01-05"});
        for (name, value) in more.as_object().expect("an object") {
            body[name] = value.clone();
        }
        read_json(AbsenceUnit::Hour, &body)
    }

    #[test]
    fn times_belong_to_a_single_day_of_hours_and_halves_to_several() {
        let span = |more: Json| hours(&more).expect("an absence").span;
        let by_clock = span(json!({"start_time": "9:00", "end_time": "10:30:00", "half_day_start": true}));
        assert!(by_clock.times.is_some() && !by_clock.half_start, "halves count on several days only");
        let days =
            span(json!({"end_date": "2026-01-06", "start_time": "09:00", "end_time": "08:00", "half_day_start": true}));
        assert!(days.times.is_none() && days.half_start, "times count on a single day only");
        assert_eq!(span(json!({})).times, None, "the vendor's collection sends a day without times");
        assert_eq!(fields(hours(&json!({"start_time": "09:00"}))), ["end_time"]);
        assert_eq!(fields(hours(&json!({"end_time": "09:00"}))), ["start_time"]);
        assert_eq!(fields(hours(&json!({"start_time": "09:00", "end_time": "09:00"}))), ["end_time"]);
    }

    #[test]
    fn days_have_an_order_and_a_bound() {
        let day = |start: &str, end: &str, halves: bool| {
            read_json(
                AbsenceUnit::Day,
                &json!({"employee_id": 5, "time_off_type_id": 1, "start_date": start,
                "end_date": end, "half_day_start": halves, "half_day_end": halves}),
            )
        };
        assert_eq!(fields(day("2026-01-06", "2026-01-05", false)), ["end_date"]);
        assert_eq!(fields(day("2026-01-01", "2031-08-11", false)), ["end_date"]);
        assert!(day("2026-01-01", "2031-08-10", false).is_ok(), "2,048 days");
        assert_eq!(fields(day("0026-01-01", "2026-01-01", false)), ["start_date"]);
        assert_eq!(day("2026-01-05", "2026-01-05", true), Err(Error::malformed("half_day_end", BOTH_HALVES)));
    }

    #[test]
    fn an_update_takes_what_a_read_gave_back() {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let update = |unit, body: Json| read_update(unit, &zone, body.as_object().expect("an object"));
        let date = |day| Date::constant(2022, 6, day);
        let days = update(
            AbsenceUnit::Hour,
            json!({"start": "2022-05-31T22:00:00.000Z", "end": "2022-06-02T22:00:00.000Z",
            "certificate": {"status": "not-required"}, "employee": {"type": "Employee"}, "comment": ""}),
        )
        .expect("an update");
        assert_eq!((days.start, days.end, days.submitted), (Some(date(1)), Some(date(2)), Some(false)));
        assert_eq!((&days.start_time, &days.comment), (&Patch::Clear, &Patch::Clear));
        let times =
            update(AbsenceUnit::Hour, json!({"start": "2022-06-01T07:00:00.000Z", "end": "2022-06-01T08:30:00.000Z"}));
        let times = times.expect("an update");
        assert_eq!((times.start, times.end), (Some(date(1)), Some(date(1))));
        assert_eq!(times.start_time, Minute::read("09:00").map_or(Patch::Keep, Patch::Set));
        assert!(update(AbsenceUnit::Day, json!({"employee_id": 5})).is_err(), "nothing to change");
        assert!(update(AbsenceUnit::Day, json!({"start": "2022-06-01"})).is_err(), "days have no start");
        assert!(update(AbsenceUnit::Hour, json!({"start": "2022-06-01T07:00:00Z"})).is_err(), "without an end");
        let beirut = Zone::named("Asia/Beirut").expect("a zone");
        let body = json!({"start": "2021-03-27T22:00:00.000Z", "end": "2021-03-28T21:00:00.000Z"});
        let spring = read_update(AbsenceUnit::Hour, &beirut, body.as_object().expect("an object")).expect("an update");
        let day = Date::constant(2021, 3, 28);
        assert_eq!((spring.start, spring.end, &spring.start_time), (Some(day), Some(day), &Patch::Clear));
        assert!(update(AbsenceUnit::Day, json!({"certificate": "maybe"})).is_err());
        let other = update(AbsenceUnit::Day, json!({"employee_id": 5, "comment": "x"})).expect("an update");
        let id = |number| EmployeeId::new(number).expect("an id");
        let kind = AbsenceTypeId::new(1).expect("an id");
        assert!(other.check_same(id(5), kind).is_ok() && other.check_same(id(6), kind).is_err());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(name in "start_date|end_time|certificate|start", text in "\\PC{0,30}") {
            let zone = Zone::named("Europe/Berlin").expect("a zone");
            let body = json!({name: text, "end": "2022-06-02", "comment": "x"});
            let _ = read_update(AbsenceUnit::Hour, &zone, body.as_object().expect("an object"));
        }
    }
}
