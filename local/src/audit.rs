//! What was recorded, on the command line.

use std::collections::HashSet;
use std::time::Duration;

use shared::deps::Deps;
use shared::ids::CompanyId;
use shared::record::Actor;
use shared::record::Cursor;
use shared::record::Entry;
use shared::record::Filter;

use crate::cli::AuditOptions;
use crate::credentials::which_company;
use crate::failure::Failure;
use crate::serve::on_interrupt;
use crate::serve::stop_wanted;
use crate::target::Target;

/// How often what is new is asked for.
const FOLLOW_EVERY: Duration = Duration::from_secs(1);
/// How long an entry may take from its time to the table: what is followed is asked for from so much before.
const DELAY: Duration = Duration::from_secs(30);

/// `muster audit`.
pub async fn run(options: AuditOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    let company = which_company(options.company.clone(), &options.target.data_dir)?;
    let target = Target::open(&options.target).await?;
    let result = show(&target.deps, &company, &options).await;
    target.close().await;
    result
}

async fn show(deps: &Deps, company: &CompanyId, options: &AuditOptions) -> Result<(), Failure> {
    let filter = filter(options);
    if options.follow {
        return follow(deps, company, options, filter).await;
    }
    let entries = find(deps, company, &filter, None, limit(options)).await?;
    for entry in &entries {
        print(entry, options.json);
    }
    if entries.is_empty() && !options.json {
        say!("Nothing like that was recorded for the company {company} in the last {} days.", deps.record.days());
    }
    Ok(())
}

fn limit(options: &AuditOptions) -> usize {
    usize::try_from(options.limit).unwrap_or(usize::MAX)
}

fn filter(options: &AuditOptions) -> Filter {
    let credential = options.credential.map(Actor::Credential);
    Filter {
        from: options.from,
        to: options.to,
        actor: credential.or_else(|| options.administrator.clone().map(Actor::Administrator)),
        method: options.method.clone(),
        route: options.route.clone(),
        outcome: options.outcome,
        employee: options.employee,
    }
}

/// Up to so many entries, however many have to be looked through for them; behind a cursor, those that come then.
async fn find(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    mut after: Option<Cursor>,
    limit: usize,
) -> Result<Vec<Entry>, Failure> {
    let mut found = Vec::new();
    loop {
        let page = deps.record.list(company, filter, after, limit - found.len()).await?;
        found.extend(page.entries);
        after = page.next;
        if after.is_none() || found.len() >= limit {
            return Ok(found);
        }
    }
}

/// Shows what there is, the newest last, and then what comes.
async fn follow(deps: &Deps, company: &CompanyId, options: &AuditOptions, filter: Filter) -> Result<(), Failure> {
    let stop = on_interrupt()?;
    let lately = || Filter { from: deps.clock.now().checked_sub(DELAY).ok().max(options.from), ..filter.clone() };
    let mut window = lately();
    let mut new = find(deps, company, &filter, None, limit(options)).await?;
    let mut known = HashSet::new();
    if let Some(oldest) = new.last() {
        // What is older than the limit shows was there before, and is not what comes.
        let hidden = find(deps, company, &window, Some(Cursor::Before(oldest.id)), usize::MAX).await?;
        known.extend(hidden.iter().map(|entry| (entry.id, entry.at)));
    }
    loop {
        for entry in new.iter().rev() {
            print(entry, options.json);
        }
        known.retain(|(_, at)| Some(*at) >= window.from);
        known.extend(new.iter().map(|entry| (entry.id, entry.at)));
        tokio::select! {
            () = tokio::time::sleep(FOLLOW_EVERY) => {}
            () = stop_wanted(stop.clone()) => return Ok(()),
        }
        new = find(deps, company, &window, None, usize::MAX).await?;
        new.retain(|entry| !known.contains(&(entry.id, entry.at)));
        window = lately();
    }
}

fn print(entry: &Entry, json: bool) {
    if json {
        say!("{}", serde_json::to_string(entry).unwrap_or_default());
        return;
    }
    let deed = &entry.deed;
    let unproven = if deed.proven { "" } else { " (only named)" };
    say!("{}  {}  {} {}", entry.at, deed.status, deed.method, deed.route);
    say!("    by          {}{unproven}", deed.actor);
    for (subject, ids) in &deed.touched.ids {
        say!("    {:<11} {ids}", subject.to_string());
    }
    for (what, keys) in [("shown", &deed.touched.shown), ("changed", &deed.touched.changed)] {
        if !keys.is_empty() {
            say!("    {what:<11} {}", keys.iter().map(AsRef::as_ref).collect::<Vec<&str>>().join(" "));
        }
    }
    if let Some(request_id) = &deed.request_id {
        say!("    request     {request_id}");
    }
}
