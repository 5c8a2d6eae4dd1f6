//! A company file becomes a company.
//!
//! Applying compares the file with what is stored and writes only what differs.
//! Nothing is deleted because it is missing from the file. The whole file is
//! checked before anything is written.

pub mod employees;
pub mod file;
pub mod projects;
pub mod report;
pub mod settings;

use absences::store::recount::recount;
use shared::aws::companies::Settings;
use shared::deps::Deps;
use shared::http::permit::WritePermit;
use shared::record::Deed;

use crate::apply::file::CompanyFile;
use crate::apply::report::Report;
use crate::cli::ApplyOptions;
use crate::failure::Failure;
use crate::target::Target;

/// `muster apply`.
pub async fn run(options: ApplyOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    let file = CompanyFile::read(&options.file)?;
    let target = Target::open(&options.target).await?;
    let result = if options.check {
        check(&target.deps, &file).await
    } else {
        apply(&target.deps, &file, &mut |line| say!("{line}")).await.map(|report| say!("{report}"))
    };
    target.close().await;
    result
}

async fn check(deps: &Deps, file: &CompanyFile) -> Result<(), Failure> {
    let stored = deps.companies.load(&file.company.id).await?;
    let planned = settings::planned(&stored, file)?;
    let people = employees::read(&planned, file)?;
    projects::check(file)?;
    say!("The file is sound: {} employees.", people.len());
    Ok(())
}

/// Applies a file. `say` gets a line for each thing that was done, while it is done.
pub async fn apply(deps: &Deps, file: &CompanyFile, say: &mut dyn FnMut(&str)) -> Result<Report, Failure> {
    let id = &file.company.id;
    let stored = deps.companies.load(id).await?;
    // With numbers that nothing has yet, only to find what is wrong before the first write.
    employees::read(&settings::planned(&stored, file)?, file)?;
    projects::check(file)?;

    let permit = WritePermit::operator(id.clone());
    let applied = Box::pin(write(deps, &permit, file, stored, say)).await;
    // Also what was written before something went wrong.
    let deed =
        Deed { status: if applied.is_ok() { 200 } else { 500 }, ..Deed::command("apply", permit.touched().so_far()) };
    deps.record.note(id, deed).await;
    applied
}

async fn write(
    deps: &Deps,
    permit: &WritePermit,
    file: &CompanyFile,
    stored: Settings,
    say: &mut dyn FnMut(&str),
) -> Result<Report, Failure> {
    let id = permit.company();
    let mut report = Report::default();
    settings::apply(deps, &stored, file, &mut report, say).await?;
    // Before the employees, who may have attributes and entries that are new.
    let company = settings::company(deps.companies.publish(id).await?)?;
    let people = employees::read(&company, file)?;
    projects::apply(deps, permit, file, &mut report, say).await?;
    employees::apply(deps, permit, &company, people, &mut report, say).await?;
    // Whatever changed, and also what an apply that was cut short had changed: schedules and holidays decide
    // what a day counts. A company that is new has no absences yet.
    if stored.profile.is_some() {
        let today = company.zone.today(deps.clock.now());
        let recounted = recount(deps, permit, &company, today).await?;
        if recounted > 0 {
            say(&format!("counted {recounted} upcoming absences again"));
        }
    }
    deps.companies.mark_applied(id).await?;
    Ok(report)
}
