//! Administrators of the console, from the command line.

use std::io;
use std::io::BufRead;
use std::io::IsTerminal;
use std::io::Read;

use console::model::Administrator;
use console::model::Email;
use console::model::LINK_LIFETIME;
use console::model::password::LONGEST;
use console::model::password::Password;
use console::model::token::Token;
use console::store;
use serde_json::Value as Json;
use serde_json::json;
use shared::deps::Deps;
use shared::ids::CompanyId;
use shared::record::Subject;

use crate::cli::admin::AdminCommand;
use crate::cli::admin::AdminOptions;
use crate::cli::admin::CreateAdminOptions;
use crate::cli::admin::LinkOptions;
use crate::cli::credentials::CompanyOptions;
use crate::credentials::company;
use crate::credentials::note;
use crate::credentials::which_company;
use crate::failure::Failure;
use crate::serve::DemoCredentials;
use crate::target::Target;

/// `muster admin`.
pub async fn run(options: AdminOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    let of = options.command.of().clone();
    let company = which_company(of.company.clone(), &of.target.data_dir)?;
    let target = Target::open(&of.target).await?;
    let result = Desk { deps: &target.deps, company, of }.carry_out(options.command).await;
    target.close().await;
    result
}

impl AdminCommand {
    fn of(&self) -> &CompanyOptions {
        match self {
            Self::Create(options) => &options.of,
            Self::Link(options) => &options.of,
            Self::List(of) => of,
            Self::Password(one) | Self::Remove(one) => &one.of,
        }
    }
}

/// Where the commands are carried out: one company of one table.
struct Desk<'d> {
    deps: &'d Deps,
    company: CompanyId,
    of: CompanyOptions,
}

impl Desk<'_> {
    async fn carry_out(&self, command: AdminCommand) -> Result<(), Failure> {
        company(self.deps, &self.company).await?;
        match command {
            AdminCommand::Create(options) => self.create(options).await,
            AdminCommand::Link(options) => self.link(options).await,
            AdminCommand::Password(one) => self.set_password(&one.email).await,
            AdminCommand::List(_) => self.list().await,
            AdminCommand::Remove(one) => self.remove(&one.email).await,
        }
    }

    async fn create(&self, options: CreateAdminOptions) -> Result<(), Failure> {
        let email = Email::parse(&options.email)?;
        // The hash last: it is the only slow part.
        let password = if options.without_password { None } else { Some(read_password()?.hash()?) };
        let created = store::create(self.deps, &self.company, email, password).await?;
        self.show(&created);
        self.note("admin create", &created).await;
        Ok(())
    }

    async fn link(&self, options: LinkOptions) -> Result<(), Failure> {
        let administrator = match options.email {
            Some(email) => self.find(&email).await?,
            None => self.only_one().await?,
        };
        let url = options.url.or_else(|| DemoCredentials::read(&self.of.target.data_dir).map(|demo| demo.base_url));
        let url = url.ok_or_else(|| Failure::usage("say with --url where the console is served"))?;
        let link = link(self.deps, &administrator, &url).await?;
        self.note("admin link", &administrator).await;
        if self.of.json {
            say!("{:#}", json!({"email": administrator.email.as_str(), "link": link}));
        } else {
            say!("{link}");
            eprintln!("It works once, within {} minutes.", LINK_LIFETIME.as_mins());
        }
        Ok(())
    }

    async fn set_password(&self, email: &str) -> Result<(), Failure> {
        let administrator = self.find(email).await?;
        let hash = read_password()?.hash()?;
        store::set_password(self.deps, administrator.id, &hash).await?;
        self.note("admin password", &administrator).await;
        self.show(&self.find(email).await?);
        Ok(())
    }

    async fn list(&self) -> Result<(), Failure> {
        let administrators = store::list(self.deps, &self.company).await?;
        if self.of.json {
            say!("{:#}", administrators.iter().map(shown).collect::<Json>());
            return Ok(());
        }
        for administrator in &administrators {
            self.show(administrator);
        }
        if administrators.is_empty() {
            say!("The company {} has no administrators. Create one with: muster admin create --help", self.company);
        }
        Ok(())
    }

    async fn remove(&self, email: &str) -> Result<(), Failure> {
        let administrator = self.find(email).await?;
        store::remove(self.deps, &administrator).await?;
        self.note("admin remove", &administrator).await;
        self.show(&administrator);
        Ok(())
    }

    /// An administrator of this company; one of another is not found.
    async fn find(&self, email: &str) -> Result<Administrator, Failure> {
        let found = store::find(self.deps, &Email::typed(email)).await?;
        let own = found.filter(|administrator| administrator.company == self.company);
        own.ok_or_else(|| {
            Failure::usage(format!("the company {} has no administrator with this address", self.company))
        })
    }

    async fn only_one(&self) -> Result<Administrator, Failure> {
        match <[Administrator; 1]>::try_from(store::list(self.deps, &self.company).await?) {
            Ok([administrator]) => Ok(administrator),
            Err(others) if others.is_empty() => Err(Failure::usage(
                "the company has no administrator; create one with: muster admin create --email ADDRESS",
            )),
            Err(_) => Err(Failure::usage("the company has several administrators; name one with --email")),
        }
    }

    async fn note(&self, command: &str, administrator: &Administrator) {
        note(self.deps, &self.company, command, Subject::Administrator, administrator.id).await;
    }

    fn show(&self, administrator: &Administrator) {
        if self.of.json {
            say!("{:#}", shown(administrator));
            return;
        }
        let how = if administrator.password.is_some() { "password or link" } else { "link" };
        say!("{}  {}", administrator.id, administrator.email.as_str());
        say!("    created     {}", administrator.created_at);
        say!("    signs in    by {how}");
    }
}

/// What `--json` prints of an administrator (docs/CONSOLE.md).
fn shown(administrator: &Administrator) -> Json {
    json!({
        "id": administrator.id,
        "email": administrator.email.as_str(),
        "company": administrator.company,
        "has_password": administrator.password.is_some(),
        "created_at": administrator.created_at,
    })
}

/// A new link of an administrator.
pub async fn link(deps: &Deps, administrator: &Administrator, url: &str) -> Result<String, Failure> {
    let token: Token = store::create_link(deps, administrator).await?;
    Ok(format!("{}/console/sign-in/{}", url.trim_end_matches('/'), token.reveal()))
}

/// A link for the administrator of a company that is served from a data folder; the account is made at the first start.
pub async fn local_link(deps: &Deps, company: &CompanyId, url: &str) -> Result<String, Failure> {
    let email = Email::parse(&format!("administrator@{company}.example"))?;
    let administrator = match store::find(deps, &email).await? {
        Some(administrator) => administrator,
        None => store::create(deps, company, email, None).await?,
    };
    link(deps, &administrator, url).await
}

/// A password from the terminal, typed twice and not shown, or the first line of standard input.
fn read_password() -> Result<Password, Failure> {
    let text = if io::stdin().is_terminal() {
        let first = rpassword::prompt_password("Password: ").map_err(Failure::usage)?;
        let again = rpassword::prompt_password("Once more: ").map_err(Failure::usage)?;
        if first != again {
            return Err(Failure::usage("the two passwords differ"));
        }
        first
    } else {
        let mut line = String::new();
        // Bytes, of which a character has up to four, and the end of the line.
        let most = (LONGEST as u64 + 1) * 4;
        io::BufReader::new(io::stdin().take(most)).read_line(&mut line).map_err(Failure::usage)?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    Ok(Password::chosen(&text)?)
}
