//! Where the suite runs, by the environment: over embedded storage of its own (nothing is set), over a table and a
//! bucket elsewhere ([`STORE_VARIABLES`]), or against a deployed API that has them ([`URL_VARIABLE`] as well).
//!
//! Elsewhere, a test may need what only this process can give. It says so before it goes on, by [`needs_own_process`]
//! or [`needs_own_storage`], or the part of the harness does that gives it. Such a test ends there as failed, with
//! [`MARK`] and the reason, so that none passes without having been run; `tests/deployed/run` counts and lists them.

use std::env;
use std::sync::OnceLock;

/// Endpoint of DynamoDB, endpoint of S3, and the names of a table and a bucket that are there: all four or none.
/// The endpoints speak plain HTTP and take any credentials, as those of an emulator do.
pub const STORE_VARIABLES: [&str; 4] =
    ["MUSTER_TEST_DYNAMODB", "MUSTER_TEST_S3", "MUSTER_TEST_TABLE", "MUSTER_TEST_BUCKET"];
/// Where an API listens that was deployed with this table and this bucket, without a slash at the end.
pub const URL_VARIABLE: &str = "MUSTER_TEST_URL";
/// What the failure of a test begins with that cannot be run here.
pub const MARK: &str = "not to be had here";

/// A table and a bucket that somebody else serves.
#[derive(Clone, Debug)]
pub struct Store {
    /// URL of the DynamoDB endpoint.
    pub dynamodb: String,
    /// URL of the S3 endpoint.
    pub s3: String,
    /// Name of the table.
    pub table: String,
    /// Name of the bucket.
    pub bucket: String,
}

/// The table and the bucket that the environment names; none for the embedded storage.
#[must_use]
pub fn store() -> Option<&'static Store> {
    static STORE: OnceLock<Option<Store>> = OnceLock::new();
    STORE
        .get_or_init(|| match STORE_VARIABLES.map(set) {
            [Some(dynamodb), Some(s3), Some(table), Some(bucket)] => Some(Store { dynamodb, s3, table, bucket }),
            [None, None, None, None] => None,
            _ => panic!("{STORE_VARIABLES:?} belong together"),
        })
        .as_ref()
}

/// Where the deployed API listens; none where each test serves its own.
#[must_use]
pub fn deployed() -> Option<&'static str> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    let url = URL.get_or_init(|| {
        let url = set(URL_VARIABLE);
        assert!(url.is_none() || store().is_some(), "{URL_VARIABLE} needs {STORE_VARIABLES:?}");
        url
    });
    url.as_deref()
}

/// Ends a test against a deployed API: it needs something of the process that answers, such as its clock or its log.
pub fn needs_own_process(what: &str) {
    assert!(deployed().is_none(), "{MARK}: {what}");
}

/// Ends a test over somebody else's storage: it needs something of the embedded one.
pub fn needs_own_storage(what: &str) {
    assert!(store().is_none(), "{MARK}: {what}");
}

fn set(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}
