//! What a request says of an employee, and the rules of it; no HTTP, no AWS.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde_json::Map;
use serde_json::Value as Json;
use shared::attributes::AttributeKey;
use shared::attributes::Definition;
use shared::attributes::Kind;
use shared::attributes::Value;
use shared::attributes::definition::EntryKind;
use shared::attributes::employee::Changes;
use shared::attributes::system;
use shared::attributes::value;
use shared::company::Company;
use shared::error::Error;
use shared::error::Problems;
use shared::ids::EmployeeId;
use shared::patch::Patch;

/// The field under which requests send a supervisor.
pub const SUPERVISOR_ID: &str = "supervisor_id";
/// The field under which requests send a company's own attributes.
const CUSTOM_ATTRIBUTES: &str = "custom_attributes";
/// What an employee must have; the wire contract's `required`.
const REQUIRED: [&str; 3] = [system::EMAIL, system::FIRST_NAME, system::LAST_NAME];

/// How many things that were ignored are named one by one.
const MAX_META: usize = 100;

/// What a request says of an employee.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    /// The attributes that it sets or clears; the supervisor is kept apart.
    pub changes: Changes,
    /// The supervisor, who must be looked for.
    pub supervisor: Patch<EmployeeId>,
    /// What was ignored and why, for the answer's `meta`.
    pub meta: Vec<String>,
}

/// Whether a request creates an employee or changes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// `POST`: e-mail, first and last name are required.
    Create,
    /// `PATCH`: everything may be left out; the e-mail address cannot be changed.
    Update,
}

/// Reads the `employee` object of a body.
///
/// Every field is read before anything is refused, so that the caller learns of
/// all that is wrong at once. Attributes that cannot be written are ignored and
/// named, as the wire contract says; so are names of departments, offices and
/// subcompanies that do not exist.
pub fn read(company: &Company, body: &Map<String, Json>, purpose: Purpose) -> Result<Draft, Error> {
    let fields = match body.get("employee") {
        Some(Json::Object(fields)) => fields,
        None => return Err(Error::invalid("employee", "The employee field is required.")),
        Some(_) => return Err(Error::invalid("employee", "The employee field must be an object.")),
    };
    let mut draft = Draft::default();
    let mut problems = Problems::default();
    let mut refused = BTreeSet::new();
    for (name, raw) in fields {
        let read = draft.read_field(company, name, raw, purpose);
        if problems.check(read)?.is_none() {
            refused.insert(name.as_str());
        }
    }
    // What came and was refused is not missing.
    for name in REQUIRED.into_iter().filter(|name| !refused.contains(name)) {
        problems.check(draft.require(name, purpose))?;
    }
    problems.into_result()?;
    draft.bound_meta();
    Ok(draft)
}

impl Draft {
    fn read_field(&mut self, company: &Company, name: &str, raw: &Json, purpose: Purpose) -> Result<(), Error> {
        if name == SUPERVISOR_ID {
            self.supervisor = read_supervisor(raw)?;
            return Ok(());
        }
        if name == CUSTOM_ATTRIBUTES {
            return self.read_custom_attributes(company, raw);
        }
        let fixed = purpose == Purpose::Update && name == system::EMAIL;
        let writable = system::find(name).is_some_and(|row| row.writable && row.kind != Kind::Supervisor);
        match company.catalogue.get(name) {
            Some(definition) if writable && !fixed => self.read_attribute(company, definition, name, raw),
            _ => {
                self.meta.push(ignored(name));
                Ok(())
            }
        }
    }

    fn read_attribute(
        &mut self,
        company: &Company,
        definition: &Definition,
        field: &str,
        raw: &Json,
    ) -> Result<(), Error> {
        let value = match definition.kind {
            Kind::Entry(kind) => match find_entry(company, kind, field, raw)? {
                Found::Entry(value) => value,
                Found::Unknown(note) => {
                    self.meta.push(note);
                    return Ok(());
                }
            },
            _ => value::read(definition, field, raw)?,
        };
        self.changes.insert(definition.key.clone(), value);
        Ok(())
    }

    fn read_custom_attributes(&mut self, company: &Company, raw: &Json) -> Result<(), Error> {
        let fields = match raw {
            Json::Object(fields) => fields,
            Json::Null => return Ok(()),
            Json::Array(none) if none.is_empty() => return Ok(()),
            _ => return Err(Error::invalid(CUSTOM_ATTRIBUTES, "The custom_attributes must be an object.")),
        };
        let mut problems = Problems::default();
        for (name, raw) in fields {
            let field = format!("{CUSTOM_ATTRIBUTES}.{name}");
            match company.catalogue.get(name).filter(|definition| definition.key.is_dynamic()) {
                Some(definition) => {
                    problems.check(self.read_attribute(company, definition, &field, raw))?;
                }
                None => self.meta.push(ignored(&field)),
            }
        }
        problems.into_result()
    }

    /// An answer must not be larger than Lambda carries it, whatever was sent.
    fn bound_meta(&mut self) {
        let more = self.meta.len().saturating_sub(MAX_META);
        if more > 0 {
            self.meta.truncate(MAX_META);
            self.meta.push(format!("{more} more attributes were ignored."));
        }
    }

    /// A required attribute must be there when an employee is created, and can never be cleared.
    fn require(&self, name: &str, purpose: Purpose) -> Result<(), Error> {
        match self.changes.get(name) {
            Some(None) => Err(Error::invalid(name, format!("The {name} field may not be empty."))),
            None if purpose == Purpose::Create => Err(Error::invalid(name, format!("The {name} field is required."))),
            Some(Some(_)) | None => Ok(()),
        }
    }
}

fn ignored(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    format!("The attribute {name} cannot be written here and was ignored.")
}

enum Found {
    Entry(Option<Value>),
    Unknown(String),
}

fn find_entry(company: &Company, kind: EntryKind, field: &str, raw: &Json) -> Result<Found, Error> {
    let name = match raw {
        Json::Null => return Ok(Found::Entry(None)),
        Json::String(name) if name.trim().is_empty() => return Ok(Found::Entry(None)),
        Json::String(name) => name.trim(),
        _ => return Err(Error::invalid(field, format!("The {field} must be a name."))),
    };
    Ok(match company.entry_named(kind, name) {
        Some(entry) => Found::Entry(Some(Value::Entry(entry.id))),
        None => Found::Unknown(format!("There is no {field} with this name; the {field} was left as it is.")),
    })
}

fn read_supervisor(raw: &Json) -> Result<Patch<EmployeeId>, Error> {
    let number = match raw {
        Json::Null => return Ok(Patch::Clear),
        Json::String(text) if text.trim().is_empty() => return Ok(Patch::Clear),
        Json::String(text) if text.trim().starts_with('+') => None,
        Json::String(text) => text.trim().parse::<u64>().ok(),
        // 5.0 is the 5 of a client whose numbers are all doubles.
        Json::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(whole)),
        _ => None,
    };
    match number {
        None => Err(Error::invalid(SUPERVISOR_ID, "The supervisor_id must be the number of an employee.")),
        Some(number) => EmployeeId::new(number).map(Patch::Set).ok_or_else(|| no_supervisor(number)),
    }
}

fn whole(number: f64) -> Option<u64> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the bounds are checked first")]
    (number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number)).then_some(number as u64)
}

/// The documented answer to a supervisor who is not there.
#[must_use]
pub fn no_supervisor(id: impl std::fmt::Display) -> Error {
    Error::invalid(SUPERVISOR_ID, format!("Supervisor with ID {id} not found"))
}

/// The answer to a supervisor who already reports, over however many steps, to the employee, or is the same person.
#[must_use]
pub fn supervisor_circle(employee: EmployeeId, supervisor: EmployeeId) -> Error {
    let message = if employee == supervisor {
        format!("Employee {employee} cannot be their own supervisor_id.")
    } else {
        format!("Employee {supervisor} reports to employee {employee}, and so cannot be their supervisor_id.")
    };
    Error::invalid(SUPERVISOR_ID, message)
}

/// The answer to an e-mail address that another employee has.
#[must_use]
pub fn email_taken() -> Error {
    Error::invalid(system::EMAIL, "The email has already been taken.")
}

/// The answer to a time since when more employees changed than one listing goes through.
#[must_use]
pub fn too_many_changes(most: usize) -> Error {
    let message = format!(
        "More than {most} employees changed since the updated_since. Ask for a later time, or list all without it."
    );
    Error::malformed("updated_since", message)
}

/// Sets the status of a new employee that was sent without one: active from the
/// day of hire on, onboarding before it or without one.
pub fn default_status(changes: &mut Changes, today: Date) {
    if matches!(changes.get(system::STATUS), Some(Some(_))) {
        return;
    }
    let hired = matches!(changes.get(system::HIRE_DATE), Some(Some(Value::Date(date))) if *date <= today);
    let status = if hired { "active" } else { "onboarding" };
    if let Ok(key) = system::STATUS.parse::<AttributeKey>() {
        changes.insert(key, Some(Value::Text(status.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use shared::attributes::definition::DeclaredAttribute;
    use shared::company::Details;
    use shared::company::Entry;
    use shared::company::Profile;

    use super::*;

    fn company() -> Company {
        let profile: Profile = serde_json::from_value(json!({
            "id": "test", "name": "Test", "time_zone": "Europe/Berlin",
        }))
        .expect("a profile");
        let tags: DeclaredAttribute = serde_json::from_value(json!({
            "key": "dynamic_7", "label": "Languages", "type": "tags", "options": ["German", "French"],
        }))
        .expect("a declaration");
        let office = Entry { id: 4, name: "Munich".to_owned(), details: Details::Office };
        Company::new(profile, vec![office], vec![tags]).expect("a company")
    }

    fn read_update(employee: &Json) -> Result<Draft, Error> {
        let Json::Object(body) = json!({ "employee": employee }) else { unreachable!() };
        read(&company(), &body, Purpose::Update)
    }

    #[test]
    fn what_cannot_be_written_is_ignored_and_named() {
        let draft = read_update(&json!({
            "position": "CTO", "email": "new@a.example", "fix_salary": 1, "weekly_hours": 40, "supervisor": 3,
            "office": "Atlantis", "custom_attributes": {"dynamic_7": "German", "dynamic_8": "x", "position": "y"},
        }))
        .expect("a draft");
        let keys: Vec<_> = draft.changes.keys().map(AttributeKey::as_str).collect();
        assert_eq!(keys, ["dynamic_7", "position"]);
        for name in
            ["email", "fix_salary", "weekly_hours", "supervisor", "office", "dynamic_8", "custom_attributes.position"]
        {
            assert_eq!(draft.meta.iter().filter(|note| note.contains(name)).count(), 1, "{name} in {:?}", draft.meta);
        }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let Err(Error::Invalid(invalid)) = read_update(&json!({
            "gender": "x", "hire_date": "2023-02-29", "first_name": "", "supervisor_id": "boss",
            "custom_attributes": {"dynamic_7": "Klingon"},
        })) else {
            panic!("it must be refused")
        };
        let fields: Vec<_> = invalid.fields.keys().map(String::as_str).collect();
        assert_eq!(fields, ["custom_attributes.dynamic_7", "first_name", "gender", "hire_date", "supervisor_id"]);
    }

    #[test]
    fn supervisors_come_as_numbers_and_texts() {
        let supervisor = |raw: Json| read_update(&json!({"supervisor_id": raw})).map(|draft| draft.supervisor);
        let five = EmployeeId::new(5).expect("an id");
        for raw in [json!(5), json!("5"), json!(5.0)] {
            assert_eq!(supervisor(raw), Ok(Patch::Set(five)));
        }
        assert_eq!(supervisor(Json::Null), Ok(Patch::Clear));
        for raw in [json!(0), json!(4_294_967_297_u64), json!("99999999999")] {
            let Err(error) = supervisor(raw.clone()) else { panic!("{raw} must be refused") };
            assert!(error.to_string().ends_with("not found"), "{error}");
        }
        for raw in [json!(-1), json!(1.5), json!("x"), json!("+5"), json!([1]), json!(true)] {
            assert!(supervisor(raw.clone()).is_err(), "{raw} must be refused");
        }
    }

    #[test]
    fn the_status_follows_the_day_of_hire() {
        let today = Date::constant(2026, 3, 1);
        let status = |hire_date: Option<Date>, sent: Option<&str>| {
            let mut changes = Changes::new();
            if let Some(date) = hire_date {
                changes.insert("hire_date".parse().expect("a key"), Some(Value::Date(date)));
            }
            if let Some(sent) = sent {
                changes.insert("status".parse().expect("a key"), Some(Value::Text(sent.to_owned())));
            }
            default_status(&mut changes, today);
            match changes.get("status") {
                Some(Some(Value::Text(status))) => status.clone(),
                other => panic!("no status: {other:?}"),
            }
        };
        assert_eq!(status(Some(Date::constant(2026, 2, 28)), None), "active");
        assert_eq!(status(Some(today), None), "active");
        assert_eq!(status(Some(Date::constant(2026, 3, 2)), None), "onboarding");
        assert_eq!(status(None, None), "onboarding");
        assert_eq!(status(None, Some("leave")), "leave");
    }

    fn any_json() -> impl Strategy<Value = Json> {
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::from),
            any::<f64>().prop_map(Json::from),
            any::<i64>().prop_map(Json::from),
            "\\PC{0,12}".prop_map(Json::from),
        ];
        leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Json::from),
                proptest::collection::btree_map("[a-z_]{1,8}", inner, 0..4)
                    .prop_map(|map| map.into_iter().collect::<Map<_, _>>().into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_body_makes_the_reader_panic(name in prop_oneof![
            Just("supervisor_id"), Just("email"), Just("office"), Just("custom_attributes"), Just("hire_date"),
            Just("weekly_working_hours"), Just("gender"), Just("x"),
        ], raw in any_json()) {
            let _ = read_update(&json!({ name: raw }));
            let Json::Object(body) = json!({ "employee": raw }) else { unreachable!() };
            let _ = read(&company(), &body, Purpose::Create);
        }
    }
}
