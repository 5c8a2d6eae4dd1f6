//! The format of a company file; `companies/demo.yaml` explains it by example.

use std::fs;
use std::path::Path;

use jiff::civil::Date;
use serde::Deserialize;
use serde_json::Map;
use serde_json::Value as Json;
use shared::attributes::definition::DeclaredAttribute;
use shared::company::DayLength;
use shared::company::Details;
use shared::company::OwnDay;
use shared::company::Profile;
use shared::company::absences::AbsenceCategory;
use shared::company::absences::AbsenceRules;
use shared::company::absences::AbsenceUnit;
use shared::company::absences::CarryOver;
use shared::credential::Integration;
use shared::ids::ProjectId;

use crate::failure::Failure;

/// A company as a file declares it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompanyFile {
    /// What the company says of itself.
    pub company: Profile,
    #[serde(default)]
    subcompanies: Vec<Named>,
    #[serde(default)]
    offices: Vec<Named>,
    #[serde(default)]
    departments: Vec<Named>,
    #[serde(default)]
    teams: Vec<Named>,
    #[serde(default)]
    cost_centers: Vec<Named>,
    #[serde(default)]
    holiday_calendars: Vec<HolidayCalendar>,
    #[serde(default)]
    work_schedules: Vec<WorkSchedule>,
    #[serde(default)]
    absence_types: Vec<AbsenceType>,
    #[serde(default)]
    document_categories: Vec<Named>,
    #[serde(default)]
    /// What attendance is booked on.
    pub projects: Vec<DeclaredProject>,
    /// Labels for system attributes, and the company's own attributes.
    #[serde(default)]
    pub attributes: Vec<DeclaredAttribute>,
    /// What credentials can be for, beside what every company has.
    #[serde(default)]
    pub integrations: Vec<Integration>,
    /// Employees, each a mapping of attribute keys to values.
    #[serde(default)]
    pub employees: Vec<Map<String, Json>>,
}

/// An entry of a list as a file declares it; without an id, it gets the next one.
#[derive(Clone, Debug, PartialEq)]
pub struct DeclaredEntry {
    /// The number it must have.
    pub id: Option<u32>,
    /// Its name.
    pub name: String,
    /// What only entries of its kind have.
    pub details: Details,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    id: Option<u32>,
    name: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HolidayCalendar {
    id: Option<u32>,
    name: String,
    country: String,
    state: Option<String>,
    #[serde(default)]
    days: Vec<OwnDay>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkSchedule {
    id: Option<u32>,
    name: String,
    valid_from: Option<Date>,
    #[serde(default)]
    monday: DayLength,
    #[serde(default)]
    tuesday: DayLength,
    #[serde(default)]
    wednesday: DayLength,
    #[serde(default)]
    thursday: DayLength,
    #[serde(default)]
    friday: DayLength,
    #[serde(default)]
    saturday: DayLength,
    #[serde(default)]
    sunday: DayLength,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AbsenceType {
    id: Option<u32>,
    name: String,
    category: AbsenceCategory,
    #[serde(default)]
    unit: AbsenceUnit,
    #[serde(default)]
    approval_required: bool,
    #[serde(default)]
    overlap: bool,
    #[serde(default = "yes")]
    negative_balance: bool,
    certificate_after: Option<u16>,
    carry_over: Option<CarryOver>,
}

/// A project as a file declares it; without an id, it gets the next one.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredProject {
    /// The number it must have.
    pub id: Option<ProjectId>,
    /// Its name.
    pub name: String,
    /// Whether new attendance can be booked on it.
    #[serde(default = "yes")]
    pub active: bool,
}

fn yes() -> bool {
    true
}

impl CompanyFile {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let text = fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("the company file {} cannot be read: {error}", path.display())))?;
        Self::parse(&path.display().to_string(), &text)
    }

    /// Reads the text of a file; `name` is what messages call it.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let broken =
            |error: &dyn std::fmt::Display| Failure::usage(format!("the company file {name} is broken: {error}"));
        // Without the snippet that the library would draw below its first line: it shows what is in the file.
        let options = serde_saphyr::options! { with_snippet: false };
        let file: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| broken(&error))?;
        file.company.validate().map_err(|error| broken(&error))?;
        for attribute in &file.attributes {
            attribute.validate().map_err(|error| broken(&error))?;
        }
        Ok(file)
    }

    /// The entries of all lists, in the order of the file.
    #[must_use]
    pub fn entries(&self) -> Vec<DeclaredEntry> {
        let named = |list: &[Named], details: Details| -> Vec<DeclaredEntry> {
            list.iter()
                .map(|one| DeclaredEntry { id: one.id, name: one.name.clone(), details: details.clone() })
                .collect()
        };
        let mut entries = named(&self.subcompanies, Details::Subcompany);
        entries.extend(named(&self.offices, Details::Office));
        entries.extend(named(&self.departments, Details::Department));
        entries.extend(named(&self.teams, Details::Team));
        entries.extend(named(&self.cost_centers, Details::CostCenter));
        entries.extend(self.holiday_calendars.iter().cloned().map(HolidayCalendar::into_entry));
        entries.extend(self.work_schedules.iter().cloned().map(WorkSchedule::into_entry));
        entries.extend(self.absence_types.iter().cloned().map(AbsenceType::into_entry));
        entries.extend(named(&self.document_categories, Details::DocumentCategory));
        for entry in &mut entries {
            entry.name = entry.name.trim().to_owned();
        }
        entries
    }
}

impl HolidayCalendar {
    fn into_entry(self) -> DeclaredEntry {
        let details = Details::HolidayCalendar { country: self.country, state: self.state, days: self.days };
        DeclaredEntry { id: self.id, name: self.name, details }
    }
}

impl WorkSchedule {
    fn into_entry(self) -> DeclaredEntry {
        let week = [self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday];
        let details = Details::WorkSchedule { valid_from: self.valid_from, week };
        DeclaredEntry { id: self.id, name: self.name, details }
    }
}

impl AbsenceType {
    fn into_entry(self) -> DeclaredEntry {
        let details = Details::AbsenceType {
            category: self.category,
            unit: self.unit,
            approval_required: self.approval_required,
            rules: AbsenceRules {
                overlap: self.overlap,
                negative_balance: self.negative_balance,
                certificate_after: self.certificate_after,
                carry_over: self.carry_over,
            },
        };
        DeclaredEntry { id: self.id, name: self.name, details }
    }
}
