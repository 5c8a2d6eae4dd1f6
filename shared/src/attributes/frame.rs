//! The JSON around the value of an attribute, which is the same for every employee.

use serde::Serialize;
use utoipa::ToSchema;

use crate::attributes::AttributeType;
use crate::attributes::Definition;
use crate::attributes::Kind;
use crate::error::Error;

/// An attribute of an employee on the wire.
#[derive(Serialize, ToSchema)]
pub(super) struct AttributeResource<'a> {
    /// What people call it.
    label: &'a str,
    /// Its value, in the form of its type.
    #[schema(value_type = serde_json::Value)]
    value: (),
    /// Its type.
    #[serde(rename = "type")]
    attribute_type: AttributeType,
    /// What it means across companies.
    universal_id: Option<&'a str>,
    /// The currency of an amount, ISO 4217.
    #[serde(skip_serializing_if = "Option::is_none")]
    currency: Option<&'a str>,
}

/// What an [`AttributeResource`] without a value has in its place. No text in one can have it: there, each quotation
/// mark follows a backslash.
const NO_VALUE: &str = r#""value":null"#;
const VALUE: &str = r#""value":"#;

/// Key and resource of an attribute, but for the value. A company writes it once for each attribute, not once for each
/// attribute of each employee.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    before: String,
    after: String,
}

impl Frame {
    /// The frame of an attribute in a company with a currency.
    pub(crate) fn new(definition: &Definition, currency: &str) -> Result<Self, Error> {
        let resource = AttributeResource {
            label: &definition.label,
            value: (),
            attribute_type: definition.attribute_type,
            universal_id: definition.universal_id.as_deref(),
            currency: (definition.kind == Kind::Money).then_some(currency),
        };
        let failed = || Error::Internal(format!("the attribute {} cannot be shown", definition.key));
        let key = serde_json::to_string(&definition.key).map_err(|_| failed())?;
        let json = serde_json::to_string(&resource).map_err(|_| failed())?;
        let (before, after) = json.split_once(NO_VALUE).ok_or_else(failed)?;
        Ok(Self { before: format!("{key}:{before}{VALUE}"), after: after.to_owned() })
    }

    /// Writes it around what `write` writes.
    pub(super) fn around(
        &self,
        json: &mut Vec<u8>,
        write: impl FnOnce(&mut Vec<u8>) -> serde_json::Result<()>,
    ) -> serde_json::Result<()> {
        json.extend_from_slice(self.before.as_bytes());
        write(json)?;
        json.extend_from_slice(self.after.as_bytes());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;
    use serde_json::json;

    use super::*;
    use crate::attributes::Catalogue;
    use crate::company::Locale;

    #[test]
    fn no_label_is_taken_for_the_place_of_the_value() {
        for label in ["Gehalt", r#""value":null"#, r#"\"value":null,"#, "a\n\"b\" \u{1f4b6}"] {
            let declared = json!({"key": "fix_salary", "label": label});
            let declared = serde_json::from_value(declared).expect("a declaration");
            let catalogue = Catalogue::new(Locale::De, vec![declared]);
            let frame = Frame::new(catalogue.get("fix_salary").expect("a definition"), "CHF").expect("a frame");
            let mut json = b"{".to_vec();
            frame.around(&mut json, |json| serde_json::to_writer(json, &4_200.5)).expect("JSON");
            json.push(b'}');
            let wanted = json!({"fix_salary": {
                "label": label, "value": 4_200.5, "type": "decimal", "universal_id": "fix_salary", "currency": "CHF",
            }});
            assert_eq!(serde_json::from_slice::<Json>(&json).expect("JSON"), wanted);
        }
    }
}
