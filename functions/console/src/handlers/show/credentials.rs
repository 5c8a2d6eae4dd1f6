//! The list of credentials, alone or behind a panel.

use std::collections::BTreeMap;

use jiff::Timestamp;
use maud::Markup;
use maud::html;
use shared::aws::credentials::Credential;
use shared::aws::credentials::State;
use shared::ids::ClientId;
use shared::ids::IntegrationKey;
use shared::record::Usage;
use shared::scope::Action;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers::show::form_token;
use crate::handlers::show::notice;
use crate::handlers::show::page;
use crate::handlers::show::paths;
use crate::handlers::visitor::Signed;
use crate::model::texts::Texts;

/// Every part of the API, in the order in which they are shown.
pub const RESOURCES: [Resource; 5] =
    [Resource::Employees, Resource::Attendances, Resource::Absences, Resource::Documents, Resource::CustomReports];

/// What the list shows.
#[derive(Debug)]
pub struct List {
    /// The company's credentials in the order of their creation.
    pub credentials: Vec<Credential>,
    /// When and for what they were used.
    pub usage: BTreeMap<ClientId, Usage>,
    /// The present instant.
    pub now: Timestamp,
}

/// The page with nothing before it.
#[must_use]
pub fn list_page(signed: &Signed, list: &List, done: Option<&str>) -> Markup {
    let texts = signed.texts();
    let body = html! {
        main #content {
            @if let Some(text) = done { (notice(text)) }
            (overview(signed, list, false))
            (footer(signed))
        }
    };
    page(&signed.visitor, texts.api_credentials, Some(signed), &body)
}

/// A panel beside the list. What is behind it cannot be reached until the panel is closed.
#[must_use]
pub fn panel_page(signed: &Signed, list: &List, title: &str, panel: &Markup) -> Markup {
    let texts = signed.texts();
    let body = html! {
        main #content {
            div.behind inert { (overview(signed, list, true)) }
            div.shade {}
            section.panel role="dialog" aria-modal="true" aria-labelledby="panel-title" {
                header.panel-head {
                    h1 #panel-title tabindex="-1" { (title) }
                    a.close href=(paths::CREDENTIALS) aria-label=(texts.close) { span aria-hidden="true" { "×" } }
                }
                (panel)
            }
        }
    };
    page(&signed.visitor, title, Some(signed), &body)
}

fn overview(signed: &Signed, list: &List, behind: bool) -> Markup {
    let texts = signed.texts();
    html! {
        nav.trail aria-label=(texts.trail) {
            ol { li { (texts.settings) } li { (texts.integrations) } li aria-current="page" { (texts.api_credentials) } }
        }
        div.title-row {
            div {
                @if behind { p.h1 { (texts.api_credentials) } } @else { h1 { (texts.api_credentials) } }
                p.lead { (texts.credentials_intro) }
            }
            a.button.primary href=(paths::NEW) { (texts.generate) }
        }
        @if list.credentials.is_empty() {
            div.card.empty {
                p.h2 { (texts.no_credentials_title) }
                p { (texts.no_credentials) }
            }
        } @else {
            (table(signed, list))
        }
    }
}

fn table(signed: &Signed, list: &List) -> Markup {
    let texts = signed.texts();
    html! {
        div.card.flush {
            table.credentials {
                thead {
                    tr {
                        th scope="col" { (texts.name) }
                        th scope="col" { (texts.integration) }
                        th scope="col" { (texts.access) }
                        th scope="col" { (texts.state) }
                        th scope="col" { (texts.created) }
                        th scope="col" { (texts.expiry) }
                        th scope="col" { (texts.last_use) }
                    }
                }
                tbody {
                    @for credential in &list.credentials { (row(signed, credential, list)) }
                }
            }
        }
    }
}

fn row(signed: &Signed, credential: &Credential, list: &List) -> Markup {
    let texts = signed.texts();
    let usage = list.usage.get(&credential.client_id);
    html! {
        tr {
            th scope="row" {
                a.name href=(paths::credential(credential.client_id)) { (credential.name) }
                span.id { (credential.client_id) }
            }
            td data-label=(texts.integration) { (integration_name(signed, &credential.integration)) }
            td data-label=(texts.access) { (access(texts, credential, usage)) }
            td data-label=(texts.state) { (state_badge(texts, credential.state(list.now))) }
            td data-label=(texts.created) { (day(signed, credential.created_at)) }
            td data-label=(texts.expiry) {
                @match credential.expires_at {
                    // An expiry is the end of a day: the instant before belongs to the day that was chosen.
                    Some(end) => (day(signed, just_before(end))),
                    None => span.muted { (texts.never) },
                }
            }
            td data-label=(texts.last_use) {
                @match usage {
                    Some(usage) => (day(signed, usage.last_used)),
                    None => span.muted { (texts.never) },
                }
            }
        }
    }
}

/// The instant before one, to the millisecond.
#[must_use]
pub fn just_before(end: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(end.as_millisecond() - 1).unwrap_or(end)
}

fn day(signed: &Signed, instant: Timestamp) -> Markup {
    html! { time datetime=(instant) { (signed.visitor.language.day(&signed.company.zone, instant)) } }
}

/// What a credential may do, by part of the API.
fn access(texts: &Texts, credential: &Credential, usage: Option<&Usage>) -> Markup {
    let has = |resource, action| credential.scopes.contains(&Scope { resource, action });
    let granted = RESOURCES.into_iter().filter(|one| has(*one, Action::Read) || has(*one, Action::Write));
    html! {
        ul.access {
            @for resource in granted {
                li {
                    (texts.resource(resource)) " "
                    span.muted {
                        @if has(resource, Action::Read) { (texts.read) }
                        @if has(resource, Action::Read) && has(resource, Action::Write) { " · " }
                        @if has(resource, Action::Write) { (texts.write) }
                    }
                }
            }
        }
        (unused(texts, credential, usage))
    }
}

/// The scopes that a credential has not used, once it was used at all: what it could do without.
fn unused(texts: &Texts, credential: &Credential, usage: Option<&Usage>) -> Markup {
    let idle = usage.map(|usage| credential.scopes.difference(&usage.scopes).collect::<Vec<_>>()).unwrap_or_default();
    let name = |scope: &Scope| {
        let action = if scope.action == Action::Read { texts.read } else { texts.write };
        format!("{} ({action})", texts.resource(scope.resource))
    };
    html! {
        @if !idle.is_empty() {
            p.idle { (texts.unused) " " (idle.into_iter().map(name).collect::<Vec<_>>().join(", ")) }
        }
    }
}

/// Whether a credential can be used, in a word.
#[must_use]
pub fn state_badge(texts: &Texts, state: State) -> Markup {
    let (class, text) = match state {
        State::Active => ("good", texts.active),
        State::Disabled => ("off", texts.disabled),
        State::Expired => ("bad", texts.expired),
    };
    html! { span class={ "badge " (class) } { (text) } }
}

/// What people call an integration.
#[must_use]
pub fn integration_name(signed: &Signed, key: &IntegrationKey) -> String {
    if key.as_str() == IntegrationKey::OTHER {
        return signed.texts().other.to_owned();
    }
    let known = signed.company.integrations.get(key);
    known.map_or_else(|| key.to_string(), |integration| integration.name.clone())
}

fn footer(signed: &Signed) -> Markup {
    let texts = signed.texts();
    html! {
        footer.page-foot {
            p { (texts.takes_effect) }
            form.plain action=(paths::SIGN_OUT) method="post" {
                (form_token(signed))
                button.link type="submit" name="everywhere" value="1" { (texts.sign_out_everywhere) }
            }
        }
    }
}
