//! The pages to which a provider of OpenID Connect leads back.

use maud::DOCTYPE;
use maud::Markup;
use maud::html;

use crate::handlers::assets;
use crate::handlers::open_id::Trouble;
use crate::handlers::show::page;
use crate::handlers::show::paths;
use crate::handlers::visitor::Visitor;

/// That somebody is signed in. The page leads on by itself: a redirect would still belong to the way back from the
/// provider, on which browsers do not send the session's cookie.
#[must_use]
pub fn done(visitor: &Visitor) -> Markup {
    let texts = visitor.texts();
    html! {
        (DOCTYPE)
        html lang=(texts.code) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                meta http-equiv="refresh" content={ "0; url=" (paths::CREDENTIALS) };
                title { (texts.open_id_done_title) " · muster" }
                link rel="stylesheet" href=(*assets::STYLE_PATH);
                link rel="icon" type="image/svg+xml" href=(*assets::ICON_PATH);
            }
            body {
                main #content .narrow {
                    div.card {
                        h1 { (texts.open_id_done_title) }
                        p { (texts.open_id_done) }
                        p { a.button href=(paths::CREDENTIALS) { (texts.open_id_continue) } }
                    }
                }
            }
        }
    }
}

/// Why somebody is not signed in, in our words: the provider's are not shown.
#[must_use]
pub fn trouble(visitor: &Visitor, trouble: &Trouble) -> Markup {
    let texts = visitor.texts();
    let (title, text) = match trouble {
        Trouble::Stale => (texts.open_id_stale_title, texts.open_id_stale),
        Trouble::Declined => (texts.open_id_declined_title, texts.open_id_declined),
        Trouble::Stranger => (texts.open_id_stranger_title, texts.open_id_stranger),
        Trouble::Unproven(_) => (texts.open_id_unproven_title, texts.open_id_unproven),
        Trouble::Silent(_) => (texts.open_id_silent_title, texts.open_id_silent),
        Trouble::Other(_) => (texts.error_other_title, texts.error_other),
    };
    let body = html! {
        main #content .narrow {
            div.card {
                h1 { (title) }
                p { (text) }
                p { a.button href=(paths::SIGN_IN) { (texts.open_id_again) } }
            }
        }
    };
    // Another language is chosen where the sign-in begins: this page would not come a second time.
    let mut visitor = visitor.clone();
    paths::SIGN_IN.clone_into(&mut visitor.path);
    page(&visitor, title, None, &body)
}
