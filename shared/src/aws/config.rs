//! From the environment to a client, without probing what Lambda never has.

use std::env;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::config::retry::RetryConfig;
use aws_sdk_dynamodb::config::timeout::TimeoutConfig;

use crate::aws::meter::MeterInterceptor;
use crate::aws::table::Table;
use crate::error::Error;

/// The variable that names the table.
pub const TABLE_VARIABLE: &str = "MUSTER_TABLE";
/// The name of the table on one machine.
pub const LOCAL_TABLE: &str = "muster";

/// The table that a Lambda function's environment names.
///
/// Lambda puts region and credentials into plain variables, so neither profile
/// files nor metadata services are asked: that would cost a cold start and can
/// never succeed. `AWS_ENDPOINT_URL_DYNAMODB` points at a local endpoint.
pub fn table_from_env() -> Result<Table, Error> {
    let required = |name: &str| env::var(name).map_err(|_| Error::Internal(format!("the variable {name} is not set")));
    let credentials = Credentials::new(
        required("AWS_ACCESS_KEY_ID")?,
        required("AWS_SECRET_ACCESS_KEY")?,
        env::var("AWS_SESSION_TOKEN").ok(),
        None,
        "environment",
    );
    let endpoint = env::var("AWS_ENDPOINT_URL_DYNAMODB").or_else(|_| env::var("AWS_ENDPOINT_URL")).ok();
    let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
    let region = region.map_err(|_| Error::Internal("the variable AWS_REGION is not set".to_owned()))?;
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials)
        .region(Region::new(region));
    if let Some(endpoint) = endpoint {
        config = config.endpoint_url(endpoint);
    }
    Ok(table_with(config, &required(TABLE_VARIABLE)?))
}

/// The table of an embedded endpoint on this machine, which takes any credentials.
///
/// Its client speaks plain HTTP: reading the machine's certificates would be a tenth of a start.
#[must_use]
pub fn table_at(endpoint: &str, name: &str) -> Table {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded storage"))
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    table_with(config, name)
}

/// A table from a configuration, with the settings that all of them share.
#[must_use]
pub fn table_with(config: Builder, name: &str) -> Table {
    let config = config
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                .operation_attempt_timeout(Duration::from_secs(5))
                .operation_timeout(Duration::from_secs(15))
                .build(),
        )
        .interceptor(MeterInterceptor)
        .build();
    Table::new(Client::from_conf(config), name)
}
