//! The form of a credential: for a new one and for one that is there.

use jiff::civil::Time;
use maud::Markup;
use maud::html;
use shared::attributes::Readable;
use shared::credential::Draft;
use shared::credential::Refusals;
use shared::ids::IntegrationKey;
use shared::scope::Action;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers::show::alert;
use crate::handlers::show::credentials::RESOURCES;
use crate::handlers::show::credentials::integration_name;
use crate::handlers::show::credentials::just_before;
use crate::handlers::show::form_token;
use crate::handlers::show::notice;
use crate::handlers::show::paths;
use crate::handlers::visitor::Signed;
use crate::model::groups;

/// A form as it is to be shown.
#[derive(Debug)]
pub struct CredentialForm<'f> {
    /// What is typed in it.
    pub draft: &'f Draft,
    /// What is wrong with that.
    pub refusals: Option<&'f Refusals>,
    /// Whether the boxes were just ticked as an integration recommends.
    pub recommended: bool,
    /// Where it is sent.
    pub action: &'f str,
    /// What its button says.
    pub submit: &'f str,
    /// The hidden field by which it is known when it comes: its number, or the revision that it shows.
    pub hidden: (&'f str, &'f str),
    /// Whether attributes are shown where employees cannot be read: they were granted so.
    pub attributes_kept: bool,
}

impl CredentialForm<'_> {
    fn ticked(&self, scope: Scope) -> bool {
        self.draft.scopes.iter().any(|one| *one == scope.to_string())
    }

    fn grants(&self, key: &str) -> bool {
        self.draft.readable_attributes.iter().any(|one| one == key)
    }

    /// The first field that is wrong; a form begins at its name otherwise.
    fn focus(&self) -> &'static str {
        self.refusals.and_then(|refusals| refusals.iter().next()).map_or("name", |refusal| refusal.field())
    }

    fn wrong(&self, field: &str) -> Option<&'static str> {
        self.refusals.is_some_and(|refusals| refusals.of(field).next().is_some()).then_some("true")
    }

    /// The ids of what describes a field: its hint, and what is wrong with it.
    fn described(&self, field: &str) -> String {
        if self.wrong(field).is_some() { format!("{field}-error {field}-hint") } else { format!("{field}-hint") }
    }

    fn errors(&self, signed: &Signed, field: &str) -> Markup {
        let texts = signed.texts();
        html! {
            @if let Some(refusals) = self.refusals.filter(|refusals| refusals.of(field).next().is_some()) {
                p.error id={ (field) "-error" } {
                    @for refusal in refusals.of(field) { span { ((texts.refusal)(refusal)) " " } }
                }
            }
        }
    }

    /// The form.
    #[must_use]
    pub fn show(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        let (hidden, value) = self.hidden;
        html! {
            form.credential action=(self.action) method="post" novalidate {
                (form_token(signed))
                input type="hidden" name=(hidden) value=(value);
                @if self.refusals.is_some() { (alert(texts.check_form)) }
                @if self.recommended { (notice(texts.recommended)) }
                (self.name(signed))
                (self.integration(signed))
                (self.scopes(signed))
                (self.attributes(signed))
                (self.expiry(signed))
                (self.networks(signed))
                div.actions {
                    button.primary type="submit" { (self.submit) }
                    a.button href=(paths::CREDENTIALS) { (texts.cancel) }
                }
            }
        }
    }

    fn name(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        html! {
            div.field {
                label for="name" { (texts.name) }
                p.hint #name-hint { (texts.name_hint) }
                (self.errors(signed, "name"))
                input #name name="name" type="text" value=(self.draft.name) autocomplete="off" required
                    aria-invalid=[self.wrong("name")] aria-describedby=(self.described("name"))
                    autofocus[self.focus() == "name"];
            }
        }
    }

    /// Each choice carries what it recommends, for the script; without one there is a button.
    fn integration(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        let chosen = if self.draft.integration.is_empty() { IntegrationKey::OTHER } else { &self.draft.integration };
        html! {
            div.field {
                label for="integration" { (texts.integration) }
                p.hint #integration-hint { (texts.integration_hint) }
                (self.errors(signed, "integration"))
                div.row {
                    select #integration name="integration" aria-invalid=[self.wrong("integration")]
                        aria-describedby=(self.described("integration")) autofocus[self.focus() == "integration"] {
                        @for integration in signed.company.integrations.iter() {
                            @let scopes = integration.scopes.iter().map(ToString::to_string).collect::<Vec<_>>();
                            @let readable = Vec::from(integration.readable_attributes.clone());
                            option value=(integration.key) selected[chosen == integration.key.as_str()]
                                data-scopes=(scopes.join(" ")) data-attributes=(readable.join(" ")) {
                                (integration_name(signed, &integration.key))
                            }
                        }
                        @if let Some(gone) = self.unlisted(signed) { option value=(gone) selected { (gone) } }
                    }
                    button.no-script type="submit" name="recommend" value="1" { (texts.use_recommendation) }
                }
            }
        }
    }

    /// An integration that a credential has and the company no longer: it may stay.
    fn unlisted(&self, signed: &Signed) -> Option<&str> {
        let listed = |key: &IntegrationKey| signed.company.integrations.get(key).is_some();
        let chosen = self.draft.integration.as_str();
        (!chosen.is_empty() && !chosen.parse().is_ok_and(|key| listed(&key))).then_some(chosen)
    }

    fn scopes(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        html! {
            fieldset.scopes aria-describedby=(self.described("scopes")) {
                legend { (texts.permissions) }
                p.hint #scopes-hint { (texts.permissions_hint) }
                (self.errors(signed, "scopes"))
                @for resource in RESOURCES {
                    div.scope role="group" aria-labelledby={ "of-" (Scope::read(resource)) } {
                        span.resource id={ "of-" (Scope::read(resource)) } { (texts.resource(resource)) }
                        (self.scope(signed, Scope::read(resource)))
                        (self.scope(signed, Scope::write(resource)))
                    }
                }
            }
        }
    }

    /// A box, or nothing where there is no such scope.
    fn scope(&self, signed: &Signed, scope: Scope) -> Markup {
        let texts = signed.texts();
        let text = if scope.action == Action::Read { texts.read } else { texts.write };
        let first = scope == Scope::read(Resource::Employees);
        html! {
            @if Scope::all().contains(&scope) {
                label.box {
                    input type="checkbox" name="scopes[]" value=(scope) checked[self.ticked(scope)]
                        id=[first.then_some("employees-read")] aria-invalid=[self.wrong("scopes")]
                        autofocus[first && self.focus() == "scopes"];
                    span { (text) }
                }
            } @else {
                span {}
            }
        }
    }

    fn attributes(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        let class = if self.attributes_kept { "attributes kept" } else { "attributes" };
        html! {
            fieldset class=(class) aria-describedby=(self.described("readable_attributes")) {
                legend { (texts.attributes) }
                p.hint #readable_attributes-hint { (texts.attributes_hint) }
                (self.errors(signed, "readable_attributes"))
                label.box.every {
                    input #every-attribute type="checkbox" name="readable_attributes[]" value=(Readable::EVERYTHING)
                        checked[self.grants(Readable::EVERYTHING)]
                        autofocus[self.focus() == "readable_attributes"];
                    span { (texts.every_attribute) }
                }
                div.groups {
                    p.script {
                        button.link type="button" data-select="all" { (texts.select_all) }
                        button.link type="button" data-select="none" { (texts.select_none) }
                    }
                    @for (group, attributes) in groups::grouped(&signed.company) {
                        fieldset.group {
                            legend { (group.title(texts)) }
                            div.boxes {
                                @for attribute in attributes {
                                    label.box {
                                        input type="checkbox" name="readable_attributes[]" value=(attribute.key)
                                            checked[self.grants(attribute.key.as_str())];
                                        span {
                                            (groups::label(&signed.company, attribute, signed.visitor.language))
                                        }
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    fn expiry(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        let value = self.expiry_value(signed);
        // An instant within a day, which only a command can set, does not fit into a field for dates.
        let kind = if value.is_empty() || value.len() == 10 { "date" } else { "text" };
        html! {
            div.field {
                label for="expires_at" { (texts.expiry_label) }
                p.hint #expires_at-hint { (texts.expiry_hint) " " (signed.company.zone.name()) }
                (self.errors(signed, "expires_at"))
                input #expires_at name="expires_at" type=(kind) value=(value) autocomplete="off"
                    aria-invalid=[self.wrong("expires_at")] aria-describedby=(self.described("expires_at"))
                    autofocus[self.focus() == "expires_at"];
            }
        }
    }

    /// The end of a day as its date; anything else as it is.
    fn expiry_value(&self, signed: &Signed) -> String {
        let text = self.draft.expires_at.clone().unwrap_or_default();
        let Ok(instant) = text.parse() else { return text };
        let zone = &signed.company.zone;
        if zone.local_time(instant).time() == Time::midnight() {
            return zone.today(just_before(instant)).to_string();
        }
        text
    }

    fn networks(&self, signed: &Signed) -> Markup {
        let texts = signed.texts();
        html! {
            div.field {
                label for="networks" { (texts.networks_label) }
                p.hint #networks-hint { (texts.networks_hint) }
                (self.errors(signed, "networks"))
                textarea #networks name="networks" rows="3" spellcheck="false" autocomplete="off"
                    aria-invalid=[self.wrong("networks")] aria-describedby=(self.described("networks"))
                    autofocus[self.focus() == "networks"] {
                    (self.draft.networks.join("\n"))
                }
            }
        }
    }
}
