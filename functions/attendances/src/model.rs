//! Attendance periods, and what must hold for those of a day.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::approval::Decision;
use shared::approval::Verdict;
use shared::aws::counts::Tally;
use shared::calendar::Zone;
use shared::error::Error;
use shared::ids::AttendanceId;
use shared::ids::EmployeeId;
use shared::ids::ProjectId;
use utoipa::ToSchema;

pub mod project;
pub mod rows;

pub use shared::minute::Minute;

/// How many periods a day can have: more than one every half hour.
pub const MAX_PERIODS: usize = 50;
/// Longest comment, in characters, as the vendor's v2 has it.
pub const MAX_COMMENT: usize = 1_000;
/// Minutes of a day by the clock.
const DAY: u16 = 24 * 60;

/// What became of a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AttendanceStatus)]
pub enum Status {
    /// It counts.
    Confirmed,
    /// It waits for a decision.
    Pending,
    /// It was refused.
    Rejected,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Confirmed => "confirmed",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        })
    }
}

/// What a period says of the work itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Work {
    /// When it began.
    pub start: Minute,
    /// When it ended; `None` while it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<Minute>,
    /// Minutes of it that were a break.
    #[serde(rename = "break", default, skip_serializing_if = "is_zero")]
    pub break_minutes: u16,
    /// What was said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// On what it is booked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub project: Option<ProjectId>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the form that serde calls")]
fn is_zero(number: &u16) -> bool {
    *number == 0
}

impl Work {
    /// Checks a new one: that the clocks show its times on that day, and that its length is right.
    pub fn check(&self, zone: &Zone, date: Date) -> Result<(), Error> {
        zone.check_shows("start_time", date, self.start.time())?;
        self.end.map_or(Ok(()), |end| zone.check_ends("end_time", date, end.time()))?;
        self.check_length(zone, date)
    }

    /// Checks one that was another before. What stays was taken once, and keeps nothing else from being changed.
    pub fn check_change(&self, zone: &Zone, date: Date, before: (Date, &Self)) -> Result<(), Error> {
        let (day, work) = before;
        match (date, self.start, self.end) == (day, work.start, work.end) {
            true if self.break_minutes == work.break_minutes => Ok(()),
            true => self.check_length(zone, date),
            false => self.check(zone, date),
        }
    }

    /// Checks that it ends after it began, and has room for its break. Minutes
    /// are those that pass: on the day when the clocks are set forward there are fewer.
    fn check_length(&self, zone: &Zone, date: Date) -> Result<(), Error> {
        let Some(end) = self.end else { return Ok(()) };
        if end <= self.start {
            return Err(Error::invalid(
                "end_time",
                format!(
                    "Start time {} has to be smaller than end time {}",
                    zone.show_time(date, self.start.time()),
                    zone.show_time(date, end.time())
                ),
            ));
        }
        // In a period that was stored before skipped times were refused, the later of them can come first.
        let minutes = zone.minutes_between(date, self.start.time(), end.time()).max(0);
        if i64::from(self.break_minutes) > minutes {
            return Err(Error::invalid(
                "break",
                format!("The break of {} minutes is longer than the period, which has {minutes}.", self.break_minutes),
            ));
        }
        Ok(())
    }

    /// Where it ends on the clock; while it runs, nothing can begin after it.
    fn end_or_midnight(&self) -> u16 {
        self.end.map_or(DAY, Minute::since_midnight)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.start.since_midnight() < other.end_or_midnight() && other.start.since_midnight() < self.end_or_midnight()
    }
}

/// An attendance period as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// Its number.
    pub id: AttendanceId,
    /// What it says.
    #[serde(flatten)]
    pub work: Work,
    /// What became of it.
    pub status: Status,
    /// Whether it waits for leave to be deleted; its status is then pending.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deletion: bool,
    /// What it said when it was last confirmed, while a change waits for approval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub former: Option<Box<Former>>,
    /// When it was created, UTC, in milliseconds.
    #[serde(rename = "created", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed, UTC, in milliseconds.
    #[serde(rename = "updated", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// The last decision on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl Period {
    /// A new period.
    #[must_use]
    pub fn new(id: AttendanceId, work: Work, status: Status, now: Timestamp) -> Self {
        Self { id, work, status, deletion: false, former: None, created_at: now, updated_at: now, decision: None }
    }

    /// Whether a reader sees it who did not ask for the others.
    #[must_use]
    pub fn is_confirmed(&self) -> bool {
        self.status == Status::Confirmed
    }

    /// What is confirmed of it, while a change or its deletion may wait for approval.
    #[must_use]
    pub fn confirmed(&self, date: Date) -> Option<Box<Former>> {
        let own = || Box::new(Former { date, work: self.work.clone() });
        self.former.clone().or_else(|| (self.is_confirmed() || self.deletion).then(own))
    }

    /// The period after a decision, and its day; `None` when it is to be removed.
    /// What is refused leaves what had been confirmed, if anything had.
    pub fn decide(mut self, date: Date, decision: Decision) -> Result<Option<(Date, Self)>, Error> {
        if self.status != Status::Pending {
            let message = format!("The attendance period is {}; only a pending one can be decided on.", self.status);
            return Err(Error::Conflict(message));
        }
        let confirmed = self.confirmed(date);
        let (date, status) = match (decision.verdict, confirmed) {
            (Verdict::Approved, _) if self.deletion => return Ok(None),
            (Verdict::Approved, _) => (date, Status::Confirmed),
            (Verdict::Rejected, None) => (date, Status::Rejected),
            (Verdict::Rejected, Some(former)) => {
                self.work = former.work;
                (former.date, Status::Confirmed)
            }
        };
        self.status = status;
        self.former = None;
        self.deletion = false;
        self.updated_at = self.updated_at.max(decision.at);
        self.decision = Some(decision);
        Ok(Some((date, self)))
    }
}

/// What a period said when it was last confirmed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Former {
    /// On which day it was.
    pub date: Date,
    /// What it said.
    pub work: Work,
}

/// The attendance of an employee on a day: the unit that is written, so that no
/// two writes can put periods over each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day {
    /// Whose it is.
    pub employee: EmployeeId,
    /// The day, as the company's calendar has it.
    pub date: Date,
    /// A random number that no other state of the day has had; a write names the
    /// one that it read. Counting would give a number twice when a day is removed
    /// and begun again.
    pub version: u64,
    /// When the day's entry among the changes was made, in milliseconds since 1970: the latest `updated_at` that it had.
    pub marked_at: i64,
    /// Its periods, in the order in which they begin.
    pub periods: Vec<Period>,
}

impl Day {
    /// A day without attendance, which is not stored.
    #[must_use]
    pub fn empty(employee: EmployeeId, date: Date) -> Self {
        Self { employee, date, version: 0, marked_at: 0, periods: Vec::new() }
    }

    /// The ids of the periods, other than `id`, that lie where this one would.
    #[must_use]
    pub fn in_the_way(&self, work: &Work, id: Option<AttendanceId>) -> Vec<AttendanceId> {
        let others = self.periods.iter().filter(|period| Some(period.id) != id);
        others.filter(|period| period.work.overlaps(work)).map(|period| period.id).collect()
    }

    /// Puts a period in its place, instead of the one with the same id.
    pub fn put(&mut self, period: Period) {
        self.remove(period.id);
        let place = self.periods.partition_point(|other| other.work.start < period.work.start);
        self.periods.insert(place, period);
    }

    /// Takes a period out.
    pub fn remove(&mut self, id: AttendanceId) {
        self.periods.retain(|period| period.id != id);
    }

    /// The period with an id.
    #[must_use]
    pub fn find(&self, id: AttendanceId) -> Option<&Period> {
        self.periods.iter().find(|period| period.id == id)
    }

    /// How many periods it has, by whether they are confirmed.
    #[must_use]
    pub fn tally(&self) -> Tally {
        let confirmed = self.periods.iter().filter(|period| period.is_confirmed()).count();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        Tally { confirmed: number(confirmed), unconfirmed: number(self.periods.len() - confirmed) }
    }
}

/// A period of a list, and whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Whose it is.
    pub employee: EmployeeId,
    /// On which day it is.
    pub date: Date,
    /// The period.
    pub period: Period,
}

/// Which periods a list is of.
#[derive(Clone, Debug)]
pub struct Filter {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Only those of these employees.
    pub employees: Option<std::collections::BTreeSet<EmployeeId>>,
    /// Only those that were changed at this instant or later.
    pub updated_from: Option<Timestamp>,
    /// Only those that were changed at this instant or before.
    pub updated_to: Option<Timestamp>,
    /// Also those that are not confirmed.
    pub all: bool,
}

impl Filter {
    /// The periods of a day that the list is of.
    pub fn select(&self, day: Day) -> impl Iterator<Item = Listed> + '_ {
        let Day { employee, date, periods, .. } = day;
        let wanted = (self.from..=self.to).contains(&date)
            && self.employees.as_ref().is_none_or(|employees| employees.contains(&employee));
        let periods = if wanted { periods } else { Vec::new() };
        periods
            .into_iter()
            .filter(|period| self.all || period.is_confirmed())
            .filter(|period| self.updated_from.is_none_or(|from| period.updated_at >= from))
            .filter(|period| self.updated_to.is_none_or(|to| period.updated_at <= to))
            .map(move |period| Listed { employee, date, period })
    }
}

/// The vendor's text for a period that lies over another one.
pub const OVERLAP: &str = "Existing overlapping attendances periods";
/// The vendor's text for an id that no period has.
pub const NOT_FOUND: &str = "The attendance period was not found.";

/// The answer to a period for a day that is full.
#[must_use]
pub fn full_day() -> Error {
    Error::invalid("date", format!("A day can have {MAX_PERIODS} attendance periods."))
}

/// The answer to an employee who does not exist.
#[must_use]
pub fn no_employee(id: EmployeeId) -> Error {
    Error::invalid("employee", format!("There is no employee with the id {id}."))
}

/// The answer to a filter that would have to go through too much.
#[must_use]
pub fn too_many_changes(most: usize) -> Error {
    let message = format!(
        "More than {most} days of attendance match updated_from and updated_to. \
         Ask for fewer days with start_date and end_date, or for a later updated_from."
    );
    Error::malformed("updated_from", message)
}

/// Periods in the order of every list: by day, then by employee, then as they begin.
pub fn sort(listed: &mut [Listed]) {
    listed.sort_by_key(|one| (one.date, one.employee, one.period.work.start));
}

/// What days hold, by employee and date.
pub type Days = BTreeMap<(EmployeeId, Date), Day>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn minute(text: &str) -> Minute {
        Minute::read(text).unwrap_or_else(|| panic!("{text} is a time"))
    }

    fn work(start: &str, end: Option<&str>) -> Work {
        Work { start: minute(start), end: end.map(minute), break_minutes: 0, comment: None, project: None }
    }

    #[test]
    fn touching_periods_do_not_overlap() {
        let overlap = |a: &Work, b: &Work| a.overlaps(b);
        let morning = work("08:00", Some("12:00"));
        assert!(!overlap(&morning, &work("12:00", Some("13:00"))));
        assert!(overlap(&morning, &work("11:59", Some("13:00"))));
        assert!(overlap(&morning, &work("09:00", Some("10:00"))));
        // One that runs reaches to midnight.
        assert!(overlap(&work("07:00", None), &morning));
        assert!(!overlap(&work("12:00", None), &morning));
        assert!(overlap(&work("12:00", None), &work("23:58", Some("23:59"))));
    }

    #[test]
    fn a_break_fits_into_the_minutes_that_pass() {
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        let night = |break_minutes| Work { break_minutes, ..work("01:00", Some("04:00")) };
        let fits = |date: &str, minutes| night(minutes).check(&berlin, date.parse().expect("a date")).is_ok();
        assert!(fits("2026-03-28", 180) && !fits("2026-03-28", 181));
        assert!(fits("2026-03-29", 120) && !fits("2026-03-29", 121), "the day has 23 hours");
        assert!(fits("2026-10-25", 240) && !fits("2026-10-25", 241), "the day has 25 hours");
        let skipped = |start, end| {
            let checked = work(start, end).check(&berlin, "2026-03-29".parse().expect("a date"));
            checked.err().map(|error| error.to_string())
        };
        let skips = |field: &str| Some(format!("The clocks skip the {field} on that day."));
        assert_eq!(skipped("02:30", Some("03:15")), skips("start_time"));
        assert_eq!((skipped("02:00", None), skipped("01:00", Some("02:59"))), (skips("start_time"), skips("end_time")));
        assert_eq!((skipped("01:59", Some("03:00")), skipped("03:00", None)), (None, None));
        assert_eq!((skipped("01:59", Some("02:00")), skipped("01:59", Some("02:01"))), (None, skips("end_time")));
        // One that was stored before that was refused can be changed, but for its times.
        let before = work("02:10", Some("02:50"));
        let changed = |work: &Work, date: &str| {
            let date = date.parse().expect("a date");
            work.check_change(&berlin, date, (Date::constant(2026, 3, 29), &before)).is_ok()
        };
        assert!(changed(&Work { break_minutes: 40, ..before.clone() }, "2026-03-29"));
        assert!(!changed(&Work { break_minutes: 41, ..before.clone() }, "2026-03-29"));
        assert!(changed(&before, "2026-03-30") && !changed(&work("02:10", None), "2026-03-29"));
        let backwards = work("18:00", Some("09:00")).check(&berlin, "2026-07-01".parse().expect("a date"));
        assert_eq!(
            backwards.map_err(|error| error.to_string()),
            Err("Start time 2026-07-01T18:00:00+02:00 has to be smaller than end time 2026-07-01T09:00:00+02:00"
                .to_owned())
        );
    }

    #[test]
    fn decisions_are_on_pending_periods_only() {
        let at = Timestamp::UNIX_EPOCH;
        let decision = |verdict| Decision { verdict, credential: None, comment: None, at };
        let id = AttendanceId::new(1).expect("an id");
        let day = Date::constant(2026, 3, 2);
        let with = |status, deletion| Period { deletion, ..Period::new(id, work("08:00", None), status, at) };
        let decide = |status, deletion, verdict| {
            let decided = with(status, deletion).decide(day, decision(verdict));
            decided.map(|decided| decided.map(|(_, period)| period.status))
        };
        assert_eq!(decide(Status::Pending, false, Verdict::Approved), Ok(Some(Status::Confirmed)));
        assert_eq!(decide(Status::Pending, false, Verdict::Rejected), Ok(Some(Status::Rejected)));
        assert_eq!(decide(Status::Pending, true, Verdict::Approved), Ok(None));
        assert_eq!(decide(Status::Pending, true, Verdict::Rejected), Ok(Some(Status::Confirmed)));
        let earlier = Former { date: Date::constant(2026, 3, 1), work: work("07:00", None) };
        let changed = Period { former: Some(Box::new(earlier.clone())), ..with(Status::Pending, false) };
        let rejected = changed.clone().decide(day, decision(Verdict::Rejected)).expect("it is pending");
        let (date, period) = rejected.expect("it stays");
        assert_eq!((date, period.work, period.status), (earlier.date, earlier.work, Status::Confirmed));
        let approved = changed.decide(day, decision(Verdict::Approved)).expect("it is pending").expect("it stays");
        assert_eq!((approved.0, approved.1.work, approved.1.former), (day, work("08:00", None), None));
        for status in [Status::Confirmed, Status::Rejected] {
            for verdict in [Verdict::Approved, Verdict::Rejected] {
                assert!(matches!(decide(status, false, verdict), Err(Error::Conflict(_))));
            }
        }
    }

    proptest! {
        #[test]
        fn a_day_that_refuses_what_is_in_the_way_stays_disjoint(
            wanted in proptest::collection::vec((0u16..1440, proptest::option::of(1u16..400)), 0..40),
        ) {
            let mut day = Day::empty(EmployeeId::new(1).expect("an id"), Date::constant(2026, 1, 1));
            for (index, (start, length)) in wanted.into_iter().enumerate() {
                let end = length.and_then(|length| Minute::new((start + length).min(1439))).filter(|end| end.since_midnight() > start);
                let work = Work { start: Minute::new(start).expect("a time"), end, break_minutes: 0, comment: None, project: None };
                let id = AttendanceId::new(index as u64 + 1).expect("an id");
                let naive: Vec<_> = day.periods.iter().filter(|other| {
                    let taken = |w: &Work| w.start.since_midnight()..w.end_or_midnight();
                    taken(&other.work).any(|m| taken(&work).contains(&m))
                }).map(|other| other.id).collect();
                prop_assert_eq!(day.in_the_way(&work, None), naive.clone());
                if naive.is_empty() {
                    day.put(Period::new(id, work, Status::Confirmed, Timestamp::UNIX_EPOCH));
                }
            }
            prop_assert!(day.periods.is_sorted_by_key(|period| period.work.start));
        }
    }
}
