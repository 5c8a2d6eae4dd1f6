//! The commands and their options.

pub mod admin;
pub mod credentials;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;

use crate::cli::admin::AdminOptions;
use crate::cli::credentials::CredentialsOptions;

#[expect(clippy::doc_markdown, reason = "shown in a terminal, where Markdown is noise")]
/// A personnel-data API that speaks Personio's wire format, on your machine or in your AWS account.
///
/// Without a command, `muster` serves the API with a demo company:
///
///   muster                         the API on http://127.0.0.1:8080
///   muster --port 0 --empty        a free port, a company without employees
///   muster apply company.yaml      declare a company, again and again
///   muster credentials create --name Payroll --scope employees:read --readable-attributes first_name,last_name
#[derive(Debug, Parser)]
#[command(name = "muster", version, verbatim_doc_comment, args_conflicts_with_subcommands = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The options of `serve`, which is meant when no command is given.
    #[command(flatten)]
    pub serve: ServeOptions,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the API with embedded storage (what `muster` alone does)
    Serve(ServeOptions),
    /// Start only the embedded DynamoDB and S3, for `cargo lambda watch` and AWS SDKs
    Storage(StorageOptions),
    /// Declare a company from a YAML file; can be run again and changes only what differs
    Apply(ApplyOptions),
    /// Create, list, change, rotate and remove API credentials
    Credentials(CredentialsOptions),
    /// Create, list and remove administrators of the console, and make sign-in links
    Admin(AdminOptions),
}

/// Options of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeOptions {
    /// Port of the API; 0 picks a free one
    #[arg(long, default_value_t = 8080, env = "MUSTER_PORT")]
    pub port: u16,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1", env = "MUSTER_HOST")]
    pub host: IpAddr,
    /// Folder that holds the records, the files and the demo credential
    #[arg(long, default_value = "data", env = "MUSTER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// Company file to begin with; what is in the data folder already is left as it is [default: the demo company]
    #[arg(long, value_name = "FILE", conflicts_with = "empty")]
    pub company: Option<PathBuf>,
    /// Begin with a company that has no employees and no lists
    #[arg(long)]
    pub empty: bool,
    /// Limits a minute: off, vendor, or like address=5000,login=120,employees=600,uploads=120
    #[arg(long, default_value = "off", env = "MUSTER_RATE_LIMITS")]
    pub rate_limits: String,
}

/// Options of `storage`.
#[derive(Clone, Debug, Args)]
pub struct StorageOptions {
    /// Folder that holds the records and the files
    #[arg(long, default_value = "data", env = "MUSTER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// Port of the DynamoDB endpoint on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 8000)]
    pub dynamodb_port: u16,
    /// Port of the S3 endpoint on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 8001)]
    pub s3_port: u16,
}

/// The table that a command works on.
#[derive(Clone, Debug, Args)]
pub struct TargetOptions {
    /// Folder that holds the records; used without --table
    #[arg(long, default_value = "data", env = "MUSTER_DATA_DIR")]
    pub data_dir: PathBuf,
    /// Name of a DynamoDB table on AWS, reached with the credentials in the environment or your profile
    #[arg(long, value_name = "NAME")]
    pub table: Option<String>,
}

/// Options of `apply`.
#[derive(Clone, Debug, Args)]
pub struct ApplyOptions {
    /// The company file
    pub file: PathBuf,
    /// The table.
    #[command(flatten)]
    pub target: TargetOptions,
    /// Check the file, and store nothing
    #[arg(long)]
    pub check: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn muster_alone_is_muster_serve() {
        let alone = Cli::parse_from(["muster", "--port", "0", "--empty"]);
        assert!(alone.command.is_none());
        assert_eq!((alone.serve.port, alone.serve.empty), (0, true));
        let named = Cli::parse_from(["muster", "serve", "--port", "0"]);
        assert!(matches!(named.command, Some(Command::Serve(ServeOptions { port: 0, .. }))));
    }
}
