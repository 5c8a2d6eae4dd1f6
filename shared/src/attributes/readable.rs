//! What a credential may see of an employee. Nothing else turns a stored
//! employee into an answer, nested employees included.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use indexmap::IndexMap;
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::json;
use utoipa::ToSchema;

use crate::attributes::AttributeKey;
use crate::attributes::AttributeType;
use crate::attributes::Definition;
use crate::attributes::Employee;
use crate::attributes::Kind;
use crate::attributes::Value;
use crate::attributes::definition::EntryKind;
use crate::attributes::system;
use crate::attributes::value::number;
use crate::company::Company;
use crate::error::Error;
use crate::ids::EmployeeId;
use crate::record::Touched;

/// The attributes that a credential may read; `id` always is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<String>", into = "Vec<String>")]
pub enum Readable {
    /// Every attribute, those declared later included; written `*`.
    All,
    /// These.
    Only(BTreeSet<AttributeKey>),
}

impl Readable {
    /// How every attribute is written in place of keys.
    pub const EVERYTHING: &'static str = "*";

    /// Whether a credential may read the attribute.
    #[must_use]
    pub fn allows(&self, key: &str) -> bool {
        key == system::ID
            || match self {
                Self::All => true,
                Self::Only(keys) => keys.contains(key),
            }
    }
}

impl TryFrom<Vec<String>> for Readable {
    type Error = Error;

    fn try_from(keys: Vec<String>) -> Result<Self, Error> {
        if keys.iter().any(|key| key == Self::EVERYTHING) {
            return Ok(Self::All);
        }
        keys.into_iter().map(AttributeKey::try_from).collect::<Result<_, _>>().map(Self::Only)
    }
}

impl From<Readable> for Vec<String> {
    fn from(readable: Readable) -> Self {
        match readable {
            Readable::All => vec![Readable::EVERYTHING.to_owned()],
            Readable::Only(keys) => keys.into_iter().map(String::from).collect(),
        }
    }
}

/// Whoever is shown employees: what they may see of them, and what they were shown.
#[derive(Clone, Debug)]
pub struct Reader {
    readable: Readable,
    touched: Touched,
}

impl Reader {
    /// A reader who may see some attributes, and where it is noted what they are shown.
    #[must_use]
    pub fn new(readable: Readable, touched: Touched) -> Self {
        Self { readable, touched }
    }

    /// The attributes that may be shown.
    #[must_use]
    pub fn readable(&self) -> &Readable {
        &self.readable
    }

    /// Where it is noted what is shown and changed.
    #[must_use]
    pub fn touched(&self) -> &Touched {
        &self.touched
    }
}

/// The employees to whom those on a page report.
pub type Supervisors = BTreeMap<EmployeeId, Employee>;

/// An employee on the wire.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct EmployeeResource {
    /// Always `Employee`.
    #[serde(rename = "type")]
    pub resource_type: &'static str,
    /// The attributes that the credential may read, by their keys.
    pub attributes: IndexMap<String, AttributeResource>,
}

/// An attribute of an employee on the wire.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct AttributeResource {
    /// What people call it.
    pub label: String,
    /// Its value, in the form of its type.
    pub value: Json,
    /// Its type.
    #[serde(rename = "type")]
    pub attribute_type: AttributeType,
    /// What it means across companies.
    pub universal_id: Option<String>,
    /// The currency of an amount, ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// A company seen through a credential.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The company whose employees are shown.
    company: &'a Company,
    /// What the credential may read, and where it is noted what it was shown.
    reader: &'a Reader,
    /// The company's date: entitlements are those of its year.
    today: Date,
    /// What the request asked for (`attributes[]`); `None` asks for everything.
    selected: Option<&'a BTreeSet<String>>,
    /// What the addresses of pictures begin with.
    base_url: &'a str,
}

/// What an employee nested in another answer shows, as far as it is readable (`ShortEmployee` of the contract).
const SHORT: [&str; 4] = [system::ID, system::FIRST_NAME, system::LAST_NAME, system::EMAIL];

impl<'a> View<'a> {
    /// All that a credential may read of a company's employees at an instant.
    #[must_use]
    pub fn new(company: &'a Company, reader: &'a Reader, now: Timestamp) -> Self {
        Self { company, reader, today: company.zone.today(now), selected: None, base_url: "" }
    }

    /// With addresses as the client can follow them.
    #[must_use]
    pub fn at(self, base_url: &'a str) -> Self {
        Self { base_url, ..self }
    }

    /// Only the attributes that a request asked for.
    #[must_use]
    pub fn select(self, selected: Option<&'a BTreeSet<String>>) -> Self {
        Self { selected, ..self }
    }
}

impl View<'_> {
    /// Whether an answer contains the attribute.
    #[must_use]
    pub fn shows(&self, key: &str) -> bool {
        self.reader.readable.allows(key)
            && (key == system::ID || self.selected.is_none_or(|selected| selected.contains(key)))
    }

    /// The attributes that the credential may read, for the list of attributes.
    pub fn definitions(&self) -> impl Iterator<Item = &Definition> {
        self.company.catalogue.iter().filter(|definition| self.reader.readable.allows(definition.key.as_str()))
    }

    /// An employee: `{"type": "Employee", "attributes": {key: {"label", "value", "type", "universal_id"}}}`.
    #[must_use]
    pub fn employee(&self, employee: &Employee, supervisors: &Supervisors) -> EmployeeResource {
        self.nest(employee, supervisors, |key| self.shows(key))
    }

    /// An employee nested in another answer.
    #[must_use]
    pub fn short_employee(&self, employee: &Employee) -> EmployeeResource {
        self.nest(employee, &Supervisors::new(), |key| SHORT.contains(&key) && self.reader.readable.allows(key))
    }

    fn nest(&self, employee: &Employee, supervisors: &Supervisors, shown: impl Fn(&str) -> bool) -> EmployeeResource {
        let shown = || self.company.catalogue.iter().filter(|definition| shown(definition.key.as_str()));
        // Whatever is shown of anybody goes through here, so nothing of it is missing in the record.
        self.reader.touched.show(employee.id, shown().map(|definition| definition.key.as_str()));
        let attributes = shown()
            .map(|definition| (definition.key.to_string(), self.attribute(definition, employee, supervisors)))
            .collect();
        EmployeeResource { resource_type: "Employee", attributes }
    }

    fn attribute(&self, definition: &Definition, employee: &Employee, supervisors: &Supervisors) -> AttributeResource {
        AttributeResource {
            label: definition.label.clone(),
            value: self.value(definition, employee, supervisors),
            attribute_type: definition.attribute_type,
            universal_id: definition.universal_id.clone(),
            currency: (definition.kind == Kind::Money).then(|| self.company.profile.currency.clone()),
        }
    }

    fn value(&self, definition: &Definition, employee: &Employee, supervisors: &Supervisors) -> Json {
        let zone = &self.company.zone;
        match definition.kind {
            Kind::Id => json!(employee.id),
            Kind::CreatedAt => json!(zone.show_instant(employee.created_at)),
            Kind::LastModifiedAt => json!(zone.show_instant(employee.updated_at)),
            Kind::ProfilePicture => json!(employee.picture().map(|_| self.picture_url(employee.id))),
            _ => match employee.values.get(&definition.key) {
                Some(value) => self.stored(definition.kind, value, supervisors),
                None => nothing(definition.kind),
            },
        }
    }

    fn picture_url(&self, employee: EmployeeId) -> String {
        format!("{}/v1/company/employees/{employee}/profile-picture", self.base_url)
    }

    fn stored(&self, kind: Kind, value: &Value, supervisors: &Supervisors) -> Json {
        match value {
            Value::Text(text) => json!(text),
            Value::Date(date) => json!(self.company.zone.show_date(*date)),
            Value::Integer(integer) => json!(integer),
            Value::Decimal(hours) if kind == Kind::Hours => json!(hours.normalize().to_string()),
            Value::Decimal(decimal) => number(*decimal),
            Value::Entry(id) => match kind {
                Kind::Entry(kind) => self.entry(kind, *id),
                _ => Json::Null,
            },
            Value::Employee(id) => {
                supervisors.get(id).map_or(Json::Null, |employee| json!(self.short_employee(employee)))
            }
            // One text with commas: what the vendor sends, and what clients split.
            Value::Tags(tags) => json!(tags.join(",")),
            Value::Shares(shares) => shares
                .iter()
                .map(|share| self.weighted(EntryKind::CostCenter, share.id, "percentage", share.percentage))
                .collect(),
            Value::Entitlements(entitlements) => entitlements
                .iter()
                .map(|one| self.weighted(EntryKind::AbsenceType, one.id, "entitlement", one.in_year(self.today.year())))
                .collect(),
            // Only an attribute of its own kind has one, and shows where it can be had.
            Value::Picture(_) => Json::Null,
        }
    }

    fn entry(&self, kind: EntryKind, id: u32) -> Json {
        self.company.entry(kind, id).map_or(Json::Null, |entry| entry.show(&self.company.zone))
    }

    fn weighted(&self, kind: EntryKind, id: u32, name: &str, weight: Decimal) -> Json {
        let mut entry = self.entry(kind, id);
        if let Some(attributes) = entry.get_mut("attributes") {
            attributes[name] = number(weight);
        }
        entry
    }
}

/// What an attribute without a value shows: lists are lists, tags a text without any, everything else is null.
fn nothing(kind: Kind) -> Json {
    match kind {
        Kind::CostCenters | Kind::AbsenceEntitlement => json!([]),
        Kind::Tags => json!(""),
        _ => Json::Null,
    }
}
