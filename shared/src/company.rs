//! A company as its employees see it: zone, language, lists and attributes.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;
use serde::ser::SerializeMap;
use serde_json::Value as Json;

use crate::attributes::Catalogue;
use crate::attributes::definition::DeclaredAttribute;
use crate::attributes::definition::EntryKind;
use crate::calendar::Zone;
use crate::company::absences::AbsenceCategory;
use crate::company::absences::AbsenceRules;
use crate::company::absences::AbsenceUnit;
use crate::credential::Integration;
use crate::credential::Integrations;
use crate::error::Error;
use crate::holidays::Calendar;
use crate::holidays::Holiday;
use crate::ids::CompanyId;

pub mod absences;

/// The language of the system attributes' labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Locale {
    /// English.
    #[default]
    En,
    /// German.
    De,
    /// French.
    Fr,
}

/// What a company says of itself; one settings item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The slug that names it everywhere.
    pub id: CompanyId,
    /// Its name.
    pub name: String,
    /// Its IANA time zone.
    pub time_zone: String,
    /// The language of its labels.
    #[serde(default)]
    pub locale: Locale,
    /// The ISO 4217 code of its salaries.
    #[serde(default = "euro")]
    pub currency: String,
    /// Whether somebody has to agree to attendance that is sent with `skip_approval=false`.
    #[serde(default = "required")]
    pub attendance_approval: bool,
}

fn required() -> bool {
    true
}

fn euro() -> String {
    "EUR".to_owned()
}

impl Profile {
    /// Checks what the type system cannot.
    pub fn validate(&self) -> Result<(), Error> {
        if self.name.trim().is_empty() || self.name.chars().count() > 255 {
            return Err(Error::invalid("company.name", "The company needs a name of 1 to 255 characters."));
        }
        if self.currency.len() != 3 || !self.currency.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(Error::invalid("company.currency", "The currency must be an ISO 4217 code such as EUR."));
        }
        Zone::named(&self.time_zone).map(|_| ())
    }
}

/// One entry of one of the company's lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its number, unique among entries of its kind.
    pub id: u32,
    /// Its name, unique among entries of its kind.
    pub name: String,
    /// What only entries of its kind have.
    #[serde(flatten)]
    pub details: Details,
}

/// What only entries of one kind have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Details {
    /// A legal entity.
    Subcompany,
    /// A place of work.
    Office,
    /// A department.
    Department,
    /// A team.
    Team,
    /// A cost center.
    CostCenter,
    /// Public holidays.
    HolidayCalendar {
        /// ISO 3166 code of the country.
        country: String,
        /// Name of the state, where holidays differ by state.
        state: Option<String>,
        /// What the company says of days for itself.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        days: Vec<OwnDay>,
    },
    /// Hours per weekday.
    WorkSchedule {
        /// The first day on which it holds.
        valid_from: Option<Date>,
        /// Monday to Sunday.
        week: [DayLength; 7],
    },
    /// A kind of absence.
    AbsenceType {
        /// What it counts as; the wire contract lists the words.
        category: AbsenceCategory,
        /// Whether it is taken in days or hours.
        unit: AbsenceUnit,
        /// Whether somebody has to agree.
        approval_required: bool,
        /// The company's own rules for it.
        #[serde(default, skip_serializing_if = "AbsenceRules::is_default")]
        rules: AbsenceRules,
    },
    /// A kind of document.
    DocumentCategory,
}

impl Details {
    /// The list in which it stands.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        match self {
            Self::Subcompany => EntryKind::Subcompany,
            Self::Office => EntryKind::Office,
            Self::Department => EntryKind::Department,
            Self::Team => EntryKind::Team,
            Self::CostCenter => EntryKind::CostCenter,
            Self::HolidayCalendar { .. } => EntryKind::HolidayCalendar,
            Self::WorkSchedule { .. } => EntryKind::WorkSchedule,
            Self::AbsenceType { .. } => EntryKind::AbsenceType,
            Self::DocumentCategory => EntryKind::DocumentCategory,
        }
    }
}

/// A day of which a company says for itself how much of it is a holiday: one
/// more than the place has, half of one, or none where the place has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OwnDay {
    /// The day.
    pub date: Date,
    /// How much of it; all of it where nothing is said.
    #[serde(default = "whole")]
    pub part: Holiday,
}

fn whole() -> Holiday {
    Holiday::Whole
}

/// The holidays of those who follow one of the company's calendars.
#[derive(Clone, Debug, Default)]
pub struct Holidays {
    place: Option<Calendar>,
    own: BTreeMap<Date, Holiday>,
}

impl Holidays {
    fn of(country: &str, state: Option<&str>, days: &[OwnDay]) -> Self {
        let own = days.iter().map(|day| (day.date, day.part)).collect();
        Self { place: Calendar::find(country, state), own }
    }

    /// How much of a day is a holiday: what the company says of it, else what the place has.
    #[must_use]
    pub fn on(&self, date: Date) -> Holiday {
        let place = || self.place.map_or(Holiday::None, |place| place.on(date));
        self.own.get(&date).copied().unwrap_or_else(place)
    }
}

/// The working time of one weekday in minutes, written `08:00`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct DayLength(u16);

impl TryFrom<String> for DayLength {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        let digits = |part: &str| {
            (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u16>().ok()).flatten()
        };
        match text.split_once(':').and_then(|(h, m)| Some((digits(h)?, digits(m)?))) {
            Some((hours, minutes)) if minutes < 60 && hours * 60 + minutes <= 24 * 60 => Ok(Self(hours * 60 + minutes)),
            _ => Err(Error::invalid("work_schedules", "A working time must be HH:MM, 00:00 to 24:00.")),
        }
    }
}

impl From<DayLength> for String {
    fn from(length: DayLength) -> Self {
        length.to_string()
    }
}

impl DayLength {
    /// The working time in minutes.
    #[must_use]
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// A working time of so many minutes, if a day has them.
    #[must_use]
    pub fn of_minutes(minutes: u16) -> Option<Self> {
        (minutes <= 24 * 60).then_some(Self(minutes))
    }
}

impl fmt::Display for DayLength {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

/// Monday to Sunday as the wire and company files name them.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Entry {
    /// The entry as an employee's attribute shows it: `{"type", "attributes": {"id", "name", …}}`.
    #[must_use]
    pub fn show<'e>(&'e self, zone: &'e Zone) -> ShownEntry<'e> {
        ShownEntry { entry: self, zone, weight: None }
    }
}

/// An entry on the wire.
#[derive(Debug)]
pub struct ShownEntry<'e> {
    entry: &'e Entry,
    zone: &'e Zone,
    weight: Option<(&'static str, Json)>,
}

impl ShownEntry<'_> {
    /// With a number that an employee has for this entry, under a name of its own.
    #[must_use]
    pub fn with(self, name: &'static str, number: Json) -> Self {
        Self { weight: Some((name, number)), ..self }
    }
}

impl Serialize for ShownEntry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut shown = serializer.serialize_map(Some(2))?;
        shown.serialize_entry("type", self.entry.details.kind().wire_type())?;
        shown.serialize_entry("attributes", &ShownDetails(self))?;
        shown.end()
    }
}

/// What an entry on the wire says of itself.
struct ShownDetails<'e>(&'e ShownEntry<'e>);

impl Serialize for ShownDetails<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let ShownEntry { entry, zone, weight } = self.0;
        let mut attributes = serializer.serialize_map(None)?;
        attributes.serialize_entry("id", &entry.id)?;
        attributes.serialize_entry("name", &entry.name)?;
        match &entry.details {
            Details::HolidayCalendar { country, state, .. } => {
                attributes.serialize_entry("country", country)?;
                attributes.serialize_entry("state", state)?;
            }
            Details::WorkSchedule { valid_from, week } => {
                attributes.serialize_entry("valid_from", &valid_from.map(|date| zone.show_date(date)))?;
                for (day, length) in WEEKDAYS.iter().zip(week) {
                    attributes.serialize_entry(day, length)?;
                }
            }
            Details::AbsenceType { category, .. } => attributes.serialize_entry("category", category)?,
            Details::Subcompany
            | Details::Office
            | Details::Department
            | Details::Team
            | Details::CostCenter
            | Details::DocumentCategory => {}
        }
        if let Some((name, number)) = weight {
            attributes.serialize_entry(name, number)?;
        }
        attributes.end()
    }
}

/// A company with all that its settings say, ready to read and render with.
#[derive(Clone, Debug)]
pub struct Company {
    /// What it says of itself.
    pub profile: Profile,
    /// Its time zone.
    pub zone: Zone,
    /// Its attributes.
    pub catalogue: Catalogue,
    /// What its credentials can be for.
    pub integrations: Integrations,
    entries: BTreeMap<(EntryKind, u32), Entry>,
}

impl Company {
    /// Puts a company together from its settings.
    pub fn new(profile: Profile, entries: Vec<Entry>, attributes: Vec<DeclaredAttribute>) -> Result<Self, Error> {
        let zone = Zone::named(&profile.time_zone)?;
        let catalogue = Catalogue::new(profile.locale, attributes);
        let entries = entries.into_iter().map(|entry| ((entry.details.kind(), entry.id), entry)).collect();
        Ok(Self { profile, zone, catalogue, integrations: Integrations::of(Vec::new()), entries })
    }

    /// The company with integrations that it declared itself.
    #[must_use]
    pub fn with_integrations(self, declared: Vec<Integration>) -> Self {
        Self { integrations: Integrations::of(declared), ..self }
    }

    /// The entry of a list with a number.
    #[must_use]
    pub fn entry(&self, kind: EntryKind, id: u32) -> Option<&Entry> {
        self.entries.get(&(kind, id))
    }

    /// The entry of a list with a name, which must be spelled as it is stored.
    #[must_use]
    pub fn entry_named(&self, kind: EntryKind, name: &str) -> Option<&Entry> {
        self.entries_of(kind).find(|entry| entry.name == name.trim())
    }

    /// The holidays of each of the company's calendars, by their numbers.
    #[must_use]
    pub fn holidays(&self) -> BTreeMap<u32, Holidays> {
        let calendars = self.entries_of(EntryKind::HolidayCalendar).filter_map(|entry| match &entry.details {
            Details::HolidayCalendar { country, state, days } => {
                Some((entry.id, Holidays::of(country, state.as_deref(), days)))
            }
            _ => None,
        });
        calendars.collect()
    }

    /// All entries of a list in the order of their numbers.
    pub fn entries_of(&self, kind: EntryKind) -> impl Iterator<Item = &Entry> {
        self.entries.range((kind, 0)..=(kind, u32::MAX)).map(|(_, entry)| entry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_has_the_last_word_on_its_days() {
        let day = |month, day| Date::constant(2026, month, day);
        let own = |date, part| OwnDay { date, part };
        let days = [own(day(12, 24), Holiday::Half), own(day(1, 6), Holiday::None), own(day(7, 1), Holiday::Whole)];
        let holidays = Holidays::of("DE", Some("Bayern"), &days);
        assert_eq!(holidays.on(day(12, 24)), Holiday::Half);
        assert_eq!(holidays.on(day(1, 6)), Holiday::None, "Epiphany is one in Bavaria");
        assert_eq!((holidays.on(day(7, 1)), holidays.on(day(12, 25))), (Holiday::Whole, Holiday::Whole));
        assert_eq!(Holidays::of("US", None, &days).on(day(7, 1)), Holiday::Whole);
        assert_eq!(Holidays::of("US", None, &days).on(day(12, 25)), Holiday::None);
    }

    #[test]
    fn day_lengths_are_hours_and_minutes() {
        for good in ["00:00", "08:30", "24:00"] {
            assert_eq!(DayLength::try_from(good.to_owned()).map(String::from).ok().as_deref(), Some(good));
        }
        for bad in ["", "8:30", "08:60", "24:01", "25:00", "08-00", "+8:00", "08:00:00"] {
            assert!(DayLength::try_from(bad.to_owned()).is_err(), "{bad:?} must be refused");
        }
    }
}
