//! The pages of signing in.

use maud::Markup;
use maud::html;
use shared::error::Error;

use crate::handlers::show::alert;
use crate::handlers::show::notice;
use crate::handlers::show::page;
use crate::handlers::show::paths;
use crate::handlers::visitor::Visitor;
use crate::model::Administrator;

/// The form for address and password, with what was typed and why it was refused.
#[must_use]
pub fn form(visitor: &Visitor, email: &str, error: Option<&Error>, done: Option<&str>) -> Markup {
    let texts = visitor.texts();
    let refusal = error.map(|error| match error {
        Error::Throttled { .. } => format!("{}. {}", texts.error_throttled_title, texts.error_throttled),
        _ => texts.sign_in_refused.to_owned(),
    });
    let described = refusal.is_some().then_some("refusal");
    let body = html! {
        main #content .narrow {
            div.card {
                h1 { (texts.sign_in) }
                p.lead { (texts.sign_in_intro) }
                @if let Some(text) = done { (notice(text)) }
                @if let Some(text) = &refusal { div #refusal { (alert(text)) } }
                form action=(paths::SIGN_IN) method="post" {
                    div.field {
                        label for="email" { (texts.email) }
                        input #email name="email" type="email" autocomplete="username" required maxlength="254"
                            value=(email) autofocus[refusal.is_none()] aria-describedby=[described];
                    }
                    div.field {
                        label for="password" { (texts.password) }
                        input #password name="password" type="password" autocomplete="current-password" required
                            maxlength="200" autofocus[refusal.is_some()] aria-describedby=[described];
                    }
                    button.primary.wide type="submit" { (texts.sign_in) }
                }
                @if let Some(provider) = &visitor.provider {
                    p.or aria-hidden="true" { span { (texts.or) } }
                    a.button.wide href=(paths::OPEN_ID) { ((texts.sign_in_with)(provider.name())) }
                }
                p.hint { (texts.sign_in_by_link) }
            }
        }
    };
    page(visitor, texts.sign_in, None, &body)
}

/// Whom a link signs in, and the button that does it.
#[must_use]
pub fn link(visitor: &Visitor, administrator: &Administrator) -> Markup {
    let texts = visitor.texts();
    let body = html! {
        main #content .narrow {
            div.card {
                h1 { (texts.sign_in) }
                p.lead { (texts.link_intro) }
                p.identity { (administrator.email.as_str()) }
                form method="post" {
                    button.primary.wide type="submit" autofocus { (texts.sign_in) }
                }
            }
        }
    };
    page(visitor, texts.sign_in, None, &body)
}

/// That a link is not good.
#[must_use]
pub fn link_gone(visitor: &Visitor) -> Markup {
    let texts = visitor.texts();
    let body = html! {
        main #content .narrow {
            div.card {
                h1 { (texts.link_gone_title) }
                p { (texts.link_gone) }
                p { a.button href=(paths::SIGN_IN) { (texts.sign_in) } }
            }
        }
    };
    page(visitor, texts.link_gone_title, None, &body)
}
