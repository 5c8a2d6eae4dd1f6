//! How an attendance period is shown.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Serialize;
use shared::company::Company;
use shared::deps::Deps;
use shared::error::Error;
use shared::holidays::Holiday;
use shared::http::approval::Approval;
use shared::http::permit::ReadPermit;
use shared::ids::EmployeeId;
use shared::record::Subject;
use utoipa::ToSchema;

use crate::model::Listed;
use crate::model::Status;
use crate::model::project::Project;
use crate::store::list;
use crate::store::list::Beside;

/// A period of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceResource {
    /// The number of the period.
    id: u32,
    /// Always `AttendancePeriod`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it says.
    attributes: Attendance,
}

/// What a period says.
#[derive(Debug, Serialize, ToSchema)]
pub struct Attendance {
    /// The number of the employee.
    employee: u32,
    /// The day, YYYY-MM-DD.
    date: String,
    /// When it began, HH:MM.
    start_time: String,
    /// When it ended, HH:MM; null while it runs.
    end_time: Option<String>,
    /// Minutes of it that were a break.
    r#break: u16,
    /// What was said of it; empty where nothing was.
    comment: String,
    /// When it was last changed, in the company's zone.
    updated_at: String,
    /// What became of it.
    status: Status,
    /// On what it is booked.
    project: Option<AttendanceProject>,
    /// Whether the day is a public holiday for the employee.
    is_holiday: bool,
    /// Whether the employee is absent on the day.
    is_on_time_off: bool,
    /// The id under which v2 knows it.
    #[schema(format = "uuid")]
    id_v2: String,
    /// Whether it is pending because its deletion waits for approval; ours, and not there otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    deletion_pending: bool,
    /// The last decision on it; ours, and not there before one was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    approval: Option<Approval>,
}

/// The project of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceProject {
    /// Its number.
    id: u32,
    /// Always `Project`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// What it is.
    attributes: AttendanceProjectAttributes,
}

/// What the project of a period is.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttendanceProjectAttributes {
    /// Its name, also after it was deleted.
    name: String,
    /// Whether new attendance can be booked on it.
    active: bool,
}

/// Periods as answers show them.
pub async fn show(
    deps: &Deps,
    permit: &ReadPermit,
    company: &Company,
    periods: Vec<Listed>,
) -> Result<Vec<AttendanceResource>, Error> {
    let calendars = company.holidays();
    let anybody = |date| calendars.values().any(|holidays| holidays.on(date) != Holiday::None);
    let projects = periods.iter().filter_map(|one| one.period.work.project).collect();
    // Whose calendar it is matters only on days that are a holiday for somebody.
    let employees: BTreeSet<EmployeeId> =
        periods.iter().filter(|one| anybody(one.date)).map(|one| one.employee).collect();
    let days = periods.iter().map(|one| (one.date, one.employee)).collect();
    let Beside { projects, employees, away } = list::beside(deps, permit, &projects, &employees, &days).await?;
    let followed: BTreeMap<EmployeeId, u32> =
        employees.iter().filter_map(|(id, employee)| Some((*id, employee.holiday_calendar()?))).collect();
    let shown = periods.into_iter().map(|one| {
        let own = followed.get(&one.employee).and_then(|calendar| calendars.get(calendar));
        let is_holiday = own.is_some_and(|holidays| holidays.on(one.date) != Holiday::None);
        let project = one.period.work.project.and_then(|id| projects.get(&id));
        let is_on_time_off = away.contains(&(one.date, one.employee));
        permit.touched().touch(Subject::Attendance, one.period.id);
        permit.touched().touch(Subject::Employee, one.employee);
        resource(company, one, project, (is_holiday, is_on_time_off))
    });
    Ok(shown.collect())
}

fn resource(
    company: &Company,
    one: Listed,
    project: Option<&Project>,
    (is_holiday, is_on_time_off): (bool, bool),
) -> AttendanceResource {
    let Listed { employee, date, period } = one;
    AttendanceResource {
        id: period.id.get(),
        resource_type: "AttendancePeriod",
        attributes: Attendance {
            employee: employee.get(),
            date: date.to_string(),
            start_time: period.work.start.to_string(),
            end_time: period.work.end.map(|end| end.to_string()),
            r#break: period.work.break_minutes,
            comment: period.work.comment.unwrap_or_default(),
            updated_at: company.zone.show_instant(period.updated_at),
            status: period.status,
            project: project.map(|project| AttendanceProject {
                id: project.id.get(),
                resource_type: "Project",
                attributes: AttendanceProjectAttributes { name: project.name.clone(), active: project.active },
            }),
            is_holiday,
            is_on_time_off,
            id_v2: period.id.v2(&company.profile.id).to_string(),
            deletion_pending: period.deletion,
            approval: period.decision.map(|decision| Approval::of(&company.zone, decision)),
        },
    }
}
