//! The table as `template.yaml` declares it, for embedded storage; a test compares the two.

use aws_sdk_dynamodb::types::AttributeDefinition;
use aws_sdk_dynamodb::types::BillingMode;
use aws_sdk_dynamodb::types::KeySchemaElement;
use aws_sdk_dynamodb::types::KeyType;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use aws_sdk_dynamodb::types::TimeToLiveSpecification;

use crate::aws::items::EXPIRES_AT;
use crate::aws::table::Table;
use crate::aws::table::classify;
use crate::aws::table::is;
use crate::error::Error;

/// Name, type and role of the key attributes.
pub const KEYS: [(&str, &str, &str); 2] = [("pk", "S", "HASH"), ("sk", "S", "RANGE")];
/// The attribute by which items expire.
pub const TIME_TO_LIVE: &str = EXPIRES_AT;

/// Creates the table, unless it is there.
pub async fn create_if_missing(table: &Table) -> Result<(), Error> {
    let build = |error: aws_sdk_dynamodb::error::BuildError| Error::Internal(format!("CreateTable: {error}"));
    let mut create = table.client().create_table().table_name(table.name()).billing_mode(BillingMode::PayPerRequest);
    for (name, scalar, role) in KEYS {
        let definition =
            AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::from(scalar));
        let element = KeySchemaElement::builder().attribute_name(name).key_type(KeyType::from(role));
        create = create
            .attribute_definitions(definition.build().map_err(build)?)
            .key_schema(element.build().map_err(build)?);
    }
    match create.send().await {
        Ok(_) => {}
        Err(error) if is(&error, "ResourceInUseException") => return Ok(()),
        Err(error) => return Err(classify("CreateTable", &error)),
    }
    let expiry =
        TimeToLiveSpecification::builder().attribute_name(TIME_TO_LIVE).enabled(true).build().map_err(build)?;
    table
        .client()
        .update_time_to_live()
        .table_name(table.name())
        .time_to_live_specification(expiry)
        .send()
        .await
        .map_err(|error| classify("UpdateTimeToLive", &error))?;
    Ok(())
}
