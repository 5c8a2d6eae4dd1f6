//! The embedded DynamoDB and S3 under a data folder: real endpoints on loopback
//! ports, spoken to with the AWS SDK like those on AWS.

mod beside;

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::net::Ipv4Addr;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use hyper_util::rt::TokioExecutor;
use hyper_util::rt::TokioIo;
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use s3s::auth::SimpleAuth;
use s3s::service::S3Service;
use s3s::service::S3ServiceBuilder;
use serde::Deserialize;
use serde::Serialize;
use shared::aws::config;
use shared::aws::objects::Objects;
use shared::aws::schema;
use shared::aws::table::Table;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::cli::StorageOptions;
use crate::failure::Failure;
use crate::serve::on_interrupt;
use crate::serve::stop_wanted;
use crate::storage::beside::Beside;

/// The embedded endpoints take these as access key and secret.
const ACCESS_KEY: &str = "local";
/// How long a connection may still finish what it is doing.
const GRACE: Duration = Duration::from_secs(5);

/// Where a data folder's endpoints listen while a process serves them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoints {
    /// URL of the DynamoDB endpoint.
    pub dynamodb: String,
    /// URL of the S3 endpoint.
    pub s3: String,
}

impl Endpoints {
    /// The bucket, through the SDK.
    #[must_use]
    pub fn objects(&self) -> Objects {
        config::objects_at(&self.s3, config::LOCAL_BUCKET)
    }
}

/// Who may use a data folder.
#[derive(Debug)]
pub enum Claim {
    /// This process, until the file is closed.
    Ours(File),
    /// Another process, which serves these endpoints.
    Theirs(Endpoints),
}

/// Claims a data folder, which is created if it is missing.
pub fn claim(data_dir: &Path) -> Result<Claim, Failure> {
    let unusable = |error: std::io::Error| {
        Failure::usage(format!("the data folder {} cannot be used: {error}", data_dir.display()))
    };
    create_private(data_dir).map_err(unusable)?;
    let lock =
        File::options().create(true).truncate(false).write(true).open(data_dir.join("lock")).map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(Claim::Ours(lock)),
        Err(TryLockError::WouldBlock) => fs::read(endpoints_file(data_dir))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .map(Claim::Theirs)
            .ok_or_else(|| in_use(data_dir)),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// The failure of a command that needs the data folder for itself.
#[must_use]
pub fn in_use(data_dir: &Path) -> Failure {
    Failure::usage(format!(
        "another muster uses the data folder {}; stop it, or name another folder with --data-dir",
        data_dir.display()
    ))
}

fn endpoints_file(data_dir: &Path) -> PathBuf {
    data_dir.join("endpoints.json")
}

/// Creates a folder that only its owner can look into: it will hold personal data.
fn create_private(folder: &Path) -> std::io::Result<()> {
    if folder.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(folder)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// Creates an empty file that only its owner can read, unless it is there; SQLite gives its other files the same rights.
fn create_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.create(true).truncate(false).write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}

/// Running endpoints; they stop with [`Storage::stop`].
#[derive(Debug)]
pub struct Storage {
    endpoints: Endpoints,
    table: Table,
    stop: watch::Sender<bool>,
    servers: Vec<JoinHandle<()>>,
    _lock: File,
}

impl Storage {
    /// Starts both endpoints on a claimed data folder and creates table and bucket if they are missing.
    pub async fn start(data_dir: &Path, lock: File, dynamodb_port: u16, s3_port: u16) -> Result<Self, Failure> {
        let (stop, stopping) = watch::channel(false);
        let (dynamodb, database) = start_dynamodb(data_dir, dynamodb_port, stopping.clone()).await?;
        let (s3, files) = start_s3(data_dir, s3_port, stopping).await?;
        let endpoints = Endpoints { dynamodb: format!("http://{dynamodb}"), s3: format!("http://{s3}") };
        let table = config::table_at(&endpoints.dynamodb, config::LOCAL_TABLE);
        schema::create_if_missing(&table).await?;
        let storage = Self { endpoints, table, stop, servers: vec![database, files], _lock: lock };
        let json = serde_json::to_vec_pretty(&storage.endpoints).unwrap_or_default();
        fs::write(endpoints_file(data_dir), json).map_err(Failure::usage)?;
        Ok(storage)
    }

    /// The table, through the SDK.
    #[must_use]
    pub fn table(&self) -> Table {
        self.table.clone()
    }

    /// The bucket, through the SDK.
    #[must_use]
    pub fn objects(&self) -> Objects {
        self.endpoints.objects()
    }

    /// Where the endpoints listen.
    #[must_use]
    pub fn endpoints(&self) -> &Endpoints {
        &self.endpoints
    }

    /// Lets running calls finish, then closes the files.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for server in self.servers {
            let _ = tokio::time::timeout(GRACE, server).await;
        }
    }
}

async fn listen(port: u16) -> Result<(TcpListener, SocketAddr), Failure> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let taken = |error: std::io::Error| Failure::usage(format!("cannot listen on {address}: {error}"));
    let listener = TcpListener::bind(address).await.map_err(taken)?;
    let address = listener.local_addr().map_err(taken)?;
    Ok((listener, address))
}

async fn start_dynamodb(
    data_dir: &Path,
    port: u16,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), Failure> {
    let path = data_dir.join("dynamodb.sqlite");
    let unusable = |error| Failure::usage(format!("the database {} cannot be opened: {error}", path.display()));
    create_private_file(&path).map_err(unusable)?;
    let database = dynoxide::Database::new(&path.to_string_lossy())
        .map_err(|error| Failure::usage(format!("the database {} cannot be opened: {error}", path.display())))?;
    let (listener, address) = listen(port).await?;
    let server = tokio::spawn(async move {
        if let Err(error) = dynoxide::server::serve_with_shutdown(listener, database, stop_wanted(stopping)).await {
            tracing::error!(%error, "the embedded DynamoDB stopped");
        }
    });
    Ok((address, server))
}

async fn start_s3(
    data_dir: &Path,
    port: u16,
    stopping: watch::Receiver<bool>,
) -> Result<(SocketAddr, JoinHandle<()>), Failure> {
    let root = data_dir.join("s3");
    fs::create_dir_all(root.join(config::LOCAL_BUCKET))
        .map_err(|error| Failure::usage(format!("the folder {} cannot be used: {error}", root.display())))?;
    let files = s3s_fs::FileSystem::new(&root)
        .map_err(|error| Failure::usage(format!("the folder {} cannot be used: {error:?}", root.display())))?;
    let mut builder = S3ServiceBuilder::new(files);
    builder.set_auth(SimpleAuth::from_single(ACCESS_KEY, ACCESS_KEY));
    builder.set_access(Beside::of(root));
    let (listener, address) = listen(port).await?;
    Ok((address, tokio::spawn(serve_s3(listener, builder.build(), stopping))))
}

async fn serve_s3(listener: TcpListener, service: S3Service, stopping: watch::Receiver<bool>) {
    let connections = auto::Builder::new(TokioExecutor::new());
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop_wanted(stopping));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = &mut stop => break,
        };
        let Ok((socket, _)) = accepted else { continue };
        // Without it, most answers wait 40 ms for a full packet.
        let _ = socket.set_nodelay(true);
        let connection = connections.serve_connection(TokioIo::new(socket), service.clone());
        let connection = graceful.watch(connection.into_owned());
        tokio::spawn(async move {
            // A client that hangs up is none of our business.
            let _ = connection.await;
        });
    }
    graceful.shutdown().await;
}

/// `muster storage`.
pub async fn run(options: StorageOptions) -> Result<(), Failure> {
    shared::telemetry::init_terminal(true);
    let stop = on_interrupt()?;
    let Claim::Ours(lock) = claim(&options.data_dir)? else { return Err(in_use(&options.data_dir)) };
    let storage = Storage::start(&options.data_dir, lock, options.dynamodb_port, options.s3_port).await?;
    let environment = environment(storage.endpoints());
    let file = options.data_dir.join("storage.env");
    let lines: Vec<_> = environment.iter().map(|(name, value)| format!("{name}={value}")).collect();
    fs::write(&file, lines.join("\n") + "\n").map_err(Failure::usage)?;
    say!("The embedded DynamoDB and S3 listen. Point any AWS SDK at them with:\n");
    for (name, value) in &environment {
        say!("export {name}={value}");
    }
    say!("\nThe same is in {}. Stop with Ctrl-C.", file.display());
    stop_wanted(stop).await;
    storage.stop().await;
    Ok(())
}

/// What points the functions, and any AWS SDK, at the embedded endpoints.
#[must_use]
pub fn environment(endpoints: &Endpoints) -> Vec<(&'static str, String)> {
    vec![
        ("AWS_ENDPOINT_URL_DYNAMODB", endpoints.dynamodb.clone()),
        ("AWS_ENDPOINT_URL_S3", endpoints.s3.clone()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        // Python's SDK and the AWS command line know only this name.
        ("AWS_DEFAULT_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", ACCESS_KEY.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", ACCESS_KEY.to_owned()),
        (config::TABLE_VARIABLE, config::LOCAL_TABLE.to_owned()),
        (config::BUCKET_VARIABLE, config::LOCAL_BUCKET.to_owned()),
        ("MUSTER_RATE_LIMITS", "off".to_owned()),
    ]
}
