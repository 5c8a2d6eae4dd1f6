//! How absences are shown.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::civil::Time;
use serde::Serialize;
use serde_json::Value;
use shared::attributes::Employee;
use shared::attributes::EmployeeResource;
use shared::attributes::View;
use shared::attributes::value::number;
use shared::company::Company;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::approval::Approval;
use shared::http::permit::ReadPermit;
use shared::ids::AbsenceTypeId;
use shared::ids::EmployeeId;
use shared::record::Subject;
use shared::record::Touched;
use utoipa::ToSchema;

use crate::model::Absence;
use crate::model::CertificateStatus;
use crate::model::Span;
use crate::model::Status;
use crate::model::TimeOffType;
use crate::store;

/// An absence of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct TimeOffPeriod {
    /// Always `TimeOffPeriod`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it says.
    attributes: TimeOff,
}

/// What an absence of days says.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's names")]
pub struct TimeOff {
    /// Its number.
    id: u32,
    /// What became of it.
    status: Status,
    /// What was said of it; empty where nothing was.
    comment: String,
    /// The first day, midnight in the company's zone.
    start_date: String,
    /// The last day, midnight in the company's zone.
    end_date: String,
    /// The employee's working days without public holidays, to half a day.
    #[schema(value_type = f64)]
    days_count: Value,
    /// Whether only half of the first day.
    half_day_start: bool,
    /// Whether only half of the last day.
    half_day_end: bool,
    /// Of which kind it is.
    time_off_type: TypeOfTimeOff,
    /// Whose it is, as far as the credential may read it.
    employee: EmployeeResource,
    /// Whether a certificate belongs to it.
    certificate: Certificate,
    /// When it was created, in the company's zone.
    created_at: String,
    /// Always `API`: there is no other way.
    created_by: &'static str,
    /// When it was last changed, in the company's zone.
    updated_at: String,
    /// The id under which v2 knows it.
    #[schema(format = "uuid")]
    id_v2: String,
    /// The last decision on it; ours, and not there before one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
}

/// The kind of an absence of days.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeOfTimeOff {
    /// Always `TimeOffType`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: TypeOfTimeOffAttributes,
}

/// What the kind of an absence of days is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeOfTimeOffAttributes {
    /// Its number.
    id: u32,
    /// Its name.
    name: String,
    /// What it counts as.
    category: AbsenceCategory,
}

/// Whether a certificate belongs to an absence.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Certificate {
    /// Whether it is asked for, or came.
    status: CertificateStatus,
}

/// An absence of hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbsencePeriod {
    /// Always `AbsencePeriod`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it says.
    attributes: AbsencePeriodAttributes,
}

/// What an absence of hours says.
#[derive(Debug, Serialize, ToSchema)]
pub struct AbsencePeriodAttributes {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Always `hour`; the duration is in minutes nevertheless, as in the contract.
    measurement_unit: &'static str,
    /// Minutes of the employee's working time.
    effective_duration: i64,
    /// Whose it is, as far as the credential may read it.
    employee: EmployeeResource,
    /// Of which kind it is.
    absence_type: TypeOfAbsence,
    /// Whether a certificate belongs to it.
    certificate: Certificate,
    /// When it begins, UTC; whole days begin at midnight in the company's zone.
    start: String,
    /// When it ends, UTC; whole days end at the next midnight in the company's zone.
    end: String,
    /// Whether only half of the first day.
    half_day_start: bool,
    /// Whether only half of the last day.
    half_day_end: bool,
    /// What was said of it; empty where nothing was.
    comment: String,
    /// Always `api`.
    origin: &'static str,
    /// What became of it.
    status: Status,
    /// The company's zone.
    timezone: String,
    /// Always 0: it was created by a credential, and no employee has this number.
    created_by: u32,
    /// When it was created, UTC.
    created_at: String,
    /// When it was last changed, UTC.
    updated_at: String,
    /// When it was approved, UTC; null while it is not.
    approved_at: Option<String>,
    /// Its minutes on each of its days.
    breakdowns: Vec<Breakdown>,
    /// The last decision on it; ours, and not there before one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
}

/// The kind of an absence of hours.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeOfAbsence {
    /// Always `AbsenceType`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: TypeOfAbsenceAttributes,
}

/// What the kind of an absence of hours is.
#[derive(Debug, Serialize, ToSchema)]
pub struct TypeOfAbsenceAttributes {
    /// Its id.
    #[schema(format = "uuid")]
    id: String,
    /// Its name.
    name: String,
    /// Its number.
    time_off_type_id: u32,
}

/// What an absence of hours takes of a day.
#[derive(Debug, Serialize, ToSchema)]
pub struct Breakdown {
    /// The day, YYYY-MM-DD.
    date: String,
    /// Minutes of the employee's working time.
    effective_duration: u16,
}

/// What shows absences: the company, and their employees as the credential may read them.
pub(crate) struct Shown<'a> {
    company: &'a Company,
    view: View<'a>,
    touched: &'a Touched,
    employees: BTreeMap<EmployeeId, Employee>,
}

impl<'a> Shown<'a> {
    /// Reads what the answer to these absences needs beside them.
    pub(crate) async fn of(
        deps: &Deps,
        permit: &'a ReadPermit,
        company: &'a Company,
        absences: &[Absence],
    ) -> Result<Self, Error> {
        let ids = absences.iter().map(|absence| absence.employee).collect();
        let employees = store::employees(deps, permit, &ids).await?;
        let view = View::new(company, permit.reader(), deps.clock.now());
        Ok(Self { company, view, employees, touched: permit.touched() })
    }

    /// The employee of an absence.
    pub(crate) fn employee(&self, absence: &Absence) -> Result<&Employee, Error> {
        let found = self.employees.get(&absence.employee);
        found.ok_or_else(|| Error::Internal("an absence is of an employee who does not exist".to_owned()))
    }

    /// What the credential may read.
    pub(crate) fn view(&self) -> &View<'a> {
        &self.view
    }

    /// Takes note for the record that an absence is shown.
    pub(crate) fn touch(&self, absence: &Absence) {
        self.touched.touch(Subject::Absence, absence.id);
    }

    /// An absence of days.
    pub(crate) fn time_off(&self, absence: Absence) -> Result<TimeOffPeriod, Error> {
        let employee = self.view.short_employee(self.employee(&absence)?)?;
        self.touch(&absence);
        Ok(time_off(self.company, employee, absence))
    }

    /// An absence of hours.
    pub(crate) fn period(&self, absence: Absence) -> Result<AbsencePeriod, Error> {
        let employee = self.view.short_employee(self.employee(&absence)?)?;
        self.touch(&absence);
        Ok(period(self.company, employee, absence))
    }
}

/// The name and the category of a kind; the store keeps its number alone.
fn kind(company: &Company, id: AbsenceTypeId) -> (String, AbsenceCategory) {
    let kind = TimeOffType::find(company, id);
    kind.map_or((String::new(), AbsenceCategory::Undefined), |kind| (kind.name, kind.category))
}

/// An absence of days, with its employee as the credential may read them.
pub(crate) fn time_off(company: &Company, employee: EmployeeResource, absence: Absence) -> TimeOffPeriod {
    let (name, category) = kind(company, absence.absence_type);
    let type_id = absence.absence_type.get();
    TimeOffPeriod {
        resource_type: "TimeOffPeriod",
        attributes: TimeOff {
            id: absence.id.get(),
            status: absence.status,
            start_date: company.zone.show_date(absence.span.start),
            end_date: company.zone.show_date(absence.span.end),
            days_count: number(AbsenceUnit::Day.show(absence.worth.total())),
            half_day_start: absence.span.half_start,
            half_day_end: absence.span.half_end,
            time_off_type: TypeOfTimeOff {
                resource_type: "TimeOffType",
                attributes: TypeOfTimeOffAttributes { id: type_id, name, category },
            },
            employee,
            certificate: Certificate { status: absence.certificate },
            created_at: company.zone.show_instant(absence.created_at),
            created_by: "API",
            updated_at: company.zone.show_instant(absence.updated_at),
            id_v2: absence.id.v2(&company.profile.id).to_string(),
            comment: absence.comment.unwrap_or_default(),
            approval: absence.decision.map(|decision| Approval::of(&company.zone, decision)),
        },
    }
}

/// An absence of hours, with its employee as the credential may read them.
pub(crate) fn period(company: &Company, employee: EmployeeResource, absence: Absence) -> AbsencePeriod {
    let (name, _) = kind(company, absence.absence_type);
    let (start, end) = instants(company, &absence.span);
    let breakdowns = absence.worth.days(&absence.span);
    let breakdowns =
        breakdowns.map(|(date, effective_duration)| Breakdown { date: date.to_string(), effective_duration });
    AbsencePeriod {
        resource_type: "AbsencePeriod",
        attributes: AbsencePeriodAttributes {
            id: absence.id.v2(&company.profile.id).to_string(),
            measurement_unit: "hour",
            effective_duration: absence.worth.total(),
            employee,
            absence_type: TypeOfAbsence {
                resource_type: "AbsenceType",
                attributes: TypeOfAbsenceAttributes {
                    id: absence.absence_type.v2(&company.profile.id).to_string(),
                    name,
                    time_off_type_id: absence.absence_type.get(),
                },
            },
            certificate: Certificate { status: absence.certificate },
            start: utc(start),
            end: utc(end),
            half_day_start: absence.span.half_start,
            half_day_end: absence.span.half_end,
            origin: "api",
            status: absence.status,
            timezone: company.zone.name().to_owned(),
            created_by: 0,
            created_at: utc(absence.created_at),
            updated_at: utc(absence.updated_at),
            approved_at: absence.approved_at.map(utc),
            breakdowns: breakdowns.collect(),
            comment: absence.comment.unwrap_or_default(),
            approval: absence.decision.map(|decision| Approval::of(&company.zone, decision)),
        },
    }
}

/// From when until when an absence is.
pub(crate) fn instants(company: &Company, span: &Span) -> (Timestamp, Timestamp) {
    let day_after: Date = span.end.tomorrow().unwrap_or(span.end);
    let (from, until) = match span.times {
        Some((start, end)) => ((span.start, start.time()), (span.end, end.time())),
        None => ((span.start, Time::midnight()), (day_after, Time::midnight())),
    };
    (company.zone.instant(from.0, from.1), company.zone.instant(until.0, until.1))
}

/// The form of the contract's examples: `2022-05-31T22:00:00.000Z`.
fn utc(instant: Timestamp) -> String {
    format!("{instant:.3}")
}
