//! What requests say of attendance periods, in all the forms in which they say it.

use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value as Json;
use shared::calendar;
use shared::company::Company;
use shared::error::Error;
use shared::ids::EmployeeId;
use shared::ids::ProjectId;
use shared::patch::Patch;
use shared::wire;

use crate::model::MAX_COMMENT;
use crate::model::Minute;
use crate::model::Status;
use crate::model::Work;

/// How many rows a batch may have: with longer ones, Lambda's time would not do.
pub const MAX_ROWS: usize = 5_000;
/// How many employees a batch may name, as at the vendor.
pub const MAX_EMPLOYEES: usize = 100;

/// A row of a batch that can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Whose it is.
    pub employee: EmployeeId,
    /// On which day.
    pub date: Date,
    /// What it says.
    pub work: Work,
    /// What becomes of it.
    pub status: Status,
}

/// A batch as it was sent: each row, and what holds for all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// The rows as they were sent.
    pub rows: Vec<Json>,
    /// What becomes of rows that do not say it themselves.
    status: Status,
    /// The project of rows that name none; the form has it beside the rows.
    project: Json,
}

/// Reads a batch.
pub fn read_batch(company: &Company, body: &Map<String, Json>) -> Result<Batch, Error> {
    let rows = match body.get("attendances") {
        Some(Json::Array(rows)) if !rows.is_empty() => rows.clone(),
        // A single one, from those who think that a list of one is no list.
        Some(row @ Json::Object(fields)) if !fields.is_empty() => vec![row.clone()],
        _ => return Err(Error::malformed("attendances", "The attendances must be a list of at least one period.")),
    };
    if rows.len() > MAX_ROWS {
        return Err(Error::malformed("attendances", format!("A call may have at most {MAX_ROWS} attendances.")));
    }
    let employees: std::collections::BTreeSet<String> = rows
        .iter()
        .filter_map(|row| row.get("employee").filter(|id| !is_blank(id)))
        .map(|id| id.to_string().replace('"', "").trim().to_owned())
        .collect();
    if employees.len() > MAX_EMPLOYEES {
        let message = format!("A call may name at most {MAX_EMPLOYEES} employees; this one names {}.", employees.len());
        return Err(Error::malformed("attendances", message));
    }
    let status = status(company, body)?;
    Ok(Batch { rows, status, project: body.get("project_id").cloned().unwrap_or_default() })
}

/// What becomes of a period that is sent: without `skip_approval=false` it is
/// confirmed at once, with it only where the company asks for no approval.
pub fn status(company: &Company, body: &Map<String, Json>) -> Result<Status, Error> {
    Ok(said_status(company, body)?.unwrap_or(Status::Confirmed))
}

/// The same, if it is said.
fn said_status(company: &Company, fields: &Map<String, Json>) -> Result<Option<Status>, Error> {
    let said = fields.get("skip_approval").filter(|raw| !is_blank(raw));
    let skip = said.map(|raw| wire::flag("skip_approval", raw)).transpose()?;
    Ok(skip.map(|skip| if skip { Status::Confirmed } else { asked(company) }))
}

/// What becomes of a period for which approval is asked.
#[must_use]
pub fn asked(company: &Company) -> Status {
    if company.profile.attendance_approval { Status::Pending } else { Status::Confirmed }
}

impl Batch {
    /// Reads a row; what is wrong with it is said in the order of its fields.
    pub fn read(&self, company: &Company, row: &Json) -> Result<Draft, Error> {
        let fields = row.as_object().ok_or_else(|| Error::invalid("attendances", "A row must be an object."))?;
        let field = |name: &str| fields.get(name).filter(|value| !is_blank(value));
        let required = |name: &str| {
            field(name).ok_or_else(|| Error::invalid(name, format!("The {name} of an attendance is required.")))
        };
        let employee = read_employee(required("employee")?)?;
        let date = read_date(required("date")?)?;
        let work = Work {
            start: read_time("start_time", required("start_time")?)?,
            end: field("end_time").map(|raw| read_time("end_time", raw)).transpose()?,
            break_minutes: read_break(required("break")?)?,
            comment: wire::optional_text("comment", fields.get("comment").unwrap_or(&Json::Null), MAX_COMMENT)?,
            project: Some(self.project_of(row)).filter(|raw| !is_blank(raw)).map(read_project).transpose()?,
        };
        work.check(&company.zone, date)?;
        let status = said_status(company, fields)?.unwrap_or(self.status);
        Ok(Draft { employee, date, work, status })
    }

    /// The project that a row names, or the one that holds for all of them.
    #[must_use]
    pub fn project_of<'r>(&'r self, row: &'r Json) -> &'r Json {
        row.get("project_id").filter(|raw| !is_blank(raw)).unwrap_or(&self.project)
    }
}

/// What an update says of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Update {
    employee: Option<EmployeeId>,
    /// The day to which it goes.
    pub date: Option<Date>,
    start: Option<Minute>,
    end: Patch<Minute>,
    break_minutes: Option<u16>,
    comment: Patch<String>,
    /// On what it is booked.
    pub project: Patch<ProjectId>,
}

/// Fields that an update can change; one of them must be there.
const CHANGEABLE: [&str; 7] = ["date", "start_time", "end_time", "break", "comment", "project_id", "skip_approval"];

/// Reads an update, flat or wrapped in `attendances`, and what becomes of the period.
pub fn read_update(company: &Company, body: &Map<String, Json>) -> Result<(Update, Status), Error> {
    let wrapped = match body.get("attendances") {
        Some(Json::Object(fields)) => Some(fields),
        Some(Json::Array(rows)) if rows.len() == 1 => rows[0].as_object(),
        Some(_) => return Err(Error::malformed("attendances", "An update takes the fields of one attendance.")),
        None => None,
    };
    let fields = wrapped.unwrap_or(body);
    // Of what stands beside a wrapper only `skip_approval` is read, for what stands in it.
    if !CHANGEABLE.iter().any(|name| is_named(name, fields)) {
        let message = format!("At least one of {} is required.", CHANGEABLE.join(", "));
        return Err(Error::malformed("body", message));
    }
    let patch = |name: &str| fields.get(name).map(|raw| if is_blank(raw) { Json::Null } else { raw.clone() });
    let set = |name: &str| match patch(name) {
        Some(Json::Null) => Err(Error::malformed(name, format!("The {name} of an attendance cannot be empty."))),
        other => Ok(other),
    };
    let update = Update {
        employee: set("employee")?.as_ref().map(read_employee).transpose()?,
        date: set("date")?.as_ref().map(read_date).transpose()?,
        start: set("start_time")?.map(|raw| read_time("start_time", &raw)).transpose()?,
        end: read_patch(patch("end_time"), |raw| read_time("end_time", raw))?,
        break_minutes: set("break")?.as_ref().map(read_break).transpose()?,
        comment: match fields.get("comment") {
            None => Patch::Keep,
            Some(raw) => wire::optional_text("comment", raw, MAX_COMMENT)?.map_or(Patch::Clear, Patch::Set),
        },
        project: read_patch(patch("project_id"), read_project)?,
    };
    let status = match said_status(company, fields)? {
        Some(said) => said,
        None => status(company, body)?,
    };
    Ok((update, status))
}

/// Whether an update has a field. An empty one clears, but for `skip_approval`, of which it says nothing.
fn is_named(name: &str, fields: &Map<String, Json>) -> bool {
    fields.get(name).is_some_and(|raw| name != "skip_approval" || !is_blank(raw))
}

impl Update {
    /// The work as the update leaves it.
    pub fn apply(&self, employee: EmployeeId, work: &Work) -> Result<Work, Error> {
        if self.employee.is_some_and(|named| named != employee) {
            return Err(Error::malformed("employee", "The employee of an attendance period cannot be changed."));
        }
        let mut work = work.clone();
        work.start = self.start.unwrap_or(work.start);
        work.break_minutes = self.break_minutes.unwrap_or(work.break_minutes);
        self.end.apply(&mut work.end);
        self.comment.clone().apply(&mut work.comment);
        self.project.apply(&mut work.project);
        Ok(work)
    }
}

fn read_patch<T>(raw: Option<Json>, read: impl Fn(&Json) -> Result<T, Error>) -> Result<Patch<T>, Error> {
    match raw {
        None => Ok(Patch::Keep),
        Some(Json::Null) => Ok(Patch::Clear),
        Some(raw) => read(&raw).map(Patch::Set),
    }
}

/// A form can only leave a field empty where JSON says null.
fn is_blank(raw: &Json) -> bool {
    raw.is_null() || raw.as_str().is_some_and(|text| text.trim().is_empty())
}

fn read_employee(raw: &Json) -> Result<EmployeeId, Error> {
    let number = wire::whole("employee", raw, 1, u64::from(EmployeeId::MAX))?;
    EmployeeId::new(number).ok_or_else(|| Error::malformed("employee", "The employee must be a number of 1 or more."))
}

fn read_project(raw: &Json) -> Result<ProjectId, Error> {
    let number = wire::whole("project_id", raw, 1, u64::from(ProjectId::MAX))?;
    ProjectId::new(number)
        .ok_or_else(|| Error::malformed("project_id", "The project_id must be a number of 1 or more."))
}

fn read_date(raw: &Json) -> Result<Date, Error> {
    calendar::parse_date("date", raw.as_str().unwrap_or_default())
}

fn read_time(field: &str, raw: &Json) -> Result<Minute, Error> {
    raw.as_str().and_then(Minute::read).ok_or_else(|| {
        Error::malformed(field, format!("The {field} must be a time of day in the form 08:00, 00:00 to 23:59."))
    })
}

fn read_break(raw: &Json) -> Result<u16, Error> {
    let minutes = wire::whole("break", raw, 0, 24 * 60)?;
    u16::try_from(minutes).map_err(|_| Error::malformed("break", "The break must be a number of minutes."))
}
