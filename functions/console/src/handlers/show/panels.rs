//! What the side panel holds beside the form: the secret, and what can be done with a credential.

use jiff::Timestamp;
use maud::Markup;
use maud::html;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Secret;
use shared::credential::Grace;

use crate::handlers::show::alert;
use crate::handlers::show::credentials::state_badge;
use crate::handlers::show::form_token;
use crate::handlers::show::paths;
use crate::handlers::visitor::Signed;

/// The secret, this once.
#[must_use]
pub fn secret(signed: &Signed, credential: &Credential, secret: &Secret, grace_until: Option<Timestamp>) -> Markup {
    let texts = signed.texts();
    html! {
        // Where the script takes the browser's address, so that loading it again asks nobody to send the form again.
        div.panel-body data-address=(paths::credential(credential.client_id)) {
            p.notice.warn { (texts.secret_once) }
            p.identity { (credential.name) }
            (copied(signed, "client-id", texts.client_id, &credential.client_id.to_string()))
            (copied(signed, "client-secret", texts.client_secret, secret.reveal()))
            @if let Some(until) = grace_until {
                p.hint {
                    (texts.old_secret_until) " "
                    (signed.visitor.language.day_and_time(&signed.company.zone, until))
                }
            }
            p.visually-hidden #copied role="status" {}
            div.actions { a.button.primary href=(paths::CREDENTIALS) { (texts.done) } }
        }
    }
}

fn copied(signed: &Signed, id: &str, label: &str, value: &str) -> Markup {
    let texts = signed.texts();
    html! {
        div.field {
            label for=(id) { (label) }
            div.row {
                input.mono id=(id) type="text" value=(value) readonly autocomplete="off" spellcheck="false";
                button.script type="button" data-copy=(id) data-copied=(texts.copied) {
                    span { (texts.copy) }
                    span.visually-hidden { ": " (label) }
                }
            }
        }
    }
}

/// What can be done with a credential beside changing it.
#[must_use]
pub fn more(signed: &Signed, credential: &Credential, now: Timestamp) -> Markup {
    let texts = signed.texts();
    let (disabled, id) = (credential.disabled, credential.client_id);
    html! {
        section.more aria-labelledby="more-title" {
            h2 #more-title { (texts.more_actions) }
            div.more-row {
                p.hint { (texts.rotate_hint) }
                a.button href=(paths::action(id, "rotate")) { (texts.rotate) }
            }
            div.more-row {
                p.hint { (state_badge(texts, credential.state(now))) " " (texts.disable_hint) }
                form.plain action=(paths::action(id, "state")) method="post" {
                    (form_token(signed))
                    input type="hidden" name="disabled" value=(if disabled { "false" } else { "true" });
                    button type="submit" { (if disabled { texts.enable } else { texts.disable }) }
                }
            }
            div.more-row {
                p.hint { (texts.remove_hint) }
                a.button.danger href=(paths::action(id, "remove")) { (texts.remove) }
            }
        }
    }
}

/// The client id, and how long an old secret still works.
#[must_use]
pub fn facts(signed: &Signed, credential: &Credential, now: Timestamp) -> Markup {
    let texts = signed.texts();
    let moment = |instant| signed.visitor.language.day_and_time(&signed.company.zone, instant);
    html! {
        dl.facts {
            div { dt { (texts.client_id) } dd.mono { (credential.client_id) } }
            div { dt { (texts.created) } dd { (moment(credential.created_at)) } }
            @if let Some(until) = credential.grace_until(now) {
                div { dt { (texts.old_secret_until) } dd { (moment(until)) } }
            }
            div {
                dt { (texts.record) }
                dd { a href={ (paths::RECORD) "?credential=" (credential.client_id) } { (texts.record_of) } }
            }
        }
    }
}

/// How long the old secret shall still work.
#[must_use]
pub fn rotate(signed: &Signed, credential: &Credential, number: &str, refused: Option<&str>) -> Markup {
    let texts = signed.texts();
    html! {
        form.panel-body action=(paths::action(credential.client_id, "rotate")) method="post" {
            (form_token(signed))
            input type="hidden" name="number" value=(number);
            @if let Some(text) = refused { (alert(text)) }
            p.identity { (credential.name) }
            p { (texts.rotate_hint) }
            div.field {
                label for="grace" { (texts.grace) }
                p.hint #grace-hint { (texts.grace_hint) }
                select #grace name="grace" aria-describedby="grace-hint" autofocus {
                    option value="0" { (texts.grace_none) }
                    @for count in 1..=Grace::MAX_DAYS {
                        option value=(count) selected[count == 1] { ((texts.days)(count)) }
                    }
                }
            }
            div.actions {
                button.primary type="submit" { (texts.rotate) }
                a.button href=(paths::credential(credential.client_id)) { (texts.cancel) }
            }
        }
    }
}

/// Whether it shall really be removed.
#[must_use]
pub fn remove(signed: &Signed, credential: &Credential) -> Markup {
    let texts = signed.texts();
    html! {
        form.panel-body action=(paths::action(credential.client_id, "remove")) method="post" {
            (form_token(signed))
            p.identity { (credential.name) }
            p.mono.muted { (credential.client_id) }
            p { (texts.remove_hint) }
            div.actions {
                button.danger type="submit" { (texts.remove) }
                a.button href=(paths::credential(credential.client_id)) autofocus { (texts.cancel) }
            }
        }
    }
}
