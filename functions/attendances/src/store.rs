//! The access patterns of attendance.
//!
//! An employee's day is one item, stored twice in one transaction: under the
//! employee, where writes compare its version, and among the company's days,
//! where lists read it. The same transaction keeps the day's mark among the
//! changes, the counts by which pages are found, and where each id lies.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use futures_util::future::join_all;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use serde::Serialize;
use shared::aws::counts;
use shared::aws::counts::Deltas;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::table;
use shared::aws::transaction::Condition;
use shared::aws::transaction::MAX_PARTS;
use shared::aws::transaction::Transaction;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::AttendanceId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::ids::ProjectId;
use shared::record::Subject;

use crate::model;
use crate::model::Day;
use crate::model::Days;
use crate::model::Listed;
use crate::model::MAX_PERIODS;
use crate::model::Period;
use crate::model::project::Project;

pub mod create;
pub mod list;
pub mod projects;

/// The list in the names of the counts' keys.
pub const LIST: &str = "ATTENDANCE";

impl Entity for Day {
    const TYPE: &'static str = "attendance_day";
}

/// Where a period lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Whose it is.
    pub employee: EmployeeId,
    /// On which day it is.
    pub date: Date,
}

impl Entity for Place {
    const TYPE: &'static str = "attendance_id";
}

/// That a day was changed, under the time of its last change; with as much of its
/// periods as filters ask for, so that only the days of a page need to be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeMark {
    /// Whose day it is.
    pub employee: EmployeeId,
    /// The day.
    pub date: Date,
    /// When each period was last changed, in milliseconds since 1970, and whether it is confirmed.
    pub periods: Vec<(i64, bool)>,
}

impl ChangeMark {
    /// The mark of a day.
    #[must_use]
    pub fn of(day: &Day) -> Self {
        let periods = day.periods.iter().map(|period| (period.updated_at.as_millisecond(), period.is_confirmed()));
        Self { employee: day.employee, date: day.date, periods: periods.collect() }
    }
}

impl Entity for ChangeMark {
    const TYPE: &'static str = "attendance_change";
}

/// A period and where it lies.
///
/// Access pattern: `GetItem` of the id's place, then of the day.
pub async fn get(deps: &Deps, permit: &ReadPermit, id: AttendanceId) -> Result<Option<(Place, Period)>, Error> {
    let company = permit.company();
    let work = || async {
        let Some(place) = deps.table.get::<Place>(keys::attendance_id(company, id)).await? else { return Ok(None) };
        let day: Option<Day> = deps.table.get(keys::attendance(company, place.employee, place.date)).await?;
        // Without the period, the day was written between the two reads.
        let period = day.as_ref().and_then(|day| day.find(id)).ok_or(Error::Raced)?;
        Ok(Some((place, period.clone())))
    };
    table::unless_raced("The attendance period", work).await
}

async fn read_days(deps: &Deps, company: &CompanyId, wanted: &BTreeSet<(EmployeeId, Date)>) -> Result<Days, Error> {
    let keys = wanted.iter().map(|(employee, date)| keys::attendance(company, *employee, *date)).collect();
    let days = deps.table.batch_get(keys).await?.into_iter().map(Item::decode::<Day>);
    days.map(|day| day.map(|day| ((day.employee, day.date), day))).collect()
}

/// A day before and after a write.
#[derive(Clone, Debug)]
struct Write {
    old: Day,
    new: Day,
}

/// A day with a version of its own, and marked as changed.
fn renewed(mut day: Day, now: Timestamp) -> Result<Day, Error> {
    let random = getrandom::u64().map_err(|_| Error::Internal("the system has no random numbers".to_owned()))?;
    // As many bits as a number keeps wherever it passes through a double; never the 0 of a day that is not stored.
    day.version = (random >> 11).max(1);
    day.marked_at = day.marked_at.max(now.as_millisecond());
    Ok(day)
}

/// Commits writes of different days in as few transactions as they fit in, as
/// many side by side as there are shards of the counts. The days that were not
/// written, each with the reason.
async fn commit_all(
    deps: &Deps,
    company: &CompanyId,
    writes: Vec<Write>,
    alone: bool,
) -> BTreeMap<(EmployeeId, Date), Error> {
    let groups = if alone { writes.into_iter().map(|write| vec![write]).collect() } else { pack(writes) };
    let mut failed = BTreeMap::new();
    let first = counts::any_shard();
    for wave in groups.chunks(counts::SHARDS as usize) {
        let shards = (0..counts::SHARDS).map(|shard| (first + shard) % counts::SHARDS);
        let commits = wave.iter().zip(shards).map(|(group, shard)| async move {
            let result = commit(deps, company, group, shard).await;
            (group, result)
        });
        for (group, result) in join_all(commits).await {
            if let Err(error) = result {
                // What one day is refused for is no reason for the others: they are tried again, in the end alone.
                let error = if group.len() > 1 && !error.is_retryable() { Error::Raced } else { error };
                failed.extend(group.iter().map(|write| ((write.new.employee, write.new.date), error.clone())));
            }
        }
    }
    failed
}

/// Groups of writes that each fit into a transaction, with the counts that they share.
fn pack(writes: Vec<Write>) -> Vec<Vec<Write>> {
    let mut groups: Vec<Vec<Write>> = Vec::new();
    let (mut parts, mut shared) = (0, BTreeSet::new());
    for write in writes {
        let date = write.new.date;
        let own = write.parts();
        let counts = [keys::month_sk(date), keys::date_sk(date), write.new.employee.to_string()];
        let together: BTreeSet<_> = shared.union(&counts.iter().cloned().collect()).cloned().collect();
        match groups.last_mut() {
            Some(group) if parts + own + together.len() <= MAX_PARTS => {
                group.push(write);
                (parts, shared) = (parts + own, together);
            }
            _ => {
                groups.push(vec![write]);
                (parts, shared) = (own, counts.into());
            }
        }
    }
    groups
}

impl Write {
    /// How many parts of a transaction it is, beside those that days share.
    fn parts(&self) -> usize {
        // Both copies of the day, the new mark and the old one, and each id that comes or goes.
        4 + self.arrived().count() + self.left().count()
    }

    fn arrived(&self) -> impl Iterator<Item = AttendanceId> + '_ {
        self.new.periods.iter().map(|period| period.id).filter(|id| self.old.find(*id).is_none())
    }

    fn left(&self) -> impl Iterator<Item = AttendanceId> + '_ {
        self.old.periods.iter().map(|period| period.id).filter(|id| self.new.find(*id).is_none())
    }

    /// The parts that store the day as it is afterwards.
    fn add<'t>(&self, mut transaction: Transaction<'t>, company: &CompanyId) -> Result<Transaction<'t>, Error> {
        let Day { employee, date, .. } = self.new;
        let (own, among) = (keys::attendance(company, employee, date), keys::attendance_day(company, date, employee));
        let as_read = match self.old.version {
            0 => Condition::absent(),
            version => Condition::exists().number_is(&["version"], version),
        };
        let mark = |day: &Day| keys::attendance_change(company, day.marked_at, date, employee);
        let gone = self.new.periods.is_empty();
        if self.old.version != 0 && (gone || self.old.marked_at != self.new.marked_at) {
            transaction = transaction.delete(mark(&self.old));
        }
        if gone {
            return Ok(transaction.delete_if(own, as_read, Error::Raced).delete(among));
        }
        Ok(transaction
            .put_if(Item::encode(own, &self.new)?, as_read, Error::Raced)
            .put(Item::encode(among, &self.new)?)
            .put(Item::encode(mark(&self.new), &ChangeMark::of(&self.new))?))
    }
}

/// One transaction for writes of different days.
async fn commit(deps: &Deps, company: &CompanyId, writes: &[Write], shard: u32) -> Result<(), Error> {
    let mut transaction = deps.table.transaction();
    let mut deltas = Deltas::default();
    let mut arrived: BTreeMap<AttendanceId, Place> = BTreeMap::new();
    let mut left: BTreeSet<AttendanceId> = BTreeSet::new();
    for write in writes {
        transaction = write.add(transaction, company)?;
        let Day { employee, date, .. } = write.new;
        deltas.add(date, employee, write.new.tally().minus(write.old.tally()));
        arrived.extend(write.arrived().map(|id| (id, Place { employee, date })));
        left.extend(write.left());
    }
    let new: BTreeSet<EmployeeId> =
        writes.iter().filter(|write| write.arrived().next().is_some()).map(|write| write.new.employee).collect();
    for employee in new {
        let key = keys::employee(company, employee);
        transaction = transaction.require(key, Condition::exists(), model::no_employee(employee));
    }
    for id in left.iter().filter(|id| !arrived.contains_key(id)) {
        transaction = transaction.delete(keys::attendance_id(company, *id));
    }
    for (id, place) in arrived {
        transaction = transaction.put(Item::encode(keys::attendance_id(company, id), &place)?);
    }
    deltas.write(transaction, company, LIST, shard).commit().await
}

/// What a change does to a period.
#[derive(Clone, Debug)]
pub enum Change {
    /// It is as it was.
    Nothing,
    /// It says this now, on this day.
    Write(Date, Period),
    /// It is removed.
    Remove,
}

/// What became of a change.
#[derive(Clone, Debug)]
pub enum Changed {
    /// There is no such period.
    NotFound,
    /// It is stored; the period as it is now, if it was not removed.
    Done(Option<Period>),
    /// It would lie over these periods, if it were so.
    InTheWay(Vec<AttendanceId>, Box<Listed>),
}

/// Changes a period as `decide` says, which sees it as it is stored.
///
/// Access pattern: `GetItem` of the id's place, then `BatchGetItem` of the day
/// and of `target`, then one transaction of both days. A day that was not named
/// as the target is read on its own. Nothing is written when nothing changes.
pub async fn change(
    deps: &Deps,
    permit: &WritePermit,
    id: AttendanceId,
    target: Option<Date>,
    decide: impl Fn(Place, &Period) -> Result<Change, Error>,
) -> Result<Changed, Error> {
    let work = || try_change(deps, permit, id, target, &decide);
    table::unless_raced("The attendance period", work).await
}

async fn try_change(
    deps: &Deps,
    permit: &WritePermit,
    id: AttendanceId,
    target: Option<Date>,
    decide: &impl Fn(Place, &Period) -> Result<Change, Error>,
) -> Result<Changed, Error> {
    let company = permit.company();
    let Some(place) = deps.table.get::<Place>(keys::attendance_id(company, id)).await? else {
        return Ok(Changed::NotFound);
    };
    let Place { employee, date: source } = place;
    permit.touched().touch(Subject::Employee, employee);
    let wanted = [Some(source), target].into_iter().flatten().map(|date| (employee, date)).collect();
    let mut days = read_days(deps, company, &wanted).await?;
    // A day without the period was written between the two reads.
    let old = days.remove(&(employee, source)).ok_or(Error::Raced)?;
    let stored = old.find(id).ok_or(Error::Raced)?;
    let now = deps.clock.now();
    let (date, period) = match decide(place, stored)? {
        Change::Nothing => return Ok(Changed::Done(Some(stored.clone()))),
        Change::Remove => (source, None),
        Change::Write(date, period) => (date, Some(Period { updated_at: period.updated_at.max(now), ..period })),
    };
    if date != source && target != Some(date) {
        days = read_days(deps, company, &BTreeSet::from([(employee, date)])).await?;
    }
    let target = (date != source).then(|| days.remove(&(employee, date)).unwrap_or_else(|| Day::empty(employee, date)));
    let days = match rewrite(old, target, id, period.clone()) {
        Ok(days) => days,
        Err(Obstacle::InTheWay(ids, period)) => {
            return Ok(Changed::InTheWay(ids, Box::new(Listed { employee, date, period: *period })));
        }
        Err(Obstacle::FullDay) => return Err(model::full_day()),
    };
    let writes = days.into_iter().map(|(old, new)| renewed(new, now).map(|new| Write { old, new }));
    let writes: Vec<_> = writes.collect::<Result<_, _>>()?;
    commit(deps, company, &writes, counts::any_shard()).await?;
    Ok(Changed::Done(period))
}

/// Why a period cannot go where it should.
enum Obstacle {
    InTheWay(Vec<AttendanceId>, Box<Period>),
    FullDay,
}

/// Each day before and after a period of `from` became this one, which lies on `to` if that is given.
fn rewrite(from: Day, to: Option<Day>, id: AttendanceId, period: Option<Period>) -> Result<Vec<(Day, Day)>, Obstacle> {
    let mut without = from.clone();
    without.remove(id);
    let Some(period) = period else { return Ok(vec![(from, without)]) };
    let target = to.as_ref().unwrap_or(&without);
    let in_the_way = target.in_the_way(&period.work, None);
    if !in_the_way.is_empty() {
        return Err(Obstacle::InTheWay(in_the_way, Box::new(period)));
    }
    if target.periods.len() >= MAX_PERIODS {
        return Err(Obstacle::FullDay);
    }
    let mut new = target.clone();
    new.put(period);
    Ok(match to {
        None => vec![(from, new)],
        Some(to) => vec![(from, without), (to, new)],
    })
}

/// Checks that new attendance can be booked on a project.
///
/// Access pattern: `BatchGetItem`, and another one if it is not among the projects.
pub async fn check_project(deps: &Deps, permit: &WritePermit, id: ProjectId) -> Result<(), Error> {
    let found = projects::get_many(deps, permit.company(), &BTreeSet::from([id])).await?;
    Project::check_open(found.get(&id), id)
}
