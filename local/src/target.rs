//! The table that a command works on: a data folder's, or one on AWS.

use std::path::Path;
use std::time::Duration;

use shared::aws::config;
use shared::aws::record::Record;
use shared::aws::table::Table;
use shared::clock::Clock;
use shared::deps::Deps;
use shared::http::limits::Limits;

use crate::cli::TargetOptions;
use crate::failure::Failure;
use crate::storage;
use crate::storage::Claim;
use crate::storage::Storage;

/// How long the end of a command waits for its entries in the record to be written.
const GRACE: Duration = Duration::from_secs(20);

/// A table, and the embedded storage behind it where this command had to start it.
#[derive(Debug)]
pub struct Target {
    /// What store functions take.
    pub deps: Deps,
    storage: Option<Storage>,
}

impl Target {
    /// Opens the table that the options name. A data folder that another
    /// process serves is reached through that process.
    pub async fn open(options: &TargetOptions) -> Result<Self, Failure> {
        match &options.table {
            Some(name) => Self::over(aws_table(name).await, None),
            None => Self::local(&options.data_dir).await,
        }
    }

    async fn local(data_dir: &Path) -> Result<Self, Failure> {
        match storage::claim(data_dir)? {
            Claim::Theirs(endpoints) => Self::over(config::table_at(&endpoints.dynamodb, config::LOCAL_TABLE), None),
            Claim::Ours(lock) => {
                let storage = Storage::start(data_dir, lock, 0, 0).await?;
                Self::over(storage.table(), Some(storage))
            }
        }
    }

    fn over(table: Table, storage: Option<Storage>) -> Result<Self, Failure> {
        let clock = Clock::system();
        let record = Record::new(table.clone(), clock.clone(), config::record_days_from_env()?);
        Ok(Self { deps: Deps::new(table, clock, Limits::off()).with_record(record), storage })
    }

    /// Writes down what the command recorded, and closes what was opened.
    pub async fn close(self) {
        self.deps.record.close(GRACE).await;
        if let Some(storage) = self.storage {
            storage.stop().await;
        }
    }
}

/// A table on AWS, with the credentials, profile and region that the AWS tools would use.
async fn aws_table(name: &str) -> Table {
    let environment = aws_config::load_defaults(aws_config::BehaviorVersion::v2026_01_12()).await;
    config::table_with(aws_sdk_dynamodb::config::Builder::from(&environment), name)
}
