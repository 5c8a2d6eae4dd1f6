//! muster on one machine: the API with embedded storage, and the operator's commands.
//!
//! - [`cli`]: the commands and their options
//! - [`serve`]: the API on a port, with a company to begin with
//! - [`storage`]: the embedded DynamoDB and S3 under a data folder
//! - [`target`]: the table that a command works on: a data folder's, or one on AWS
//! - [`apply`]: a company file becomes a company
//! - [`credentials`]: API credentials from the command line
//! - [`admin`]: administrators of the console from the command line
//! - [`audit`]: what was recorded, on the command line
//! - [`api`]: the routers of all functions as one, and their description

/// Prints a line. Whoever closed the pipe (`| head`) has seen enough, which is no
/// reason to stop half-way; `println!` would panic.
macro_rules! say {
    ($($text:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stdout(), $($text)*);
    }};
}

pub mod admin;
pub mod api;
pub mod apply;
pub mod audit;
pub mod cli;
pub mod credentials;
pub mod failure;
pub mod serve;
pub mod storage;
pub mod target;

use cli::Cli;
use cli::Command;
use failure::Failure;

/// Runs a command to its end.
pub async fn run(cli: Cli) -> Result<(), Failure> {
    match cli.command.unwrap_or(Command::Serve(cli.serve)) {
        Command::Serve(options) => Box::pin(serve::run(options)).await,
        Command::Storage(options) => storage::run(options).await,
        Command::Apply(options) => apply::run(options).await,
        Command::Credentials(options) => Box::pin(credentials::run(options)).await,
        Command::Admin(options) => Box::pin(admin::run(options)).await,
        Command::Audit(options) => Box::pin(audit::run(options)).await,
    }
}
