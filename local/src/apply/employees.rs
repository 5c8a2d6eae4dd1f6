//! The employees of a file.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use employees::model;
use employees::store;
use employees::store::New;
use rust_decimal::Decimal;
use serde_json::Map;
use serde_json::Value as Json;
use shared::attributes::AttributeKey;
use shared::attributes::Definition;
use shared::attributes::Employee;
use shared::attributes::Kind;
use shared::attributes::Value;
use shared::attributes::definition::EntryKind;
use shared::attributes::employee::Changes;
use shared::attributes::employee::comparable_email;
use shared::attributes::system;
use shared::attributes::value;
use shared::attributes::value::Entitlement;
use shared::attributes::value::Share;
use shared::company::Company;
use shared::company::Details;
use shared::company::Entry;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::WritePermit;
use shared::ids::EmployeeId;
use shared::patch::Patch;

use crate::apply::file::CompanyFile;
use crate::apply::report::Report;
use crate::failure::Failure;

/// The years from which an entitlement can hold.
const YEARS: RangeInclusive<i16> = 1970..=9000;

/// An employee of the file, read and checked.
#[derive(Clone, Debug)]
pub struct Person {
    /// The e-mail address in lower case: what tells persons apart.
    email: String,
    /// The number that the person must have.
    id: Option<EmployeeId>,
    /// Every attribute that the file mentions.
    changes: Changes,
    /// The address of the supervisor, in lower case.
    supervisor: Patch<String>,
}

/// Reads every employee of the file; bosses come before those who report to them.
pub fn read(company: &Company, file: &CompanyFile) -> Result<Vec<Person>, Failure> {
    let mut people: BTreeMap<String, (usize, Person)> = BTreeMap::new();
    for (index, fields) in file.employees.iter().enumerate() {
        let who = || match fields.get(system::EMAIL) {
            Some(Json::String(email)) => format!("employee {} ({email})", index + 1),
            _ => format!("employee {}", index + 1),
        };
        let person = read_person(company, fields)
            .map_err(|error| Failure::usage(format!("{}: {}", who(), Failure::from(error))))?;
        if people.insert(person.email.clone(), (index, person)).is_some() {
            return Err(Failure::usage(format!("{}: the e-mail address is in the file twice", who())));
        }
    }
    in_order(&people)
}

fn read_person(company: &Company, fields: &Map<String, Json>) -> Result<Person, Error> {
    let mut person = Person { email: String::new(), id: None, changes: Changes::new(), supervisor: Patch::Keep };
    for (name, raw) in fields {
        match name.as_str() {
            system::ID => person.id = Some(read_id(raw)?),
            system::SUPERVISOR => person.supervisor = read_supervisor(raw)?,
            _ => {
                let definition = company
                    .catalogue
                    .get(name)
                    .ok_or_else(|| Error::invalid(name, format!("The company has no attribute {name}.")))?;
                person.changes.insert(definition.key.clone(), read_value(company, definition, raw)?);
            }
        }
    }
    for name in [system::EMAIL, system::FIRST_NAME, system::LAST_NAME] {
        match person.changes.get(name) {
            Some(Some(Value::Text(text))) if name == system::EMAIL => person.email = comparable_email(text),
            Some(Some(_)) => {}
            _ => return Err(Error::invalid(name, format!("The {name} field is required."))),
        }
    }
    Ok(person)
}

fn read_id(raw: &Json) -> Result<EmployeeId, Error> {
    raw.as_u64()
        .and_then(EmployeeId::new)
        .ok_or_else(|| Error::invalid(system::ID, "The id must be a number of 1 or more."))
}

fn read_supervisor(raw: &Json) -> Result<Patch<String>, Error> {
    match raw {
        Json::Null => Ok(Patch::Clear),
        Json::String(email) => Ok(Patch::Set(comparable_email(email))),
        _ => Err(Error::invalid(system::SUPERVISOR, "The supervisor must be an e-mail address.")),
    }
}

fn read_value(company: &Company, definition: &Definition, raw: &Json) -> Result<Option<Value>, Error> {
    let name = definition.key.as_str();
    if raw.is_null() {
        return Ok(None);
    }
    match definition.kind {
        Kind::Entry(kind) => {
            find(company, kind, name, raw.as_str().unwrap_or_default()).map(|entry| Some(Value::Entry(entry.id)))
        }
        Kind::CostCenters => read_shares(company, name, raw).map(|shares| Some(Value::Shares(shares))),
        Kind::AbsenceEntitlement => read_entitlements(company, name, raw).map(|days| Some(Value::Entitlements(days))),
        Kind::CreatedAt | Kind::LastModifiedAt | Kind::ProfilePicture => {
            Err(Error::invalid(name, format!("The {name} is kept by muster and cannot be declared.")))
        }
        _ => value::read(definition, name, raw),
    }
}

fn find<'a>(company: &'a Company, kind: EntryKind, field: &str, name: &str) -> Result<&'a Entry, Error> {
    company
        .entry_named(kind, name)
        .ok_or_else(|| Error::invalid(field, format!("There is no {} with the name {name:?}.", kind.word())))
}

fn read_decimal(field: &str, raw: &Json) -> Result<Decimal, Error> {
    raw.to_string()
        .trim_matches('"')
        .parse::<Decimal>()
        .ok()
        .filter(|number| !number.is_sign_negative())
        .map(|number| number.normalize())
        .ok_or_else(|| Error::invalid(field, format!("The {field} must have numbers of 0 or more.")))
}

fn read_shares(company: &Company, field: &str, raw: &Json) -> Result<Vec<Share>, Error> {
    let items = raw.as_array().ok_or_else(|| Error::invalid(field, format!("The {field} must be a list.")))?;
    let mut shares = Vec::new();
    for item in items {
        let name = item.get("name").and_then(Json::as_str).unwrap_or_default();
        let percentage = read_decimal(field, item.get("percentage").unwrap_or(&Json::Null))?;
        shares.push(Share { id: find(company, EntryKind::CostCenter, field, name)?.id, percentage });
    }
    let sum: Decimal = shares.iter().map(|share| share.percentage).sum();
    if shares.is_empty() || sum == Decimal::ONE_HUNDRED {
        Ok(shares)
    } else {
        Err(Error::invalid(field, format!("The percentages of the {field} must sum to 100, not {sum}.")))
    }
}

fn read_entitlements(company: &Company, field: &str, raw: &Json) -> Result<Vec<Entitlement>, Error> {
    let items = raw
        .as_object()
        .ok_or_else(|| Error::invalid(field, format!("The {field} must be like {{Paid vacation: 30}}.")))?;
    let mut entitlements: Vec<Entitlement> = Vec::new();
    for (name, raw) in items {
        let entry = find(company, EntryKind::AbsenceType, field, name)?;
        let entitlement = read_entitlement(field, entry, raw)?;
        if entitlements.iter().any(|other| other.id == entry.id) {
            return Err(Error::invalid(field, format!("The {field} has {} twice.", entry.name)));
        }
        entitlements.push(entitlement);
    }
    Ok(entitlements)
}

/// One number for every year, or numbers by the year from which they hold: before the first of those there is none.
fn read_entitlement(field: &str, entry: &Entry, raw: &Json) -> Result<Entitlement, Error> {
    let Details::AbsenceType { unit, .. } = &entry.details else {
        return Err(Error::Internal(format!("a {} has no entitlement", entry.details.kind().word())));
    };
    let (id, name) = (entry.id, &entry.name);
    match raw.as_object().filter(|years| !years.is_empty()) {
        None => Ok(Entitlement { id, days: read_amount(field, name, *unit, raw)?, years: BTreeMap::new() }),
        Some(years) => {
            let years = years
                .iter()
                .map(|(year, raw)| Ok((read_year(field, name, year)?, read_amount(field, name, *unit, raw)?)))
                .collect::<Result<_, Error>>()?;
            Ok(Entitlement { id, days: Decimal::ZERO, years })
        }
    }
}

/// A year as everybody writes it, so that none can be there twice.
fn read_year(field: &str, name: &str, text: &str) -> Result<i16, Error> {
    text.parse().ok().filter(|year: &i16| YEARS.contains(year) && text.len() == 4).ok_or_else(|| {
        let (first, last) = (YEARS.start(), YEARS.end());
        let message = format!("The {field} of {name} must have years from {first} to {last}, not {text:?}.");
        Error::invalid(field, message)
    })
}

/// Days or hours a year, whole in the smallest parts that are counted.
fn read_amount(field: &str, name: &str, unit: AbsenceUnit, raw: &Json) -> Result<Decimal, Error> {
    read_decimal(field, raw).ok().filter(|amount| unit.count(*amount).is_some()).ok_or_else(|| {
        let parts = match unit {
            AbsenceUnit::Day => "days and halves",
            AbsenceUnit::Hour => "hours and minutes",
        };
        let message = format!("The {field} of {name} must be {parts}, 0 or more; by year, it is like {{2026: 30}}.");
        Error::invalid(field, message)
    })
}

/// The order of the file, but for bosses, who come before those who report to them.
fn in_order(people: &BTreeMap<String, (usize, Person)>) -> Result<Vec<Person>, Failure> {
    let mut by_place: Vec<(usize, &Person)> = people.values().map(|(place, person)| (*place, person)).collect();
    by_place.sort_by_key(|(place, _)| *place);
    let mut ordered: Vec<Person> = Vec::with_capacity(people.len());
    let mut done = std::collections::BTreeSet::new();
    for (_, person) in by_place {
        // From the person up to the first boss who stands in the list already.
        let mut chain = vec![person];
        while let Some(&last) = chain.last() {
            let Patch::Set(boss) = &last.supervisor else { break };
            let Some((_, boss)) = people.get(boss).filter(|(_, boss)| !done.contains(&boss.email)) else { break };
            if chain.iter().any(|one| one.email == boss.email) {
                return Err(Failure::usage(format!("the supervisors of {} form a circle", boss.email)));
            }
            chain.push(boss);
        }
        for one in chain.into_iter().rev() {
            if done.insert(one.email.clone()) {
                ordered.push(one.clone());
            }
        }
    }
    Ok(ordered)
}

/// Creates the employees that are new and changes those that differ.
pub async fn apply(
    deps: &Deps,
    permit: &WritePermit,
    company: &Company,
    people: Vec<Person>,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let bosses = people.iter().filter_map(|person| match &person.supervisor {
        Patch::Set(email) => Some(email.as_str()),
        _ => None,
    });
    let emails: std::collections::BTreeSet<&str> = people.iter().map(|p| p.email.as_str()).chain(bosses).collect();
    let stored = store::find_all_by_email(deps, permit, emails.into_iter()).await?;
    let mut ids: BTreeMap<String, EmployeeId> = stored.iter().map(|(email, one)| (email.clone(), one.id)).collect();
    let mut numbers = take_numbers(deps, permit, &people, &stored).await?;
    let mut batch: Vec<(String, New)> = Vec::new();
    for person in people {
        let supervisor = resolve(&person, &ids).map_err(|error| about(&person.email, error))?;
        if let Some(employee) = stored.get(&person.email) {
            // The new ones that were put off can be this one's bosses.
            create(deps, permit, &mut batch, report, say).await?;
            change(deps, permit, &person, employee, supervisor, report, say).await?;
            continue;
        }
        let id = match person.id {
            Some(id) => id,
            None => numbers.next().ok_or_else(|| Failure::usage("not enough employee ids were taken"))?,
        };
        ids.insert(person.email.clone(), id);
        batch.push((person.email.clone(), new(deps, company, person, id, supervisor)));
        if batch.len() == store::MAX_NEW {
            create(deps, permit, &mut batch, report, say).await?;
        }
    }
    create(deps, permit, &mut batch, report, say).await
}

/// A failure that says whose it is.
fn about(email: &str, error: Error) -> Failure {
    Failure::usage(format!("{email}: {}", Failure::from(error)))
}

/// Numbers for those who are new and bring none, taken at once.
async fn take_numbers(
    deps: &Deps,
    permit: &WritePermit,
    people: &[Person],
    stored: &BTreeMap<String, Employee>,
) -> Result<impl Iterator<Item = EmployeeId> + use<>, Error> {
    let new = people.iter().filter(|person| !stored.contains_key(&person.email));
    if let Some(highest) = new.clone().filter_map(|person| person.id).max() {
        store::reserve_id(deps, permit, highest).await?;
    }
    let count = u32::try_from(new.filter(|person| person.id.is_none()).count()).unwrap_or(u32::MAX);
    let first = match count {
        0 => 0,
        count => u64::from(store::take_ids(deps, permit, count).await?.get()),
    };
    Ok((first..first + u64::from(count)).filter_map(EmployeeId::new))
}

fn resolve(person: &Person, ids: &BTreeMap<String, EmployeeId>) -> Result<Patch<EmployeeId>, Error> {
    match &person.supervisor {
        Patch::Keep => Ok(Patch::Keep),
        Patch::Clear => Ok(Patch::Clear),
        Patch::Set(email) => ids.get(email).copied().map(Patch::Set).ok_or_else(|| {
            let message = format!("The supervisor {email} is neither in the file nor in the company.");
            Error::invalid(system::SUPERVISOR, message)
        }),
    }
}

fn new(deps: &Deps, company: &Company, person: Person, id: EmployeeId, supervisor: Patch<EmployeeId>) -> New {
    let mut changes = person.changes;
    changes.retain(|_, value| value.is_some());
    model::default_status(&mut changes, company.zone.today(deps.clock.now()));
    let supervisor = match supervisor {
        Patch::Set(id) => Some(id),
        Patch::Keep | Patch::Clear => None,
    };
    New { id, changes, supervisor }
}

/// Stores new employees together; where that is refused, one by one, to find who is the reason.
async fn create(
    deps: &Deps,
    permit: &WritePermit,
    batch: &mut Vec<(String, New)>,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    if batch.is_empty() {
        return Ok(());
    }
    let together = batch.iter().map(|(_, new)| new.clone()).collect();
    if let Err(error) = store::create(deps, permit, together).await {
        if error.is_retryable() {
            return Err(error.into());
        }
        for (email, new) in batch.iter() {
            store::create(deps, permit, vec![new.clone()]).await.map_err(|error| about(email, error))?;
        }
    }
    for (_, new) in batch.drain(..) {
        say(&format!("created employee {}", new.id));
        report.employees_created += 1;
    }
    Ok(())
}

async fn change(
    deps: &Deps,
    permit: &WritePermit,
    person: &Person,
    employee: &Employee,
    supervisor: Patch<EmployeeId>,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    if person.id.is_some_and(|id| id != employee.id) {
        return Err(Failure::usage(format!(
            "{} has the id {} already; an id cannot be changed",
            person.email, employee.id
        )));
    }
    let mut changes = person.changes.clone();
    // It found the employee, so it is the same but for capitals.
    changes.remove(system::EMAIL);
    if !differs(employee, &changes, supervisor) {
        report.employees_unchanged += 1;
        return Ok(());
    }
    let differing = store::update(deps, permit, employee.id, &changes, &supervisor).await?.unwrap_or_default();
    let names: Vec<_> = differing.iter().map(AttributeKey::as_str).collect();
    say(&format!("changed employee {}: {}", employee.id, names.join(", ")));
    report.employees_changed += 1;
    Ok(())
}

/// Whether a write would change the record, so that those who are as the file says cost nothing more.
fn differs(employee: &Employee, changes: &Changes, supervisor: Patch<EmployeeId>) -> bool {
    let boss = match supervisor {
        Patch::Keep => false,
        Patch::Clear => employee.supervisor().is_some(),
        Patch::Set(id) => employee.supervisor() != Some(id),
    };
    boss || !employee.clone().apply(changes.clone(), employee.updated_at).is_empty()
}

#[cfg(test)]
mod tests {
    use shared::aws::companies::Settings;

    use super::*;
    use crate::apply::settings;

    fn entitlements(declared: &str) -> Result<Vec<Entitlement>, String> {
        let text = format!(
            "company: {{id: x, name: X, time_zone: UTC}}\n\
             absence_types: [{{name: Leave, category: other}}, {{name: Hours, category: other, unit: hour}}]\n\
             employees: [{{absence_entitlement: {declared}}}]"
        );
        let file = CompanyFile::parse("a test's company", &text).expect("a company file");
        let company = settings::planned(&Settings::default(), &file).expect("a company");
        let field = system::ENTITLEMENT;
        read_entitlements(&company, field, &file.employees[0][field]).map_err(|error| error.to_string())
    }

    #[test]
    fn an_entitlement_holds_from_its_year_on() {
        let read = entitlements("{Leave: {2026: 30.5, '2024': 28}, Hours: 7.50}").expect("entitlements");
        let shown = |place: usize, year| read[place].in_year(year).to_string();
        assert_eq!([2023, 2024, 2025, 2026, 2030].map(|year| shown(0, year)), ["0", "28", "28", "30.5", "30.5"]);
        assert_eq!((shown(1, 2023), read[1].years.is_empty()), ("7.5".to_owned(), true));
    }

    #[test]
    fn entitlements_that_cannot_be_are_refused() {
        let days = "The absence_entitlement of Leave must be days and halves, 0 or more";
        let years = "The absence_entitlement of Leave must have years from 1970 to 9000, not";
        for (declared, wanted) in [
            ("{Leave: 10.25}", days),
            ("{Leave: -1}", days),
            ("{Leave: many}", days),
            ("{Leave: }", days),
            ("{Leave: {}}", days),
            ("{Leave: {2026: 10.25}}", days),
            ("{Leave: {2026: {2027: 1}}}", days),
            ("{Leave: 9000000000000000000}", days),
            ("{Hours: 0.33}", "The absence_entitlement of Hours must be hours and minutes, 0 or more"),
            ("{Leave: {1969: 1}}", years),
            ("{Leave: {9001: 1}}", years),
            ("{Leave: {next: 1}}", years),
            ("{Leave: {2026: 1, '02026': 2}}", years),
            ("{Leave: 1, 'Leave ': 2}", "The absence_entitlement has Leave twice."),
            ("{Sick: 1}", "There is no absence_type with the name \"Sick\"."),
            ("30", "The absence_entitlement must be like {Paid vacation: 30}."),
        ] {
            let message = entitlements(declared).expect_err(declared);
            assert!(message.starts_with(wanted), "{declared}: {message}");
        }
    }
}
