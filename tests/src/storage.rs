//! One storage for all tests of a process: embedded, unless the environment names another ([`place`]).

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::mpsc;
use std::thread;

use muster::storage;
use muster::storage::Claim;
use muster::storage::Endpoints;
pub use muster::storage::Storage;
use shared::aws::config;
use shared::aws::objects::Objects;
use shared::aws::table::Table;

use crate::place;

static ENDPOINTS: OnceLock<Endpoints> = OnceLock::new();

/// The table of this process's storage.
#[must_use]
pub fn table() -> Table {
    table_at(&endpoints().dynamodb)
}

/// The same table by another way.
#[must_use]
pub fn table_at(endpoint: &str) -> Table {
    config::table_at(endpoint, place::store().map_or(config::LOCAL_TABLE, |store| &store.table))
}

/// The bucket of this process's storage.
#[must_use]
pub fn objects() -> Objects {
    objects_at(&endpoints().s3)
}

/// The same bucket by another way.
#[must_use]
pub fn objects_at(endpoint: &str) -> Objects {
    config::objects_at(endpoint, place::store().map_or(config::LOCAL_BUCKET, |store| &store.bucket))
}

/// The endpoints of this process's storage.
#[must_use]
pub fn endpoints() -> &'static Endpoints {
    ENDPOINTS.get_or_init(|| match place::store() {
        Some(store) => Endpoints { dynamodb: store.dynamodb.clone(), s3: store.s3.clone() },
        None => start(),
    })
}

/// Starts the storage on a thread of its own: each test's runtime ends with the test, the storage must not.
fn start() -> Endpoints {
    let folder = folder();
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let storage = start_in(&folder).await;
            send.send(storage.endpoints().clone()).expect("somebody waits for it");
            std::future::pending::<()>().await;
        });
    });
    receive.recv().expect("the storage starts")
}

/// Storage in a folder, for tests that need some of their own.
pub async fn start_in(folder: &Path) -> Storage {
    let Claim::Ours(lock) = storage::claim(folder).expect("a data folder") else {
        panic!("{} is in use", folder.display());
    };
    Storage::start(folder, lock, 0, 0).await.expect("embedded storage")
}

/// A new folder below the target folder. Processes end without cleaning up, so the next one does.
fn folder() -> PathBuf {
    let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/test-storage");
    for entry in fs::read_dir(&parent).into_iter().flatten().flatten() {
        // Where /proc is missing nobody can tell who is alive; `cargo clean` tidies up there.
        let alive = entry.file_name().to_str().is_some_and(|pid| Path::new("/proc").join(pid).exists());
        if !alive && Path::new("/proc/self").exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    parent.join(std::process::id().to_string())
}
