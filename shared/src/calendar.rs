//! Dates, and instants as a company sees them.
//!
//! Instants are stored in UTC; a company has an IANA time zone, and v1's wire
//! formats are rendered from it here and nowhere else. Dates are dates: they are
//! shown as the beginning of that day in the company's zone and never shifted.

use jiff::Timestamp;
use jiff::ToSpan;
use jiff::ZonedDateTime;
use jiff::civil::Date;
use jiff::civil::DateTime;
use jiff::civil::Time;
use jiff::fmt::temporal::DateTimePrinter;
use jiff::fmt::temporal::Pieces;
use jiff::tz::AmbiguousOffset;
use jiff::tz::TimeZone;

use crate::error::Error;

/// Writes every instant on the v1 wire, but for the offset: `2020-11-18T17:33:55`.
const WIRE_LOCAL: DateTimePrinter = DateTimePrinter::new().precision(Some(0));

/// An instant on the v1 wire: `2020-11-18T17:33:55+01:00`. Before standard time,
/// places kept their own to the second; RFC 3339 knows only minutes.
fn show(zoned: &ZonedDateTime) -> String {
    let seconds = zoned.offset().seconds();
    let sign = if seconds < 0 { '-' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    let local = WIRE_LOCAL.datetime_to_string(&zoned.datetime());
    format!("{local}{sign}{:02}:{:02}", minutes / 60, minutes % 60)
}

/// A company's time zone.
#[derive(Clone, Debug)]
pub struct Zone(TimeZone);

impl Zone {
    /// The zone with an IANA name such as `Europe/Berlin`.
    pub fn named(name: &str) -> Result<Self, Error> {
        TimeZone::get(name)
            .map(Self)
            .map_err(|_| Error::invalid("time_zone", format!("{name} is not an IANA time zone such as Europe/Berlin.")))
    }

    /// The date that the company has at `now`.
    #[must_use]
    pub fn today(&self, now: Timestamp) -> Date {
        now.to_zoned_datetime(self.0.clone()).date()
    }

    /// What the company's clocks and calendar show at an instant.
    #[must_use]
    pub fn local_time(&self, instant: Timestamp) -> DateTime {
        instant.to_zoned_datetime(self.0.clone()).datetime()
    }

    /// The instant at which the clocks show a time; where they skip it, as far behind the gap as it lies behind its
    /// beginning.
    #[must_use]
    pub fn instant(&self, date: Date, time: Time) -> Timestamp {
        let beyond = if date.year() < 0 { Timestamp::MIN } else { Timestamp::MAX };
        self.local(date, time).map_or(beyond, |zoned| zoned.timestamp())
    }

    /// Refuses a time that the clocks do not show on a day: when they are set forward, they skip some.
    pub fn check_shows(&self, field: &str, date: Date, time: Time) -> Result<(), Error> {
        let ambiguous = self.0.to_ambiguous_zoned_datetime(date.to_datetime(time));
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => {
                Err(Error::invalid(field, format!("The clocks skip the {field} on that day.")))
            }
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => Ok(()),
        }
    }

    /// Refuses an end that the clocks skip. The moment in which they are set forward ends what was before, under the
    /// name that it has before.
    pub fn check_ends(&self, field: &str, date: Date, end: Time) -> Result<(), Error> {
        let last = end.saturating_sub(1.minute());
        self.check_shows(field, date, last).or_else(|_| self.check_shows(field, date, end))
    }

    /// The name of the zone, such as `Europe/Berlin`.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// A date on the v1 wire: `2014-11-09T00:00:00+01:00`. Where a zone's clocks
    /// skip midnight, the day begins when they say it does.
    #[must_use]
    pub fn show_date(&self, date: Date) -> String {
        match date.to_zoned_datetime(self.0.clone()) {
            Ok(start) => show(&start),
            // Only within a day of year -9999 or 9999, where no offset can be applied.
            Err(_) => format!("{date}T00:00:00+00:00"),
        }
    }

    /// An instant on the v1 wire: `2020-11-18T17:33:55+01:00`.
    #[must_use]
    pub fn show_instant(&self, instant: Timestamp) -> String {
        show(&instant.to_zoned_datetime(self.0.clone()))
    }

    /// An instant that a client wrote: a date (the beginning of that day), or a
    /// date-time without zone (the company's) or with one. A `+` that arrived as
    /// a blank, because the client did not encode it, is taken for a `+`.
    ///
    /// Where the clocks are set back, the earlier of the two instants is meant,
    /// so that a filter "since" never skips the hour that came twice.
    pub fn parse_instant(&self, field: &str, text: &str) -> Result<Timestamp, Error> {
        let text = restore_plus(text.trim());
        if let Some(instant) = read_with_offset(&text) {
            return Ok(instant);
        }
        let local = match text.parse::<DateTime>() {
            Ok(local) if looks_like_a_date(&text) => local,
            _ => {
                return Err(Error::malformed(
                    field,
                    format!("The {field} must be a date (2022-12-24) or a date-time (2022-12-24T08:15:30)."),
                ));
            }
        };
        match self.0.to_ambiguous_zoned_datetime(local).earlier() {
            Ok(zoned) => Ok(zoned.timestamp()),
            // The end of the calendar, by which some clients mean that there is no end.
            Err(_) if local.year() > 0 => Ok(Timestamp::MAX),
            Err(_) => Err(Error::malformed(field, format!("The {field} is out of range."))),
        }
    }

    /// The last instant that a filter "until" includes: the end of a date, or of
    /// the second that a date-time names, because no finer instant is ever shown.
    /// Where the clocks are set back, the later of the two instants is meant.
    pub fn parse_until(&self, field: &str, text: &str) -> Result<Timestamp, Error> {
        let text = &*restore_plus(text.trim());
        let first = self.parse_instant(field, text)?;
        let (start, length_ms) = match (text.parse::<Date>(), text.parse::<DateTime>()) {
            (Ok(date), _) if text.len() == 10 => {
                let next = date.tomorrow().and_then(|next| next.to_zoned_datetime(self.0.clone()));
                (next.map_or(Timestamp::MAX, |next| next.timestamp()), 0)
            }
            (_, Ok(local)) if read_with_offset(text).is_none() => {
                let later = self.0.to_ambiguous_zoned_datetime(local).later();
                (later.map_or(first, |later| later.timestamp()), 1_000)
            }
            _ => (first, 1_000),
        };
        let ms = start.as_millisecond();
        let second = if length_ms == 0 { ms } else { ms - ms.rem_euclid(1_000) };
        Ok(Timestamp::from_millisecond(second + length_ms - 1).unwrap_or(Timestamp::MAX))
    }

    /// Minutes that pass between two times of one day, which are fewer or more
    /// than the clocks show when these are set forward or back between them.
    #[must_use]
    pub fn minutes_between(&self, date: Date, start: Time, end: Time) -> i64 {
        let at = |time: Time| self.local(date, time).map(|zoned| zoned.timestamp().as_second());
        // The zone knows nothing of the last day of the calendar; there the clocks are right.
        let clock = || (start.duration_until(end).as_secs(), 0);
        let (seconds, began) = at(start).zip(at(end)).map_or_else(clock, |(start, end)| (end, start));
        (seconds - began) / 60
    }

    /// A time of a day on the v1 wire: `2020-11-18T17:33:00+01:00`. A time that
    /// the clocks skip is as far behind the gap as it lies behind its beginning.
    #[must_use]
    pub fn show_time(&self, date: Date, time: Time) -> String {
        self.local(date, time).map_or_else(|| format!("{date}T{time}"), |zoned| show(&zoned))
    }

    fn local(&self, date: Date, time: Time) -> Option<ZonedDateTime> {
        self.0.to_ambiguous_zoned_datetime(date.to_datetime(time)).compatible().ok()
    }
}

/// Puts back the `+` of an offset that a form decoder turned into a blank.
fn restore_plus(text: &str) -> String {
    match text.rsplit_once(' ') {
        Some((instant, offset)) if instant.contains(['T', ' ']) && offset.len() <= 6 && instant.len() > 10 => {
            format!("{instant}+{offset}")
        }
        _ => text.to_owned(),
    }
}

/// An instant that is written with its offset. One beyond the end of the calendar is that end, by which some clients
/// mean that there is none.
fn read_with_offset(text: &str) -> Option<Timestamp> {
    let pieces = Pieces::parse(text).ok()?;
    let (time, offset) = pieces.time().zip(pieces.to_numeric_offset())?;
    match offset.to_timestamp(pieces.date().to_datetime(time)) {
        Err(_) if pieces.date().year() > 0 => Some(Timestamp::MAX),
        instant => instant.ok(),
    }
}

/// jiff also reads week dates and basic formats, which no client sends on purpose.
fn looks_like_a_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() >= 10 && bytes[4] == b'-' && bytes[7] == b'-' && bytes[..4].iter().all(u8::is_ascii_digit)
}

/// A date that a client wrote: `2020-01-31`, or the date-time form in which a
/// read gave it back, of which only the date counts.
pub fn parse_date(field: &str, text: &str) -> Result<Date, Error> {
    let text = &*restore_plus(text.trim());
    let refuse = || Error::invalid(field, format!("The {field} must be a date that exists, in the form 2020-01-31."));
    if !looks_like_a_date(text) || !text.is_ascii() {
        return Err(refuse());
    }
    let (date, rest) = text.split_at(10);
    let read_back = rest.is_empty() || read_with_offset(text).is_some() || text.parse::<DateTime>().is_ok();
    match date.parse::<Date>() {
        Ok(date) if read_back && date.year() > 0 => Ok(date),
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn zone(name: &str) -> Zone {
        Zone::named(name).expect("a zone of the bundled database")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("an instant")
    }

    #[test]
    fn dates_are_midnight_with_the_offset_of_that_day() {
        let berlin = zone("Europe/Berlin");
        let show = |text: &str| berlin.show_date(text.parse().expect("a date"));
        assert_eq!(show("2014-11-09"), "2014-11-09T00:00:00+01:00");
        assert_eq!(show("2014-07-09"), "2014-07-09T00:00:00+02:00");
        // The day with 23 hours and the day with 25 begin with the offset of the night before.
        assert_eq!(show("2026-03-29"), "2026-03-29T00:00:00+01:00");
        assert_eq!(show("2026-10-25"), "2026-10-25T00:00:00+02:00");
        assert_eq!(show("1835-02-01"), "1835-02-01T00:00:00+00:53");
        // Beirut skips midnight in spring: the day begins at one.
        assert_eq!(zone("Asia/Beirut").show_date("2021-03-28".parse().expect("a date")), "2021-03-28T01:00:00+03:00");
    }

    #[test]
    fn instants_carry_the_zone() {
        assert_eq!(zone("Europe/Berlin").show_instant(at("2020-11-18T16:33:55.123Z")), "2020-11-18T17:33:55+01:00");
        assert_eq!(zone("Asia/Kolkata").show_instant(at("2020-11-18T16:33:55Z")), "2020-11-18T22:03:55+05:30");
    }

    #[test]
    fn clocks_skip_an_hour_in_spring_and_none_in_autumn() {
        let shows = |date: &str, hour, minute| {
            let (date, time) = (date.parse().expect("a date"), Time::constant(hour, minute, 0, 0));
            zone("Europe/Berlin").check_shows("start_time", date, time).is_ok()
        };
        assert!(!shows("2026-03-29", 2, 0) && !shows("2026-03-29", 2, 59));
        assert!(shows("2026-03-29", 1, 59) && shows("2026-03-29", 3, 0) && shows("2026-10-25", 2, 30));
    }

    #[test]
    fn today_is_the_companys() {
        assert_eq!(zone("Europe/Berlin").today(at("2026-01-31T23:30:00Z")).to_string(), "2026-02-01");
        assert_eq!(zone("America/New_York").today(at("2026-02-01T00:30:00Z")).to_string(), "2026-01-31");
    }

    #[test]
    fn instants_are_read_in_every_form_that_clients_write() {
        let berlin = zone("Europe/Berlin");
        let read = |text: &str| berlin.parse_instant("updated_since", text).map(|i| i.to_string()).ok();
        assert_eq!(read("2022-12-24").as_deref(), Some("2022-12-23T23:00:00Z"));
        assert_eq!(read("2022-12-24T08:15:30").as_deref(), Some("2022-12-24T07:15:30Z"));
        assert_eq!(read("2022-12-24 08:15:30").as_deref(), Some("2022-12-24T07:15:30Z"));
        assert_eq!(read("2022-12-24T08:15:30Z").as_deref(), Some("2022-12-24T08:15:30Z"));
        assert_eq!(read("2022-12-24T08:15:30+02:00").as_deref(), Some("2022-12-24T06:15:30Z"));
        assert_eq!(read("2022-12-24T08:15:30 02:00").as_deref(), Some("2022-12-24T06:15:30Z"));
        assert_eq!(read("2022-12-24T08:15:30.250+0200").as_deref(), Some("2022-12-24T06:15:30.25Z"));
        // 02:30 came twice; the earlier one loses nothing.
        assert_eq!(read("2026-10-25T02:30:00").as_deref(), Some("2026-10-25T00:30:00Z"));
        for bad in ["", "yesterday", "24.12.2022", "2022-13-01", "2022-02-30", "2022-12-24T25:00:00", "1671868800"] {
            assert_eq!(read(bad), None, "{bad:?} must be refused");
        }
    }

    #[test]
    fn until_includes_what_is_named() {
        let berlin = zone("Europe/Berlin");
        let read = |text: &str| berlin.parse_until("updated_to", text).map(|i| i.to_string()).ok();
        assert_eq!(read("2022-12-24").as_deref(), Some("2022-12-24T22:59:59.999Z"));
        assert_eq!(read("2022-12-24T08:15:30").as_deref(), Some("2022-12-24T07:15:30.999Z"));
        assert_eq!(read("2022-12-24T08:15:30.5Z").as_deref(), Some("2022-12-24T08:15:30.999Z"));
        // The day with 25 hours ends an hour later, and 02:30 came twice.
        assert_eq!(read("2026-10-25").as_deref(), Some("2026-10-25T22:59:59.999Z"));
        assert_eq!(read("2026-10-25T02:30:00").as_deref(), Some("2026-10-25T01:30:00.999Z"));
        assert_eq!(read("2026-03-29").as_deref(), Some("2026-03-29T21:59:59.999Z"));
        assert_eq!(read("later"), None);
    }

    #[test]
    fn what_lies_beyond_the_calendar_is_its_end() {
        for zone in ["Europe/Berlin", "Asia/Tokyo", "America/New_York"].map(zone) {
            for text in ["9999-12-31T23:59:59Z", "9999-12-31T00:30:00+00:00", "9999-12-31 23:59:59.5 00:00"] {
                assert_eq!(zone.parse_instant("updated_from", text).ok(), Some(Timestamp::MAX), "{text}");
                assert_eq!(zone.parse_until("updated_to", text).ok(), Some(Timestamp::MAX), "{text}");
            }
            for bad in ["-009999-01-01T00:00:00Z", "9999-12-32T23:59:59Z", "9999-12-31T24:59:59Z", "9999-12-31Z"] {
                assert!(zone.parse_until("updated_to", bad).is_err(), "{bad:?} must be refused");
            }
        }
        let read = |text: &str| parse_date("start_date", text).map(|date| date.to_string()).ok();
        assert_eq!(read("9999-12-31T23:59:59Z").as_deref(), Some("9999-12-31"));
    }

    #[test]
    fn minutes_are_those_that_pass() {
        let berlin = zone("Europe/Berlin");
        let minutes = |date: &str| {
            let (start, end) = (Time::constant(1, 0, 0, 0), Time::constant(4, 0, 0, 0));
            berlin.minutes_between(date.parse().expect("a date"), start, end)
        };
        assert_eq!(minutes("2026-03-28"), 180);
        assert_eq!(minutes("2026-03-29"), 120);
        assert_eq!(minutes("2026-10-25"), 240);
        let time = Time::constant(2, 30, 0, 0);
        assert_eq!(berlin.show_time("2026-03-29".parse().expect("a date"), time), "2026-03-29T03:30:00+02:00");
        assert_eq!(berlin.show_time("2026-10-25".parse().expect("a date"), time), "2026-10-25T02:30:00+02:00");
    }

    #[test]
    fn only_dates_that_exist_are_dates() {
        let read = |text: &str| parse_date("hire_date", text).map(|d| d.to_string()).ok();
        assert_eq!(read("2024-02-29").as_deref(), Some("2024-02-29"));
        assert_eq!(read("2014-11-09T00:00:00+01:00").as_deref(), Some("2014-11-09"));
        for bad in [
            "2023-02-29",
            "2023-04-31",
            "2020-1-31",
            "31.01.2020",
            "20200131",
            "2020-01-31x",
            "0000-00-00",
            "ÄÖ20-01-31",
            "",
        ] {
            assert_eq!(read(bad), None, "{bad:?} must be refused");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parsers_panic(text in "\\PC{0,40}") {
            let _ = parse_date("hire_date", &text);
            let _ = zone("Europe/Berlin").parse_instant("updated_since", &text);
        }

        #[test]
        fn a_shown_date_reads_back(days in 0i32..40_000) {
            let date = Date::constant(1950, 1, 1).checked_add(jiff::Span::new().days(days)).expect("in range");
            for name in ["Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"] {
                let shown = zone(name).show_date(date);
                prop_assert_eq!(parse_date("date", &shown).ok(), Some(date));
            }
        }
    }
}
