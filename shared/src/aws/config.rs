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
use aws_sdk_s3::config::RequestChecksumCalculation;
use aws_sdk_s3::config::ResponseChecksumValidation;
use aws_sdk_s3::config::SharedHttpClient;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::TlsContext;
use aws_smithy_http_client::tls::TrustStore;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;

use crate::aws::meter::MeterInterceptor;
use crate::aws::objects::Objects;
use crate::aws::record::DEFAULT_DAYS;
use crate::aws::table::Table;
use crate::error::Error;

/// The variable that names the table.
pub const TABLE_VARIABLE: &str = "MUSTER_TABLE";
/// The variable that names the bucket.
pub const BUCKET_VARIABLE: &str = "MUSTER_BUCKET";
/// The variable that says how many days the record is kept.
pub const RECORD_DAYS_VARIABLE: &str = "MUSTER_RECORD_DAYS";
/// The name of the bucket on one machine.
pub const LOCAL_BUCKET: &str = "muster-files";
/// The name of the table on one machine.
pub const LOCAL_TABLE: &str = "muster";

/// The authorities that vouch for AWS's endpoints: all roots of Amazon Trust Services, as
/// <https://www.amazontrust.com/repository/> lists them, with the days until which they are good.
const AMAZON_ROOTS: &str = include_str!("roots.pem");
/// Who sets one of these trusts what it names, as everywhere.
const TRUST_VARIABLES: [&str; 2] = ["SSL_CERT_FILE", "SSL_CERT_DIR"];

/// The table that a Lambda function's environment names.
///
/// Lambda puts region and credentials into plain variables, so neither profile
/// files nor metadata services are asked: that would cost a cold start and can
/// never succeed. `AWS_ENDPOINT_URL_DYNAMODB` points at a local endpoint.
pub fn table_from_env() -> Result<Table, Error> {
    let mut config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials_from_env()?)
        .region(region_from_env()?)
        .http_client(https()?);
    if let Some(endpoint) = endpoint_from_env("AWS_ENDPOINT_URL_DYNAMODB") {
        config = config.endpoint_url(endpoint);
    }
    Ok(table_with(config, &required(TABLE_VARIABLE)?))
}

/// The bucket that a Lambda function's environment names, found in the same way.
pub fn objects_from_env() -> Result<Objects, Error> {
    let mut config = aws_sdk_s3::config::Builder::new()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials_from_env()?)
        .region(region_from_env()?)
        .http_client(https()?);
    if let Some(endpoint) = endpoint_from_env("AWS_ENDPOINT_URL_S3") {
        // A local endpoint has no name below which buckets could have theirs.
        config = config.endpoint_url(endpoint).force_path_style(true);
    }
    Ok(objects_with(config, &required(BUCKET_VARIABLE)?))
}

/// How many days the record is kept, 1 to 36,500; a year without the variable.
pub fn record_days_from_env() -> Result<u32, Error> {
    match env::var(RECORD_DAYS_VARIABLE) {
        Ok(text) => read_record_days(&text),
        Err(_) => Ok(DEFAULT_DAYS),
    }
}

/// Reads how many days the record is kept.
pub fn read_record_days(text: &str) -> Result<u32, Error> {
    let days = text.trim().parse().ok().filter(|days| (1..=36_500).contains(days));
    let message = format!("{RECORD_DAYS_VARIABLE} must be a number of days, 1 to 36500.");
    days.ok_or_else(|| Error::invalid(RECORD_DAYS_VARIABLE, message))
}

fn required(name: &str) -> Result<String, Error> {
    env::var(name).map_err(|_| Error::Internal(format!("the variable {name} is not set")))
}

/// What speaks TLS to AWS. It trusts Amazon's authorities alone: there is no reason to trust others, and the some
/// hundred and fifty that a system has would be read at every start.
fn https() -> Result<SharedHttpClient, Error> {
    let is_told = TRUST_VARIABLES.iter().any(|name| env::var_os(name).is_some());
    let trusted = if is_told {
        TrustStore::empty().with_native_roots(true)
    } else {
        TrustStore::empty().with_pem_certificate(AMAZON_ROOTS)
    };
    let context = TlsContext::builder().with_trust_store(trusted).build();
    let context = context.map_err(|error| Error::Internal(format!("no TLS: {error}")))?;
    let client = aws_smithy_http_client::Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    Ok(client.tls_context(context).build_https())
}

fn credentials_from_env() -> Result<Credentials, Error> {
    let (key, secret) = (required("AWS_ACCESS_KEY_ID")?, required("AWS_SECRET_ACCESS_KEY")?);
    Ok(Credentials::new(key, secret, env::var("AWS_SESSION_TOKEN").ok(), None, "environment"))
}

fn region_from_env() -> Result<Region, Error> {
    let region = env::var("AWS_REGION").or_else(|_| env::var("AWS_DEFAULT_REGION"));
    region.map(Region::new).map_err(|_| Error::Internal("the variable AWS_REGION is not set".to_owned()))
}

fn endpoint_from_env(name: &str) -> Option<String> {
    env::var(name).or_else(|_| env::var("AWS_ENDPOINT_URL")).ok()
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

/// The bucket of an embedded endpoint on this machine, over plain HTTP like the table.
#[must_use]
pub fn objects_at(endpoint: &str, bucket: &str) -> Objects {
    let config = aws_sdk_s3::config::Builder::new()
        .behavior_version(aws_sdk_s3::config::BehaviorVersion::v2026_01_12())
        .credentials_provider(Credentials::new("local", "local", None, None, "embedded storage"))
        .region(Region::new("eu-central-1"))
        .endpoint_url(endpoint)
        .force_path_style(true)
        .http_client(aws_smithy_http_client::Builder::new().build_http());
    objects_with(config, bucket)
}

/// A bucket from a configuration, with the settings that all of them share.
#[must_use]
pub fn objects_with(config: aws_sdk_s3::config::Builder, bucket: &str) -> Objects {
    let config = config
        // We send the SHA-256 of each file ourselves.
        .request_checksum_calculation(RequestChecksumCalculation::WhenRequired)
        .response_checksum_validation(ResponseChecksumValidation::WhenRequired)
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(
            TimeoutConfig::builder()
                .connect_timeout(Duration::from_secs(1))
                // Both end before the documents function is stopped.
                .operation_attempt_timeout(Duration::from_secs(20))
                .operation_timeout(Duration::from_secs(25))
                .build(),
        );
    let signer = aws_sdk_s3::Client::from_conf(config.clone().build());
    let client = aws_sdk_s3::Client::from_conf(config.interceptor(MeterInterceptor).build());
    Objects::new(client, signer, bucket)
}

#[cfg(test)]
mod tests {
    use tokio_rustls::rustls::RootCertStore;
    use tokio_rustls::rustls::pki_types::CertificateDer;
    use tokio_rustls::rustls::pki_types::pem::PemObject;

    use super::*;

    #[test]
    fn amazons_authorities_are_certificates() {
        let mut trusted = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(AMAZON_ROOTS.as_bytes()) {
            trusted.add(certificate.expect("a certificate")).expect("an authority");
        }
        assert_eq!(trusted.len(), 5, "Amazon Root CA 1 to 4 and Starfield Services G2");
    }
}
