//! What a credential may see of an employee. Nothing else turns a stored
//! employee into an answer, nested employees included.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Value as Json;
use serde_json::value::RawValue;
use utoipa::PartialSchema;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;

use crate::attributes::AttributeKey;
use crate::attributes::Definition;
use crate::attributes::Employee;
use crate::attributes::Kind;
use crate::attributes::Value;
use crate::attributes::definition::EntryKind;
use crate::attributes::frame::Frame;
use crate::attributes::system;
use crate::attributes::value::Entitlement;
use crate::attributes::value::Share;
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
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what is written between BEFORE and AFTER")]
struct Shown {
    /// Always `Employee`.
    #[schema(rename = "type")]
    resource_type: &'static str,
    /// The attributes that the credential may read, by their keys.
    #[schema(value_type = std::collections::BTreeMap<String, crate::attributes::frame::AttributeResource<'static>>)]
    attributes: (),
}

/// What stands before the attributes of an employee.
const BEFORE: &[u8] = br#"{"type":"Employee","attributes":{"#;
/// What stands behind them.
const AFTER: &[u8] = b"}}";

/// The attributes of an employee that are shown.
struct Attributes<'a> {
    view: View<'a>,
    employee: &'a Employee,
    supervisors: &'a Supervisors,
    /// Whether it is nested in another answer, and shows but a few of what may be read.
    is_short: bool,
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
        Attributes { view: *self, employee, supervisors, is_short: false }.resource()
    }

    /// An employee nested in another answer.
    pub fn short_employee(&self, employee: &Employee) -> Result<EmployeeResource, Error> {
        Attributes { view: *self, employee, supervisors: &Supervisors::new(), is_short: true }.resource()
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

impl<'a> Attributes<'a> {
    /// The definitions of those that are shown, and the JSON around their values.
    fn shown(&self) -> impl Iterator<Item = (&'a Definition, &'a Frame)> {
        let (view, is_short) = (self.view, self.is_short);
        view.company.attributes().filter(move |(definition, _)| {
            let key = definition.key.as_str();
            if is_short { SHORT.contains(&key) && view.reader.readable.allows(key) } else { view.shows(key) }
        })
    }

    fn resource(&self) -> Result<EmployeeResource, Error> {
        let mut json = Vec::with_capacity(if self.is_short { 512 } else { 8_192 });
        // Without the library's own text, which goes into the log.
        let failed = || Error::Internal("an employee cannot be shown".to_owned());
        self.write(&mut json).map_err(|_| failed())?;
        let json = String::from_utf8(json).map_err(|_| failed())?;
        RawValue::from_string(json).map(EmployeeResource).map_err(|_| failed())
    }

    /// Writes the employee. Whatever is shown of anybody goes through here, so nothing of it is missing in the record.
    fn write(&self, json: &mut Vec<u8>) -> serde_json::Result<()> {
        self.view.reader.touched.show(self.employee.id, self.shown().map(|(definition, _)| &definition.key));
        json.extend_from_slice(BEFORE);
        for (index, (definition, frame)) in self.shown().enumerate() {
            if index > 0 {
                json.push(b',');
            }
            frame.around(json, |json| self.write_value(definition, json))?;
        }
        json.extend_from_slice(AFTER);
        Ok(())
    }

    fn write_value(&self, definition: &Definition, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let Self { view, employee, .. } = self;
        let zone = &view.company.zone;
        match definition.kind {
            Kind::Id => put(json, &employee.id),
            Kind::CreatedAt => put(json, &zone.show_instant(employee.created_at)),
            Kind::LastModifiedAt => put(json, &zone.show_instant(employee.updated_at)),
            Kind::ProfilePicture => put(json, &employee.picture().map(|_| self.picture_url())),
            kind => match employee.values.get(&definition.key) {
                Some(value) => self.write_stored(kind, value, json),
                None => put(json, &nothing(kind)),
            },
        }
    }

    fn picture_url(&self) -> String {
        format!("{}/v1/company/employees/{}/profile-picture", self.view.base_url, self.employee.id)
    }

    fn write_stored(&self, kind: Kind, value: &Value, json: &mut Vec<u8>) -> serde_json::Result<()> {
        let Self { view, supervisors, .. } = self;
        let company = view.company;
        let entry = |kind, id| company.entry(kind, id).map(|entry| entry.show(&company.zone));
        match value {
            Value::Text(text) => put(json, text),
            Value::Date(date) => put(json, &company.zone.show_date(*date)),
            Value::Integer(integer) => put(json, integer),
            Value::Decimal(hours) if kind == Kind::Hours => put(json, &hours.normalize().to_string()),
            Value::Decimal(decimal) => put(json, &number(*decimal)),
            Value::Entry(id) => match kind {
                Kind::Entry(kind) => put(json, &entry(kind, *id)),
                _ => put(json, &Json::Null),
            },
            Value::Employee(id) => match supervisors.get(id) {
                Some(employee) => {
                    Attributes { view: *view, employee, supervisors: &Supervisors::new(), is_short: true }.write(json)
                }
                None => put(json, &Json::Null),
            },
            // One text with commas: what the vendor sends, and what clients split.
            Value::Tags(tags) => put(json, &tags.join(",")),
            Value::Shares(shares) => {
                let shown = |share: &Share| {
                    let entry = entry(EntryKind::CostCenter, share.id)?;
                    Some(entry.with("percentage", number(share.percentage)))
                };
                put(json, &shares.iter().map(shown).collect::<Vec<_>>())
            }
            Value::Entitlements(entitlements) => {
                let shown = |one: &Entitlement| {
                    let entry = entry(EntryKind::AbsenceType, one.id)?;
                    Some(entry.with("entitlement", number(one.in_year(view.today.year()))))
                };
                put(json, &entitlements.iter().map(shown).collect::<Vec<_>>())
            }
            // Only an attribute of its own kind has one, and shows where it can be had.
            Value::Picture(_) => put(json, &Json::Null),
        }
    }
}

/// What an attribute without a value shows: lists are lists, tags a text without any, everything else is null.
fn nothing(kind: Kind) -> Json {
    match kind {
        Kind::CostCenters | Kind::AbsenceEntitlement => Json::Array(Vec::new()),
        Kind::Tags => Json::String(String::new()),
        _ => Json::Null,
    }
}

fn put<T: Serialize>(json: &mut Vec<u8>, value: &T) -> serde_json::Result<()> {
    serde_json::to_writer(json, value)
}
