//! The floor: the smallest function with one `GetItem`, beside which the others are measured.
//!
//! Everything that costs something is left out: no router, no log, no checks. What
//! it reads is what muster's functions read first.

use std::env;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::BehaviorVersion;
use aws_sdk_dynamodb::config::Builder;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_runtime::Error;
use lambda_runtime::LambdaEvent;
use lambda_runtime::service_fn;
use serde_json::Value as Json;
use serde_json::json;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let credentials =
        Credentials::new(env::var("AWS_ACCESS_KEY_ID")?, env::var("AWS_SECRET_ACCESS_KEY")?, None, None, "");
    let config = Builder::new()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .credentials_provider(credentials)
        .region(Region::new(env::var("AWS_REGION")?))
        .endpoint_url(env::var("AWS_ENDPOINT_URL_DYNAMODB")?)
        .build();
    let (client, table) = (Client::from_conf(config), env::var("MUSTER_TABLE")?);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Json>| {
        let key = |name: &str| AttributeValue::S(event.payload[name].as_str().unwrap_or_default().to_owned());
        let found =
            client.get_item().table_name(&table).key("pk", key("pk")).key("sk", key("sk")).consistent_read(true);
        let is_there = found.send().await?.item.is_some();
        Ok::<_, Error>(json!({"statusCode": if is_there { 200 } else { 404 }, "headers": {}, "body": ""}))
    }))
    .await
}
