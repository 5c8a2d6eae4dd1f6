//! `muster credentials` and its options.

use clap::Args;
use clap::Subcommand;
use shared::credential::Grace;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::scope::Scope;

use crate::cli::TargetOptions;

/// Options of `credentials`.
#[derive(Clone, Debug, Args)]
pub struct CredentialsOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: CredentialsCommand,
}

#[expect(clippy::doc_markdown, reason = "shown in a terminal, where Markdown is noise")]
/// What to do with credentials.
#[derive(Clone, Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Create a credential and print its client id and secret as JSON; the secret is shown only now
    ///
    ///   muster credentials create --name 'Days off' --integration slack
    ///   muster credentials create --name Payroll --scope employees:read --readable-attributes first_name,last_name
    ///   muster credentials create --name Clock --integration askdante --expires-at 2027-12-31 --network 192.0.2.0/24
    #[command(verbatim_doc_comment)]
    Create(CreateOptions),
    /// List a company's credentials
    List(CompanyOptions),
    /// Show one credential
    Show(OneOptions),
    /// Change a credential; what no option names stays as it is
    ///
    ///   muster credentials change papi-… --readable-attributes first_name,last_name
    ///   muster credentials change papi-… --expires-at never --network any
    ///
    /// It takes effect within 30 seconds everywhere, for tokens in use as well.
    #[command(verbatim_doc_comment)]
    Change(ChangeOptions),
    /// Refuse a credential everywhere within 30 seconds, until it is enabled again
    Disable(OneOptions),
    /// Let a disabled credential be used again
    Enable(OneOptions),
    /// Give a credential a new secret and print it as JSON; it is shown only now
    ///
    ///   muster credentials rotate papi-… --grace 3d    the old secret works for three more days
    ///   muster credentials rotate papi-… --grace 0     it dies at once, and its token: it has leaked
    ///
    /// While the grace time lasts, both secrets log in, each with a token of its own.
    #[command(verbatim_doc_comment)]
    Rotate(RotateOptions),
    /// Remove a credential for ever; `disable` can be undone, this cannot
    Remove(OneOptions),
    /// List what credentials can be for, and which scopes and attributes each needs
    ///
    /// Integrations of your own are declared in the company file, under `integrations`.
    Integrations(CompanyOptions),
}

/// Which company, where it is stored, and how the answer looks.
#[derive(Clone, Debug, Args)]
pub struct CompanyOptions {
    /// Which company [default: the one that was served last from the data folder]
    #[arg(long, value_name = "ID", env = "MUSTER_COMPANY")]
    pub company: Option<CompanyId>,
    /// The table.
    #[command(flatten)]
    pub target: TargetOptions,
    /// Print JSON, whose fields docs/API.md lists; those of `admin` are in docs/CONSOLE.md
    #[arg(long)]
    pub json: bool,
}

/// Options of a command on one credential.
#[derive(Clone, Debug, Args)]
pub struct OneOptions {
    /// The client id, papi-…, as `credentials list` shows it
    pub client_id: ClientId,
    /// The company.
    #[command(flatten)]
    pub of: CompanyOptions,
}

/// Options of `credentials create`.
#[derive(Clone, Debug, Args)]
pub struct CreateOptions {
    /// What you call it
    #[arg(long)]
    pub name: String,
    /// What it is for: slack, or another one that `credentials integrations` lists; it brings scopes and attributes
    #[arg(long, value_name = "KEY")]
    pub integration: Option<String>,
    /// What it may do, e.g. employees:read; repeat it or separate with commas [default: what the integration needs]
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',', required_unless_present = "integration")]
    pub scopes: Vec<Scope>,
    /// Attributes of employees that it may read, separated by commas; * for all, '' for none [default: what the
    /// integration needs, without one none but the id]
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub readable_attributes: Option<Vec<String>>,
    /// Its last day (2027-12-31, in the company's time zone), or the instant at which it ends [default: never]
    #[arg(long, value_name = "DATE")]
    pub expires_at: Option<String>,
    /// Network or address from which it may be used; repeat it or separate with commas [default: from everywhere]
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',')]
    pub networks: Vec<String>,
    /// The company.
    #[command(flatten)]
    pub of: CompanyOptions,
}

/// Options of `credentials change`.
#[derive(Clone, Debug, Args)]
pub struct ChangeOptions {
    /// What you call it
    #[arg(long)]
    pub name: Option<String>,
    /// What it is for; scopes and attributes stay as they are
    #[arg(long, value_name = "KEY")]
    pub integration: Option<String>,
    /// What it may do, in place of all that it may now; repeat it or separate with commas
    #[arg(long = "scope", value_name = "SCOPE", value_delimiter = ',')]
    pub scopes: Option<Vec<Scope>>,
    /// Attributes of employees that it may read, in place of all that it may now; * for all, '' for none but the id
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub readable_attributes: Option<Vec<String>>,
    /// Its last day, or the instant at which it ends; `never` for no end
    #[arg(long, value_name = "DATE")]
    pub expires_at: Option<String>,
    /// Networks or addresses from which it may be used, in place of those of now; `any` for everywhere
    #[arg(long = "network", value_name = "CIDR", value_delimiter = ',')]
    pub networks: Option<Vec<String>>,
    /// The credential.
    #[command(flatten)]
    pub one: OneOptions,
}

/// Options of `credentials rotate`.
#[derive(Clone, Debug, Args)]
pub struct RotateOptions {
    /// How long the old secret still works: 0, 12h, 3d; at most 7d
    #[arg(long, value_name = "TIME")]
    pub grace: Grace,
    /// The credential.
    #[command(flatten)]
    pub one: OneOptions,
}
