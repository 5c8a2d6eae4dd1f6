//! The `muster` command.

use std::process::ExitCode;

use clap::Parser;
use muster::cli::Cli;

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
