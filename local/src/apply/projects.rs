//! The projects of a file.

use std::collections::BTreeSet;

use attendances::model::project::Project;
use attendances::model::project::ProjectFields;
use attendances::model::project::comparable_name;
use attendances::model::project::read_name;
use attendances::store::projects as store;
use shared::deps::Deps;
use shared::error::Error;
use shared::http::permit::WritePermit;
use shared::ids::ProjectId;

use crate::apply::file::CompanyFile;
use crate::apply::file::DeclaredProject;
use crate::apply::report::Report;
use crate::failure::Failure;

/// Finds what is wrong with the projects of a file, without looking at what is stored.
pub fn check(file: &CompanyFile) -> Result<(), Failure> {
    let (mut seen, mut ids) = (BTreeSet::new(), BTreeSet::new());
    for project in &file.projects {
        let about = |error: Error| Failure::usage(format!("the project {}: {}", project.name, Failure::from(error)));
        let name = read_name(&project.name.as_str().into()).map_err(about)?;
        if project.active && !seen.insert(comparable_name(&name)) {
            return Err(Failure::usage(format!("the project {name} is in the file twice")));
        }
        if let Some(id) = project.id.filter(|id| !ids.insert(*id)) {
            return Err(Failure::usage(format!("the project {name}: the id {id} is in the file twice")));
        }
    }
    Ok(())
}

/// Creates the projects that are new and changes those that differ.
pub async fn apply(
    deps: &Deps,
    permit: &WritePermit,
    file: &CompanyFile,
    report: &mut Report,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    if file.projects.is_empty() {
        return Ok(());
    }
    let stored = store::list_for(deps, permit).await?;
    let mut new = Vec::new();
    for declared in &file.projects {
        let name = declared.name.trim();
        match stored.iter().find(|project| is_same(project, declared)) {
            None => new.push(declared),
            Some(project) if project.name == name && project.active == declared.active => {
                report.settings_unchanged += 1;
            }
            Some(project) => {
                let fields = ProjectFields { name: Some(name.to_owned()), active: Some(declared.active) };
                store::update(deps, permit, project.id, &fields).await?;
                say(&format!("changed project {name} ({})", project.id));
                report.settings_changed += 1;
            }
        }
    }
    for project in create(deps, permit, &new).await? {
        say(&format!("created project {} ({})", project.name, project.id));
        report.settings_created += 1;
    }
    Ok(())
}

/// By number where the file gives one, else by name.
fn is_same(project: &Project, declared: &DeclaredProject) -> bool {
    match declared.id {
        Some(id) => project.id == id,
        None => comparable_name(&project.name) == comparable_name(&declared.name),
    }
}

/// Creates projects: those with a number of their own first, so that nobody else gets it.
async fn create(deps: &Deps, permit: &WritePermit, new: &[&DeclaredProject]) -> Result<Vec<Project>, Failure> {
    if let Some(highest) = new.iter().filter_map(|project| project.id).max() {
        store::reserve_id(deps, permit, highest).await?;
    }
    let count = u32::try_from(new.iter().filter(|project| project.id.is_none()).count()).unwrap_or(u32::MAX);
    let mut next = match count {
        0 => 0,
        count => u64::from(store::take_ids(deps, permit, count).await?.get()),
    };
    let now = deps.clock.now();
    let mut projects = Vec::with_capacity(new.len());
    for declared in new {
        let id = declared.id.or_else(|| {
            next += 1;
            ProjectId::new(next - 1)
        });
        let id = id.ok_or_else(|| Failure::usage("not enough project ids were taken"))?;
        projects.push(Project::new(id, declared.name.trim().to_owned(), declared.active, now));
    }
    for batch in projects.chunks(store::MAX_NEW) {
        store::create(deps, permit, batch).await?;
    }
    Ok(projects)
}
