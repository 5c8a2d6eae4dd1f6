//! API credentials from the command line.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use serde::Serialize;
use serde_json::json;
use shared::attributes::Readable;
use shared::aws::credentials::Credential;
use shared::aws::credentials::ListedCredential;
use shared::aws::credentials::Secret;
use shared::aws::credentials::Shown;
use shared::company::Company;
use shared::credential::Details;
use shared::credential::Draft;
use shared::credential::Integration;
use shared::credential::Networks;
use shared::deps::Deps;
use shared::error::Error;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::ids::IntegrationKey;
use shared::record::Deed;
use shared::record::Subject;
use shared::record::Touched;
use shared::scope::Scope;

use crate::cli::credentials::ChangeOptions;
use crate::cli::credentials::CompanyOptions;
use crate::cli::credentials::CreateOptions;
use crate::cli::credentials::CredentialsCommand;
use crate::cli::credentials::CredentialsOptions;
use crate::cli::credentials::RotateOptions;
use crate::failure::Failure;
use crate::serve;
use crate::target::Target;

/// `muster credentials`.
pub async fn run(options: CredentialsOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    let of = options.command.of().clone();
    let company = which_company(of.company, &of.target.data_dir)?;
    let target = Target::open(&of.target).await?;
    let result = Desk { deps: &target.deps, company, json: of.json }.carry_out(options.command).await;
    target.close().await;
    result
}

impl CredentialsCommand {
    fn of(&self) -> &CompanyOptions {
        match self {
            Self::Create(options) => &options.of,
            Self::List(of) | Self::Integrations(of) => of,
            Self::Change(options) => &options.one.of,
            Self::Rotate(options) => &options.one.of,
            Self::Show(one) | Self::Disable(one) | Self::Enable(one) | Self::Remove(one) => &one.of,
        }
    }
}

/// The company that a command is about: the one that is named, or that which was served last from the data folder.
pub(crate) fn which_company(named: Option<CompanyId>, data_dir: &Path) -> Result<CompanyId, Failure> {
    named.or_else(|| serve::DemoCredentials::read(data_dir).map(|demo| demo.company)).ok_or_else(|| {
        Failure::usage("name the company with --company ID; its id is in the company file that was applied")
    })
}

/// Where the commands are carried out: one company of one table.
struct Desk<'d> {
    deps: &'d Deps,
    company: CompanyId,
    json: bool,
}

impl Desk<'_> {
    async fn carry_out(&self, command: CredentialsCommand) -> Result<(), Failure> {
        let credentials = &self.deps.credentials;
        match command {
            CredentialsCommand::Create(options) => self.create(options).await,
            CredentialsCommand::List(_) => self.list().await,
            CredentialsCommand::Show(one) => {
                let credential = credentials.find(&self.company, one.client_id).await?;
                let shown = self.with_use(vec![credential]).await?;
                for one in &shown {
                    self.show_listed(one);
                }
                Ok(())
            }
            CredentialsCommand::Change(options) => self.change(options).await,
            CredentialsCommand::Disable(one) => {
                self.show(&credentials.disable(&self.company, one.client_id).await?);
                self.note("credentials disable", one.client_id).await;
                Ok(())
            }
            CredentialsCommand::Enable(one) => {
                self.show(&credentials.enable(&self.company, one.client_id).await?);
                self.note("credentials enable", one.client_id).await;
                Ok(())
            }
            CredentialsCommand::Rotate(options) => self.rotate(options).await,
            CredentialsCommand::Remove(one) => self.remove(one.client_id).await,
            CredentialsCommand::Integrations(_) => self.integrations().await,
        }
    }

    async fn create(&self, options: CreateOptions) -> Result<(), Failure> {
        let company = company(self.deps, &self.company).await?;
        let details = options.draft(&company).check(&company, self.deps.clock.now(), None);
        let details = details.map_err(Failure::usage)?;
        let (credential, secret) = self.deps.credentials.create(&self.company, details).await?;
        self.show_with_secret(&credential, &secret);
        self.note("credentials create", credential.client_id).await;
        Ok(())
    }

    async fn list(&self) -> Result<(), Failure> {
        company(self.deps, &self.company).await?;
        let credentials = self.deps.credentials.list(&self.company).await?;
        let credentials = self.with_use(credentials).await?;
        if self.json {
            print_json(&credentials);
            return Ok(());
        }
        for credential in &credentials {
            self.show_listed(credential);
        }
        if credentials.is_empty() {
            let id = &self.company;
            say!("The company {id} has no credentials. Create one with: muster credentials create --help");
        }
        Ok(())
    }

    /// Credentials with what the record says of their use.
    async fn with_use(&self, credentials: Vec<Credential>) -> Result<Vec<ListedCredential>, Failure> {
        let ids = credentials.iter().map(|credential| credential.client_id);
        let usage = self.deps.record.usage(&self.company, ids).await?;
        let now = self.deps.clock.now();
        let listed = |one: &Credential| ListedCredential::new(one, usage.get(&one.client_id), now);
        Ok(credentials.iter().map(listed).collect())
    }

    fn show_listed(&self, listed: &ListedCredential) {
        if self.json {
            return print_json(listed);
        }
        print_lines(&listed.credential);
        say!("    last used   {}", listed.last_used_at.map_or_else(|| "never".to_owned(), |at| at.to_string()));
        let unused = listed.unused_scopes();
        if !unused.is_empty() {
            say!("    not used    {}", words(unused));
        }
    }

    async fn change(&self, options: ChangeOptions) -> Result<(), Failure> {
        if options.named().is_empty() {
            return Err(Failure::usage("say what to change; muster credentials change --help lists the options"));
        }
        let company = company(self.deps, &self.company).await?;
        let now = self.deps.clock.now();
        let edit = |credential: &Credential| -> Result<Details, Error> {
            let before = credential.details();
            Ok(options.apply(Draft::of(&before)).check(&company, now, Some(&before))?)
        };
        self.show(&self.deps.credentials.change(&self.company, options.one.client_id, edit).await?);
        let touched = Touched::default();
        touched.touch(Subject::Credential, options.one.client_id);
        touched.change(options.named());
        self.deps.record.note(&self.company, Deed::command("credentials change", touched.so_far())).await;
        Ok(())
    }

    async fn rotate(&self, options: RotateOptions) -> Result<(), Failure> {
        let client_id = options.one.client_id;
        let (credential, secret) = self.deps.credentials.rotate(&self.company, client_id, options.grace).await?;
        self.show_with_secret(&credential, &secret);
        self.note("credentials rotate", client_id).await;
        Ok(())
    }

    async fn remove(&self, client_id: ClientId) -> Result<(), Failure> {
        let removed = self.deps.credentials.remove(&self.company, client_id).await?;
        self.note("credentials remove", client_id).await;
        if self.json {
            let (company, name) = (&removed.company, &removed.name);
            print_json(&json!({"client_id": client_id, "company": company, "name": name, "removed": true}));
        } else {
            say!("{client_id}  {}  removed", removed.name);
        }
        Ok(())
    }

    async fn integrations(&self) -> Result<(), Failure> {
        let company = company(self.deps, &self.company).await?;
        let all: Vec<&Integration> = company.integrations.iter().collect();
        if self.json {
            print_json(&all);
            return Ok(());
        }
        for integration in all {
            say!("{}  {}", integration.key, integration.name);
            let scopes = words(&integration.scopes);
            say!("    scopes      {}", if scopes.is_empty() { "as you choose" } else { &scopes });
            say!("    attributes  {}", attributes(&integration.readable_attributes));
        }
        Ok(())
    }

    async fn note(&self, command: &str, client_id: ClientId) {
        note(self.deps, &self.company, command, Subject::Credential, client_id).await;
    }

    /// A credential as a person reads it, or as JSON.
    fn show(&self, credential: &Credential) {
        let shown = credential.show(self.deps.clock.now());
        if self.json {
            print_json(&shown);
        } else {
            print_lines(&shown);
        }
    }

    /// What was made, with the secret, which is shown here and never again: JSON in any case, to be kept as a file.
    fn show_with_secret(&self, credential: &Credential, secret: &Secret) {
        let shown = credential.show(self.deps.clock.now());
        print_json(&WithSecret { client_secret: secret.reveal(), shown: &shown });
        eprintln!("Keep the secret: it is not stored and cannot be shown again.");
        if let Some(until) = shown.previous_secret_until {
            eprintln!("The secret of before works until {until}.");
        }
    }
}

#[derive(Serialize)]
struct WithSecret<'s> {
    #[serde(flatten)]
    shown: &'s Shown,
    client_secret: &'s str,
}

fn print_json(value: &impl Serialize) {
    // What is printed here has text for keys, so it can always be written.
    if let Ok(text) = serde_json::to_string_pretty(value) {
        say!("{text}");
    }
}

fn print_lines(shown: &Shown) {
    say!("{}  {}  {}", shown.client_id, shown.name, shown.state);
    say!("    created     {}", shown.created_at);
    say!("    for         {}", shown.integration);
    say!("    scopes      {}", words(&shown.scopes));
    say!("    attributes  {}", attributes(&shown.readable_attributes));
    if let Some(end) = shown.expires_at {
        say!("    expires     {end}");
    }
    if !shown.networks.is_empty() {
        say!("    networks    {}", words(shown.networks.iter()));
    }
    if let Some(until) = shown.previous_secret_until {
        say!("    old secret  until {until}");
    }
}

fn words<T: ToString>(values: impl IntoIterator<Item = T>) -> String {
    values.into_iter().map(|value| value.to_string()).collect::<Vec<_>>().join(" ")
}

fn attributes(readable: &Readable) -> String {
    let keys: Vec<String> = readable.clone().into();
    if keys.is_empty() { "none but the id".to_owned() } else { keys.join(" ") }
}

impl CreateOptions {
    /// What the integration recommends, and on top of it what the options say.
    fn draft(&self, company: &Company) -> Draft {
        let named = self.integration.clone().unwrap_or_default();
        let known = named.parse::<IntegrationKey>().ok().and_then(|key| company.integrations.get(&key));
        let recommended = known.map(Draft::recommended).unwrap_or_default();
        let scopes = self.scopes.iter().map(ToString::to_string).collect::<Vec<_>>();
        Draft {
            name: self.name.clone(),
            integration: named,
            scopes: if scopes.is_empty() { recommended.scopes } else { scopes },
            readable_attributes: self.readable_attributes.clone().unwrap_or(recommended.readable_attributes),
            expires_at: self.expires_at.clone(),
            networks: self.networks.clone(),
        }
    }
}

impl ChangeOptions {
    /// What the options say something of, by the names of fields.
    fn named(&self) -> Vec<&'static str> {
        let said = [
            ("name", self.name.is_some()),
            ("integration", self.integration.is_some()),
            ("scopes", self.scopes.is_some()),
            ("readable_attributes", self.readable_attributes.is_some()),
            ("expires_at", self.expires_at.is_some()),
            ("networks", self.networks.is_some()),
        ];
        said.into_iter().filter_map(|(field, is_said)| is_said.then_some(field)).collect()
    }

    /// The draft with what the options say in place of what it said.
    fn apply(&self, draft: Draft) -> Draft {
        let scopes = self.scopes.as_ref().map(|scopes| scopes.iter().map(ToString::to_string).collect());
        let expires_at = self.expires_at.clone().map(|text| (text != "never").then_some(text));
        let networks = self.networks.clone().map(|all| if all == ["any"] { Vec::new() } else { all });
        Draft {
            name: self.name.clone().unwrap_or(draft.name),
            integration: self.integration.clone().unwrap_or(draft.integration),
            scopes: scopes.unwrap_or(draft.scopes),
            readable_attributes: self.readable_attributes.clone().unwrap_or(draft.readable_attributes),
            expires_at: expires_at.unwrap_or(draft.expires_at),
            networks: networks.unwrap_or(draft.networks),
        }
    }
}

/// Records what a command of the operator did.
pub(crate) async fn note(deps: &Deps, company: &CompanyId, command: &str, subject: Subject, id: impl Display) {
    let touched = Touched::default();
    touched.touch(subject, id);
    deps.record.note(company, Deed::command(command, touched.so_far())).await;
}

/// A company that there is, with its settings.
pub(crate) async fn company(deps: &Deps, id: &CompanyId) -> Result<Company, Failure> {
    let company = deps.companies.load(id).await?.into_company()?;
    company.ok_or_else(|| Failure::usage(format!("there is no company {id}; declare it with: muster apply FILE")))
}

/// A credential of a company that exists, with any scopes: for the demo company, and for tests, whose credentials may
/// do one thing only. The secret is returned only here.
pub async fn create(
    deps: &Deps,
    company_id: &CompanyId,
    name: &str,
    scopes: BTreeSet<Scope>,
    readable: Readable,
) -> Result<(Credential, Secret), Failure> {
    company(deps, company_id).await?;
    let details = Details {
        name: name.to_owned(),
        integration: IntegrationKey::default(),
        scopes,
        readable,
        expires_at: None,
        networks: Networks::default(),
    };
    Ok(deps.credentials.create(company_id, details).await?)
}
