//! The commands and their options.

pub mod admin;
pub mod credentials;

use std::convert::Infallible;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use shared::aws::config::RECORD_DAYS_VARIABLE;
use shared::aws::config::read_record_days;
use shared::aws::credentials::Secret;
use shared::aws::record::DEFAULT_DAYS;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::ids::EmployeeId;
use shared::open_id::CLIENT_ID_VARIABLE;
use shared::open_id::CLIENT_SECRET_VARIABLE;
use shared::open_id::ISSUER_VARIABLE;
use shared::open_id::NAME_VARIABLE;
use shared::open_id::Variables;
use shared::record::Outcome;

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
    /// Show who did what: every call of a credential, every login, every command, without any value
    ///
    /// Entries come with the newest first. Each says when, how it ended, what was called, by whom, and what it
    /// touched: ids of employees and other records, and keys of attributes that were shown or changed.
    /// An entry never holds a value.
    ///
    ///   muster audit                                        the last 50 entries
    ///   muster audit --outcome refused --from 2026-11-01    what was refused since then
    ///   muster audit --employee 5 --limit 1000              who saw or changed this employee
    ///   muster audit --credential ID --json | jq .ids       what a credential touched
    ///   muster audit --follow                               and what comes, the newest last
    #[command(verbatim_doc_comment)]
    Audit(AuditOptions),
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
    /// How many days the record of who did what is kept
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS, env = RECORD_DAYS_VARIABLE,
        value_parser = read_record_days)]
    pub record_days: u32,
    /// Signing in to the console by OpenID Connect.
    #[command(flatten)]
    pub open_id: OpenIdOptions,
}

/// Options of `serve` for signing in to the console by OpenID Connect.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Signing in to the console by OpenID Connect")]
pub struct OpenIdOptions {
    /// Address of the issuer, exactly as its tokens name it
    #[arg(long, value_name = "URL", env = ISSUER_VARIABLE)]
    pub oidc_issuer: Option<String>,
    /// Client id of muster at the issuer
    #[arg(long, value_name = "ID", env = CLIENT_ID_VARIABLE)]
    pub oidc_client_id: Option<String>,
    /// The client's secret, unless it is a public client; other users of the machine do not see the variable
    #[arg(long, value_name = "SECRET", env = CLIENT_SECRET_VARIABLE, hide_env_values = true,
        value_parser = |text: &str| Ok::<_, Infallible>(Secret::presented(text)))]
    pub oidc_client_secret: Option<Secret>,
    /// What the button calls the issuer [default: its host]
    #[arg(long, value_name = "NAME", env = NAME_VARIABLE)]
    pub oidc_name: Option<String>,
}

impl OpenIdOptions {
    /// What they say, as the variables of a function would.
    #[must_use]
    pub fn variables(&self) -> Variables {
        Variables {
            issuer: self.oidc_issuer.clone(),
            client_id: self.oidc_client_id.clone(),
            client_secret: self.oidc_client_secret.clone(),
            name: self.oidc_name.clone(),
        }
    }
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

/// Options of `audit`.
#[derive(Clone, Debug, Args)]
pub struct AuditOptions {
    /// Which company [default: the one that was served last from the data folder]
    #[arg(long, value_name = "ID", env = "MUSTER_COMPANY")]
    pub company: Option<CompanyId>,
    /// Only from this day (UTC) or instant on, like 2026-11-26 or 2026-11-26T08:00:00Z
    #[arg(long, value_name = "TIME", value_parser = read_from)]
    pub from: Option<Timestamp>,
    /// Only before this instant, or up to the end of this day (UTC)
    #[arg(long, value_name = "TIME", value_parser = read_to, conflicts_with = "follow")]
    pub to: Option<Timestamp>,
    /// Only what this credential did, or what was tried with its client id
    #[arg(long, value_name = "CLIENT_ID", conflicts_with = "administrator")]
    pub credential: Option<ClientId>,
    /// Only what this administrator did
    #[arg(long, value_name = "ID")]
    pub administrator: Option<String>,
    /// Only entries with this method: GET, POST, PATCH, DELETE, or COMMAND for those of commands
    #[arg(long)]
    pub method: Option<String>,
    /// Only entries whose route or command holds this text, like /attendances
    #[arg(long, value_name = "TEXT")]
    pub route: Option<String>,
    /// Only what ended so: ok, refused (it was not allowed or not right), failed (it was not the caller's fault)
    #[arg(long)]
    pub outcome: Option<Outcome>,
    /// Only what touched this employee, by number
    #[arg(long, value_name = "NUMBER", value_parser = read_employee)]
    pub employee: Option<EmployeeId>,
    /// How many entries at most; with --follow, of those that are there at its beginning
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub limit: u32,
    /// Go on with what comes, until Ctrl-C
    #[arg(long)]
    pub follow: bool,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// The table.
    #[command(flatten)]
    pub target: TargetOptions,
}

fn read_from(text: &str) -> Result<Timestamp, String> {
    read_time(text, false)
}

fn read_to(text: &str) -> Result<Timestamp, String> {
    read_time(text, true)
}

fn read_time(text: &str, end: bool) -> Result<Timestamp, String> {
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    let day = text.parse::<Date>().ok().and_then(|day| if end { day.tomorrow().ok() } else { Some(day) });
    let instant = day.and_then(|day| TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0)).ok());
    instant.ok_or_else(|| "must be a day like 2026-11-26 or an instant like 2026-11-26T08:00:00Z".to_owned())
}

fn read_employee(text: &str) -> Result<EmployeeId, String> {
    EmployeeId::from_digits(text).ok_or_else(|| "must be the number of an employee".to_owned())
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
    fn help_says_where_the_fields_of_json_are_listed() {
        let mut cli = Cli::command();
        cli.build();
        for (command, document) in [("admin", "docs/CONSOLE.md"), ("credentials", "docs/API.md")] {
            let group = cli.find_subcommand(command).expect("a command");
            let with_json: Vec<_> = group
                .get_subcommands()
                .filter_map(|one| one.get_arguments().find(|option| option.get_id() == "json"))
                .collect();
            assert!(with_json.len() > 3, "{command}");
            for option in with_json {
                let help = option.get_help().map(ToString::to_string).unwrap_or_default();
                assert!(help.contains(document), "{command}: {help}");
            }
        }
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
