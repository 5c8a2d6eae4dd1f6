//! What credentials and administrators did, as a page.

use maud::Markup;
use maud::html;
use shared::aws::credentials::Credential;
use shared::ids::ClientId;
use shared::record::Actor;
use shared::record::Entries;
use shared::record::Entry;
use shared::record::Keys;
use shared::record::Outcome;
use shared::record::Subject;

use crate::handlers::show::page;
use crate::handlers::show::paths;
use crate::handlers::visitor::Signed;
use crate::model::Administrator;
use crate::model::texts::Texts;

/// What the page shows.
#[derive(Debug)]
pub struct RecordPage {
    /// The entries, the newest first.
    pub entries: Entries,
    /// The company's credentials, for their names.
    pub credentials: Vec<Credential>,
    /// The company's administrators, for theirs.
    pub administrators: Vec<Administrator>,
    /// What was asked for.
    pub asked: Asked,
}

/// What was asked for, as it was sent.
#[derive(Debug)]
pub struct Asked {
    /// A client id, or nothing.
    pub credential: String,
    /// A day, or nothing.
    pub from: String,
    /// A day, or nothing.
    pub to: String,
    /// How it shall have ended.
    pub outcome: Option<Outcome>,
    /// Whether these are the newest entries.
    pub is_first: bool,
}

fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => "ok",
        Outcome::Refused => "refused",
        Outcome::Failed => "failed",
    }
}

fn outcome_text(texts: &Texts, outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ok => texts.outcome_ok,
        Outcome::Refused => texts.outcome_refused,
        Outcome::Failed => texts.outcome_failed,
    }
}

impl Asked {
    /// The same page with another cursor, or from the beginning.
    fn address(&self, cursor: Option<&str>) -> String {
        // Everything here was read before, as an id, a day or a word: nothing needs to be escaped.
        let fields = [
            ("credential", Some(self.credential.as_str())),
            ("from", Some(self.from.as_str())),
            ("to", Some(self.to.as_str())),
            ("outcome", self.outcome.map(outcome_word)),
            ("cursor", cursor),
        ];
        let given =
            fields.into_iter().filter_map(|(name, value)| Some((name, value.filter(|value| !value.is_empty())?)));
        let query = given.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
        format!("{}?{query}", paths::RECORD)
    }
}

/// The page.
#[must_use]
pub fn show(signed: &Signed, record: &RecordPage) -> Markup {
    let texts = signed.texts();
    let next = record.entries.next.map(|cursor| cursor.to_string());
    let body = html! {
        main #content {
            nav.trail aria-label=(texts.trail) {
                ol { li { (texts.settings) } li { (texts.integrations) } li aria-current="page" { (texts.record) } }
            }
            div.title-row { div { h1 { (texts.record) } p.lead { (texts.record_intro) } } }
            (filters(signed, record))
            @if record.entries.entries.is_empty() {
                div.card.empty {
                    p { @if next.is_some() { (texts.look_further) } @else { (texts.record_empty) } }
                }
            } @else {
                (table(signed, record))
            }
            nav.pages aria-label=(texts.record) {
                @if !record.asked.is_first { a.button href=(record.asked.address(None)) { (texts.newest) } }
                @if let Some(cursor) = &next { a.button href=(record.asked.address(Some(cursor))) { (texts.older) } }
            }
        }
    };
    page(&signed.visitor, texts.record, Some(signed), &body)
}

fn filters(signed: &Signed, record: &RecordPage) -> Markup {
    let (texts, asked) = (signed.texts(), &record.asked);
    let listed = record.credentials.iter().any(|credential| credential.client_id.to_string() == asked.credential);
    html! {
        form.filters action=(paths::RECORD) method="get" {
            div.field {
                label for="credential" { (texts.filter_credential) }
                select #credential name="credential" {
                    option value="" { (texts.filter_all) }
                    @for credential in &record.credentials {
                        @let id = credential.client_id.to_string();
                        option value=(id) selected[id == asked.credential] { (credential.name) }
                    }
                    @if !listed && !asked.credential.is_empty() {
                        option value=(asked.credential) selected { (asked.credential) }
                    }
                }
            }
            div.field { label for="from" { (texts.filter_from) } input #from name="from" type="date" value=(asked.from); }
            div.field { label for="to" { (texts.filter_to) } input #to name="to" type="date" value=(asked.to); }
            div.field {
                label for="outcome" { (texts.record_outcome) }
                select #outcome name="outcome" {
                    option value="" { (texts.filter_all) }
                    @for outcome in [Outcome::Ok, Outcome::Refused, Outcome::Failed] {
                        option value=(outcome_word(outcome)) selected[asked.outcome == Some(outcome)] {
                            (outcome_text(texts, outcome))
                        }
                    }
                }
            }
            button type="submit" { (texts.filter) }
        }
    }
}

fn table(signed: &Signed, record: &RecordPage) -> Markup {
    let texts = signed.texts();
    html! {
        div.card.flush {
            table.record {
                thead {
                    tr {
                        th scope="col" { (texts.record_when) }
                        th scope="col" { (texts.record_who) }
                        th scope="col" { (texts.record_what) }
                        th scope="col" { (texts.record_touched) }
                        th scope="col" { (texts.record_outcome) }
                    }
                }
                tbody { @for entry in &record.entries.entries { (row(signed, record, entry)) } }
            }
        }
    }
}

fn row(signed: &Signed, record: &RecordPage, entry: &Entry) -> Markup {
    let (texts, deed) = (signed.texts(), &entry.deed);
    let class = if entry.outcome == Outcome::Ok { "badge good" } else { "badge bad" };
    html! {
        tr {
            th scope="row" {
                time datetime=(entry.at) { (signed.visitor.language.day_and_time(&signed.company.zone, entry.at)) }
            }
            td data-label=(texts.record_who) {
                div {
                    (who(signed, record, &deed.actor))
                    @if !deed.proven { " " span.muted { "(" (texts.unproven) ")" } }
                }
            }
            td data-label=(texts.record_what) { (route(&deed.method, &deed.route)) }
            td data-label=(texts.record_touched) { div { (touched(texts, entry)) } }
            td data-label=(texts.record_outcome) {
                div {
                    span class=(class) { (outcome_text(texts, entry.outcome)) " · " (deed.status) }
                    @if let Some(id) = &deed.request_id { span.id title=(texts.record_request) { (id) } }
                }
            }
        }
    }
}

/// Lines break behind a slash, and not within a word.
fn route(method: &str, route: &str) -> Markup {
    html! {
        span.mono { (method) " " @for part in route.split_inclusive('/') { (part) wbr; } }
    }
}

fn who(signed: &Signed, record: &RecordPage, actor: &Actor) -> Markup {
    let texts = signed.texts();
    match actor {
        Actor::Credential(id) => credential_name(record, *id),
        Actor::Administrator(id) => {
            let known = record.administrators.iter().find(|administrator| administrator.id.to_string() == *id);
            html! {
                (texts.administrator)
                span.below { @match known { Some(one) => (breakable(one.email.as_str())), None => (id) } }
            }
        }
        Actor::Operator => html! { (texts.operator) },
    }
}

fn credential_name(record: &RecordPage, id: ClientId) -> Markup {
    let known = record.credentials.iter().find(|credential| credential.client_id == id);
    html! {
        @match known {
            Some(credential) => a href=(paths::credential(id)) { (credential.name) },
            None => span.mono { (id) },
        }
    }
}

fn touched(texts: &Texts, entry: &Entry) -> Markup {
    let touched = &entry.deed.touched;
    let list = |keys: &Keys| keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(", ");
    html! {
        @for (subject, ids) in &touched.ids {
            p { (subject_text(texts, *subject)) ": " span.ids { (ids) } }
        }
        @if !touched.shown.is_empty() { p.idle { (texts.shown) " " (list(&touched.shown)) } }
        @if !touched.changed.is_empty() { p.idle { (texts.changed) " " (list(&touched.changed)) } }
    }
}

fn subject_text(texts: &Texts, subject: Subject) -> &'static str {
    match subject {
        Subject::Employee => texts.employees,
        Subject::Attendance => texts.attendances,
        Subject::Project => texts.projects,
        Subject::Absence => texts.absences,
        Subject::Document => texts.documents,
        Subject::Upload => texts.uploads,
        Subject::Credential => texts.api_credentials,
        Subject::Administrator => texts.administrator,
    }
}

/// An address that breaks before its host, where a column is too narrow for all of it.
fn breakable(email: &str) -> Markup {
    let broken = |(name, host)| html! { (name) wbr; "@" (host) };
    email.split_once('@').map_or_else(|| html! { (email) }, broken)
}
