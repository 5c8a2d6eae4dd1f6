//! Lists of attendance periods: by day, then by employee, then as they begin.
//!
//! Three plans, by what the filter names, so that each reads about what it shows:
//! a company's days are found by counts, an employee's days lie together, and
//! what changed is found by the marks of changes.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use shared::attributes::Employee;
use shared::aws::away;
use shared::aws::counts;
use shared::aws::keys;
use shared::aws::staff;
use shared::aws::table::Range;
use shared::aws::table::Table;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::ReadPermit;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::ids::ProjectId;

use crate::model;
use crate::model::Day;
use crate::model::Filter;
use crate::model::Listed;
use crate::store::ChangeMark;
use crate::store::LIST;
use crate::store::projects;
use crate::store::read_days;

/// How many changed days one listing goes through: some megabytes of marks.
pub const MAX_CHANGES: usize = 50_000;
/// How many periods a range of days may have for all of it to be read instead.
const MAX_SCANNED: u64 = 20_000;

/// A page of the periods that match, and how many of them there are.
pub async fn list(deps: &Deps, permit: &ReadPermit, filter: &Filter, page: Page) -> Result<(u64, Vec<Listed>), Error> {
    let company = permit.company();
    match &filter.employees {
        Some(employees) => of_employees(deps, company, filter, employees).await.map(|periods| cut(periods, page)),
        None if filter.updated_from.is_some() || filter.updated_to.is_some() => {
            changed(deps, company, filter, page).await
        }
        None => of_company(deps, company, filter, page).await,
    }
}

/// A page of all periods that match.
fn cut(periods: Vec<Listed>, page: Page) -> (u64, Vec<Listed>) {
    let total = periods.len() as u64;
    (total, slice(periods, page.offset, page.limit))
}

fn slice(periods: Vec<Listed>, skip: u64, limit: u64) -> Vec<Listed> {
    let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    periods.into_iter().skip(number(skip)).take(number(limit)).collect()
}

/// A page of a company's periods.
///
/// Access pattern: `Query` of the months' counts; `Query` of the counts of the
/// day on which the page begins, beside those of the day on which it ends;
/// `Query` of the days between. Three round trips and the units of the page,
/// at every offset.
async fn of_company(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    page: Page,
) -> Result<(u64, Vec<Listed>), Error> {
    let days = counts::days(&deps.table, company, LIST, filter.from, filter.to).await?;
    let total = days.total(filter.all);
    let place = (page.offset, page.limit, filter.all);
    let Some(span) = counts::locate(&deps.table, company, LIST, &days, place).await? else {
        return Ok((total, Vec::new()));
    };
    let range = Range {
        pk: keys::attendance_days(company),
        from: Some(keys::attendance_day_sk(span.first.0, span.first.1)),
        to: Some(keys::attendance_day_sk(span.last.0, span.last.1)),
        limit: None,
    };
    Ok((total, slice(query(&deps.table, range, filter).await?, span.skip, page.limit)))
}

async fn query(table: &Table, range: Range, filter: &Filter) -> Result<Vec<Listed>, Error> {
    let mut periods = Vec::new();
    for item in table.query(range).await? {
        periods.extend(filter.select(item.decode::<Day>()?));
    }
    Ok(periods)
}

/// The periods of some employees.
///
/// Access pattern: `Query` of each one's days, side by side; each costs what it holds.
async fn of_employees(
    deps: &Deps,
    company: &CompanyId,
    filter: &Filter,
    employees: &BTreeSet<EmployeeId>,
) -> Result<Vec<Listed>, Error> {
    let queries = employees.iter().map(|employee| {
        let range = Range {
            pk: keys::attendances(company, *employee),
            from: Some(keys::date_sk(filter.from)),
            to: Some(keys::date_sk(filter.to)),
            limit: None,
        };
        query(&deps.table, range, filter)
    });
    let mut periods = try_join_all(queries).await?.concat();
    model::sort(&mut periods);
    Ok(periods)
}

/// A page of the periods that were changed within some time.
///
/// Access pattern: `Query` of the marks of changes since then, one round trip
/// per MB, then `BatchGetItem` of the days on the page. Where there are more
/// marks than one listing goes through: `Query` of all days of the range, if it
/// is small by its counts.
async fn changed(deps: &Deps, company: &CompanyId, filter: &Filter, page: Page) -> Result<(u64, Vec<Listed>), Error> {
    let since = filter.updated_from.unwrap_or(Timestamp::UNIX_EPOCH);
    let range = Range {
        pk: keys::attendance_changes(company),
        from: Some(keys::changes_since(since)),
        to: None,
        limit: Some(MAX_CHANGES + 1),
    };
    let marks = deps.table.query(range).await?;
    if marks.len() > MAX_CHANGES {
        return scan(deps, company, filter).await.map(|periods| cut(periods, page));
    }
    // A map, because a day that changes while the marks are read is met again at their end.
    let mut counts: BTreeMap<(Date, EmployeeId), u64> = BTreeMap::new();
    for item in marks {
        let mark: ChangeMark = item.decode()?;
        counts.insert((mark.date, mark.employee), matching(&mark, filter));
    }
    let (mut before, mut skip, mut days) = (0, 0, BTreeSet::new());
    for ((date, employee), count) in counts {
        let after = before + count;
        if after > page.offset && before < page.offset.saturating_add(page.limit) {
            if days.is_empty() {
                skip = page.offset - before;
            }
            days.insert((employee, date));
        }
        before = after;
    }
    let days = read_days(deps, company, &days).await?;
    let mut periods: Vec<Listed> = days.into_values().flat_map(|day| filter.select(day)).collect();
    model::sort(&mut periods);
    Ok((before, slice(periods, skip, page.limit)))
}

/// How many periods of a marked day match.
fn matching(mark: &ChangeMark, filter: &Filter) -> u64 {
    if !(filter.from..=filter.to).contains(&mark.date) {
        return 0;
    }
    let (from, to) = (filter.updated_from, filter.updated_to);
    let (from, to) = (from.map(Timestamp::as_millisecond), to.map(Timestamp::as_millisecond));
    let periods = mark.periods.iter().filter(|(at, confirmed)| {
        (filter.all || *confirmed) && from.is_none_or(|from| *at >= from) && to.is_none_or(|to| *at <= to)
    });
    periods.count() as u64
}

async fn scan(deps: &Deps, company: &CompanyId, filter: &Filter) -> Result<Vec<Listed>, Error> {
    let days = counts::days(&deps.table, company, LIST, filter.from, filter.to).await?;
    if days.total(true) > MAX_SCANNED {
        return Err(model::too_many_changes(MAX_CHANGES));
    }
    let range = Range {
        pk: keys::attendance_days(company),
        from: Some(keys::date_sk(filter.from)),
        to: Some(keys::behind(&keys::date_sk(filter.to))),
        limit: None,
    };
    query(&deps.table, range, filter).await
}

/// What a list shows beside its periods.
#[derive(Debug)]
pub struct Beside {
    /// The projects on which they are booked.
    pub projects: projects::Found,
    /// The employees of those on a day that may be a holiday.
    pub employees: BTreeMap<EmployeeId, Employee>,
    /// The days of those whose employees are away then.
    pub away: BTreeSet<(Date, EmployeeId)>,
}

/// What a list shows beside its periods: their projects, the employees of those
/// on a day that may be a holiday, and who of them is away.
///
/// Access pattern: `BatchGetItem` of projects and of employees, and what
/// [`away::find`] reads, side by side.
pub async fn beside(
    deps: &Deps,
    permit: &ReadPermit,
    projects: &BTreeSet<ProjectId>,
    employees: &BTreeSet<EmployeeId>,
    days: &BTreeSet<(Date, EmployeeId)>,
) -> Result<Beside, Error> {
    let company = permit.company();
    let (projects, employees, away) = tokio::try_join!(
        projects::get_many(deps, company, projects),
        staff::find(&deps.table, company, employees),
        away::find(&deps.table, company, days)
    )?;
    Ok(Beside { projects, employees, away })
}
