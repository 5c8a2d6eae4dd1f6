//! The access patterns of projects.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;
use shared::aws::items::Entity;
use shared::aws::items::Item;
use shared::aws::keys;
use shared::aws::keys::Key;
use shared::aws::table;
use shared::aws::table::Range;
use shared::aws::transaction::Condition;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::ReadPermit;
use shared::http::permit::WritePermit;
use shared::ids::CompanyId;
use shared::ids::ProjectId;
use shared::record::Subject;

use crate::model::project;
use crate::model::project::Project;
use crate::model::project::ProjectFields;

/// The counter of project ids.
const SEQUENCE: &str = "project";

impl Entity for Project {
    const TYPE: &'static str = "project";
}

/// The claim of an active project on its name.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct NameClaim {
    id: ProjectId,
}

impl Entity for NameClaim {
    const TYPE: &'static str = "project_name";
}

/// All projects of a company, in the order of their ids.
///
/// Access pattern: `Query` of the projects; one round trip per MB, which is 5,000 of them.
pub async fn list(deps: &Deps, permit: &ReadPermit) -> Result<Vec<Project>, Error> {
    all(deps, permit.company()).await
}

/// The same for the operator's commands.
pub async fn list_for(deps: &Deps, permit: &WritePermit) -> Result<Vec<Project>, Error> {
    all(deps, permit.company()).await
}

async fn all(deps: &Deps, company: &CompanyId) -> Result<Vec<Project>, Error> {
    let range = Range { pk: keys::projects(company), from: None, to: None, limit: None };
    deps.table.query(range).await?.into_iter().map(Item::decode).collect()
}

/// Projects by their ids.
pub type Found = BTreeMap<ProjectId, Project>;

/// Projects by id, deleted ones too.
///
/// Access pattern: `BatchGetItem`, and another one for those that are not among
/// the projects any more; none when no id is wanted.
pub async fn get_many(deps: &Deps, company: &CompanyId, ids: &BTreeSet<ProjectId>) -> Result<Found, Error> {
    let mut found = read(deps, ids.iter().map(|id| keys::project(company, *id)).collect()).await?;
    let missing = ids.iter().filter(|id| !found.contains_key(id));
    let deleted = missing.map(|id| keys::deleted_project(company, *id)).collect();
    found.extend(read(deps, deleted).await?);
    Ok(found)
}

async fn read(deps: &Deps, keys: Vec<Key>) -> Result<Found, Error> {
    let found = deps.table.batch_get(keys).await?.into_iter().map(Item::decode::<Project>);
    found.map(|project| project.map(|project| (project.id, project))).collect()
}

/// Takes so many ids that nobody else gets; the first of them.
///
/// Access pattern: `UpdateItem` of the id counter.
pub async fn take_ids(deps: &Deps, permit: &WritePermit, count: u32) -> Result<ProjectId, Error> {
    let first = deps.table.take(keys::sequence(permit.company(), SEQUENCE), count, ProjectId::MAX).await?;
    ProjectId::new(first).ok_or_else(|| Error::Internal("the project ids are used up".to_owned()))
}

/// Keeps ids up to `id` from being given to others, where an operator gives projects ids of their own.
///
/// Access pattern: `UpdateItem` of the id counter.
pub async fn reserve_id(deps: &Deps, permit: &WritePermit, id: ProjectId) -> Result<(), Error> {
    deps.table.raise(keys::sequence(permit.company(), SEQUENCE), i64::from(id.get())).await
}

/// How many projects one transaction takes: each is at most three of its hundred items.
pub const MAX_NEW: usize = 33;

/// Stores new projects, all of them or none; up to [`MAX_NEW`].
///
/// Access pattern: one transaction: each project and, if it is active, its claim
/// on the name, and that no deleted project has the id.
pub async fn create(deps: &Deps, permit: &WritePermit, projects: &[Project]) -> Result<(), Error> {
    let company = permit.company();
    let mut transaction = deps.table.transaction();
    for project in projects {
        let id = project.id;
        permit.touched().touch(Subject::Project, id);
        if let Some(name) = project.claim() {
            let claim = Item::encode(keys::project_name(company, &name), &NameClaim { id })?;
            transaction = transaction.put_if(claim, Condition::absent(), project::name_taken());
        }
        let exists = Error::Conflict(format!("There is another project with the id {id}."));
        let item = Item::encode(keys::project(company, id), project)?;
        transaction = transaction.put_if(item, Condition::absent(), exists.clone()).require(
            keys::deleted_project(company, id),
            Condition::absent(),
            exists,
        );
    }
    transaction.commit().await
}

/// Changes a project; `None` if there is none, or it was deleted.
///
/// Access pattern: `GetItem`, then one transaction: the project if its version
/// is the one that was read, and the claims on its names. Nothing is written
/// when nothing changes.
pub async fn update(
    deps: &Deps,
    permit: &WritePermit,
    id: ProjectId,
    fields: &ProjectFields,
) -> Result<Option<Project>, Error> {
    permit.touched().touch(Subject::Project, id);
    write(deps, permit.company(), id, |project| {
        project.name = fields.name.clone().unwrap_or_else(|| project.name.clone());
        project.active = fields.active.unwrap_or(project.active);
    })
    .await
}

/// Deletes a project: it keeps its name where it was booked on and gives it free for others. `false` if there is none.
///
/// Access pattern: as [`update`].
pub async fn delete(deps: &Deps, permit: &WritePermit, id: ProjectId) -> Result<bool, Error> {
    let deleted = write(deps, permit.company(), id, |project| {
        project.deleted = true;
        project.active = false;
    });
    Ok(deleted.await?.is_some())
}

async fn write(
    deps: &Deps,
    company: &CompanyId,
    id: ProjectId,
    change: impl Fn(&mut Project),
) -> Result<Option<Project>, Error> {
    table::unless_raced(&format!("The project {id}"), || try_write(deps, company, id, &change)).await
}

async fn try_write(
    deps: &Deps,
    company: &CompanyId,
    id: ProjectId,
    change: &impl Fn(&mut Project),
) -> Result<Option<Project>, Error> {
    let stored: Option<Project> = deps.table.get(keys::project(company, id)).await?;
    let Some(stored) = stored else { return Ok(None) };
    let mut project = stored.clone();
    change(&mut project);
    if project == stored {
        return Ok(Some(project));
    }
    project.version += 1;
    project.updated_at = stored.updated_at.max(deps.clock.now());
    let mut transaction = deps.table.transaction();
    let (old, new) = (stored.claim(), project.claim());
    if old != new {
        if let Some(name) = new {
            let claim = Item::encode(keys::project_name(company, &name), &NameClaim { id })?;
            transaction = transaction.put_if(claim, Condition::absent(), project::name_taken());
        }
        if let Some(name) = old {
            transaction = transaction.delete(keys::project_name(company, &name));
        }
    }
    let same_version = Condition::exists().number_is(&["version"], stored.version);
    let key = keys::project(company, id);
    let transaction = if project.deleted {
        let item = Item::encode(keys::deleted_project(company, id), &project)?;
        transaction.delete_if(key, same_version, Error::Raced).put(item)
    } else {
        transaction.put_if(Item::encode(key, &project)?, same_version, Error::Raced)
    };
    transaction.commit().await?;
    Ok(Some(project))
}
