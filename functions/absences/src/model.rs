//! Absences, and what must hold for those of an employee.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::approval::Decision;
use shared::approval::Verdict;
use shared::attributes::Employee;
use shared::attributes::definition::EntryKind;
use shared::company::Company;
use shared::company::Details;
use shared::company::Entry;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceRules;
use shared::company::absences::AbsenceUnit;
use shared::error::Badness;
use shared::error::Error;
use shared::error::Invalid;
use shared::ids::AbsenceId;
use shared::ids::AbsenceTypeId;
use shared::ids::EmployeeId;
use shared::minute::Minute;
use utoipa::ToSchema;

use crate::model::balance::Account;
use crate::model::ledger::Ledger;
use crate::model::worth::Worth;

pub mod balance;
pub mod ledger;
pub mod overlap;
pub mod requests;
pub mod runs;
pub mod worth;

/// How many days an absence can last: what the runs of [`runs`] reach over.
pub const MAX_DAYS: i32 = 1 << runs::CLASSES;
/// Longest comment, in characters, as the vendor's v2 has it.
pub const MAX_COMMENT: usize = 2_000;

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
    /// The company's own rules for it.
    pub rules: AbsenceRules,
}

impl TimeOffType {
    /// The kind of absence that an entry of the company's lists declares, if it declares one.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        match &entry.details {
            Details::AbsenceType { category, unit, approval_required, rules } => {
                let id = AbsenceTypeId::new(u64::from(entry.id))?;
                let (category, unit, rules) = (*category, *unit, rules.clone());
                Some(Self {
                    id,
                    name: entry.name.clone(),
                    category,
                    unit,
                    approval_required: *approval_required,
                    rules,
                })
            }
            _ => None,
        }
    }

    /// A company's kind of absence with a number.
    #[must_use]
    pub fn find(company: &Company, id: AbsenceTypeId) -> Option<Self> {
        company.entry(EntryKind::AbsenceType, id.get()).and_then(Self::of)
    }

    /// A company's kinds of absence, in the order of their numbers.
    pub fn all(company: &Company) -> impl Iterator<Item = Self> {
        company.entries_of(EntryKind::AbsenceType).filter_map(Self::of)
    }
}

/// What became of an absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = AbsenceStatus)]
pub enum Status {
    /// It counts.
    Approved,
    /// It waits for a decision.
    Pending,
    /// It was refused.
    Rejected,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Approved => "approved",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        })
    }
}

/// Whether a certificate, such as a doctor's, belongs to an absence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CertificateStatus {
    /// The absence is of a kind, or too short, for which none is asked.
    NotRequired,
    /// One is asked for and did not come yet.
    Required,
    /// It came.
    Submitted,
}

/// On which days an absence is, and on how much of the first and the last one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first day.
    pub start: Date,
    /// The last day.
    pub end: Date,
    /// Whether only half of the first day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub half_start: bool,
    /// Whether only half of the last day.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub half_end: bool,
    /// From when until when, where it is a part of one day by the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<(Minute, Minute)>,
}

impl Span {
    /// How many days it has, weekends and holidays included.
    #[must_use]
    pub fn length(&self) -> i32 {
        days_between(self.start, self.end) + 1
    }

    /// Its days.
    pub fn days(&self) -> impl Iterator<Item = Date> + use<> {
        let (start, length) = (self.start, self.length());
        start.series(jiff::Span::new().days(1)).take(usize::try_from(length).unwrap_or(0))
    }

    /// Whether it has a day within a range.
    #[must_use]
    pub fn meets(&self, from: Date, to: Date) -> bool {
        self.start <= to && self.end >= from
    }

    /// Whether only half of one of its days is meant.
    #[must_use]
    pub fn is_half(&self, date: Date) -> bool {
        (self.half_start && date == self.start) || (self.half_end && date == self.end)
    }
}

/// How many days lie from one date to another.
#[must_use]
pub fn days_between(from: Date, to: Date) -> i32 {
    from.until(to).map_or(0, |span| span.get_days())
}

/// An absence as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    /// Its number.
    pub id: AbsenceId,
    /// Whose it is.
    pub employee: EmployeeId,
    /// Of which kind it is.
    #[serde(rename = "type")]
    pub absence_type: AbsenceTypeId,
    /// Whether it is of days or hours, as its kind was when it was created.
    pub unit: AbsenceUnit,
    /// Whether it may lie over others, as its kind was when it was last written.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub overlaps: bool,
    /// On which days.
    #[serde(flatten)]
    pub span: Span,
    /// How much of each day counts, as the employee's schedule and holidays were when it was last written.
    pub worth: Worth,
    /// What became of it.
    pub status: Status,
    /// Whether a certificate belongs to it.
    pub certificate: CertificateStatus,
    /// What was said of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was created, UTC, in milliseconds.
    #[serde(rename = "created", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed, UTC, in milliseconds.
    #[serde(rename = "updated", with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
    /// When it was approved, UTC, in milliseconds; none while it is not.
    #[serde(
        rename = "approved",
        default,
        skip_serializing_if = "Option::is_none",
        with = "jiff::fmt::serde::timestamp::millisecond::optional"
    )]
    pub approved_at: Option<Timestamp>,
    /// The last decision on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
}

impl Absence {
    /// Whether it takes anything: what was rejected does not.
    #[must_use]
    pub fn stands(&self) -> bool {
        self.status != Status::Rejected
    }

    /// Whether the employee is away because of it: not where one works elsewhere.
    #[must_use]
    pub fn is_away(&self) -> bool {
        self.status == Status::Approved && !self.overlaps
    }

    /// The absence after a decision.
    pub fn decide(mut self, decision: Decision) -> Result<Self, Error> {
        if self.status != Status::Pending {
            let message = format!("The absence period is {}; only a pending one can be decided on.", self.status);
            return Err(Error::Conflict(message));
        }
        self.status = match decision.verdict {
            Verdict::Approved => Status::Approved,
            Verdict::Rejected => Status::Rejected,
        };
        self.approved_at = (self.status == Status::Approved).then_some(decision.at);
        self.decision = Some(decision);
        Ok(self)
    }

    /// The certificate's status by the rules of a kind, where `submitted` says whether it came.
    #[must_use]
    pub fn certificate_by(rules: &AbsenceRules, span: &Span, submitted: bool) -> CertificateStatus {
        match rules.certificate_after {
            _ if submitted => CertificateStatus::Submitted,
            Some(days) if span.length() > i32::from(days) => CertificateStatus::Required,
            _ => CertificateStatus::NotRequired,
        }
    }
}

/// An employee, and what a decision on one of their absences rests on.
#[derive(Clone, Debug)]
pub struct Book {
    /// The employee.
    pub employee: Employee,
    /// Which state of the employee's absences this is: a random number, or 0 while there was none.
    pub version: u64,
    /// What was taken, and when.
    pub ledger: Ledger,
    /// The absences that end on some day or later.
    pub absences: Vec<Absence>,
}

impl Book {
    /// Checks that an absence, new or changed, has room beside the others and takes no more than there is.
    pub fn check(&self, company: &Company, kind: &TimeOffType, absence: &Absence) -> Result<(), Error> {
        let in_the_way = overlap::in_the_way(absence, &self.absences);
        if !in_the_way.is_empty() {
            return Err(overlapping(company, in_the_way));
        }
        let mut after = self.ledger.clone();
        self.absences.iter().filter(|one| one.id == absence.id).for_each(|stored| after.strike(stored));
        after.enter(absence);
        Account::of(&self.employee, kind, &after).map_or(Ok(()), |account| account.check(absence, &self.ledger))
    }
}

/// Absences in the order of lists: by first day, then by employee.
pub fn sort(absences: &mut [Absence]) {
    absences.sort_by_key(|one| (one.span.start, one.employee, one.id));
}

/// Which absences a list is of.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Of days or of hours.
    pub unit: AbsenceUnit,
    /// Those that have a day on this one or later.
    pub from: Option<Date>,
    /// Those that have a day on this one or before.
    pub to: Option<Date>,
    /// Only those of these employees.
    pub employees: Option<BTreeSet<EmployeeId>>,
    /// Only those of these kinds.
    pub types: Option<BTreeSet<AbsenceTypeId>>,
    /// Only these.
    pub ids: Option<BTreeSet<AbsenceId>>,
    /// Only those that were changed at this instant or later.
    pub updated_from: Option<Timestamp>,
    /// Only those that were changed at this instant or before.
    pub updated_to: Option<Timestamp>,
}

impl Filter {
    /// All absences of days or of hours.
    #[must_use]
    pub fn all(unit: AbsenceUnit) -> Self {
        Self {
            unit,
            from: None,
            to: None,
            employees: None,
            types: None,
            ids: None,
            updated_from: None,
            updated_to: None,
        }
    }

    /// Whether the list has an absence with these properties.
    #[must_use]
    pub fn takes(&self, absence: &Absence) -> bool {
        let Absence { id, employee, absence_type, span, updated_at, .. } = absence;
        absence.unit == self.unit
            && span.meets(self.from.unwrap_or(Date::MIN), self.to.unwrap_or(Date::MAX))
            && self.employees.as_ref().is_none_or(|employees| employees.contains(employee))
            && self.types.as_ref().is_none_or(|types| types.contains(absence_type))
            && self.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && self.updated_from.is_none_or(|from| *updated_at >= from)
            && self.updated_to.is_none_or(|to| *updated_at <= to)
    }
}

/// The vendor's text for an id that no absence has.
pub const NOT_FOUND: &str = "The absence period was not found.";
/// The vendor's text for an id that cannot be one.
pub const BAD_ID: &str = "The absence period id is invalid.";
/// The vendor's text for what cannot be stored.
pub const NOT_INSERTED: &str = "Error when trying to insert absence period";

/// The vendor's text for fields that break a rule.
pub const NOT_VALID: &str = "The given data failed to pass validation.";

/// Fields that break a rule: 422, the vendor's text and each field with what is wrong with it.
#[must_use]
pub fn not_valid(error: Error) -> Error {
    match error {
        Error::Invalid(invalid) => {
            Error::Invalid(Invalid { badness: Badness::Rejected, message: NOT_VALID.to_owned(), ..invalid })
        }
        other => other,
    }
}

/// What an absence is told that lies over others: which, in the form in which each is known to callers.
fn overlapping(company: &Company, others: Vec<&Absence>) -> Error {
    let ids = others.into_iter().map(|other| match other.unit {
        AbsenceUnit::Day => other.id.to_string(),
        AbsenceUnit::Hour => other.id.v2(&company.profile.id).to_string(),
    });
    let ids: Vec<String> = ids.collect();
    match not_inserted("start_date", &format!("It overlaps with other absences: {}", ids.join(", "))) {
        Error::Invalid(mut invalid) => {
            invalid.fields.insert("conflicting_ids".to_owned(), ids);
            Error::Invalid(invalid)
        }
        other => other,
    }
}

/// What the rules refuse although each field is right: 400, the vendor's text and the reason.
#[must_use]
pub fn not_inserted(field: &str, reason: &str) -> Error {
    match Error::malformed(field, reason) {
        Error::Invalid(mut invalid) => {
            invalid.message = format!("{NOT_INSERTED}. Reason: {reason}");
            Error::Invalid(invalid)
        }
        other => other,
    }
}

/// The answer to an employee who does not exist.
#[must_use]
pub fn no_employee() -> Error {
    Error::not_found("Employee not found.")
}
