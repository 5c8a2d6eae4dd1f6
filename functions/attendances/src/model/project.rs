//! Projects: what attendance is booked on.

use jiff::Timestamp;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Map;
use serde_json::Value as Json;
use shared::error::Error;
use shared::error::Problems;
use shared::ids::ProjectId;
use shared::text;
use shared::wire;

/// Longest name, in characters.
const MAX_NAME: usize = 255;

/// A project as the table holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Its name, unique among active projects without regard to case.
    pub name: String,
    /// Whether new attendance can be booked on it.
    pub active: bool,
    /// Whether it was deleted: it is listed no more, and stays where it was booked on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// How often it was written.
    pub version: u64,
    /// When it was created, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub created_at: Timestamp,
    /// When it was last changed, UTC, in milliseconds.
    #[serde(with = "jiff::fmt::serde::timestamp::millisecond::required")]
    pub updated_at: Timestamp,
}

impl Project {
    /// A new project.
    #[must_use]
    pub fn new(id: ProjectId, name: String, active: bool, now: Timestamp) -> Self {
        Self { id, name, active, deleted: false, version: 1, created_at: now, updated_at: now }
    }

    /// The form of the name that only one active project can have.
    #[must_use]
    pub fn claim(&self) -> Option<String> {
        self.active.then(|| comparable_name(&self.name))
    }

    /// Checks that new attendance can be booked on it.
    pub fn check_open(found: Option<&Self>, id: ProjectId) -> Result<(), Error> {
        match found {
            Some(project) if project.deleted => {
                Err(Error::invalid("project_id", format!("The project {id} was deleted.")))
            }
            Some(project) if !project.active => {
                Err(Error::invalid("project_id", format!("The project {id} is not active.")))
            }
            Some(_) => Ok(()),
            None => Err(Error::invalid("project_id", format!("There is no project with the id {id}."))),
        }
    }
}

/// Names are compared without regard to case.
#[must_use]
pub fn comparable_name(name: &str) -> String {
    text::without_case(name.trim())
}

/// What a request says of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFields {
    /// Its name.
    pub name: Option<String>,
    /// Whether new attendance can be booked on it.
    pub active: Option<bool>,
}

/// Reads what a request says of a project; everything that is wrong with it is
/// said at once. Null counts as not sent: clients send it for what they were not given. So does an empty `active`,
/// where a form can only leave a field empty; no name is empty.
pub fn read(body: &Map<String, Json>) -> Result<ProjectFields, Error> {
    let mut problems = Problems::default();
    let sent = |name: &str| body.get(name).filter(|raw| !raw.is_null());
    let name = sent("name").map(read_name).transpose();
    let empty = |raw: &Json| raw.as_str().is_some_and(|text| text.trim().is_empty());
    let active = sent("active")
        .filter(|raw| !empty(raw))
        .map(|raw| wire::flag("active", raw))
        .transpose()
        .map_err(|_| Error::invalid("active", "Active field needs to be of type boolean"));
    let (name, active) = (problems.check(name)?.flatten(), problems.check(active)?.flatten());
    problems.into_result()?;
    Ok(ProjectFields { name, active })
}

/// The answer to a project without a name.
#[must_use]
pub fn no_name() -> Error {
    Error::invalid("name", "Project name cannot be empty")
}

/// Reads a name: one line of 1 to 255 characters.
pub fn read_name(raw: &Json) -> Result<String, Error> {
    let refuse = |message: &str| Error::invalid("name", message);
    let name = match raw {
        Json::String(text) => text.trim(),
        _ => return Err(refuse("Project name needs to be of type string")),
    };
    if name.is_empty() {
        return Err(no_name());
    }
    // The name in lower case is a sort key, which has 1,024 bytes at most; few letters grow when they are lowered.
    let fits = name.chars().count() <= MAX_NAME && comparable_name(name).len() <= 1_024;
    if !fits || name.chars().any(char::is_control) {
        return Err(refuse("Project name must be one line of at most 255 characters"));
    }
    Ok(name.to_owned())
}

/// The answer to a name that another active project has.
#[must_use]
pub fn name_taken() -> Error {
    Error::invalid("name", "An active project with this name exists already")
}

/// The vendor's answer to an id that no project has; without the number for what is none.
#[must_use]
pub fn not_found(id: Option<ProjectId>) -> Error {
    Error::not_found(id.map_or("Project not found".to_owned(), |id| format!("Project {id} not found")))
}
