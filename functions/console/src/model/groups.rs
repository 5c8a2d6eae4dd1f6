//! In which groups the attributes of employees are offered.

use shared::attributes::Definition;
use shared::attributes::Kind;
use shared::attributes::system;
use shared::company::Company;
use shared::company::Locale;

use crate::model::texts::Language;
use crate::model::texts::Texts;

/// A group of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Who somebody is.
    Person,
    /// From when to when, as what, and how much they work.
    Employment,
    /// Where they belong.
    Organisation,
    /// What they get.
    Pay,
    /// What the company declared itself.
    Own,
}

impl Group {
    /// Every group, in the order in which they are shown.
    pub const ALL: [Self; 5] = [Self::Person, Self::Employment, Self::Organisation, Self::Pay, Self::Own];

    /// The group of an attribute.
    #[must_use]
    pub fn of(definition: &Definition) -> Self {
        match (definition.key.as_str(), definition.kind) {
            (key, _) if system::find(key).is_none() => Self::Own,
            ("first_name" | "last_name" | "preferred_name" | "email" | "gender" | "profile_picture", _) => Self::Person,
            ("fix_salary_interval", _) | (_, Kind::Money) => Self::Pay,
            ("holiday_calendar" | "work_schedule" | "absence_entitlement", _) => Self::Employment,
            (_, Kind::Entry(_) | Kind::CostCenters | Kind::Supervisor) => Self::Organisation,
            _ => Self::Employment,
        }
    }

    /// What it is called.
    #[must_use]
    pub fn title(self, texts: &Texts) -> &'static str {
        match self {
            Self::Person => texts.group_person,
            Self::Employment => texts.group_employment,
            Self::Organisation => texts.group_organisation,
            Self::Pay => texts.group_pay,
            Self::Own => texts.group_own,
        }
    }
}

/// The attributes of a company that a credential can be granted, by group. The id is not among them: it is always
/// readable.
#[must_use]
pub fn grouped(company: &Company) -> Vec<(Group, Vec<&Definition>)> {
    let offered = || company.catalogue.iter().filter(|attribute| attribute.key.as_str() != system::ID);
    let of = |group| offered().filter(|attribute| Group::of(attribute) == group).collect::<Vec<_>>();
    let groups = Group::ALL.into_iter().map(|group| (group, of(group)));
    groups.filter(|(_, attributes)| !attributes.is_empty()).collect()
}

/// What an attribute is called: in the visitor's language, unless the company has a word of its own for it.
#[must_use]
pub fn label(company: &Company, definition: &Definition, language: Language) -> String {
    let locale = match language {
        Language::English => Locale::En,
        Language::German => Locale::De,
        Language::French => Locale::Fr,
    };
    let known = system::find(definition.key.as_str());
    let usual = known.filter(|known| known.definition(company.profile.locale).label == definition.label);
    usual.map_or_else(|| definition.label.clone(), |known| known.definition(locale).label)
}
