//! The settings of a file: profile, lists, attributes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use shared::attributes::definition::DeclaredAttribute;
use shared::attributes::definition::EntryKind;
use shared::aws::companies::Settings;
use shared::aws::keys;
use shared::company::Company;
use shared::company::Details;
use shared::company::Entry;
use shared::deps::Deps;
use shared::error::Error;
use shared::holidays::Calendar;
use shared::ids::CompanyId;

use crate::apply::file::CompanyFile;
use crate::apply::file::DeclaredEntry;
use crate::apply::report::Report;
use crate::failure::Failure;

/// What a declared entry means for what is stored.
enum Step {
    Unchanged,
    Create(DeclaredEntry),
    Change { old: Entry, new: Entry },
}

/// A company put together from its stored settings.
pub fn company(settings: Settings) -> Result<Company, Error> {
    settings.into_company()?.ok_or_else(|| Error::Internal("the company has no profile".to_owned()))
}

/// The company as it will be, with numbers from the top for entries that have none yet.
pub fn planned(stored: &Settings, file: &CompanyFile) -> Result<Company, Failure> {
    let mut entries = stored.entries.clone();
    let mut next = u32::MAX;
    for step in steps(stored, file)? {
        match step {
            Step::Unchanged => {}
            Step::Create(DeclaredEntry { id, name, details }) => {
                next -= 1;
                entries.push(Entry { id: id.unwrap_or(next), name, details });
            }
            Step::Change { old, new } => {
                entries.retain(|entry| *entry != old);
                entries.push(new);
            }
        }
    }
    let mut attributes: BTreeMap<_, DeclaredAttribute> =
        stored.attributes.iter().map(|attribute| (attribute.key.clone(), attribute.clone())).collect();
    attributes.extend(file.attributes.iter().map(|attribute| (attribute.key.clone(), attribute.clone())));
    let kept = stored.integrations.iter().filter(|one| file.integrations.iter().all(|other| other.key != one.key));
    let planned = Settings {
        profile: Some(file.company.clone()),
        entries,
        attributes: attributes.into_values().collect(),
        integrations: kept.chain(&file.integrations).cloned().collect(),
        applied: false,
    };
    planned.check_size()?;
    let company = company(planned)?;
    check_integrations(&company, file)?;
    Ok(company)
}

/// What an integration recommends must be something that a credential can have.
fn check_integrations(company: &Company, file: &CompanyFile) -> Result<(), Failure> {
    for (index, integration) in file.integrations.iter().enumerate() {
        let key = &integration.key;
        integration.check(company).map_err(|refusals| Failure::usage(format!("the integration {key}: {refusals}")))?;
        if file.integrations[..index].iter().any(|earlier| earlier.key == *key) {
            return Err(Failure::usage(format!("the integration {key} is in the file twice")));
        }
    }
    Ok(())
}

/// Compares the file's entries with the stored ones: by number where the file gives one, else by name.
fn steps(stored: &Settings, file: &CompanyFile) -> Result<Vec<Step>, Failure> {
    let mut steps = Vec::new();
    let mut seen = BTreeSet::new();
    for declared in file.entries() {
        let kind = declared.details.kind();
        let word = kind.word();
        check_name(&file.company.id, &declared)?;
        if declared.id == Some(0) {
            return Err(Failure::usage(format!("the {word} {}: an id must be 1 or more", declared.name)));
        }
        check_holidays(&declared)?;
        check_rules(&declared)?;
        if !seen.insert((kind, declared.name.clone())) {
            return Err(Failure::usage(format!("the {word} {} is in the file twice", declared.name)));
        }
        steps.push(step(&stored.entries, declared)?);
    }
    Ok(steps)
}

/// A name is the end of a sort key, too.
fn check_name(company: &CompanyId, declared: &DeclaredEntry) -> Result<(), Failure> {
    let (name, kind) = (&declared.name, declared.details.kind());
    let word = kind.word();
    if name.is_empty() || name.chars().count() > 255 {
        return Err(Failure::usage(format!("a {word} needs a name of 1 to 255 characters")));
    }
    let room = keys::MAX_SORT_KEY - keys::entry(company, kind, "").sk.len();
    if name.len() > room {
        return Err(Failure::usage(format!("the {word} {name}: its name takes more than {room} bytes")));
    }
    Ok(())
}

/// A misspelled state would leave its employees without holidays.
fn check_holidays(declared: &DeclaredEntry) -> Result<(), Failure> {
    let Details::HolidayCalendar { country, state: Some(state), .. } = &declared.details else { return Ok(()) };
    if Calendar::find(country, None).is_some() && Calendar::find(country, Some(state)).is_none() {
        let name = &declared.name;
        return Err(Failure::usage(format!(
            "the holiday calendar {name}: no holidays are known for {state} in {country}"
        )));
    }
    Ok(())
}

/// What is said of an absence type must fit its unit.
fn check_rules(declared: &DeclaredEntry) -> Result<(), Failure> {
    let Details::AbsenceType { unit, rules, .. } = &declared.details else { return Ok(()) };
    rules.validate(*unit).map_err(|error| Failure::usage(format!("the absence type {}: {error}", declared.name)))
}

/// Absences and entitlements that are stored are counted in the unit of their type.
fn check_unit(old: &Details, declared: &DeclaredEntry) -> Result<(), Failure> {
    match (old, &declared.details) {
        (Details::AbsenceType { unit: old, .. }, Details::AbsenceType { unit: new, .. }) if old != new => {
            let name = &declared.name;
            Err(Failure::usage(format!(
                "the absence type {name} cannot change its unit: its absences are counted in the old one"
            )))
        }
        _ => Ok(()),
    }
}

/// What an operator should know of a calendar of a country without known holidays.
fn say_unknown_holidays(declared: &DeclaredEntry, say: &mut dyn FnMut(&str)) {
    if let Details::HolidayCalendar { country, days, .. } = &declared.details
        && Calendar::find(country, None).is_none()
    {
        let (name, own) = (&declared.name, days.len());
        say(&format!("the holiday calendar {name} has {own} holidays of its own: none are known for {country}"));
    }
}

fn step(stored: &[Entry], declared: DeclaredEntry) -> Result<Step, Failure> {
    let kind = declared.details.kind();
    let mut same_kind = stored.iter().filter(|entry| entry.details.kind() == kind);
    let found = match declared.id {
        Some(id) => same_kind.clone().find(|entry| entry.id == id),
        None => same_kind.clone().find(|entry| entry.name == declared.name),
    };
    match found {
        Some(old) if old.name == declared.name && old.details == declared.details => Ok(Step::Unchanged),
        Some(old) => {
            check_unit(&old.details, &declared)?;
            let new = Entry { id: old.id, name: declared.name, details: declared.details };
            Ok(Step::Change { old: old.clone(), new })
        }
        None => match same_kind.find(|entry| entry.name == declared.name) {
            Some(other) => Err(Failure::usage(format!(
                "the {} {} has the id {} already; an id cannot be changed",
                kind.word(),
                other.name,
                other.id
            ))),
            None => Ok(Step::Create(declared)),
        },
    }
}

/// Writes what differs.
pub async fn apply(
    deps: &Deps,
    stored: &Settings,
    file: &CompanyFile,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    apply_profile(deps, stored, file, report, say).await?;
    let mut created: BTreeMap<EntryKind, Vec<DeclaredEntry>> = BTreeMap::new();
    for step in steps(stored, file)? {
        match step {
            Step::Unchanged => report.settings_unchanged += 1,
            Step::Create(declared) => {
                say_unknown_holidays(&declared, say);
                created.entry(declared.details.kind()).or_default().push(declared);
            }
            Step::Change { old, new } => {
                deps.companies.replace_entry(&file.company.id, &old, &new).await?;
                say(&format!("changed {} {} ({})", new.details.kind().word(), new.name, new.id));
                report.settings_changed += 1;
            }
        }
    }
    create_entries(deps, file, created, report, say).await?;
    apply_attributes(deps, stored, file, report, say).await?;
    apply_integrations(deps, stored, file, report, say).await
}

async fn apply_profile(
    deps: &Deps,
    stored: &Settings,
    file: &CompanyFile,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let profile = &file.company;
    if stored.profile.as_ref() == Some(profile) {
        report.settings_unchanged += 1;
        return Ok(());
    }
    deps.companies.put_profile(profile).await?;
    if stored.profile.is_none() {
        report.settings_created += 1;
        say(&format!("created company {}", profile.id));
    } else {
        report.settings_changed += 1;
        say(&format!("changed company {}", profile.id));
    }
    Ok(())
}

/// Creates entries: those with a number of their own first, so that nobody else gets it.
async fn create_entries(
    deps: &Deps,
    file: &CompanyFile,
    created: BTreeMap<EntryKind, Vec<DeclaredEntry>>,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let company = &file.company.id;
    let numbered = created.into_iter().map(|(kind, declared)| numbered(deps, company, kind, declared));
    let entries = try_join_all(numbered).await?.concat();
    deps.companies.create_entries(company, &entries).await?;
    for entry in &entries {
        say(&format!("created {} {} ({})", entry.details.kind().word(), entry.name, entry.id));
    }
    report.settings_created += entries.len();
    Ok(())
}

/// Gives numbers to the entries of a list that bring none.
async fn numbered(
    deps: &Deps,
    company: &CompanyId,
    kind: EntryKind,
    declared: Vec<DeclaredEntry>,
) -> Result<Vec<Entry>, Failure> {
    if let Some(highest) = declared.iter().filter_map(|entry| entry.id).max() {
        deps.companies.reserve_entry_id(company, kind, highest).await?;
    }
    let count = u32::try_from(declared.iter().filter(|entry| entry.id.is_none()).count()).unwrap_or(u32::MAX);
    let mut next = match count {
        0 => 0,
        count => deps.companies.take_entry_ids(company, kind, count).await?,
    };
    let entry = |DeclaredEntry { id, name, details }| {
        let id = id.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        Entry { id, name, details }
    };
    Ok(declared.into_iter().map(entry).collect())
}

async fn apply_attributes(
    deps: &Deps,
    stored: &Settings,
    file: &CompanyFile,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for attribute in &file.attributes {
        match stored.attributes.iter().find(|one| one.key == attribute.key) {
            Some(same) if same == attribute => {
                report.settings_unchanged += 1;
                continue;
            }
            Some(other) if other.attribute_type != attribute.attribute_type => {
                return Err(Failure::usage(format!(
                    "the attribute {} cannot change its type: employees have values of the old one",
                    attribute.key
                )));
            }
            Some(_) => {
                report.settings_changed += 1;
                say(&format!("changed attribute {}", attribute.key));
            }
            None => {
                report.settings_created += 1;
                say(&format!("created attribute {}", attribute.key));
            }
        }
        changed.push(attribute.clone());
    }
    Ok(deps.companies.put_attributes(&file.company.id, &changed).await?)
}

async fn apply_integrations(
    deps: &Deps,
    stored: &Settings,
    file: &CompanyFile,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let mut changed = Vec::new();
    for integration in &file.integrations {
        let (count, done) = match stored.integrations.iter().find(|one| one.key == integration.key) {
            Some(same) if same == integration => {
                report.settings_unchanged += 1;
                continue;
            }
            Some(_) => (&mut report.settings_changed, "changed"),
            None => (&mut report.settings_created, "created"),
        };
        *count += 1;
        say(&format!("{done} integration {}", integration.key));
        changed.push(integration.clone());
    }
    Ok(deps.companies.put_integrations(&file.company.id, &changed).await?)
}

#[cfg(test)]
mod tests {
    use shared::company::absences::AbsenceRules;
    use shared::company::absences::CarryOver;

    use super::*;

    /// The absence types of a company of which some are stored.
    fn planned_types(stored: Vec<Entry>, declared: &str) -> Result<Vec<Entry>, String> {
        let text = format!("company: {{id: x, name: X, time_zone: UTC}}\nabsence_types: [{declared}]");
        let stored = Settings { entries: stored, ..Settings::default() };
        CompanyFile::parse("a test's company", &text)
            .and_then(|file| planned(&stored, &file))
            .map(|company| company.entries_of(EntryKind::AbsenceType).cloned().collect())
            .map_err(|failure| failure.to_string())
    }

    #[test]
    fn rules_of_absence_types_are_those_of_the_file() {
        let rules = |declared: &str| {
            let types = planned_types(Vec::new(), &format!("{{name: A, category: other{declared}}}"));
            match &types.expect("absence types")[0].details {
                Details::AbsenceType { rules, .. } => rules.clone(),
                other => panic!("{other:?} is no absence type"),
            }
        };
        assert_eq!(rules(""), AbsenceRules::default());
        let all = AbsenceRules {
            overlap: true,
            negative_balance: false,
            certificate_after: Some(3),
            carry_over: Some(CarryOver { since: 2026, most: "2.5".parse().ok(), months: 3 }),
        };
        let declared = "overlap: true, negative_balance: false, certificate_after: 3";
        assert_eq!(rules(&format!(", {declared}, carry_over: {{since: 2026, most: 2.5, months: 3}}")), all);
    }

    #[test]
    fn rules_that_cannot_be_are_refused() {
        for (declared, word) in [
            ("carry_over: {since: 2026, months: 13}", "the absence type A: The months of a carry_over"),
            ("carry_over: {since: 1969}", "the absence type A: The since of a carry_over"),
            ("carry_over: {since: 2026, most: 2.25}", "the absence type A: The most of a carry_over"),
            ("unit: hour, carry_over: {since: 2026, most: -1}", "the absence type A: The most of a carry_over"),
            ("carry_over: {most: 5}", "since"),
            ("carry_over: {since: 2026, moths: 3}", "moths"),
            ("certificate_after: -1", "broken"),
            ("overlapp: true", "overlapp"),
        ] {
            let message = planned_types(Vec::new(), &format!("{{name: A, category: other, {declared}}}"));
            let message = message.expect_err(declared);
            assert!(message.contains(word), "{declared}: {message}");
        }
    }

    #[test]
    fn an_absence_type_keeps_its_unit() {
        let hours = "{name: A, category: other, unit: hour}";
        let stored = planned_types(Vec::new(), hours).expect("absence types");
        assert_eq!(planned_types(stored.clone(), hours).as_ref(), Ok(&stored));
        let renamed = format!("{{id: {}, name: B, category: other}}", stored[0].id);
        for declared in ["{name: A, category: other}", &renamed] {
            let message = planned_types(stored.clone(), declared).expect_err(declared);
            assert!(message.contains("cannot change its unit"), "{declared}: {message}");
        }
    }
}
