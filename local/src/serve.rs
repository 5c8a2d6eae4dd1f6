//! The API on a port, with a company to begin with.

use std::fs;
use std::io;
use std::io::IsTerminal;
use std::io::Write;
use std::net::IpAddr;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::middleware;
use axum::middleware::Next;
use axum::serve::ListenerExt;
use serde::Deserialize;
use serde::Serialize;
use shared::attributes::Readable;
use shared::aws::credentials::Secret;
use shared::aws::record::Record;
use shared::aws::uploads::Kind;
use shared::clock::Clock;
use shared::deps::Deps;
use shared::http::context::ClientIp;
use shared::http::limits::Limits;
use shared::ids::ClientId;
use shared::ids::CompanyId;
use shared::open_id::Settings;
use shared::scope::Scope;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::admin;
use crate::api;
use crate::apply;
use crate::apply::file::CompanyFile;
use crate::cli::ServeOptions;
use crate::credentials;
use crate::failure::Failure;
use crate::storage;
use crate::storage::Claim;
use crate::storage::Storage;

/// The company of `cargo run`.
const DEMO: &str = include_str!("../../companies/demo.yaml");
/// The company of `--empty`.
const EMPTY: &str = "company: {id: empty, name: Empty company, time_zone: Europe/Berlin}";
/// How often files are looked for that no document has.
const SWEEP_EVERY: Duration = Duration::from_hours(1);
/// How long a request may still take after the signal to stop.
const GRACE: Duration = Duration::from_secs(10);

/// `muster serve`.
pub async fn run(options: ServeOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(io::stderr().is_terminal());
    let limits = Limits::parse(&options.rate_limits)?;
    let open_id = Settings::read(options.open_id.variables())?;
    let stop = on_interrupt()?;
    let file = company_file(&options)?;
    // The port first: when it is taken, nothing else needs to have begun.
    let listener = listen(options.host, options.port).await?;
    let base_url = base_url(&listener)?;
    let Claim::Ours(lock) = storage::claim(&options.data_dir)? else {
        return Err(storage::in_use(&options.data_dir));
    };
    let storage = Storage::start(&options.data_dir, lock, 0, 0).await?;
    let clock = Clock::system();
    let record = Record::new(storage.table(), clock.clone(), options.record_days);
    let deps = Deps::new(storage.table(), clock, limits).with_objects(storage.objects()).with_record(record);
    let deps = deps.with_open_id(open_id);
    let began = begin(&deps, &file).await?;
    let demo = DemoCredentials::ensure(&deps, &options.data_dir, &base_url, &file.company.id).await?;
    let link = admin::local_link(&deps, &file.company.id, &base_url).await?;
    let server = tokio::spawn(serve(listener, api::router(&deps), stop.clone()));
    let sweeping = tokio::spawn(keep_sweeping(deps.clone(), file.company.id.clone()));
    greet(&began, &demo, &options.data_dir, &link).map_err(Failure::usage)?;
    stop_wanted(stop).await;
    sweeping.abort();
    finish(server).await;
    // Requests that were cut off have left their entries as well.
    deps.record.close(GRACE).await;
    storage.stop().await;
    Ok(())
}

/// Removes what uploads left behind that were cut short: now, of earlier processes, and every hour. On AWS whoever
/// uploads next does it.
async fn keep_sweeping(deps: Deps, company: CompanyId) {
    let mut hours = tokio::time::interval(SWEEP_EVERY);
    loop {
        hours.tick().await;
        for kind in Kind::ALL {
            sweep(&deps, &company, kind).await;
        }
    }
}

async fn sweep(deps: &Deps, company: &CompanyId, kind: Kind) {
    loop {
        let swept = async { deps.uploads()?.sweep(company, kind).await };
        match swept.await {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(cause = %error, "files that no record has could not be removed");
                return;
            }
        }
    }
}

fn company_file(options: &ServeOptions) -> Result<CompanyFile, Failure> {
    match &options.company {
        Some(path) => CompanyFile::read(path),
        None if options.empty => CompanyFile::parse("--empty", EMPTY),
        None => CompanyFile::parse("the demo company", DEMO),
    }
}

async fn listen(host: IpAddr, port: u16) -> Result<TcpListener, Failure> {
    let address = SocketAddr::from((host, port));
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => {
            Failure::usage(format!("port {port} on {host} is taken; name another one with --port, or 0 for a free one"))
        }
        _ => Failure::usage(format!("cannot listen on {address}: {error}")),
    })
}

fn base_url(listener: &TcpListener) -> Result<String, Failure> {
    let mut address = listener.local_addr().map_err(Failure::usage)?;
    if address.ip().is_unspecified() {
        // Every address is listened on; this is the one that a reader of the line can reach.
        address.set_ip(if address.is_ipv4() { [127, 0, 0, 1].into() } else { IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]) });
    }
    Ok(format!("http://{address}"))
}

/// Applies the company file, unless that was done to its end before: what people
/// changed since then is theirs.
async fn begin(deps: &Deps, file: &CompanyFile) -> Result<String, Failure> {
    let id = &file.company.id;
    if deps.companies.load(id).await?.applied {
        // A folder of a version that published nothing has nothing that could be read.
        deps.companies.publish(id).await?;
        return Ok(format!("The company {id} is as you left it."));
    }
    let report = apply::apply(deps, file, &mut |_| {}).await?;
    Ok(format!("The company {id} begins with {} employees.", report.employees_created))
}

/// Serves until a stop is wanted and the requests in flight are answered.
pub async fn serve(listener: TcpListener, router: Router, stop: watch::Receiver<bool>) {
    let router = router.layer(middleware::from_fn(with_client_ip));
    let listener = listener.tap_io(|stream| {
        // Answers are small and wait for nothing.
        let _ = stream.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    if let Err(error) = axum::serve(listener, service).with_graceful_shutdown(stop_wanted(stop)).await {
        tracing::error!(%error, "the server stopped");
    }
}

async fn with_client_ip(
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> axum::response::Response {
    request.extensions_mut().insert(ClientIp(address.ip()));
    next.run(request).await
}

/// Waits for the requests in flight.
async fn finish(server: tokio::task::JoinHandle<()>) {
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::warn!("some requests took longer than {} seconds and were cut off", GRACE.as_secs());
    }
}

/// Turns true with Ctrl-C or SIGTERM. The handlers are in place when this returns,
/// so that a signal which comes right after the ready line is not missed.
pub fn on_interrupt() -> Result<watch::Receiver<bool>, Failure> {
    let (send, receive) = watch::channel(false);
    #[cfg(unix)]
    let signal = {
        use tokio::signal::unix::SignalKind;
        use tokio::signal::unix::signal;
        let mut ctrl_c = signal(SignalKind::interrupt()).map_err(Failure::usage)?;
        let mut terminate = signal(SignalKind::terminate()).map_err(Failure::usage)?;
        async move {
            tokio::select! {
                _ = ctrl_c.recv() => {}
                _ = terminate.recv() => {}
            }
        }
    };
    #[cfg(not(unix))]
    let signal = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    tokio::spawn(async move {
        signal.await;
        let _ = send.send(true);
    });
    Ok(receive)
}

/// Waits until a stop is wanted.
pub async fn stop_wanted(mut stop: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is a stop as well.
    let _ = stop.wait_for(|wanted| *wanted).await;
}

/// The credential in `demo-credentials.json`: every scope, every attribute readable.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DemoCredentials {
    /// Where the API is served.
    pub base_url: String,
    /// The credential's public half.
    pub client_id: ClientId,
    /// The credential's secret half.
    pub client_secret: String,
    /// The company to which it belongs.
    pub company: CompanyId,
}

impl DemoCredentials {
    const FILE: &str = "demo-credentials.json";

    /// What a data folder holds.
    #[must_use]
    pub fn read(data_dir: &Path) -> Option<Self> {
        serde_json::from_slice(&fs::read(data_dir.join(Self::FILE)).ok()?).ok()
    }

    /// The credential of before if it is still good for this company, else a new one; written down either way. That of
    /// another company, which was served before, is laid aside until it is served again.
    pub async fn ensure(deps: &Deps, data_dir: &Path, base_url: &str, company: &CompanyId) -> Result<Self, Failure> {
        let kept = match Self::last_of(data_dir, company) {
            Some(kept) if kept.is_good(deps).await? => Some(kept),
            _ => None,
        };
        let demo = if let Some(kept) = kept {
            Self { base_url: base_url.to_owned(), ..kept }
        } else {
            let (credential, secret) = credentials::create(deps, company, "Demo", Scope::all(), Readable::All).await?;
            Self {
                base_url: base_url.to_owned(),
                client_id: credential.client_id,
                client_secret: secret.reveal().to_owned(),
                company: company.clone(),
            }
        };
        demo.write(data_dir).map_err(|error| {
            Failure::usage(format!("{} cannot be written: {error}", data_dir.join(Self::FILE).display()))
        })?;
        Ok(demo)
    }

    /// What was written down for a company last, whichever was served since.
    fn last_of(data_dir: &Path, company: &CompanyId) -> Option<Self> {
        match Self::read(data_dir) {
            Some(last) if last.company != *company => {
                // What cannot be laid aside is made anew next time, which costs a credential and nothing else.
                let _ = fs::rename(data_dir.join(Self::FILE), data_dir.join(Self::aside(&last.company)));
                serde_json::from_slice(&fs::read(data_dir.join(Self::aside(company))).ok()?).ok()
            }
            last => last,
        }
    }

    fn aside(company: &CompanyId) -> String {
        format!("demo-credentials.{company}.json")
    }

    async fn is_good(&self, deps: &Deps) -> Result<bool, Failure> {
        let stored = deps.credentials.get(self.client_id).await?;
        let secret = Secret::presented(&self.client_secret).fingerprint();
        Ok(stored.is_some_and(|stored| stored.generation(&secret, deps.clock.now()).is_some()))
    }

    /// Writes a new file beside the old one and puts it in its place, so that nobody reads half of it.
    fn write(&self, data_dir: &Path) -> io::Result<()> {
        let temporary = data_dir.join(format!("{}.new", Self::FILE));
        let mut options = fs::File::options();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        {
            use std::os::unix::fs::OpenOptionsExt;
            options.mode(0o600);
        }
        let mut file = options.open(&temporary)?;
        serde_json::to_writer_pretty(&mut file, self)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(temporary, data_dir.join(Self::FILE))
    }
}

/// What a reader of the terminal needs to begin.
fn greet(began: &str, demo: &DemoCredentials, data_dir: &Path, link: &str) -> io::Result<()> {
    let base_url = &demo.base_url;
    let file = data_dir.join(DemoCredentials::FILE);
    let mut out = io::stdout().lock();
    writeln!(out, "{began}\n")?;
    writeln!(out, "  base_url       {base_url}")?;
    writeln!(out, "  client_id      {}", demo.client_id)?;
    writeln!(out, "  client_secret  {}", demo.client_secret)?;
    writeln!(out, "  (also in {})\n", file.display())?;
    writeln!(out, "Log in, list employees, create one:\n")?;
    for line in curl_lines(base_url, &file) {
        writeln!(out, "  {line}")?;
    }
    writeln!(out, "\nManage credentials in the console; this link signs you in once, within 15 minutes:\n")?;
    writeln!(out, "  {link}")?;
    writeln!(out, "\nmuster is ready at {base_url}")?;
    out.flush()
}

/// Three lines to paste. The credential is read from its file, so that it does not stay in a shell's history.
#[must_use]
pub fn curl_lines(base_url: &str, credentials: &Path) -> [String; 3] {
    let file = credentials.display();
    [
        format!(
            "TOKEN=$(curl -s {base_url}/v1/auth -H 'Content-Type: application/json' -d @{file} \
             | sed 's/.*\"token\":\"\\([^\"]*\\)\".*/\\1/')"
        ),
        format!("curl -s '{base_url}/v1/company/employees?limit=3' -H \"Authorization: Bearer $TOKEN\""),
        format!(
            "curl -s {base_url}/v1/company/employees -H \"Authorization: Bearer $TOKEN\" \
             -H 'Content-Type: application/json' \
             -d '{{\"employee\":{{\"email\":\"ada@example.com\",\"first_name\":\"Ada\",\"last_name\":\"Byron\"}}}}'"
        ),
    ]
}
