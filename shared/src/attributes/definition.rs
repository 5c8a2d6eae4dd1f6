//! What an attribute is called, which type it has and which values it takes.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::attributes::AttributeKey;
use crate::attributes::system;
use crate::company::Locale;
use crate::error::Error;

/// The type of an attribute as the wire names it (`TypeEnum` of the contract).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttributeType {
    /// One line of text; also everything that has no type of its own.
    Standard,
    /// A date, or an instant for `created_at` and `last_modified_at`.
    Date,
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// One of the definition's options.
    List,
    /// A web address.
    Link,
    /// Any number of the definition's options.
    Tags,
    /// Text with line breaks.
    Multiline,
}

impl fmt::Display for AttributeType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Standard => "standard",
            Self::Date => "date",
            Self::Integer => "integer",
            Self::Decimal => "decimal",
            Self::List => "list",
            Self::Link => "link",
            Self::Tags => "tags",
            Self::Multiline => "multiline",
        })
    }
}

/// What the value of an attribute is; finer than the type, which calls half of them `standard`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The employee's id; given by the store, never by a request.
    Id,
    /// When the record was created; kept by the store.
    CreatedAt,
    /// When the record was last changed; kept by the store.
    LastModifiedAt,
    /// An e-mail address, unique in the company without regard to case.
    Email,
    /// One line of text.
    Text,
    /// Text with line breaks.
    Multiline,
    /// A web address.
    Link,
    /// One of the words that the wire contract lists.
    Choice(&'static [&'static str]),
    /// One of the definition's options.
    Option,
    /// Any number of the definition's options.
    Tags,
    /// A date.
    Date,
    /// A whole number.
    Integer,
    /// A decimal number.
    Decimal,
    /// Hours of a week, 0 to 168, shown as a string.
    Hours,
    /// An amount in the company's currency.
    Money,
    /// An entry of one of the company's lists.
    Entry(EntryKind),
    /// Another employee.
    Supervisor,
    /// Cost centers with percentages that sum to 100.
    CostCenters,
    /// Days per year for absence types.
    AbsenceEntitlement,
    /// The address of the employee's picture.
    ProfilePicture,
}

/// The lists of a company whose entries an employee can point to, each a settings item of its own kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Legal entities.
    Subcompany,
    /// Places of work.
    Office,
    /// Departments.
    Department,
    /// Teams.
    Team,
    /// Cost centers.
    CostCenter,
    /// Public holidays of a country or one of its states.
    HolidayCalendar,
    /// Hours per weekday.
    WorkSchedule,
    /// Kinds of absence.
    AbsenceType,
    /// Kinds of document.
    DocumentCategory,
}

impl EntryKind {
    /// Every kind, in the order in which a company file is applied.
    pub const ALL: [Self; 9] = [
        Self::Subcompany,
        Self::Office,
        Self::Department,
        Self::Team,
        Self::CostCenter,
        Self::HolidayCalendar,
        Self::WorkSchedule,
        Self::AbsenceType,
        Self::DocumentCategory,
    ];

    /// What the wire calls the `type` of such an entry.
    #[must_use]
    pub fn wire_type(self) -> &'static str {
        match self {
            Self::Subcompany => "Subcompany",
            Self::Office => "Office",
            Self::Department => "Department",
            Self::Team => "Team",
            Self::CostCenter => "CostCenter",
            Self::HolidayCalendar => "HolidayCalendar",
            Self::WorkSchedule => "WorkSchedule",
            Self::AbsenceType => "TimeOffType",
            Self::DocumentCategory => "DocumentCategory",
        }
    }

    /// The word for one such entry in messages and keys.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Subcompany => "subcompany",
            Self::Office => "office",
            Self::Department => "department",
            Self::Team => "team",
            Self::CostCenter => "cost_center",
            Self::HolidayCalendar => "holiday_calendar",
            Self::WorkSchedule => "work_schedule",
            Self::AbsenceType => "absence_type",
            Self::DocumentCategory => "document_category",
        }
    }
}

impl FromStr for EntryKind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.word() == text)
            .ok_or_else(|| Error::Internal(format!("no list of a company is called {text}")))
    }
}

/// One attribute of a company.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// Its key.
    pub key: AttributeKey,
    /// What people call it, in the company's language or words.
    pub label: String,
    /// Its type on the wire.
    pub attribute_type: AttributeType,
    /// What it means across companies; `None` for most dynamic attributes.
    pub universal_id: Option<String>,
    /// The values that a list or tags attribute can take.
    pub options: Vec<String>,
    /// What its value is.
    pub kind: Kind,
}

/// All attributes of a company: the system's, then its own in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub struct Catalogue {
    definitions: Vec<Definition>,
    /// Where each stands among them.
    places: BTreeMap<AttributeKey, usize>,
}

impl Catalogue {
    /// The system attributes in a company's language, with the company's labels and own attributes laid over them.
    #[must_use]
    pub fn new(locale: Locale, declared: Vec<DeclaredAttribute>) -> Self {
        let mut catalogue = Self::default();
        for attribute in system::ALL {
            catalogue.insert(attribute.definition(locale));
        }
        let mut own = Vec::new();
        for attribute in declared {
            match catalogue.places.get(&attribute.key) {
                Some(place) => catalogue.definitions[*place].label = attribute.label,
                None => own.push(attribute),
            }
        }
        own.sort_by_key(|attribute| (attribute.key.as_str().len(), attribute.key.clone()));
        for attribute in own {
            catalogue.insert(attribute.into_definition());
        }
        catalogue
    }

    fn insert(&mut self, definition: Definition) {
        self.places.insert(definition.key.clone(), self.definitions.len());
        self.definitions.push(definition);
    }

    /// The definition of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Definition> {
        self.places.get(key).and_then(|place| self.definitions.get(*place))
    }

    /// Every definition, in the order in which they are shown.
    pub fn iter(&self) -> impl Iterator<Item = &Definition> {
        self.definitions.iter()
    }
}

/// An attribute as a company declares it: a label for a system attribute, or one of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredAttribute {
    /// Its key.
    pub key: AttributeKey,
    /// What people call it.
    pub label: String,
    /// Its type; a system attribute keeps its own.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub attribute_type: Option<AttributeType>,
    /// The values of a list or tags attribute.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<String>,
    /// What it means across companies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub universal_id: Option<String>,
}

impl DeclaredAttribute {
    /// Checks what the type system cannot: a type for own attributes, options where they belong.
    pub fn validate(&self) -> Result<(), Error> {
        let field = format!("attributes.{}", self.key);
        if self.label.trim().is_empty() || self.label.chars().count() > 255 {
            return Err(Error::invalid(field, format!("{} needs a label of 1 to 255 characters.", self.key)));
        }
        if !self.key.is_dynamic() {
            if self.attribute_type.is_some() || !self.options.is_empty() || self.universal_id.is_some() {
                return Err(Error::invalid(
                    field,
                    format!("{} is a system attribute: only its label can be declared.", self.key),
                ));
            }
            return Ok(());
        }
        match self.attribute_type {
            None => Err(Error::invalid(field, format!("{} needs a type.", self.key))),
            Some(AttributeType::List | AttributeType::Tags) if self.options.is_empty() => {
                Err(Error::invalid(field, format!("{} needs options.", self.key)))
            }
            Some(AttributeType::List | AttributeType::Tags) => self.validate_options(&field),
            Some(_) if !self.options.is_empty() => {
                Err(Error::invalid(field, format!("{} has options, but is neither list nor tags.", self.key)))
            }
            Some(_) => Ok(()),
        }
    }

    fn validate_options(&self, field: &str) -> Result<(), Error> {
        for (index, option) in self.options.iter().enumerate() {
            if option.trim().is_empty() || option.contains(',') {
                return Err(Error::invalid(field, format!("{}: an option is empty or has a comma.", self.key)));
            }
            if self.options[..index].contains(option) {
                return Err(Error::invalid(field, format!("{}: the option {option} is there twice.", self.key)));
            }
        }
        Ok(())
    }

    fn into_definition(self) -> Definition {
        let attribute_type = self.attribute_type.unwrap_or(AttributeType::Standard);
        let kind = match attribute_type {
            AttributeType::Standard => Kind::Text,
            AttributeType::Date => Kind::Date,
            AttributeType::Integer => Kind::Integer,
            AttributeType::Decimal => Kind::Decimal,
            AttributeType::List => Kind::Option,
            AttributeType::Link => Kind::Link,
            AttributeType::Tags => Kind::Tags,
            AttributeType::Multiline => Kind::Multiline,
        };
        Definition {
            key: self.key,
            label: self.label,
            attribute_type,
            universal_id: self.universal_id,
            options: self.options,
            kind,
        }
    }
}
