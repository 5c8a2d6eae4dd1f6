//! API credentials from the command line.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::json;
use shared::attributes::AttributeKey;
use shared::attributes::Readable;
use shared::aws::credentials::Credential;
use shared::aws::credentials::Secret;
use shared::deps::Deps;
use shared::error::Error;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::scope::Scope;

use crate::cli::CreateCredentialOptions;
use crate::cli::CredentialsCommand;
use crate::cli::CredentialsOptions;
use crate::cli::ListCredentialsOptions;
use crate::failure::Failure;
use crate::serve;
use crate::target::Target;

/// `muster credentials`.
pub async fn run(options: CredentialsOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    match options.command {
        CredentialsCommand::Create(options) => {
            let company = which_company(options.company.clone(), &options.target.data_dir)?;
            let target = Target::open(&options.target).await?;
            let result = create_and_print(&target.deps, company, options).await;
            target.close().await;
            result
        }
        CredentialsCommand::List(ListCredentialsOptions { company, target }) => {
            let company = which_company(company, &target.data_dir)?;
            let target = Target::open(&target).await?;
            let result = list_and_print(&target.deps, &company).await;
            target.close().await;
            result
        }
    }
}

/// The company that a command is about: the one that is named, or that which was served last from the data folder.
pub(crate) fn which_company(named: Option<CompanyId>, data_dir: &Path) -> Result<CompanyId, Failure> {
    named.or_else(|| serve::DemoCredentials::read(data_dir).map(|demo| demo.company)).ok_or_else(|| {
        Failure::usage("name the company with --company ID; its id is in the company file that was applied")
    })
}

async fn create_and_print(deps: &Deps, company: CompanyId, options: CreateCredentialOptions) -> Result<(), Failure> {
    let readable = Readable::try_from(options.readable_attributes)?;
    let scopes = options.scopes.into_iter().collect();
    let (credential, secret) = create(deps, &company, &options.name, scopes, readable).await?;
    let shown = json!({
        "name": credential.name,
        "company": credential.company,
        "client_id": credential.client_id,
        "client_secret": secret.reveal(),
        "scopes": credential.scopes,
        "readable_attributes": credential.readable,
    });
    say!("{shown:#}");
    eprintln!("Keep the secret: it is not stored and cannot be shown again.");
    Ok(())
}

async fn list_and_print(deps: &Deps, company: &CompanyId) -> Result<(), Failure> {
    check_company(deps, company).await?;
    let credentials = deps.credentials.list(company).await?;
    for credential in &credentials {
        let scopes: Vec<_> = credential.scopes.iter().map(ToString::to_string).collect();
        let readable: Vec<String> = credential.readable.clone().into();
        let state = if credential.disabled { "disabled" } else { "active" };
        say!("{}  {}  {state}", credential.client_id, credential.name);
        say!("    created     {}", credential.created_at);
        say!("    scopes      {}", scopes.join(" "));
        say!("    attributes  {}", if readable.is_empty() { "none but the id".to_owned() } else { readable.join(" ") });
    }
    if credentials.is_empty() {
        say!("The company {company} has no credentials. Create one with: muster credentials create --help");
    }
    Ok(())
}

async fn check_company(deps: &Deps, company: &CompanyId) -> Result<(), Failure> {
    match deps.companies.load(company).await?.profile {
        Some(_) => Ok(()),
        None => Err(Failure::usage(format!("there is no company {company}; declare it with: muster apply FILE"))),
    }
}

/// Creates a credential of a company that exists; the secret is returned only here.
pub async fn create(
    deps: &Deps,
    company: &CompanyId,
    name: &str,
    scopes: BTreeSet<Scope>,
    readable: Readable,
) -> Result<(Credential, Secret), Failure> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 255 {
        return Err(Failure::usage("the name of a credential must have 1 to 255 characters"));
    }
    check_company(deps, company).await?;
    if let Readable::Only(keys) = &readable {
        check_attributes(deps, company, keys).await?;
    }
    let secret = Secret::random()?;
    let credential = Credential {
        client_id: ClientId::random(),
        company: company.clone(),
        name: name.to_owned(),
        scopes,
        readable,
        secret: secret.fingerprint(),
        created_at: deps.clock.now(),
        disabled: false,
        version: 1,
        token: None,
    };
    deps.credentials.create(&credential).await?;
    Ok((credential, secret))
}

/// A misspelled key would hide an attribute without a word.
async fn check_attributes(deps: &Deps, company: &CompanyId, keys: &BTreeSet<AttributeKey>) -> Result<(), Error> {
    let company = deps.companies.get(company).await?;
    let unknown: Vec<_> =
        keys.iter().filter(|key| company.catalogue.get(key.as_str()).is_none()).map(ToString::to_string).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let message = format!("The company has no attribute {}.", unknown.join(", "));
    Err(Error::invalid("readable_attributes", message))
}
