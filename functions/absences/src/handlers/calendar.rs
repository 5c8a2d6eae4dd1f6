//! Who is away, as a calendar that other programs can subscribe to.

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use axum::response::Response;
use icalendar::Calendar;
use icalendar::Component;
use icalendar::Event;
use icalendar::Property;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Weekday;
use shared::attributes::Employee;
use shared::attributes::View;
use shared::attributes::definition::EntryKind;
use shared::attributes::system;
use shared::calendar;
use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::ReadPermit;
use shared::http::query::Query;
use shared::http::respond::Failure;
use shared::http::respond::Refused;

use crate::handlers::filter;
use crate::handlers::view;
use crate::handlers::view::Shown;
use crate::model::Absence;
use crate::model::Filter;
use crate::store::list;

/// How many days a calendar can have, and has when the client does not say.
const MAX_DAYS: u64 = 366;
const DEFAULT_DAYS: u64 = 7;
/// How many absences of each unit a calendar is made of at most.
const MAX_ABSENCES: u64 = 5_000;

/// What a calendar is of.
struct Wanted {
    from: Date,
    to: Date,
    team: Option<u32>,
}

/// Who is away, as a calendar
#[utoipa::path(
    get,
    path = "/v1/company/absences.ics",
    tag = "Absences",
    operation_id = "absences_calendar",
    description = "An iCalendar feed of who is away: approved absences without their kind, as far as the credential may \
        read names. Working elsewhere is not being away. The vendor has no such call.",
    params(
        ("start_date" = Option<String>, Query, description = "The first day, YYYY-MM-DD; Monday of this week without it"),
        ("days" = Option<u64>, Query, minimum = 1, maximum = 366, description = "How many days: 7"),
        ("team" = Option<String>, Query,
            description = "Only members of the team with this name; the credential must read the attribute team"),
        ("employees[]" = Option<Vec<i32>>, Query, description = "Only these employees, up to 200"),
    ),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar"),
        (status = 400, description = "A parameter cannot be read, or there are too many absences", body = Failure),
        Refused,
        (status = 404, description = "There is no such team", body = Failure),
    ),
    security(("BearerAuth" = [])),
)]
pub async fn absences_calendar(State(deps): State<Deps>, permit: ReadPermit, query: Query) -> Result<Response, Error> {
    let company = deps.companies.get(permit.company()).await?;
    let now = deps.clock.now();
    let wanted = read(&company, &View::new(&company, permit.reader(), now), &query, now)?;
    let employees = filter::read_employees(&query)?;
    let of = |unit| {
        let (from, to, employees) = (Some(wanted.from), Some(wanted.to), employees.clone());
        Filter { from, to, employees, ..Filter::all(unit) }
    };
    let (days, hours) = (of(AbsenceUnit::Day), of(AbsenceUnit::Hour));
    let page = Page { limit: MAX_ABSENCES, offset: 0 };
    let (days, hours) =
        tokio::try_join!(list::list(&deps, &permit, &days, page), list::list(&deps, &permit, &hours, page))?;
    if days.0.max(hours.0) > MAX_ABSENCES {
        let message = format!("There are more than {MAX_ABSENCES} absences on these days; ask for fewer days.");
        return Err(Error::malformed("days", message));
    }
    let absences: Vec<Absence> = days.1.into_iter().chain(hours.1).filter(Absence::is_away).collect();
    let shown = Shown::of(&deps, &permit, &company, &absences).await?;
    let feed = feed(&company, &wanted, &shown, absences)?;
    Ok(([(header::CONTENT_TYPE, "text/calendar; charset=utf-8")], feed.to_string()).into_response())
}

fn read(company: &Company, view: &View<'_>, query: &Query, now: Timestamp) -> Result<Wanted, Error> {
    let from = match query.get("start_date") {
        Some(text) => calendar::parse_date("start_date", text).map_err(Error::into_malformed)?,
        None => monday(company.zone.today(now)),
    };
    let days = query.number("days", 1, MAX_DAYS, DEFAULT_DAYS)?;
    let days = i64::try_from(days).unwrap_or(1) - 1;
    let to = from.saturating_add(jiff::Span::new().days(days));
    let team = query.get("team").map(|name| read_team(company, view, name)).transpose()?;
    Ok(Wanted { from, to, team })
}

fn monday(date: Date) -> Date {
    if date.weekday() == Weekday::Monday { date } else { date.nth_weekday(-1, Weekday::Monday).unwrap_or(date) }
}

/// Whoever may not read who is in which team must not learn it from a calendar either.
fn read_team(company: &Company, view: &View<'_>, name: &str) -> Result<u32, Error> {
    if !view.shows(system::TEAM) {
        return Err(Error::Forbidden("The credential may not read the attribute team.".to_owned()));
    }
    let team = company.entry_named(EntryKind::Team, name);
    team.map(|team| team.id).ok_or_else(|| Error::not_found("There is no team with this name."))
}

fn feed(company: &Company, wanted: &Wanted, shown: &Shown<'_>, absences: Vec<Absence>) -> Result<Calendar, Error> {
    let team = wanted.team.and_then(|id| company.entry(EntryKind::Team, id));
    let title = format!("{}: away", team.map_or(company.profile.name.as_str(), |team| team.name.as_str()));
    let mut calendar = Calendar::empty();
    calendar.append_property(Property::new("VERSION", "2.0"));
    calendar.append_property(Property::new("PRODID", "-//muster//absences//EN"));
    calendar.append_property(Property::new("CALSCALE", "GREGORIAN"));
    calendar.name(&title);
    for absence in absences {
        let employee = shown.employee(&absence)?;
        if wanted.team.is_none_or(|team| employee.team() == Some(team)) {
            shown.touch(&absence);
            calendar.push(event(company, &name(shown.view(), employee), &absence));
        }
    }
    Ok(calendar)
}

/// A person's name as far as it may be read; else their number.
fn name(view: &View<'_>, employee: &Employee) -> String {
    let names: Vec<&str> =
        [system::FIRST_NAME, system::LAST_NAME].into_iter().filter_map(|key| view.text(employee, key)).collect();
    if names.is_empty() { format!("Employee {}", employee.id) } else { names.join(" ") }
}

fn event(company: &Company, name: &str, absence: &Absence) -> Event {
    let span = &absence.span;
    let half = span.start == span.end && (span.half_start || span.half_end);
    let mut event = Event::new();
    event
        .uid(&absence.id.v2(&company.profile.id).to_string())
        .summary(&if half { format!("{name} (half a day)") } else { name.to_owned() })
        // Of the last change, not of the request: a feed in which nothing changed is the same byte by byte.
        .add_property("DTSTAMP", utc(absence.updated_at))
        .add_property("LAST-MODIFIED", utc(absence.updated_at))
        .add_property("STATUS", "CONFIRMED")
        // Somebody else's absence keeps nobody busy who has the calendar among their own.
        .add_property("TRANSP", "TRANSPARENT");
    if span.times.is_some() {
        let (start, end) = view::instants(company, span);
        event.add_property("DTSTART", utc(start)).add_property("DTEND", utc(end));
    } else {
        let day = |key, date: Date| {
            Property::new(key, date.strftime("%Y%m%d").to_string()).add_parameter("VALUE", "DATE").done()
        };
        // The end is the first day on which the event is not any more.
        let end = span.end.tomorrow().unwrap_or(span.end);
        event.append_property(day("DTSTART", span.start)).append_property(day("DTEND", end));
    }
    event.done()
}

fn utc(instant: Timestamp) -> String {
    instant.strftime("%Y%m%dT%H%M%SZ").to_string()
}
