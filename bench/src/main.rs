//! Measures functions as Lambda runs them, beside a floor.

mod cases;
mod process;
mod report;
mod start;
mod tls;

use std::error::Error;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use shared::aws::config;
use tests::lambda;
use tests::storage;

use crate::cases::Case;
use crate::report::Row;
use crate::start::Start;
use crate::tls::Authority;

/// Measures functions as Lambda runs them, beside a floor: the smallest function with one `GetItem`.
///
/// Each function is a process of its own that gets its events from a Runtime API and an Extensions API on loopback,
/// and calls the embedded store through TLS. In each run every function starts once, in an order that is shuffled,
/// answers once, and then some more calls. Printed are medians of all runs, in parentheses as ratios to the floor's,
/// as a table of Markdown:
///
///   ready           from the start of the process until it waits for an event, and processor time until then
///
///   first answer    from the start of the process to the answer of the first event
///
///   cpu             processor time from event to answer; "in all": until the next event, with what follows the answer
///
///   memory          the most that was resident, the shared pages of the binary included
///
/// Build what is measured first:
///
///   cargo build --release -p floor -p auth -p employees -p attendances -p absences -p documents -p pictures -p console
#[derive(Debug, Parser)]
#[command(version, verbatim_doc_comment)]
struct Options {
    /// Functions to measure beside the floor, such as employees; all of them if none is named.
    functions: Vec<String>,
    /// How often each is started.
    #[arg(long, default_value_t = 31)]
    runs: usize,
    /// How often each is called after its first answer, in each run.
    #[arg(long, default_value_t = 40)]
    calls: usize,
    /// The folder with their binaries.
    #[arg(long, default_value = "target/release")]
    binaries: PathBuf,
    /// Certificates of authorities that the functions trust besides the store's own, as PEM: such as a system's bundle.
    #[arg(long)]
    trusted: Option<PathBuf>,
    /// A variable that the functions get, as NAME=VALUE; more than once for more.
    #[arg(long = "env", value_name = "NAME=VALUE")]
    variables: Vec<String>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match measure(&Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn measure(options: &Options) -> Result<(), Box<dyn Error>> {
    let muster = cases::company().await;
    let cases = wanted(cases::all(&muster).await?, &options.functions)?;
    let binaries = cases.iter().map(|case| binary(&options.binaries, case)).collect::<Result<Vec<_>, _>>()?;

    let folder = tempfile::tempdir()?;
    let authority = Authority::new()?;
    let trusted = folder.path().join("trusted.pem");
    let others = options.trusted.as_ref().map(fs::read_to_string).transpose()?.unwrap_or_default();
    fs::write(&trusted, authority.root.clone() + &others)?;
    let endpoints = storage::endpoints();
    let table = front(&authority, &endpoints.dynamodb).await?;
    let bucket = front(&authority, &endpoints.s3).await?;
    let trusted = trusted.to_string_lossy();
    let mut variables = vec![
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "local"),
        ("AWS_SECRET_ACCESS_KEY", "local"),
        ("AWS_ENDPOINT_URL_DYNAMODB", &table),
        ("AWS_ENDPOINT_URL_S3", &bucket),
        ("SSL_CERT_FILE", &trusted),
        (config::TABLE_VARIABLE, config::LOCAL_TABLE),
        (config::BUCKET_VARIABLE, config::LOCAL_BUCKET),
        // Limits are checked as they are on AWS, but never reached.
        ("MUSTER_RATE_LIMITS", "address=9999999,login=9999999,employees=9999999,uploads=9999999"),
    ];
    variables.extend(lambda::VARIABLES);
    for variable in &options.variables {
        variables.push(variable.split_once('=').ok_or_else(|| format!("{variable} is not NAME=VALUE"))?);
    }

    let mut starts: Vec<Vec<Start>> = cases.iter().map(|_| Vec::new()).collect();
    for run in 1..=options.runs {
        eprint!("\rrun {run} of {}", options.runs);
        let mut order: Vec<usize> = (0..cases.len()).collect();
        fastrand::shuffle(&mut order);
        for case in order {
            starts[case].push(start::start(&binaries[case], &variables, &cases[case], options.calls + 1).await?);
        }
    }
    eprintln!();
    let rows = cases.iter().zip(&binaries).zip(&starts);
    let rows = rows.map(|((case, binary), starts)| Row::new(case.function, case.request, binary, starts));
    report::print(&rows.collect::<io::Result<Vec<_>>>()?, io::stdout())?;
    Ok(())
}

/// The floor and the functions that were named.
fn wanted(cases: Vec<Case>, names: &[String]) -> Result<Vec<Case>, Box<dyn Error>> {
    if let Some(unknown) = names.iter().find(|name| cases.iter().all(|case| case.function != name.as_str())) {
        return Err(format!("there is no function {unknown}").into());
    }
    let is_wanted = |case: &Case| {
        names.is_empty() || case.function == cases::FLOOR || names.iter().any(|name| name == case.function)
    };
    Ok(cases.into_iter().filter(is_wanted).collect())
}

fn binary(folder: &Path, case: &Case) -> Result<PathBuf, Box<dyn Error>> {
    let path = folder.join(case.function);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} is missing; build it: cargo build --release -p {}", path.display(), case.function).into())
}

/// The address of an endpoint with TLS in front.
async fn front(authority: &Authority, endpoint: &str) -> Result<String, Box<dyn Error>> {
    let address = endpoint.strip_prefix("http://").ok_or("the store is not on loopback")?.parse()?;
    Ok(format!("https://localhost:{}", authority.front(address).await?))
}
