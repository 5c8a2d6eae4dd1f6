//! Lists of absences.
//!
//! A list of a company is a row of *stretches*: the runs that hold the day before
//! which absences may have begun, one stretch for each length, and then all that
//! begin from there on. A stretch is a range of days of a counted list, so where
//! a page lies in the row is known from counts alone.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::aws::counts;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::table::Range;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::ReadPermit;
use shared::ids::AbsenceId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;

use crate::model;
use crate::model::Absence;
use crate::model::Filter;
use crate::model::runs;
use crate::model::runs::CLASSES;
use crate::store::ChangeMark;
use crate::store::list_of;
use crate::store::list_of_runs;
use crate::store::list_of_type;

/// How many changed absences one listing goes through.
pub const MAX_CHANGES: usize = 50_000;

/// A page of the absences that match, and how many of them there are.
pub async fn list(deps: &Deps, permit: &ReadPermit, filter: &Filter, page: Page) -> Result<(u64, Vec<Absence>), Error> {
    find(deps, permit.company(), filter, page).await
}

/// The same for who needs no permit to read: the operator's commands.
pub(super) async fn find(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    page: Page,
) -> Result<(u64, Vec<Absence>), Error> {
    if let Some(ids) = &filter.ids {
        return Ok(cut(by_ids(deps, company, filter, ids).await?, page));
    }
    if let Some(employees) = &filter.employees {
        return Ok(cut(of_employees(deps, company, filter, employees).await?, page));
    }
    if filter.updated_from.is_some() || filter.updated_to.is_some() {
        return changed(deps, company, filter, page).await;
    }
    of_company(deps, company, filter, page).await
}

/// A page of all absences that match.
fn cut(mut absences: Vec<Absence>, page: Page) -> (u64, Vec<Absence>) {
    let total = absences.len() as u64;
    model::sort(&mut absences);
    (total, slice(absences, page.offset, page.limit))
}

fn slice<T>(all: Vec<T>, skip: u64, limit: u64) -> Vec<T> {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    all.into_iter().skip(number(skip)).take(number(limit)).collect()
}

/// Absences by their numbers.
///
/// Access pattern: `BatchGetItem`.
async fn by_ids(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    ids: &BTreeSet<AbsenceId>,
) -> Result<Vec<Absence>, Error> {
    let keys = ids.iter().map(|id| keys::absence(company, *id)).collect();
    select(deps.table.batch_get(keys).await?, filter)
}

fn select(items: Vec<Item>, filter: &Filter) -> Result<Vec<Absence>, Error> {
    let absences = items.into_iter().map(Item::decode::<Absence>);
    absences.filter(|read| read.as_ref().map_or(true, |absence| filter.takes(absence))).collect()
}

/// The absences of some employees.
///
/// Access pattern: `Query` of those of each that end in the range or later, side by side; each costs what it holds.
async fn of_employees(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    employees: &BTreeSet<EmployeeId>,
) -> Result<Vec<Absence>, Error> {
    let queries = employees.iter().map(|employee| {
        let range = Range {
            pk: keys::absences_of(company, *employee),
            from: filter.from.map(keys::date_sk),
            // Before the head.
            to: Some(keys::date_sk(Date::MAX)),
            limit: None,
        };
        deps.table.query(range)
    });
    select(try_join_all(queries).await?.concat(), filter)
}

/// A page of the absences that were changed within some time.
///
/// Access pattern: `Query` of the marks of changes since then, one round trip
/// per MB, then `BatchGetItem` of the absences on the page.
async fn changed(deps: &Deps, company: &CompanyId, filter: &Filter, page: Page) -> Result<(u64, Vec<Absence>), Error> {
    let since = filter.updated_from.unwrap_or(Timestamp::UNIX_EPOCH);
    let range = Range {
        pk: keys::absence_changes(company, list_of(filter.unit)),
        from: Some(keys::changes_since(since)),
        to: filter.updated_to.map(|to| keys::behind(&keys::changes_since(to))),
        limit: Some(MAX_CHANGES + 1),
    };
    let marks = deps.table.query(range).await?;
    if marks.len() > MAX_CHANGES {
        let message = format!("More than {MAX_CHANGES} absences were changed then. Ask for a shorter time.");
        return Err(Error::malformed("updated_from", message));
    }
    // A map, because an absence that changes while the marks are read is met again at their end.
    let mut matching: BTreeMap<AbsenceId, ChangeMark> = BTreeMap::new();
    for item in marks {
        let mark: ChangeMark = item.decode()?;
        matching.insert(mark.id, mark);
    }
    let mut matching: Vec<_> = matching.into_values().filter(|mark| takes(filter, mark)).collect();
    matching.sort_by_key(|mark| (mark.start, mark.employee, mark.id));
    let total = matching.len() as u64;
    let ids = slice(matching, page.offset, page.limit).into_iter().map(|mark| mark.id).collect();
    let mut absences = by_ids(deps, company, filter, &ids).await?;
    model::sort(&mut absences);
    Ok((total, absences))
}

fn takes(filter: &Filter, mark: &ChangeMark) -> bool {
    mark.start <= filter.to.unwrap_or(Date::MAX)
        && mark.end >= filter.from.unwrap_or(Date::MIN)
        && filter.types.as_ref().is_none_or(|types| types.contains(&mark.absence_type))
        && filter.updated_from.is_none_or(|from| mark.at >= from.as_millisecond())
        && filter.updated_to.is_none_or(|to| mark.at <= to.as_millisecond())
}

/// A range of days of a counted list.
struct Stretch {
    list: String,
    from: Date,
    to: Date,
}

/// The stretches of which a list is made.
fn stretches(filter: &Filter) -> Vec<Stretch> {
    let lists = match &filter.types {
        None => vec![list_of(filter.unit).to_owned()],
        Some(types) => types.iter().map(|absence_type| list_of_type(*absence_type)).collect(),
    };
    let to = filter.to.unwrap_or(Date::MAX);
    let mut stretches = Vec::new();
    for list in lists {
        if let Some(from) = filter.from {
            stretches.extend((0..CLASSES).map(|class| {
                let (from, to) = runs::window(class, from);
                Stretch { list: list_of_runs(&list, class), from, to }
            }));
        }
        stretches.push(Stretch { list, from: filter.from.unwrap_or(Date::MIN), to });
    }
    stretches
}

/// A page of a company's absences.
///
/// Access pattern: `Query` of the months' counts of each stretch, side by side;
/// of those on the page, `Query` of the counts of the days on which it begins and
/// ends; `Query` of the entries between. Three round trips and the units of the
/// page, at every offset.
async fn of_company(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    page: Page,
) -> Result<(u64, Vec<Absence>), Error> {
    let stretches = stretches(filter);
    let counted = stretches.iter().map(|one| counts::days(&deps.table, company, &one.list, one.from, one.to));
    let counted = try_join_all(counted).await?;
    let (mut before, mut parts) = (0_u64, Vec::new());
    let end = page.offset.saturating_add(page.limit);
    for (stretch, days) in stretches.into_iter().zip(counted) {
        let count = days.total(true);
        let (first, last) = (page.offset.max(before), end.min(before + count));
        if first < last {
            parts.push((stretch.list, days, first - before, last - first));
        }
        before += count;
    }
    let parts = parts.iter().map(|(list, days, skip, limit)| read_part(deps, company, list, days, (*skip, *limit)));
    Ok((before, try_join_all(parts).await?.concat()))
}

async fn read_part(
    deps: &Deps,
    company: &CompanyId,
    list: &str,
    days: &counts::Days,
    (offset, limit): (u64, u64),
) -> Result<Vec<Absence>, Error> {
    let Some(span) = counts::locate(&deps.table, company, list, days, (offset, limit, true)).await? else {
        return Ok(Vec::new());
    };
    let range = Range {
        pk: keys::absence_list(company, list),
        from: Some(keys::absence_list_sk(span.first.0, span.first.1)),
        to: Some(keys::behind(&keys::absence_list_sk(span.last.0, span.last.1))),
        limit: None,
    };
    let entries = deps.table.query(range).await?.into_iter().map(Item::decode).collect::<Result<Vec<Absence>, _>>()?;
    Ok(slice(entries, span.skip, limit))
}
