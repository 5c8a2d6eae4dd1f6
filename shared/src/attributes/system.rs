//! The attributes that every company has.
//!
//! Keys, types and English labels are those of the wire contract's example
//! employee. "Writable" is the field list of its "Create an Employee" example:
//! requests may send other system attributes, which are then ignored and named.

use crate::attributes::AttributeKey;
use crate::attributes::AttributeType;
use crate::attributes::Definition;
use crate::attributes::Kind;
use crate::attributes::definition::EntryKind;
use crate::company::Locale;

/// One row of the table.
#[derive(Debug)]
pub struct SystemAttribute {
    /// The key, which is also its universal id.
    pub key: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Whether a request may set it.
    pub writable: bool,
    labels: [&'static str; 3],
}

impl SystemAttribute {
    /// The definition in a company's language.
    #[must_use]
    pub fn definition(&self, locale: Locale) -> Definition {
        let label = match locale {
            Locale::En => self.labels[0],
            Locale::De => self.labels[1],
            Locale::Fr => self.labels[2],
        };
        Definition {
            key: AttributeKey::system(self.key),
            label: label.to_owned(),
            attribute_type: self.attribute_type(),
            universal_id: Some(self.key.to_owned()),
            options: Vec::new(),
            kind: self.kind,
        }
    }

    fn attribute_type(&self) -> AttributeType {
        match self.kind {
            Kind::Id => AttributeType::Integer,
            Kind::Date | Kind::CreatedAt | Kind::LastModifiedAt => AttributeType::Date,
            Kind::Money => AttributeType::Decimal,
            _ => AttributeType::Standard,
        }
    }
}

const fn row(key: &'static str, kind: Kind, writable: bool, labels: [&'static str; 3]) -> SystemAttribute {
    SystemAttribute { key, kind, writable, labels }
}

/// `true` in the table's third column.
const WRITABLE: bool = true;
/// `false` in the table's third column.
const KEPT: bool = false;

const GENDERS: &[&str] = &["male", "female", "diverse"];
const STATUSES: &[&str] = &["onboarding", "active", "leave", "inactive"];
const EMPLOYMENT_TYPES: &[&str] = &["internal", "external"];
const SALARY_INTERVALS: &[&str] = &["hourly", "daily", "weekly", "monthly", "yearly"];

/// Key of `email`.
pub const EMAIL: &str = "email";
/// Key of `first_name`.
pub const FIRST_NAME: &str = "first_name";
/// Key of `last_name`.
pub const LAST_NAME: &str = "last_name";
/// Key of `status`.
pub const STATUS: &str = "status";
/// Key of `hire_date`.
pub const HIRE_DATE: &str = "hire_date";
/// Key of `supervisor`.
pub const SUPERVISOR: &str = "supervisor";
/// The calendar of public holidays.
pub const HOLIDAY_CALENDAR: &str = "holiday_calendar";
/// The hours of each weekday.
pub const WORK_SCHEDULE: &str = "work_schedule";
/// Key of `weekly_working_hours`.
pub const WEEKLY_HOURS: &str = "weekly_working_hours";
/// The end of a contract that was made for a time.
pub const CONTRACT_END: &str = "contract_end_date";
/// The end of the employment, once it is known.
pub const TERMINATION: &str = "termination_date";
/// How much absence there is a year, by type.
pub const ENTITLEMENT: &str = "absence_entitlement";
/// Key of `team`.
pub const TEAM: &str = "team";
/// Key of `id`.
pub const ID: &str = "id";
/// The picture; see [`crate::attributes::value::Picture`].
pub const PROFILE_PICTURE: &str = "profile_picture";
/// Key of `last_modified_at`.
pub const LAST_MODIFIED_AT: &str = "last_modified_at";

/// The table, in the order in which employees and attributes are shown.
pub const ALL: &[SystemAttribute] = &[
    row(ID, Kind::Id, KEPT, ["ID", "ID", "ID"]),
    row(FIRST_NAME, Kind::Text, WRITABLE, ["First name", "Vorname", "Prénom"]),
    row(LAST_NAME, Kind::Text, WRITABLE, ["Last name", "Nachname", "Nom"]),
    row("preferred_name", Kind::Text, WRITABLE, ["Name (preferred)", "Name (bevorzugt)", "Nom (préféré)"]),
    row(EMAIL, Kind::Email, WRITABLE, ["Email", "E-Mail", "E-mail"]),
    row("gender", Kind::Choice(GENDERS), WRITABLE, ["Gender", "Geschlecht", "Sexe"]),
    row(STATUS, Kind::Choice(STATUSES), WRITABLE, ["Status", "Status", "Statut"]),
    row("position", Kind::Text, WRITABLE, ["Position", "Position", "Poste"]),
    row(SUPERVISOR, Kind::Supervisor, WRITABLE, ["Supervisor", "Vorgesetzte Person", "Responsable"]),
    row(
        "employment_type",
        Kind::Choice(EMPLOYMENT_TYPES),
        KEPT,
        ["Employment type", "Beschäftigungsart", "Type d’emploi"],
    ),
    row(WEEKLY_HOURS, Kind::Hours, WRITABLE, ["Weekly hours", "Wochenstunden", "Heures hebdomadaires"]),
    row(HIRE_DATE, Kind::Date, WRITABLE, ["Hire date", "Einstellungsdatum", "Date d’embauche"]),
    row(CONTRACT_END, Kind::Date, KEPT, ["Contract ends", "Vertragsende", "Fin du contrat"]),
    row(TERMINATION, Kind::Date, KEPT, ["Termination date", "Kündigungsdatum", "Date de fin de contrat"]),
    row("termination_type", Kind::Text, KEPT, ["Termination type", "Kündigungsart", "Type de départ"]),
    row("termination_reason", Kind::Text, KEPT, ["Termination reason", "Kündigungsgrund", "Motif du départ"]),
    row(
        "probation_period_end",
        Kind::Date,
        KEPT,
        ["Probation period end", "Ende der Probezeit", "Fin de la période d’essai"],
    ),
    row("created_at", Kind::CreatedAt, KEPT, ["Created at", "Erstellt am", "Créé le"]),
    row(LAST_MODIFIED_AT, Kind::LastModifiedAt, KEPT, ["Last modified", "Zuletzt geändert", "Dernière modification"]),
    row("subcompany", Kind::Entry(EntryKind::Subcompany), WRITABLE, ["Subcompany", "Gesellschaft", "Filiale"]),
    row("office", Kind::Entry(EntryKind::Office), WRITABLE, ["Office", "Standort", "Bureau"]),
    row("department", Kind::Entry(EntryKind::Department), WRITABLE, ["Department", "Abteilung", "Service"]),
    row("cost_centers", Kind::CostCenters, KEPT, ["Cost center", "Kostenstelle", "Centre de coûts"]),
    row(
        HOLIDAY_CALENDAR,
        Kind::Entry(EntryKind::HolidayCalendar),
        KEPT,
        ["Public holidays", "Feiertagskalender", "Jours fériés"],
    ),
    row(
        ENTITLEMENT,
        Kind::AbsenceEntitlement,
        KEPT,
        ["Absence entitlement", "Abwesenheitsanspruch", "Droits d’absence"],
    ),
    row(
        WORK_SCHEDULE,
        Kind::Entry(EntryKind::WorkSchedule),
        KEPT,
        ["Work schedule", "Arbeitszeitmodell", "Horaire de travail"],
    ),
    row("fix_salary", Kind::Money, KEPT, ["Fix salary", "Fixgehalt", "Salaire fixe"]),
    row(
        "fix_salary_interval",
        Kind::Choice(SALARY_INTERVALS),
        KEPT,
        ["Salary interval", "Gehaltsintervall", "Périodicité du salaire"],
    ),
    row("hourly_salary", Kind::Money, KEPT, ["Hourly salary", "Stundenlohn", "Salaire horaire"]),
    row("last_working_day", Kind::Date, KEPT, ["Last day of work", "Letzter Arbeitstag", "Dernier jour de travail"]),
    row(PROFILE_PICTURE, Kind::ProfilePicture, KEPT, ["Profile Picture", "Profilbild", "Photo de profil"]),
    row(TEAM, Kind::Entry(EntryKind::Team), KEPT, ["Team", "Team", "Équipe"]),
];

/// The row of a key.
#[must_use]
pub fn find(key: &str) -> Option<&'static SystemAttribute> {
    ALL.iter().find(|attribute| attribute.key == key)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn keys_are_unique_and_labelled_in_every_language() {
        let keys: BTreeSet<_> = ALL.iter().map(|attribute| attribute.key).collect();
        assert_eq!(keys.len(), ALL.len());
        assert!(ALL.iter().all(|attribute| attribute.labels.iter().all(|label| !label.is_empty())));
    }

    #[test]
    fn the_writable_attributes_are_the_contracts() {
        let writable: Vec<_> = ALL.iter().filter(|a| a.writable).map(|a| a.key).collect();
        assert_eq!(
            writable,
            [
                "first_name",
                "last_name",
                "preferred_name",
                "email",
                "gender",
                "status",
                "position",
                "supervisor",
                "weekly_working_hours",
                "hire_date",
                "subcompany",
                "office",
                "department",
            ]
        );
    }
}
