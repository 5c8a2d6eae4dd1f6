//! Days are counted when an absence is written. When schedules or holidays change,
//! those that are not taken yet are counted again.

use std::collections::BTreeSet;

use jiff::civil::Date;
use shared::attributes::Employee;
use shared::aws::staff;
use shared::company::Company;
use shared::company::absences::AbsenceUnit;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::paging::Page;
use shared::http::permit::WritePermit;
use shared::ids::AbsenceId;
use shared::ids::EmployeeId;

use crate::model::Absence;
use crate::model::Filter;
use crate::model::worth::Workdays;
use crate::store;
use crate::store::Change;
use crate::store::list;

/// How many absences are looked at together.
const PAGE: u64 = 500;

/// Counts the days from `today` on again, of all absences that have some, and
/// tells how many absences count differently then. What was taken before stays.
/// A balance that is overdrawn by it stays so: nobody's leave is taken back.
///
/// Access pattern: pages of the company's lists, `BatchGetItem` of their
/// employees, and a change of each absence that differs.
pub async fn recount(deps: &Deps, permit: &WritePermit, company: &Company, today: Date) -> Result<usize, Error> {
    let mut differing = Vec::new();
    for unit in [AbsenceUnit::Day, AbsenceUnit::Hour] {
        let filter = Filter { from: Some(today), ..Filter::all(unit) };
        let mut page = Page { limit: PAGE, offset: 0 };
        loop {
            let (total, absences) = list::find(deps, permit.company(), &filter, page).await?;
            differing.extend(differ(deps, permit, company, &absences, today).await?);
            page.offset += PAGE;
            if page.offset >= total {
                break;
            }
        }
    }
    for (unit, id) in &differing {
        let change = store::change(deps, permit, (*unit, *id), None, |stored, book| {
            let absence = renewed(company, &book.employee, stored, today);
            Ok(if absence == *stored { Change::Nothing } else { Change::Write(Box::new(absence)) })
        });
        change.await?;
    }
    Ok(differing.len())
}

async fn differ(
    deps: &Deps,
    permit: &WritePermit,
    company: &Company,
    absences: &[Absence],
    today: Date,
) -> Result<Vec<(AbsenceUnit, AbsenceId)>, Error> {
    let ids: BTreeSet<EmployeeId> = absences.iter().map(|absence| absence.employee).collect();
    let employees = staff::find(&deps.table, permit.company(), &ids).await?;
    let differing = absences.iter().filter(|absence| {
        let employee = employees.get(&absence.employee);
        employee.is_some_and(|employee| renewed(company, employee, absence, today) != **absence)
    });
    Ok(differing.map(|absence| (absence.unit, absence.id)).collect())
}

fn renewed(company: &Company, employee: &Employee, absence: &Absence, today: Date) -> Absence {
    let newer = Workdays::of(company, employee).worth(&company.zone, absence.unit, &absence.span);
    Absence { worth: absence.worth.renewed(&absence.span, &newer, today), ..absence.clone() }
}
