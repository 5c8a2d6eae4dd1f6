//! What a credential is for, and what such a thing needs.
//!
//! The table below is what every company has to choose from; a company adds its
//! own in its company file (`integrations`). A recommendation is a beginning:
//! whoever creates the credential may grant less or more.

use serde::Deserialize;
use serde::Serialize;

use crate::attributes::AttributeKey;
use crate::attributes::Readable;
use crate::ids::IntegrationKey;
use crate::scope::Resource;
use crate::scope::Scope;

/// An integration, and what it needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Integration {
    /// What it is called in files, commands and records.
    pub key: IntegrationKey,
    /// What people call it.
    pub name: String,
    /// The scopes that it needs, in the order in which they are written down.
    #[serde(default)]
    pub scopes: Vec<Scope>,
    /// The attributes of employees that it needs.
    #[serde(default = "nothing")]
    pub readable_attributes: Readable,
}

fn nothing() -> Readable {
    Readable::Only([].into())
}

/// One row of the table.
struct Row {
    key: &'static str,
    name: &'static str,
    scopes: &'static [Scope],
    attributes: &'static [&'static str],
}

const READ_EMPLOYEES: Scope = Scope::read(Resource::Employees);

/// The integrations that every company has. To add one: a row here, with the least that it works with.
const BUILT_IN: &[Row] = &[
    // Tells a channel whose birthday or work anniversary it is. A birthday is an attribute of the company's own.
    Row {
        key: "ms-teams",
        name: "MS Teams",
        scopes: &[READ_EMPLOYEES],
        attributes: &[
            "first_name",
            "last_name",
            "preferred_name",
            "email",
            "status",
            "hire_date",
            "department",
            "team",
        ],
    },
    // People ask for days off where they chat, and their supervisors agree there.
    Row {
        key: "slack",
        name: "Slack",
        scopes: &[READ_EMPLOYEES, Scope::read(Resource::Absences), Scope::write(Resource::Absences)],
        attributes: &["first_name", "last_name", "preferred_name", "email", "status", "supervisor"],
    },
    // A time clock: beginnings, ends and breaks of working time come from there.
    Row {
        key: "askdante",
        name: "askDante",
        scopes: &[READ_EMPLOYEES, Scope::read(Resource::Attendances), Scope::write(Resource::Attendances)],
        attributes: &["first_name", "last_name", "email", "status"],
    },
    // Payroll: a payslip comes to the documents of its employee, in a category that has to be looked up.
    Row {
        key: "pento",
        name: "Pento",
        scopes: &[READ_EMPLOYEES, Scope::read(Resource::Documents), Scope::write(Resource::Documents)],
        attributes: &["first_name", "last_name", "email", "status"],
    },
    Row { key: IntegrationKey::OTHER, name: "Other", scopes: &[], attributes: &[] },
];

impl Row {
    fn integration(&self) -> Integration {
        let attributes = self.attributes.iter().copied().map(AttributeKey::system).collect();
        Integration {
            key: IntegrationKey::built_in(self.key),
            name: self.name.to_owned(),
            scopes: self.scopes.to_vec(),
            readable_attributes: Readable::Only(attributes),
        }
    }
}

/// The integrations of a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Integrations(Vec<Integration>);

impl Integrations {
    /// Those that every company has, with the company's own among them. One that a company declares under a key of
    /// the table is another word on the same integration.
    #[must_use]
    pub fn of(mut declared: Vec<Integration>) -> Self {
        let mut all: Vec<_> = BUILT_IN.iter().map(Row::integration).collect();
        let other = all.pop();
        declared.sort_by(|one, another| one.name.cmp(&another.name));
        for integration in declared {
            match all.iter_mut().find(|known| known.key == integration.key) {
                Some(known) => *known = integration,
                None => all.push(integration),
            }
        }
        all.extend(other);
        Self(all)
    }

    /// The integration with a key.
    #[must_use]
    pub fn get(&self, key: &IntegrationKey) -> Option<&Integration> {
        self.iter().find(|integration| integration.key == *key)
    }

    /// All of them, in the order in which they are shown; `other` comes last.
    pub fn iter(&self) -> impl Iterator<Item = &Integration> {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_adds_its_own_and_has_another_word_on_those_of_the_table() {
        let own = |key: &str, name: &str| Integration {
            key: key.parse().expect("a key"),
            name: name.to_owned(),
            scopes: vec![READ_EMPLOYEES],
            readable_attributes: Readable::All,
        };
        let all = Integrations::of(vec![own("zebra", "Zebra"), own("canteen", "Canteen"), own("slack", "Our Slack")]);
        let names: Vec<_> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["MS Teams", "Our Slack", "askDante", "Pento", "Canteen", "Zebra", "Other"]);
        let slack = all.get(&"slack".parse().expect("a key")).expect("an integration");
        assert_eq!(slack.readable_attributes, Readable::All);
        assert_eq!(all.get(&"nobody".parse().expect("a key")), None);
    }
}
