//! Signing in and out, on the page.

use std::sync::LazyLock;

use axum::extract::State;
use axum::response::Response;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::path::Path;
use shared::http::query::Query;
use shared::http::respond;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::handlers::cookies;
use crate::handlers::show;
use crate::handlers::show::paths;
use crate::handlers::visitor::Form;
use crate::handlers::visitor::OpenForm;
use crate::handlers::visitor::Visitor;
use crate::model::Administrator;
use crate::model::Email;
use crate::model::LOCKOUT;
use crate::model::password::Password;
use crate::model::token::Token;
use crate::store;

/// Comparing a password takes 19 MiB and a processor's time, so a crowd waits in line.
static COMPARISONS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(4));

/// `GET /console`: the credentials, or the sign-in.
pub async fn begin(State(deps): State<Deps>, visitor: Visitor) -> Response {
    let session = visitor.session(&deps).await;
    visitor.answer(
        session.and_then(|session| {
            respond::see_other(if session.is_some() { paths::CREDENTIALS } else { paths::SIGN_IN })
        }),
    )
}

/// `GET /console/sign-in`
pub async fn show_form(visitor: Visitor, query: Query) -> Response {
    let notice = query.get("done").map(|_| visitor.texts().signed_out);
    visitor.answer(Ok(respond::page(show::sign_in::form(&visitor, "", None, notice).into_string())))
}

/// `POST /console/sign-in`
pub async fn send_form(State(deps): State<Deps>, form: OpenForm) -> Response {
    let OpenForm { visitor, fields } = form;
    let email = fields.text("email");
    let password = Password::presented(&fields.text("password"));
    let administrator = match with_password(&deps, &visitor, &Email::typed(&email), password).await {
        Ok(administrator) => administrator,
        Err(error @ (Error::Forbidden(_) | Error::Throttled { .. })) => {
            let html = show::sign_in::form(&visitor, &email, Some(&error), None).into_string();
            return visitor.answer(Ok(respond::refusal_page(&error, html)));
        }
        Err(error) => return visitor.answer(Err(error)),
    };
    visitor.answer(enter(&deps, &visitor, &administrator).await)
}

/// The administrator with an address and a password. The answer to a wrong one takes as long as to an unknown one,
/// and a lock is no secret: it holds for addresses that nobody has as well.
pub async fn with_password(
    deps: &Deps,
    visitor: &Visitor,
    email: &Email,
    password: Password,
) -> Result<Administrator, Error> {
    deps.limits.check_login(visitor.address)?;
    let now = deps.clock.now();
    let sign_in = store::sign_in(deps, email, now).await?;
    if let Some(administrator) = &sign_in.administrator {
        visitor.names(administrator);
    }
    if let Some(seconds) = LOCKOUT.locked_for(now, sign_in.failures) {
        let message = format!("Too many failed sign-ins. Try again in {seconds} seconds.");
        return Err(Error::Throttled { message, retry_after_seconds: seconds });
    }
    let administrator = sign_in.administrator.clone();
    let stored = administrator.as_ref().and_then(|administrator| administrator.password.clone());
    let broken = |_| Error::Internal("a password could not be compared".to_owned());
    let permit = COMPARISONS.acquire().await.map_err(|_| Error::Internal("no comparison is taken".to_owned()))?;
    let right = spawn_blocking(move || password.is(stored.as_ref())).await.map_err(broken)?;
    drop(permit);
    let Some(administrator) = administrator.filter(|_| right) else {
        sign_in.count_failure(deps).await?;
        return Err(Error::Forbidden("The e-mail address or the password is not right.".to_owned()));
    };
    visitor.acts(&administrator);
    Ok(administrator)
}

/// Begins a session and leads to the credentials.
async fn enter(deps: &Deps, visitor: &Visitor, administrator: &Administrator) -> Result<Response, Error> {
    let (token, _) = store::begin_session(deps, administrator).await?;
    let mut response = respond::see_other(paths::CREDENTIALS)?;
    cookies::keep_session(&mut response, &token, visitor.secure)?;
    Ok(response)
}

/// `GET /console/sign-in/{token}`: who the link would sign in, and a button. Opening it uses nothing up, for programs
/// that read mail open links as well.
pub async fn show_link(State(deps): State<Deps>, visitor: Visitor, Path(token): Path<String>) -> Response {
    let found = match Token::parse(&token) {
        Some(token) => store::of_link(&deps, &token).await,
        None => Ok(None),
    };
    visitor.answer(found.map(|found| match found {
        Some(administrator) => respond::page(show::sign_in::link(&visitor, &administrator).into_string()),
        None => link_gone(&visitor),
    }))
}

/// `POST /console/sign-in/{token}`: signs in, once.
pub async fn use_link(State(deps): State<Deps>, Path(token): Path<String>, form: OpenForm) -> Response {
    let visitor = form.visitor;
    if let Err(error) = deps.limits.check_login(visitor.address) {
        return visitor.answer(Err(error));
    }
    let used = match Token::parse(&token) {
        Some(token) => store::use_link(&deps, &token).await,
        None => Ok(None),
    };
    visitor.answer(match used {
        Ok(Some(administrator)) => {
            visitor.acts(&administrator);
            enter(&deps, &visitor, &administrator).await
        }
        Ok(None) => Ok(link_gone(&visitor)),
        Err(error) => Err(error),
    })
}

fn link_gone(visitor: &Visitor) -> Response {
    let error = Error::not_found("The link is no longer valid.");
    respond::refusal_page(&error, show::sign_in::link_gone(visitor).into_string())
}

/// `POST /console/sign-out`: ends this session, or all of the account.
pub async fn sign_out(State(deps): State<Deps>, form: Form) -> Response {
    let Form { signed, fields } = form;
    let ended = if fields.has("everywhere") {
        store::end_sessions(&deps, signed.administrator.id).await
    } else {
        store::end_session(&deps, &signed.token).await
    };
    signed.visitor.answer(ended.and_then(|()| {
        let mut response = respond::see_other(paths::SIGNED_OUT)?;
        cookies::forget_session(&mut response, signed.visitor.secure)?;
        Ok(response)
    }))
}
