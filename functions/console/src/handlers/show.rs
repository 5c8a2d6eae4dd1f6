//! HTML, and nothing else: what is shown is decided elsewhere.

pub mod credentials;
pub mod form;
pub mod open_id;
pub mod panels;
pub mod record;
pub mod sign_in;

use maud::DOCTYPE;
use maud::Markup;
use maud::html;
use shared::error::Error;

use crate::handlers::assets;
use crate::handlers::visitor::FORM_TOKEN;
use crate::handlers::visitor::Signed;
use crate::handlers::visitor::Visitor;
use crate::model::texts::Language;

/// Where the pages are.
pub mod paths {
    use shared::ids::ClientId;

    /// Where the console begins.
    pub const CONSOLE: &str = "/console";
    /// The sign-in.
    pub const SIGN_IN: &str = "/console/sign-in";
    /// The sign-in of somebody who just signed out.
    pub const SIGNED_OUT: &str = "/console/sign-in?done=signed-out";
    /// Begins the sign-in by OpenID Connect.
    pub const OPEN_ID: &str = "/console/sign-in/oidc";
    /// To where the provider leads back.
    pub const OPEN_ID_CALLBACK: &str = "/console/sign-in/oidc/callback";
    /// Where to send a form that signs out.
    pub const SIGN_OUT: &str = "/console/sign-out";
    /// The list of credentials.
    pub const CREDENTIALS: &str = "/console/credentials";
    /// The panel for a new one.
    pub const NEW: &str = "/console/credentials/new";

    /// What credentials and administrators did.
    pub const RECORD: &str = "/console/record";

    /// A credential's panel.
    #[must_use]
    pub fn credential(id: ClientId) -> String {
        format!("{CREDENTIALS}/{id}")
    }

    /// Something to do with a credential: `state`, `rotate`, `remove`.
    #[must_use]
    pub fn action(id: ClientId, action: &str) -> String {
        format!("{CREDENTIALS}/{id}/{action}")
    }
}

/// The frame of every page.
fn page(visitor: &Visitor, title: &str, signed: Option<&Signed>, body: &Markup) -> Markup {
    let texts = visitor.texts();
    html! {
        (DOCTYPE)
        html lang=(texts.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (title) " · muster" }
                link rel="stylesheet" href=(*assets::STYLE_PATH);
                link rel="icon" type="image/svg+xml" href=(*assets::ICON_PATH);
                script src=(*assets::SCRIPT_PATH) defer {}
            }
            body {
                a.skip href="#content" { (texts.skip) }
                (head(visitor, signed))
                (body)
            }
        }
    }
}

fn head(visitor: &Visitor, signed: Option<&Signed>) -> Markup {
    let texts = visitor.texts();
    html! {
        header.top {
            a.brand href=(paths::CONSOLE) aria-label="muster" { span.mark aria-hidden="true" {} span.word { "muster" } }
            @if let Some(signed) = signed {
                nav.main aria-label=(texts.navigation) {
                    a href=(paths::CREDENTIALS) aria-current=[current(visitor, paths::CREDENTIALS)] {
                        (texts.api_credentials)
                    }
                    a href=(paths::RECORD) aria-current=[current(visitor, paths::RECORD)] { (texts.record) }
                }
                span.who title=(texts.account) { (signed.administrator.email.as_str()) }
            }
            nav.languages aria-label=(texts.language) {
                @for language in Language::ALL {
                    @let (own, chosen) = (language.texts(), language == visitor.language);
                    a href={ (visitor.path) "?" (visitor.filter.with("lang", own.code)) } lang=(own.code) hreflang=(own.code)
                        aria-current=[chosen.then_some("true")] {
                        abbr title=(own.own_name) { (own.code.to_uppercase()) }
                    }
                }
            }
            @if let Some(signed) = signed {
                form.plain action=(paths::SIGN_OUT) method="post" {
                    (form_token(signed))
                    button.quiet type="submit" { (texts.sign_out) }
                }
            }
        }
    }
}

/// `page` for the link to the part of the console in which a visitor is.
fn current(visitor: &Visitor, path: &str) -> Option<&'static str> {
    visitor.path.starts_with(path).then_some("page")
}

/// The hidden field by which a form is known as one of this session.
fn form_token(signed: &Signed) -> Markup {
    html! { input type="hidden" name=(FORM_TOKEN) value=(signed.token.form_token()); }
}

/// A notice of something that was done.
fn notice(text: &str) -> Markup {
    html! { p.notice.good role="status" { (text) } }
}

/// A notice of something that is wrong.
fn alert(text: &str) -> Markup {
    html! { p.notice.bad role="alert" { (text) } }
}

/// A page that says why there is none.
#[must_use]
pub fn failure(visitor: &Visitor, error: &Error) -> Markup {
    let texts = visitor.texts();
    let (title, text) = match error {
        Error::NotFound { .. } => (texts.error_not_found_title, texts.error_not_found),
        Error::Forbidden(_) | Error::Unauthenticated => (texts.error_forbidden_title, texts.error_forbidden),
        Error::Conflict(_) | Error::Raced => (texts.error_conflict_title, texts.error_conflict),
        Error::Throttled { .. } => (texts.error_throttled_title, texts.error_throttled),
        Error::Invalid(_) | Error::TooLarge(_) | Error::Unavailable(_) | Error::Internal(_) => {
            (texts.error_other_title, texts.error_other)
        }
    };
    let body = html! {
        main #content .narrow {
            div.card {
                h1 { (title) }
                p { (text) }
                p { a.button href=(paths::CONSOLE) { (texts.back_to_list) } }
            }
        }
    };
    page(visitor, title, None, &body)
}
