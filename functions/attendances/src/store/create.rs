//! Batches of new attendance, of which each row is stored or refused by itself.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;
use shared::attributes::Employee;
use shared::aws::keys;
use shared::aws::table;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::WritePermit;
use shared::ids::AttendanceId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::ids::ProjectId;
use shared::record::Subject;

use crate::model;
use crate::model::Day;
use crate::model::Days;
use crate::model::MAX_PERIODS;
use crate::model::Period;
use crate::model::project::Project;
use crate::model::rows::Draft;
use crate::store::Write;
use crate::store::commit_all;
use crate::store::projects;
use crate::store::read_days;
use crate::store::renewed;

/// The counter of attendance ids.
const SEQUENCE: &str = "attendance";
/// After so many tries each day is written alone, so that one that is much in demand holds up no other.
const ALONE_AFTER: u32 = 2;

/// What became of a row of a batch.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It is stored under this id.
    Stored(AttendanceId),
    /// It is not stored: why, and the ids of the periods in its way.
    Refused(Error, Vec<AttendanceId>),
}

/// A row of a batch on its way into the table.
struct Row {
    index: usize,
    id: AttendanceId,
    draft: Draft,
}

/// What rows need to know of what they name.
struct Named {
    employees: BTreeSet<EmployeeId>,
    projects: BTreeMap<ProjectId, Project>,
}

/// Stores what can be stored of a batch, and tells of each row what became of it.
///
/// Access pattern: `UpdateItem` of the id counter, beside `BatchGetItem` of the
/// employees and projects that the rows name and of the days; then transactions
/// of up to a hundred parts, side by side. Days that somebody else wrote
/// meanwhile are read and tried again.
pub async fn create(deps: &Deps, permit: &WritePermit, drafts: Vec<Draft>) -> Result<Vec<Outcome>, Error> {
    let outcomes = store(deps, permit, drafts).await?;
    for outcome in &outcomes {
        match outcome {
            Outcome::Stored(id) => permit.touched().touch(Subject::Attendance, id),
            // The answer names those that were in the way.
            Outcome::Refused(_, ids) => ids.iter().for_each(|id| permit.touched().touch(Subject::Attendance, id)),
        }
    }
    Ok(outcomes)
}

async fn store(deps: &Deps, permit: &WritePermit, drafts: Vec<Draft>) -> Result<Vec<Outcome>, Error> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let company = permit.company();
    for draft in &drafts {
        permit.touched().touch(Subject::Employee, draft.employee);
    }
    let wanted: BTreeSet<_> = drafts.iter().map(|draft| (draft.employee, draft.date)).collect();
    let count = u32::try_from(drafts.len()).unwrap_or(u32::MAX);
    let (first, named, mut days) = tokio::try_join!(
        deps.table.take(keys::sequence(company, SEQUENCE), count, AttendanceId::MAX),
        read_named(deps, company, &drafts),
        read_days(deps, company, &wanted),
    )?;
    let mut progress = Progress::begin(drafts, first, &named)?;
    for attempt in 0..table::MAX_RACES {
        let (writes, refused) = plan(&days, &progress.pending, deps.clock.now())?;
        let failed = commit_all(deps, company, writes, attempt >= ALONE_AFTER).await;
        progress.settle(refused, &failed);
        if progress.pending.is_empty() {
            return progress.finish();
        }
        table::back_off(attempt).await;
        match read_days(deps, company, &progress.pending.keys().copied().collect()).await {
            Ok(read) => days = read,
            Err(error) => {
                progress.give_up(&error);
                return progress.finish();
            }
        }
    }
    progress.give_up(&Error::Unavailable("an attendance day is being changed by others".to_owned()));
    progress.finish()
}

/// The rows that are not stored yet, by their days, and what became of the others.
struct Progress {
    pending: BTreeMap<(EmployeeId, Date), Vec<Row>>,
    outcomes: Vec<Option<Outcome>>,
}

impl Progress {
    fn begin(drafts: Vec<Draft>, first: u64, named: &Named) -> Result<Self, Error> {
        let mut progress = Self { pending: BTreeMap::new(), outcomes: vec![None; drafts.len()] };
        for (index, draft) in drafts.into_iter().enumerate() {
            if let Err(error) = check_named(named, &draft) {
                progress.outcomes[index] = Some(Outcome::Refused(error, Vec::new()));
                continue;
            }
            let id = AttendanceId::new(first + index as u64);
            let id = id.ok_or_else(|| Error::Internal("the attendance ids are used up".to_owned()))?;
            progress.pending.entry((draft.employee, draft.date)).or_default().push(Row { index, id, draft });
        }
        Ok(progress)
    }

    /// Takes note of a round: which rows were refused, and which days could not
    /// be written. Those that others wrote meanwhile stay pending.
    fn settle(&mut self, refused: Refused, failed: &BTreeMap<(EmployeeId, Date), Error>) {
        let mut refused: BTreeMap<usize, Outcome> = refused.into_iter().collect();
        let outcomes = &mut self.outcomes;
        self.pending.retain(|day, rows| match failed.get(day) {
            Some(Error::Raced) => true,
            Some(error) => {
                // Also what was refused for a row that would have been stored with it.
                for row in rows {
                    outcomes[row.index] = Some(Outcome::Refused(error.clone(), Vec::new()));
                }
                false
            }
            None => {
                for row in rows {
                    outcomes[row.index] = refused.remove(&row.index).or(Some(Outcome::Stored(row.id)));
                }
                false
            }
        });
    }

    fn give_up(&mut self, error: &Error) {
        for row in std::mem::take(&mut self.pending).into_values().flatten() {
            self.outcomes[row.index] = Some(Outcome::Refused(error.clone(), Vec::new()));
        }
    }

    /// What became of each row, in the order in which they were sent.
    fn finish(self) -> Result<Vec<Outcome>, Error> {
        let lost = || Error::Internal("a row of a batch was lost".to_owned());
        self.outcomes.into_iter().map(|outcome| outcome.ok_or_else(lost)).collect()
    }
}

async fn read_named(deps: &Deps, company: &CompanyId, drafts: &[Draft]) -> Result<Named, Error> {
    let employees: BTreeSet<_> = drafts.iter().map(|draft| draft.employee).collect();
    let ids: BTreeSet<_> = drafts.iter().filter_map(|draft| draft.work.project).collect();
    let keys = employees.iter().map(|id| keys::employee(company, *id)).collect();
    let (employees, projects) = tokio::try_join!(deps.table.batch_get(keys), projects::get_many(deps, company, &ids))?;
    let employees = employees.into_iter().map(|item| item.decode::<Employee>().map(|employee| employee.id));
    Ok(Named { employees: employees.collect::<Result<_, _>>()?, projects })
}

fn check_named(named: &Named, draft: &Draft) -> Result<(), Error> {
    if !named.employees.contains(&draft.employee) {
        return Err(model::no_employee(draft.employee));
    }
    draft.work.project.map_or(Ok(()), |id| Project::check_open(named.projects.get(&id), id))
}

type Refused = Vec<(usize, Outcome)>;

/// Puts the rows into their days in the order in which they were sent; those that do not fit are refused.
fn plan(
    days: &Days,
    pending: &BTreeMap<(EmployeeId, Date), Vec<Row>>,
    now: Timestamp,
) -> Result<(Vec<Write>, Refused), Error> {
    let (mut writes, mut refused) = (Vec::new(), Vec::new());
    for ((employee, date), rows) in pending {
        let old = days.get(&(*employee, *date)).cloned().unwrap_or_else(|| Day::empty(*employee, *date));
        let mut new = old.clone();
        for row in rows {
            let in_the_way = new.in_the_way(&row.draft.work, None);
            if !in_the_way.is_empty() {
                let error = Error::invalid("start_time", model::OVERLAP);
                refused.push((row.index, Outcome::Refused(error, in_the_way)));
            } else if new.periods.len() >= MAX_PERIODS {
                refused.push((row.index, Outcome::Refused(model::full_day(), Vec::new())));
            } else {
                new.put(Period::new(row.id, row.draft.work.clone(), row.draft.status, now));
            }
        }
        if new != old {
            writes.push(Write { old, new: renewed(new, now)? });
        }
    }
    Ok((writes, refused))
}
