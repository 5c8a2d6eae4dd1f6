//! What a credential may see of an employee. Nothing else turns a stored
//! employee into an answer, nested employees included.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use serde::Serializer;
use serde_json::value::RawValue;
use serde_json::value::to_raw_value;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

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

/// An employee on the wire: `{"type": "Employee", "attributes": {key: {"label", "value", "type", "universal_id"}}}`.
///
/// It is the JSON itself, written once from the stored record and the company's settings, without a tree between them.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct EmployeeResource(Box<RawValue>);

impl PartialSchema for EmployeeResource {
    fn schema() -> RefOr<Schema> {
        Shown::schema()
    }
}

impl ToSchema for EmployeeResource {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        Shown::schemas(schemas);
    }
}

/// An employee on the wire.
#[derive(Serialize, ToSchema)]
struct Shown<'a> {
    /// Always `Employee`.
    #[serde(rename = "type")]
    resource_type: &'static str,
    /// The attributes that the credential may read, by their keys.
    #[schema(value_type = std::collections::BTreeMap<String, AttributeResource<'static>>)]
    attributes: Attributes<'a>,
}

/// The attributes of an employee that are shown.
struct Attributes<'a> {
    view: View<'a>,
    employee: &'a Employee,
    supervisors: &'a Supervisors,
    /// Whether it is nested in another answer, and shows but a few of what may be read.
    is_short: bool,
}

/// An attribute of an employee on the wire.
#[derive(Serialize, ToSchema)]
struct AttributeResource<'a> {
    /// What people call it.
    label: &'a str,
    /// Its value, in the form of its type.
    #[schema(value_type = serde_json::Value)]
    value: AttributeValue<'a>,
    /// Its type.
    #[serde(rename = "type")]
    attribute_type: AttributeType,
    /// What it means across companies.
    universal_id: Option<&'a str>,
    /// The currency of an amount, ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
}

/// The value of an attribute of an employee.
struct AttributeValue<'a> {
    attributes: &'a Attributes<'a>,
    definition: &'a Definition,
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

    /// An employee with all that is readable and was asked for.
    pub fn employee(&self, employee: &Employee, supervisors: &Supervisors) -> Result<EmployeeResource, Error> {
        write(&Attributes { view: *self, employee, supervisors, is_short: false }.shown())
    }

    /// An employee nested in another answer.
    pub fn short_employee(&self, employee: &Employee) -> Result<EmployeeResource, Error> {
        let supervisors = Supervisors::new();
        write(&Attributes { view: *self, employee, supervisors: &supervisors, is_short: true }.shown())
    }

    /// A text of an employee, for an answer that is no JSON; `None` also where it may not be read.
    #[must_use]
    pub fn text<'e>(&self, employee: &'e Employee, key: &str) -> Option<&'e str> {
        let (key, value) = employee.values.get_key_value(key).filter(|_| self.reader.readable.allows(key))?;
        self.reader.touched.show(employee.id, [key]);
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

fn write(shown: &Shown<'_>) -> Result<EmployeeResource, Error> {
    // Without the library's own text, which goes into the log.
    to_raw_value(shown).map(EmployeeResource).map_err(|_| Error::Internal("an employee cannot be shown".to_owned()))
}

impl<'a> Attributes<'a> {
    fn definitions(&self) -> impl Iterator<Item = &'a Definition> {
        let (view, is_short) = (self.view, self.is_short);
        view.company.catalogue.iter().filter(move |definition| {
            let key = definition.key.as_str();
            if is_short { SHORT.contains(&key) && view.reader.readable.allows(key) } else { view.shows(key) }
        })
    }

    /// The employee with them. Whatever is shown of anybody goes through here, so nothing of it is missing in the record.
    fn shown(self) -> Shown<'a> {
        self.view.reader.touched.show(self.employee.id, self.definitions().map(|definition| &definition.key));
        Shown { resource_type: "Employee", attributes: self }
    }
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let company = self.view.company;
        serializer.collect_map(self.definitions().map(|definition| {
            let resource = AttributeResource {
                label: &definition.label,
                value: AttributeValue { attributes: self, definition },
                attribute_type: definition.attribute_type,
                universal_id: definition.universal_id.as_deref(),
                currency: (definition.kind == Kind::Money).then_some(company.profile.currency.as_str()),
            };
            (definition.key.as_str(), resource)
        }))
    }
}

impl Serialize for AttributeValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Attributes { view, employee, .. } = self.attributes;
        let zone = &view.company.zone;
        match self.definition.kind {
            Kind::Id => employee.id.serialize(serializer),
            Kind::CreatedAt => serializer.serialize_str(&zone.show_instant(employee.created_at)),
            Kind::LastModifiedAt => serializer.serialize_str(&zone.show_instant(employee.updated_at)),
            Kind::ProfilePicture => employee.picture().map(|_| self.picture_url()).serialize(serializer),
            _ => match employee.values.get(&self.definition.key) {
                Some(value) => self.stored(value, serializer),
                None => nothing(self.definition.kind, serializer),
            },
        }
    }
}

impl AttributeValue<'_> {
    fn picture_url(&self) -> String {
        let Attributes { view, employee, .. } = self.attributes;
        format!("{}/v1/company/employees/{}/profile-picture", view.base_url, employee.id)
    }

    fn stored<S: Serializer>(&self, value: &Value, serializer: S) -> Result<S::Ok, S::Error> {
        let Attributes { view, supervisors, .. } = self.attributes;
        let (company, kind) = (view.company, self.definition.kind);
        let entry = |kind, id| company.entry(kind, id).map(|entry| entry.show(&company.zone));
        match value {
            Value::Text(text) => serializer.serialize_str(text),
            Value::Date(date) => serializer.serialize_str(&company.zone.show_date(*date)),
            Value::Integer(integer) => integer.serialize(serializer),
            Value::Decimal(hours) if kind == Kind::Hours => serializer.collect_str(&hours.normalize()),
            Value::Decimal(decimal) => number(*decimal).serialize(serializer),
            Value::Entry(id) => match kind {
                Kind::Entry(kind) => entry(kind, *id).serialize(serializer),
                _ => serializer.serialize_none(),
            },
            Value::Employee(id) => {
                let none = Supervisors::new();
                let short = |employee| Attributes { view: *view, employee, supervisors: &none, is_short: true }.shown();
                supervisors.get(id).map(short).serialize(serializer)
            }
            // One text with commas: what the vendor sends, and what clients split.
            Value::Tags(tags) => serializer.serialize_str(&tags.join(",")),
            Value::Shares(shares) => serializer.collect_seq(shares.iter().map(|share| {
                entry(EntryKind::CostCenter, share.id).map(|entry| entry.with("percentage", number(share.percentage)))
            })),
            Value::Entitlements(entitlements) => serializer.collect_seq(entitlements.iter().map(|one| {
                let days = number(one.in_year(view.today.year()));
                entry(EntryKind::AbsenceType, one.id).map(|entry| entry.with("entitlement", days))
            })),
            // Only an attribute of its own kind has one, and shows where it can be had.
            Value::Picture(_) => serializer.serialize_none(),
        }
    }
}

/// What an attribute without a value shows: lists are lists, tags a text without any, everything else is null.
fn nothing<S: Serializer>(kind: Kind, serializer: S) -> Result<S::Ok, S::Error> {
    match kind {
        Kind::CostCenters | Kind::AbsenceEntitlement => serializer.collect_seq([(); 0]),
        Kind::Tags => serializer.serialize_str(""),
        _ => serializer.serialize_none(),
    }
}
