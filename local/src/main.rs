//! The `muster` command.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use muster::cli::Cli;

/// The embedded store and the client that calls it take and give back very much memory in small parts, on all cores.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match muster::run(Cli::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("muster: {failure}");
            ExitCode::from(failure.code())
        }
    }
}
