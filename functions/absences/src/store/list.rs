//! Lists of absences.
//!
//! A list of a company is a row of *stretches*: the runs that hold the day before
//! which absences may have begun, one stretch for each length, and then all that
//! begin from there on. A stretch is a range of days of a counted list, so where
//! a page lies in the row is known from counts alone.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;
use jiff::civil::Date;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::lists;
use shared::aws::lists::Stretch;
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
        let (list, times) = (list_of(filter.unit), (filter.updated_from, filter.updated_to));
        return lists::changed(&deps.table, company, list, times, |mark| takes(filter, mark), page).await;
    }
    lists::page(&deps.table, company, stretches(filter), page).await
}

/// A page of all absences that match.
fn cut(mut absences: Vec<Absence>, page: Page) -> (u64, Vec<Absence>) {
    let total = absences.len() as u64;
    model::sort(&mut absences);
    (total, page.slice(absences))
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
    let keys = ids.iter().map(|id| keys::absence(company, id.get())).collect();
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

fn takes(filter: &Filter, mark: &ChangeMark) -> bool {
    mark.start <= filter.to.unwrap_or(Date::MAX)
        && mark.end >= filter.from.unwrap_or(Date::MIN)
        && filter.types.as_ref().is_none_or(|types| types.contains(&mark.absence_type))
        && filter.updated_from.is_none_or(|from| mark.at >= from.as_millisecond())
        && filter.updated_to.is_none_or(|to| mark.at <= to.as_millisecond())
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
