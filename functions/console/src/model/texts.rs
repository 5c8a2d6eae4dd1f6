//! What the console says, in each of its languages.
//!
//! One struct, of which each language is a value: a text that is missing in one
//! of them does not compile.

pub mod de;
pub mod en;
pub mod fr;

use jiff::Timestamp;
use shared::calendar::Zone;
use shared::credential::Refusal;
use shared::scope::Resource;

/// A language of the console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// German.
    German,
    /// French.
    French,
}

impl Language {
    /// Every language, in the order in which they are offered.
    pub const ALL: [Self; 3] = [Self::English, Self::German, Self::French];

    /// The language of a code such as `de`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|language| language.texts().code == code)
    }

    /// The language that a browser asks for (`Accept-Language`), of those that there are.
    #[must_use]
    pub fn preferred(header: &str) -> Option<Self> {
        let mut wanted: Vec<(f32, Self)> = Vec::new();
        for part in header.split(',').take(20) {
            let (range, parameters) = part.split_once(';').unwrap_or((part, ""));
            let primary = range.trim().split('-').next().unwrap_or_default().to_ascii_lowercase();
            let weight = parameters.trim().strip_prefix("q=").and_then(|text| text.trim().parse().ok()).unwrap_or(1.0);
            if let Some(language) = Self::from_code(&primary).filter(|_| weight > 0.0) {
                wanted.push((weight, language));
            }
        }
        // The first of equals: a stable sort from the heaviest on.
        wanted.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        wanted.first().map(|(_, language)| *language)
    }

    /// Its texts.
    #[must_use]
    pub fn texts(self) -> &'static Texts {
        match self {
            Self::English => &en::ENGLISH,
            Self::German => &de::GERMAN,
            Self::French => &fr::FRENCH,
        }
    }

    /// A day as people write it.
    #[must_use]
    pub fn day(self, zone: &Zone, instant: Timestamp) -> String {
        zone.local_time(instant).strftime(self.day_pattern()).to_string()
    }

    /// A day and a time as people write them.
    #[must_use]
    pub fn day_and_time(self, zone: &Zone, instant: Timestamp) -> String {
        zone.local_time(instant).strftime(&format!("{}, %H:%M", self.day_pattern())).to_string()
    }

    fn day_pattern(self) -> &'static str {
        match self {
            // Names of months come in English only.
            Self::English => "%-d %b %Y",
            Self::German => "%d.%m.%Y",
            Self::French => "%d/%m/%Y",
        }
    }
}

/// The texts of a language.
#[derive(Debug)]
pub struct Texts {
    /// The language as `lang` names it.
    pub code: &'static str,
    /// The language in itself.
    pub own_name: &'static str,
    /// The first step of the trail.
    pub settings: &'static str,
    /// The second step of the trail.
    pub integrations: &'static str,
    /// The page of credentials.
    pub api_credentials: &'static str,
    /// The page of the record.
    pub record: &'static str,
    /// The link over the head of the page.
    pub skip: &'static str,
    /// Name of the main navigation.
    pub navigation: &'static str,
    /// Name of the trail.
    pub trail: &'static str,
    /// Name of the choice of language.
    pub language: &'static str,
    /// Name of the account's menu.
    pub account: &'static str,
    /// Ends this session.
    pub sign_out: &'static str,
    /// Ends all sessions of the account.
    pub sign_out_everywhere: &'static str,
    /// Title and button of the sign-in.
    pub sign_in: &'static str,
    /// What the sign-in is for.
    pub sign_in_intro: &'static str,
    /// Field.
    pub email: &'static str,
    /// Field.
    pub password: &'static str,
    /// One text, whatever is wrong.
    pub sign_in_refused: &'static str,
    /// Hint.
    pub sign_in_by_link: &'static str,
    /// Notice.
    pub signed_out: &'static str,
    /// Before a link is used; the address follows.
    pub link_intro: &'static str,
    /// A link that is not good.
    pub link_gone_title: &'static str,
    /// What to do about it.
    pub link_gone: &'static str,
    /// The button of a provider, with its name.
    pub sign_in_with: fn(&str) -> String,
    /// Between two ways to sign in.
    pub or: &'static str,
    /// Somebody signed in at a provider.
    pub open_id_done_title: &'static str,
    /// What to do if the page stays.
    pub open_id_done: &'static str,
    /// The link to where the page leads by itself.
    pub open_id_continue: &'static str,
    /// A sign-in at a provider that is not known here.
    pub open_id_stale_title: &'static str,
    /// What to do about it.
    pub open_id_stale: &'static str,
    /// The provider signed nobody in.
    pub open_id_declined_title: &'static str,
    /// Why that can be.
    pub open_id_declined: &'static str,
    /// An account that is no administrator's; the same whatever is missing.
    pub open_id_stranger_title: &'static str,
    /// What it takes.
    pub open_id_stranger: &'static str,
    /// An answer of the provider that does not hold.
    pub open_id_unproven_title: &'static str,
    /// What to do about it.
    pub open_id_unproven: &'static str,
    /// No answer of the provider.
    pub open_id_silent_title: &'static str,
    /// What to do about it.
    pub open_id_silent: &'static str,
    /// Begins again.
    pub open_id_again: &'static str,
    /// What the page is for.
    pub credentials_intro: &'static str,
    /// The button of the article.
    pub generate: &'static str,
    /// Title of the side panel.
    pub add_title: &'static str,
    /// Closes the panel.
    pub close: &'static str,
    /// Closes a form.
    pub cancel: &'static str,
    /// Stores a change.
    pub save: &'static str,
    /// An empty list.
    pub no_credentials_title: &'static str,
    /// What to do about it.
    pub no_credentials: &'static str,
    /// Field and column.
    pub name: &'static str,
    /// Hint.
    pub name_hint: &'static str,
    /// Field and column.
    pub integration: &'static str,
    /// The integration of everything else.
    pub other: &'static str,
    /// Hint.
    pub integration_hint: &'static str,
    /// Button where there is no script.
    pub use_recommendation: &'static str,
    /// Said once the boxes were ticked.
    pub recommended: &'static str,
    /// Group of boxes.
    pub permissions: &'static str,
    /// Column.
    pub access: &'static str,
    /// Hint.
    pub permissions_hint: &'static str,
    /// Box.
    pub read: &'static str,
    /// Box.
    pub write: &'static str,
    /// Resource.
    pub employees: &'static str,
    /// Resource.
    pub attendances: &'static str,
    /// Resource.
    pub absences: &'static str,
    /// Resource.
    pub documents: &'static str,
    /// Resource.
    pub custom_reports: &'static str,
    /// Group of boxes.
    pub attributes: &'static str,
    /// Hint.
    pub attributes_hint: &'static str,
    /// Box.
    pub every_attribute: &'static str,
    /// Button.
    pub select_all: &'static str,
    /// Button.
    pub select_none: &'static str,
    /// Attributes.
    pub group_person: &'static str,
    /// Attributes.
    pub group_employment: &'static str,
    /// Attributes.
    pub group_organisation: &'static str,
    /// Attributes.
    pub group_pay: &'static str,
    /// Attributes.
    pub group_own: &'static str,
    /// Field and column.
    pub expiry: &'static str,
    /// Field.
    pub expiry_label: &'static str,
    /// Hint; the time zone follows.
    pub expiry_hint: &'static str,
    /// Field.
    pub networks_label: &'static str,
    /// Hint.
    pub networks_hint: &'static str,
    /// Column.
    pub state: &'static str,
    /// State.
    pub active: &'static str,
    /// State.
    pub disabled: &'static str,
    /// State.
    pub expired: &'static str,
    /// Column.
    pub created: &'static str,
    /// Column.
    pub last_use: &'static str,
    /// No last use, no expiry.
    pub never: &'static str,
    /// Before the scopes that were not used.
    pub unused: &'static str,
    /// After a credential was created.
    pub created_title: &'static str,
    /// After its secret was rotated.
    pub rotated_title: &'static str,
    /// The warning.
    pub secret_once: &'static str,
    /// Field.
    pub client_id: &'static str,
    /// Field.
    pub client_secret: &'static str,
    /// Button.
    pub copy: &'static str,
    /// Said once it was copied.
    pub copied: &'static str,
    /// Closes the panel with the secret.
    pub done: &'static str,
    /// A form that came twice.
    pub sent_before: &'static str,
    /// With a grace time; the instant follows.
    pub old_secret_until: &'static str,
    /// What a name leads to.
    pub manage: &'static str,
    /// Button.
    pub disable: &'static str,
    /// Button.
    pub enable: &'static str,
    /// Hint.
    pub disable_hint: &'static str,
    /// Button.
    pub rotate: &'static str,
    /// Hint.
    pub rotate_hint: &'static str,
    /// Field.
    pub grace: &'static str,
    /// Choice.
    pub grace_none: &'static str,
    /// Hint.
    pub grace_hint: &'static str,
    /// Button.
    pub remove: &'static str,
    /// Title.
    pub remove_title: &'static str,
    /// What it means.
    pub remove_hint: &'static str,
    /// Group of actions.
    pub more_actions: &'static str,
    /// Hint.
    pub takes_effect: &'static str,
    /// Notice.
    pub was_changed: &'static str,
    /// Notice.
    pub was_disabled: &'static str,
    /// Notice.
    pub was_enabled: &'static str,
    /// Notice.
    pub was_removed: &'static str,
    /// Above a form with mistakes.
    pub check_form: &'static str,
    /// Link.
    pub back_to_list: &'static str,
    /// Error page.
    pub error_not_found_title: &'static str,
    /// Error page.
    pub error_not_found: &'static str,
    /// Error page.
    pub error_forbidden_title: &'static str,
    /// Error page.
    pub error_forbidden: &'static str,
    /// Error page.
    pub error_conflict_title: &'static str,
    /// Error page.
    pub error_conflict: &'static str,
    /// Error page.
    pub error_throttled_title: &'static str,
    /// Error page.
    pub error_throttled: &'static str,
    /// Error page.
    pub error_other_title: &'static str,
    /// Error page.
    pub error_other: &'static str,
    /// What the page is for.
    pub record_intro: &'static str,
    /// Link and title for one credential.
    pub record_of: &'static str,
    /// Column.
    pub record_when: &'static str,
    /// Column.
    pub record_who: &'static str,
    /// Column.
    pub record_what: &'static str,
    /// Column.
    pub record_touched: &'static str,
    /// Column.
    pub record_outcome: &'static str,
    /// Column.
    pub record_request: &'static str,
    /// An empty list.
    pub record_empty: &'static str,
    /// Button.
    pub filter: &'static str,
    /// Field.
    pub filter_credential: &'static str,
    /// Choice.
    pub filter_all: &'static str,
    /// Field.
    pub filter_from: &'static str,
    /// Field.
    pub filter_to: &'static str,
    /// Choice.
    pub outcome_ok: &'static str,
    /// Choice.
    pub outcome_refused: &'static str,
    /// Choice.
    pub outcome_failed: &'static str,
    /// Link.
    pub older: &'static str,
    /// Actor.
    pub administrator: &'static str,
    /// What is touched.
    pub projects: &'static str,
    /// What is touched.
    pub uploads: &'static str,
    /// Actor.
    pub operator: &'static str,
    /// Link.
    pub newest: &'static str,
    /// Behind an actor who was only named.
    pub unproven: &'static str,
    /// Before attributes.
    pub shown: &'static str,
    /// Before fields.
    pub changed: &'static str,
    /// Where many entries were looked through.
    pub look_further: &'static str,
    /// A rule that is broken.
    pub refusal: fn(&Refusal) -> String,
    /// So many days.
    pub days: fn(u64) -> String,
}

impl Texts {
    /// What a part of the API is called.
    #[must_use]
    pub fn resource(&self, resource: Resource) -> &'static str {
        match resource {
            Resource::Employees => self.employees,
            Resource::Attendances => self.attendances,
            Resource::Absences => self.absences,
            Resource::Documents => self.documents,
            Resource::CustomReports => self.custom_reports,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_gets_the_language_that_it_prefers_of_those_that_there_are() {
        for (header, wanted) in [
            ("fr", Some(Language::French)),
            ("de-AT,de;q=0.9,en;q=0.8", Some(Language::German)),
            ("es, en;q=0.5, fr;q=0.7", Some(Language::French)),
            ("DE", Some(Language::German)),
            ("de;q=0, en", Some(Language::English)),
            ("en;q=0.7, fr;q=0.7", Some(Language::English)),
            ("es", None),
            ("", None),
            (";;;,q=,", None),
        ] {
            assert_eq!(Language::preferred(header), wanted, "{header:?}");
        }
    }

    #[test]
    fn each_language_names_itself_and_every_rule() {
        let refusals = [
            Refusal::NameEmpty,
            Refusal::ScopesMissing,
            Refusal::WriteWithoutRead(Resource::Documents),
            Refusal::ExpiryPast,
            Refusal::NetworksTooMany,
        ];
        for refusal in &refusals {
            let texts: Vec<_> = Language::ALL.map(|language| (language.texts().refusal)(refusal)).into();
            assert!(texts.iter().all(|text| text.ends_with('.')), "{texts:?}");
            assert!(texts[0] != texts[1] && texts[1] != texts[2] && texts[0] != texts[2], "{texts:?}");
        }
        for language in Language::ALL {
            assert_eq!(Language::from_code(language.texts().code), Some(language));
        }
    }
}
