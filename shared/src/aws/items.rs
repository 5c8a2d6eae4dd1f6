//! Typed records to items and back. Nothing outside `aws` sees an attribute value.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Map;
use serde_json::Value as Json;
use serde_json::json;

use crate::attributes::Employee;
use crate::aws::keys::Key;
use crate::error::Error;

/// What is stored, with a name that is checked when it is read.
pub trait Entity: Serialize + DeserializeOwned {
    /// The `entity` attribute of its items.
    const TYPE: &'static str;
}

impl Entity for Employee {
    const TYPE: &'static str = "employee";
}

/// DynamoDB takes 400 KB; what counts beyond our own estimate gets the rest.
const MAX_ITEM_BYTES: usize = 390_000;

const PK: &str = "pk";
const SK: &str = "sk";
/// The attribute that names the type of an item; entities have no field of this name.
pub(crate) const ENTITY: &str = "entity";
/// The attribute by which DynamoDB removes an item: seconds since 1970.
pub(crate) const EXPIRES_AT: &str = "expires_at";
/// What belongs to the item and not to its entity.
const RESERVED: [&str; 4] = [PK, SK, ENTITY, EXPIRES_AT];

/// An item of the table.
#[derive(Clone, Debug, PartialEq)]
pub struct Item(pub(crate) HashMap<String, AttributeValue>);

impl Item {
    /// Writes an entity down under a key.
    pub fn encode<E: Entity>(key: Key, entity: &E) -> Result<Self, Error> {
        let mut attributes: HashMap<String, AttributeValue> = serde_dynamo::to_item(entity)
            .map_err(|error| Error::Internal(format!("a {} cannot be written: {error}", E::TYPE)))?;
        // Reading takes these away; a field of that name would be lost without a word.
        if let Some(name) = RESERVED.iter().find(|name| attributes.contains_key(**name)) {
            return Err(Error::Internal(format!("a {} has a field of the reserved name {name}", E::TYPE)));
        }
        attributes.insert(ENTITY.to_owned(), AttributeValue::S(E::TYPE.to_owned()));
        attributes.extend(key_attributes(key));
        let item = Self(attributes);
        if item.bytes() > MAX_ITEM_BYTES {
            return Err(Error::TooLarge(format!("One {} takes more than {MAX_ITEM_BYTES} bytes.", E::TYPE)));
        }
        Ok(item)
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    /// How many write units it takes to store the item by itself, where there was none: one for each KB.
    #[must_use]
    pub fn write_units(&self) -> usize {
        self.bytes().div_ceil(1_024)
    }

    /// Lets DynamoDB remove the item after an instant, in seconds since 1970. It takes its time to do so.
    #[must_use]
    pub fn expiring(mut self, at: i64) -> Self {
        self.0.insert(EXPIRES_AT.to_owned(), AttributeValue::N(at.to_string()));
        self
    }

    /// The `entity` attribute.
    #[must_use]
    pub fn entity_type(&self) -> &str {
        self.0.get(ENTITY).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
    }

    /// Reads an entity of the expected type.
    pub fn decode<E: Entity>(mut self) -> Result<E, Error> {
        if self.entity_type() != E::TYPE {
            return Err(Error::Internal(format!("a {} was found where a {} belongs", self.entity_type(), E::TYPE)));
        }
        for name in RESERVED {
            self.0.remove(name);
        }
        // Without the library's own text, which quotes what is stored: this one goes into the log.
        serde_dynamo::from_item(self.0)
            .map_err(|_| Error::Internal(format!("a stored {} has not the form of one", E::TYPE)))
    }

    /// The item as DynamoDB's own JSON (`{"pk": {"S": "…"}}`), the form of its imports and exports.
    #[must_use]
    pub fn to_dynamodb_json(&self) -> Json {
        self.0.iter().map(|(name, value)| (name.clone(), typed_json(value))).collect::<Map<_, _>>().into()
    }

    /// The sort key.
    #[must_use]
    pub fn sort_key(&self) -> &str {
        self.0.get(SK).and_then(|value| value.as_s().ok()).map_or("", String::as_str)
    }

    /// Whether the item lies at a key.
    #[must_use]
    pub fn lies_at(&self, key: &Key) -> bool {
        let is = |name: &str, wanted: &String| self.0.get(name).and_then(|value| value.as_s().ok()) == Some(wanted);
        is(PK, &key.pk) && is(SK, &key.sk)
    }

    /// The counter `n` of an item that [`crate::aws::table::Table::add`] keeps.
    #[must_use]
    pub fn counter(&self) -> i64 {
        self.0.get("n").and_then(|value| value.as_n().ok()).and_then(|text| text.parse().ok()).unwrap_or_default()
    }
}

/// A key as the SDK takes it.
pub(crate) fn key_attributes(key: Key) -> HashMap<String, AttributeValue> {
    HashMap::from([(PK.to_owned(), AttributeValue::S(key.pk)), (SK.to_owned(), AttributeValue::S(key.sk))])
}

/// The kinds of value that entities are made of.
fn typed_json(value: &AttributeValue) -> Json {
    match value {
        AttributeValue::S(text) => json!({ "S": text }),
        AttributeValue::N(number) => json!({ "N": number }),
        AttributeValue::Bool(flag) => json!({ "BOOL": flag }),
        AttributeValue::B(bytes) => json!({ "B": STANDARD.encode(bytes) }),
        AttributeValue::L(items) => json!({ "L": items.iter().map(typed_json).collect::<Vec<_>>() }),
        AttributeValue::M(map) => {
            let map: Map<_, _> = map.iter().map(|(name, value)| (name.clone(), typed_json(value))).collect();
            json!({ "M": map })
        }
        _ => json!({ "NULL": true }),
    }
}

/// About what DynamoDB counts: names and texts by their bytes, numbers by their digits, three for a collection.
fn size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => text.len(),
        AttributeValue::B(bytes) => bytes.as_ref().len(),
        AttributeValue::L(items) => 3 + items.iter().map(|item| 1 + size(item)).sum::<usize>(),
        AttributeValue::M(map) => 3 + map.iter().map(|(name, item)| 1 + name.len() + size(item)).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::Serialize;

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Ending {
        expires_at: i64,
    }

    impl Entity for Ending {
        const TYPE: &'static str = "ending";
    }

    #[test]
    fn a_field_that_reading_would_lose_cannot_be_written() {
        let key = Key { pk: "a".to_owned(), sk: "b".to_owned() };
        let refused = Item::encode(key, &Ending { expires_at: 1 });
        assert!(matches!(refused, Err(Error::Internal(text)) if text.contains("expires_at")));
    }
}
