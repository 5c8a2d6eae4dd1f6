//! The table that a command works on: a data folder's, or one on AWS.

use std::path::Path;

use shared::aws::config;
use shared::aws::table::Table;
use shared::clock::Clock;
use shared::deps::Deps;
use shared::http::limits::Limits;

use crate::cli::TargetOptions;
use crate::failure::Failure;
use crate::storage;
use crate::storage::Claim;
use crate::storage::Storage;

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
            Some(name) => Ok(Self::over(aws_table(name).await, None)),
            None => Self::local(&options.data_dir).await,
        }
    }

    async fn local(data_dir: &Path) -> Result<Self, Failure> {
        match storage::claim(data_dir)? {
            Claim::Theirs(endpoints) => {
                Ok(Self::over(config::table_at(&endpoints.dynamodb, config::LOCAL_TABLE), None))
            }
            Claim::Ours(lock) => {
                let storage = Storage::start(data_dir, lock, 0, 0).await?;
                Ok(Self::over(storage.table(), Some(storage)))
            }
        }
    }

    fn over(table: Table, storage: Option<Storage>) -> Self {
        Self { deps: Deps::new(table, Clock::system(), Limits::off()), storage }
    }

    /// Closes what was opened.
    pub async fn close(self) {
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
