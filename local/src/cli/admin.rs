//! `muster admin` and its options.

use clap::Args;
use clap::Subcommand;

use crate::cli::credentials::CompanyOptions;

/// Options of `admin`.
#[derive(Clone, Debug, Args)]
pub struct AdminOptions {
    /// What to do.
    #[command(subcommand)]
    pub command: AdminCommand,
}

/// What to do with administrators.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Create an administrator, who manages the company's credentials in the console
    ///
    ///   muster admin create --email hr@example.com                       asks for the password
    ///   muster admin create --email hr@example.com < password.txt        reads it from standard input
    ///   muster admin create --email hr@example.com --without-password    signs in by links alone
    ///
    /// A password is never an option: those are in the shell's history and in the list of processes.
    #[command(verbatim_doc_comment)]
    Create(CreateAdminOptions),
    /// Print a link that signs an administrator in once, within 15 minutes
    ///
    ///   muster admin link --email hr@example.com --url URL
    #[command(verbatim_doc_comment)]
    Link(LinkOptions),
    /// Give an administrator another password, and end all of their sessions and links
    Password(OneAdminOptions),
    /// List a company's administrators
    List(CompanyOptions),
    /// Remove an administrator, and end all of their sessions
    Remove(OneAdminOptions),
}

/// Options of `admin create`.
#[derive(Clone, Debug, Args)]
pub struct CreateAdminOptions {
    /// The address to sign in with; one account in all companies of the table
    #[arg(long)]
    pub email: String,
    /// Ask for no password: the account signs in by links
    #[arg(long)]
    pub without_password: bool,
    /// The company.
    #[command(flatten)]
    pub of: CompanyOptions,
}

/// Options of `admin link`.
#[derive(Clone, Debug, Args)]
pub struct LinkOptions {
    /// Whom it signs in [default: the company's only administrator]
    #[arg(long)]
    pub email: Option<String>,
    /// Where the console is served [default: the muster that was started last from the data folder]
    #[arg(long, value_name = "URL")]
    pub url: Option<String>,
    /// The company.
    #[command(flatten)]
    pub of: CompanyOptions,
}

/// Options of a command on one administrator.
#[derive(Clone, Debug, Args)]
pub struct OneAdminOptions {
    /// The address of the account
    #[arg(long)]
    pub email: String,
    /// The company.
    #[command(flatten)]
    pub of: CompanyOptions,
}
