//! The pages of credentials, and of what they did: one function per page.

pub mod record;

use axum::extract::State;
use axum::response::Response;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Secret;
use shared::credential::Draft;
use shared::credential::Grace;
use shared::credential::Refusal;
use shared::credential::Refusals;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::path::Path;
use shared::http::query::Query;
use shared::http::respond;
use shared::ids::ClientId;
use shared::scope::Resource;
use shared::scope::Scope;

use crate::handlers::show::credentials;
use crate::handlers::show::credentials::List;
use crate::handlers::show::form::CredentialForm;
use crate::handlers::show::panels;
use crate::handlers::show::paths;
use crate::handlers::visitor::Form;
use crate::handlers::visitor::FormFields;
use crate::handlers::visitor::Signed;
use crate::model::changed_fields;
use crate::model::token::form_number;
use crate::store;

/// `GET /console/credentials`
pub async fn list(State(deps): State<Deps>, signed: Signed, query: Query) -> Response {
    let texts = signed.texts();
    let done = match query.get("done") {
        Some("removed") => Some(texts.was_removed),
        Some("changed") => Some(texts.was_changed),
        Some("disabled") => Some(texts.was_disabled),
        Some("enabled") => Some(texts.was_enabled),
        Some("sent-before") => Some(texts.sent_before),
        _ => None,
    };
    let shown = read_list(&deps, &signed).await;
    let page = shown.map(|list| respond::page(credentials::list_page(&signed, &list, done).into_string()));
    signed.visitor.answer(page)
}

async fn read_list(deps: &Deps, signed: &Signed) -> Result<List, Error> {
    let credentials = deps.credentials.list(signed.company_id()).await?;
    let ids = credentials.iter().map(|credential| credential.client_id);
    let usage = deps.record.usage(signed.company_id(), ids).await?;
    Ok(List { credentials, usage, now: deps.clock.now() })
}

/// `GET /console/credentials/new`
pub async fn show_new(State(deps): State<Deps>, signed: Signed) -> Response {
    let page = async {
        let number = form_number()?;
        new_page(&deps, &signed, &new_form(&signed, &Draft::default(), &number)).await
    };
    signed.visitor.answer(page.await.map(respond::page))
}

/// `POST /console/credentials/new`: creates the credential and shows its secret, or ticks what an integration
/// recommends.
pub async fn send_new(State(deps): State<Deps>, form: Form) -> Response {
    let Form { signed, fields } = form;
    let page = Box::pin(create(&deps, &signed, &fields)).await;
    signed.visitor.answer(page)
}

async fn create(deps: &Deps, signed: &Signed, fields: &FormFields) -> Result<Response, Error> {
    let (mut draft, number) = (read_draft(fields), fields.text("number"));
    if fields.has("recommend") {
        recommend(signed, &mut draft);
        let form = CredentialForm { recommended: true, ..new_form(signed, &draft, &number) };
        return Ok(respond::page(new_page(deps, signed, &form).await?));
    }
    if !draft.scopes.contains(&Scope::read(Resource::Employees).to_string()) {
        draft.readable_attributes.clear();
    }
    let details = match draft.check(&signed.company, deps.clock.now(), None) {
        Ok(details) => details,
        Err(refusals) => {
            let form = CredentialForm { refusals: Some(&refusals), ..new_form(signed, &draft, &number) };
            let html = new_page(deps, signed, &form).await?;
            return Ok(respond::refusal_page(&refusals.clone().into(), html));
        }
    };
    if !store::claim_form(deps, signed.administrator.id, &number).await? {
        return respond::see_other(&done(paths::CREDENTIALS, "sent-before"));
    }
    let (credential, secret) = deps.credentials.create(signed.company_id(), details).await?;
    signed.touch(credential.client_id);
    secret_page(deps, signed, signed.texts().created_title, &credential, &secret).await
}

fn new_form<'f>(signed: &Signed, draft: &'f Draft, number: &'f str) -> CredentialForm<'f> {
    CredentialForm {
        draft,
        refusals: None,
        recommended: false,
        action: paths::NEW,
        submit: signed.texts().generate,
        hidden: ("number", number),
        attributes_kept: false,
    }
}

async fn new_page(deps: &Deps, signed: &Signed, form: &CredentialForm<'_>) -> Result<String, Error> {
    let list = read_list(deps, signed).await?;
    let title = signed.texts().add_title;
    Ok(credentials::panel_page(signed, &list, title, &form.show(signed)).into_string())
}

async fn secret_page(
    deps: &Deps,
    signed: &Signed,
    title: &str,
    credential: &Credential,
    secret: &Secret,
) -> Result<Response, Error> {
    let list = read_list(deps, signed).await?;
    let panel = panels::secret(signed, credential, secret, credential.grace_until(list.now));
    Ok(respond::page(credentials::panel_page(signed, &list, title, &panel).into_string()))
}

/// Ticks what the chosen integration recommends, in place of what was ticked.
fn recommend(signed: &Signed, draft: &mut Draft) {
    let key = draft.integration.parse().ok();
    if let Some(integration) = key.and_then(|key| signed.company.integrations.get(&key)) {
        let recommended = Draft::recommended(integration);
        draft.scopes = recommended.scopes;
        draft.readable_attributes = recommended.readable_attributes;
    }
}

/// What a form says, every field of it: a box that is not ticked is not sent.
fn read_draft(fields: &FormFields) -> Draft {
    let expires_at = fields.text("expires_at");
    let networks = fields.text("networks");
    Draft {
        name: fields.text("name"),
        integration: fields.text("integration"),
        scopes: fields.list("scopes"),
        readable_attributes: fields.list("readable_attributes"),
        expires_at: (!expires_at.trim().is_empty()).then_some(expires_at),
        networks: networks.split([',', '\n', '\r']).map(|text| text.trim().to_owned()).collect(),
    }
}

/// `GET /console/credentials/{client_id}`
pub async fn show_one(State(deps): State<Deps>, signed: Signed, Path(id): Path<String>) -> Response {
    let page = async {
        let credential = find(&deps, &signed, &id).await?;
        let draft = Draft::of(&credential.details());
        one_page(&deps, &signed, &credential, &draft, None, false).await
    };
    signed.visitor.answer(page.await.map(respond::page))
}

async fn find(deps: &Deps, signed: &Signed, id: &str) -> Result<Credential, Error> {
    let id = client_id(id)?;
    signed.touch(id);
    deps.credentials.find(signed.company_id(), id).await
}

fn client_id(text: &str) -> Result<ClientId, Error> {
    text.parse().map_err(|_| Error::not_found("The company has no credential with this client id."))
}

async fn one_page(
    deps: &Deps,
    signed: &Signed,
    credential: &Credential,
    draft: &Draft,
    refusals: Option<&Refusals>,
    recommended: bool,
) -> Result<String, Error> {
    let list = read_list(deps, signed).await?;
    let action = paths::credential(credential.client_id);
    let revision = credential.revision.to_string();
    let form = CredentialForm {
        draft,
        refusals,
        recommended,
        action: &action,
        submit: signed.texts().save,
        hidden: ("revision", &revision),
        attributes_kept: keeps_attributes(credential, draft),
    };
    let panel = maud::html! {
        (panels::facts(signed, credential, list.now))
        (form.show(signed))
        (panels::more(signed, credential, list.now))
    };
    Ok(credentials::panel_page(signed, &list, &credential.name, &panel).into_string())
}

/// Whether a credential that cannot read employees was granted attributes all the same: they hold for employees that
/// other answers show, and a form must not take them away unasked.
fn keeps_attributes(credential: &Credential, draft: &Draft) -> bool {
    !credential.scopes.contains(&Scope::read(Resource::Employees)) && !draft.readable_attributes.is_empty()
}

/// `POST /console/credentials/{client_id}`
pub async fn change_one(State(deps): State<Deps>, Path(id): Path<String>, form: Form) -> Response {
    let Form { signed, fields } = form;
    let page = Box::pin(change(&deps, &signed, &id, &fields)).await;
    signed.visitor.answer(page)
}

async fn change(deps: &Deps, signed: &Signed, id: &str, fields: &FormFields) -> Result<Response, Error> {
    let credential = find(deps, signed, id).await?;
    let mut draft = read_draft(fields);
    if fields.has("recommend") {
        recommend(signed, &mut draft);
        return Ok(respond::page(one_page(deps, signed, &credential, &draft, None, true).await?));
    }
    let reads = draft.scopes.contains(&Scope::read(Resource::Employees).to_string());
    if !reads && !keeps_attributes(&credential, &draft) {
        draft.readable_attributes.clear();
    }
    let details = match draft.check(&signed.company, deps.clock.now(), Some(&credential.details())) {
        Ok(details) => details,
        Err(refusals) => {
            let html = one_page(deps, signed, &credential, &draft, Some(&refusals), false).await?;
            return Ok(respond::refusal_page(&refusals.into(), html));
        }
    };
    signed.change(changed_fields(&credential.details(), &details));
    let shown = fields.text("revision");
    deps.credentials
        .change(signed.company_id(), credential.client_id, |stored| {
            // What somebody else changed since the form was shown would be lost without a word. If it is what this
            // form wants, nothing is: a write whose answer was lost is met so when it is tried again.
            let is_sound = stored.revision.to_string() == shown || stored.details() == details;
            if is_sound { Ok(details.clone()) } else { Err(outdated()) }
        })
        .await?;
    respond::see_other(&done(paths::CREDENTIALS, "changed"))
}

fn outdated() -> Error {
    Error::Conflict("The credential was changed since it was shown. Please try again.".to_owned())
}

fn done(path: &str, what: &str) -> String {
    format!("{path}?done={what}")
}

/// `POST /console/credentials/{client_id}/state`: disables or enables it.
pub async fn set_state(State(deps): State<Deps>, Path(id): Path<String>, form: Form) -> Response {
    let Form { signed, fields } = form;
    let page = async {
        let (id, company) = (client_id(&id)?, signed.company_id());
        signed.touch(id);
        let disabled = read_disabled(&fields.text("disabled"))?;
        signed.change(["disabled"]);
        if disabled {
            deps.credentials.disable(company, id).await?;
        } else {
            deps.credentials.enable(company, id).await?;
        }
        respond::see_other(&done(paths::CREDENTIALS, if disabled { "disabled" } else { "enabled" }))
    };
    signed.visitor.answer(page.await)
}

/// Whether a credential shall be disabled. What says neither must not enable it.
fn read_disabled(text: &str) -> Result<bool, Error> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Error::malformed("disabled", "The disabled must be true or false.")),
    }
}

/// `GET /console/credentials/{client_id}/rotate`
pub async fn show_rotate(State(deps): State<Deps>, signed: Signed, Path(id): Path<String>) -> Response {
    let page = async {
        let credential = find(&deps, &signed, &id).await?;
        rotate_page(&deps, &signed, &credential, None).await
    };
    signed.visitor.answer(page.await.map(respond::page))
}

async fn rotate_page(
    deps: &Deps,
    signed: &Signed,
    credential: &Credential,
    refusal: Option<&Refusal>,
) -> Result<String, Error> {
    let list = read_list(deps, signed).await?;
    let texts = signed.texts();
    let text = refusal.map(|refusal| (texts.refusal)(refusal));
    let panel = panels::rotate(signed, credential, &form_number()?, text.as_deref());
    Ok(credentials::panel_page(signed, &list, texts.rotate, &panel).into_string())
}

/// `POST /console/credentials/{client_id}/rotate`
pub async fn rotate(State(deps): State<Deps>, Path(id): Path<String>, form: Form) -> Response {
    let Form { signed, fields } = form;
    let page = Box::pin(async {
        let credential = find(&deps, &signed, &id).await?;
        let grace: Grace = match fields.text("grace").parse() {
            Ok(grace) => grace,
            Err(refusal) => {
                let html = rotate_page(&deps, &signed, &credential, Some(&refusal)).await?;
                return Ok(respond::refusal_page(&refusal.into(), html));
            }
        };
        if !store::claim_form(&deps, signed.administrator.id, &fields.text("number")).await? {
            return respond::see_other(&done(paths::CREDENTIALS, "sent-before"));
        }
        signed.change(["client_secret"]);
        let (credential, secret) = deps.credentials.rotate(signed.company_id(), credential.client_id, grace).await?;
        secret_page(&deps, &signed, signed.texts().rotated_title, &credential, &secret).await
    });
    signed.visitor.answer(page.await)
}

/// `GET /console/credentials/{client_id}/remove`
pub async fn show_remove(State(deps): State<Deps>, signed: Signed, Path(id): Path<String>) -> Response {
    let page = async {
        let credential = find(&deps, &signed, &id).await?;
        let list = read_list(&deps, &signed).await?;
        let panel = panels::remove(&signed, &credential);
        let html = credentials::panel_page(&signed, &list, signed.texts().remove_title, &panel);
        Ok(respond::page(html.into_string()))
    };
    signed.visitor.answer(page.await)
}

/// `POST /console/credentials/{client_id}/remove`
pub async fn remove(State(deps): State<Deps>, Path(id): Path<String>, form: Form) -> Response {
    let signed = form.signed;
    let page = async {
        let id = client_id(&id)?;
        signed.touch(id);
        deps.credentials.remove(signed.company_id(), id).await?;
        respond::see_other(&done(paths::CREDENTIALS, "removed"))
    };
    signed.visitor.answer(page.await)
}
