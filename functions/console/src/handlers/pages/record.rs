//! The page of what credentials and administrators did.

use axum::extract::State;
use axum::response::Response;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::query::Query;
use shared::http::respond;
use shared::record::Actor;
use shared::record::Filter;
use shared::record::Outcome;

use crate::handlers::show::record;
use crate::handlers::show::record::Asked;
use crate::handlers::show::record::RecordPage;
use crate::handlers::visitor::Signed;
use crate::store;

/// How many entries a page shows.
const PAGE: usize = 50;

/// `GET /console/record`
pub async fn show(State(deps): State<Deps>, signed: Signed, query: Query) -> Response {
    // Who looked at what others did is recorded as well.
    signed.visitor.acts(&signed.administrator);
    let page = Box::pin(read(&deps, &signed, &query)).await;
    signed.visitor.answer(page.map(respond::page))
}

async fn read(deps: &Deps, signed: &Signed, query: &Query) -> Result<String, Error> {
    let company = signed.company_id();
    let filter = read_filter(signed, query)?;
    let after = query.get("cursor").map(str::parse).transpose()?;
    let entries = deps.record.list(company, &filter, after, PAGE).await?;
    let page = RecordPage {
        entries,
        credentials: deps.credentials.list(company).await?,
        administrators: store::list(deps, company).await?,
        asked: Asked {
            credential: query.get("credential").unwrap_or_default().to_owned(),
            from: query.get("from").unwrap_or_default().to_owned(),
            to: query.get("to").unwrap_or_default().to_owned(),
            outcome: filter.outcome,
            is_first: after.is_none(),
        },
    };
    Ok(record::show(signed, &page).into_string())
}

/// What a query asks of the record. Days are the company's.
pub fn read_filter(signed: &Signed, query: &Query) -> Result<Filter, Error> {
    let zone = &signed.company.zone;
    let credential = query.get("credential").map(str::parse).transpose()?.map(Actor::Credential);
    let administrator = query.get("administrator").map(|id| Actor::Administrator(id.to_owned()));
    let until = query.get("to").map(|text| zone.parse_until("to", text)).transpose()?;
    Ok(Filter {
        from: query.get("from").map(|text| zone.parse_instant("from", text)).transpose()?,
        // A filter ends before its instant.
        to: until.map(|last| last.checked_add(jiff::SignedDuration::from_millis(1)).unwrap_or(last)),
        actor: credential.or(administrator),
        outcome: query.get("outcome").map(read_outcome).transpose()?,
        ..Filter::default()
    })
}

fn read_outcome(text: &str) -> Result<Outcome, Error> {
    match text {
        "ok" => Ok(Outcome::Ok),
        "refused" => Ok(Outcome::Refused),
        "failed" => Ok(Outcome::Failed),
        _ => Err(Error::malformed("outcome", "The outcome must be ok, refused or failed.")),
    }
}
