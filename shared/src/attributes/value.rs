//! A stored value, and how one is read from a request or a company file.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde::Serialize;
use serde_json::Number;
use serde_json::Value as Json;
use uuid::Uuid;

use crate::attributes::Definition;
use crate::attributes::Kind;
use crate::calendar;
use crate::error::Error;
use crate::ids::EmployeeId;

/// Longest line of text, in characters.
pub const MAX_TEXT: usize = 255;
/// Longest text with line breaks, in characters.
pub const MAX_MULTILINE: usize = 10_000;
/// Longest web address, in characters.
const MAX_LINK: usize = 2_000;
/// Whole numbers and decimals keep to what a JSON number carries exactly.
const MAX_INTEGER: i64 = (1 << 53) - 1;
const MAX_DECIMAL_DIGITS: usize = 15;
/// How long the text of a decimal may be: 28 digits are kept exactly, with a sign and a point.
const LONGEST_DECIMAL: usize = 30;

/// The value of one attribute of one employee, as it is stored. An attribute without a value is not stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Value {
    /// Text of any kind, options and links included.
    Text(String),
    /// A date.
    Date(Date),
    /// A whole number.
    Integer(i64),
    /// A decimal number, an amount, or hours.
    Decimal(Decimal),
    /// The number of an entry of the list that the attribute points to.
    Entry(u32),
    /// Another employee.
    Employee(EmployeeId),
    /// Options of a tags attribute, in the order in which they were sent.
    Tags(Vec<String>),
    /// Cost centers with percentages.
    Shares(Vec<Share>),
    /// Absence types with days per year.
    Entitlements(Vec<Entitlement>),
    /// A picture in the bucket.
    Picture(Picture),
}

/// A picture of an employee, as it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// The object that holds it; its names in the bucket are made of it.
    pub object: Uuid,
    /// `image/jpeg`, `image/png` or `image/webp`, by its content.
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// How wide it is shown, in pixels: a camera may have been held on its side.
    pub width: u32,
    /// How high it is shown, in pixels.
    pub height: u32,
}

/// A part of an employee's cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Share {
    /// The cost center's number.
    pub id: u32,
    /// How much of the cost, 0 to 100.
    pub percentage: Decimal,
}

/// Days or hours per year that an employee may be absent for a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// The absence type's number.
    pub id: u32,
    /// Days per year, or hours where the type is taken in hours; until a year says otherwise.
    pub days: Decimal,
    /// The same from a year on, by that year.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub years: BTreeMap<i16, Decimal>,
}

impl Entitlement {
    /// What somebody may take who is employed for all of the year.
    #[must_use]
    pub fn in_year(&self, year: i16) -> Decimal {
        self.years.range(..=year).next_back().map_or(self.days, |(_, days)| *days)
    }
}

/// Reads the value of a plain attribute (one that points to nothing) from JSON
/// or from the text of a form. `None` clears it: `null`, an empty text, no tags.
///
/// `field` is what the message calls it. Numbers and texts are taken for each
/// other where nothing is lost, because forms know only text.
pub fn read(definition: &Definition, field: &str, raw: &Json) -> Result<Option<Value>, Error> {
    if raw.is_null() || raw.as_str().is_some_and(|text| text.trim().is_empty()) {
        return Ok(None);
    }
    match definition.kind {
        Kind::Text => text(field, raw, MAX_TEXT, false).map(Value::Text),
        Kind::Multiline => text(field, raw, MAX_MULTILINE, true).map(Value::Text),
        Kind::Email => email(field, raw).map(Value::Text),
        Kind::Link => link(field, raw).map(Value::Text),
        Kind::Choice(words) => word(field, raw, words).map(Value::Text),
        Kind::Option => word(field, raw, &definition.options).map(Value::Text),
        Kind::Tags => return tags(field, raw, &definition.options),
        Kind::Date => text(field, raw, MAX_TEXT, false).and_then(|t| calendar::parse_date(field, &t)).map(Value::Date),
        Kind::Integer => integer(field, raw).map(Value::Integer),
        Kind::Decimal => decimal(field, raw).map(Value::Decimal),
        Kind::Hours => between(field, raw, Decimal::ZERO, Decimal::from(168)).map(Value::Decimal),
        Kind::Money => between(field, raw, Decimal::ZERO, Decimal::from(1_000_000_000_000_i64)).map(Value::Decimal),
        Kind::Id
        | Kind::CreatedAt
        | Kind::LastModifiedAt
        | Kind::Entry(_)
        | Kind::Supervisor
        | Kind::CostCenters
        | Kind::AbsenceEntitlement
        | Kind::ProfilePicture => Err(Error::Internal(format!("{} is not a plain attribute", definition.key))),
    }
    .map(Some)
}

fn text(field: &str, raw: &Json, longest: usize, line_breaks: bool) -> Result<String, Error> {
    let text = match raw {
        Json::String(text) => text.trim().to_owned(),
        Json::Number(number) if keeps_its_digits(number) => number.to_string(),
        _ => return Err(Error::invalid(field, format!("The {field} must be text."))),
    };
    if text.chars().count() > longest {
        return Err(Error::invalid(field, format!("The {field} may not be longer than {longest} characters.")));
    }
    let forbidden = |c: char| c.is_control() && !(line_breaks && matches!(c, '\n' | '\r' | '\t'));
    if text.contains(forbidden) {
        return Err(Error::invalid(field, format!("The {field} may not contain control characters.")));
    }
    Ok(text)
}

/// Whether a number reads as it was sent: 10^23 and 1e2 are others by now, and nobody can tell 7.0 from 7.00.
fn keeps_its_digits(number: &Number) -> bool {
    let ordinary = |number: f64| number.fract() != 0.0 && (1e-4..1e15).contains(&number.abs());
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(ordinary)
}

/// An e-mail address: an addr-spec of at most 254 characters, without a name beside it.
pub fn email(field: &str, raw: &Json) -> Result<String, Error> {
    let text = text(field, raw, 254, false)?;
    let options = email_address::Options::default().without_display_text().without_domain_literal();
    match email_address::EmailAddress::parse_with_options(&text, options) {
        Ok(_) => Ok(text),
        Err(_) => Err(Error::invalid(field, format!("The {field} must be a valid email address."))),
    }
}

fn link(field: &str, raw: &Json) -> Result<String, Error> {
    let text = text(field, raw, MAX_LINK, false)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !text.contains(char::is_whitespace) => Ok(text),
        _ => Err(Error::invalid(
            field,
            format!("The {field} must be a web address that begins with https:// or http://."),
        )),
    }
}

fn word<W: AsRef<str>>(field: &str, raw: &Json, words: &[W]) -> Result<String, Error> {
    let text = text(field, raw, MAX_TEXT, false)?;
    if words.iter().any(|word| word.as_ref() == text) {
        return Ok(text);
    }
    let known: Vec<_> = words.iter().map(AsRef::as_ref).collect();
    Err(Error::invalid(field, format!("The {field} must be one of: {}.", known.join(", "))))
}

/// Tags come as a list or as one text with commas, as the vendor's clients send them.
fn tags(field: &str, raw: &Json, options: &[String]) -> Result<Option<Value>, Error> {
    let sent: Vec<Json> = match raw {
        Json::Array(items) => items.clone(),
        Json::String(text) => text.split(',').map(|tag| Json::from(tag.trim())).collect(),
        _ => {
            return Err(Error::invalid(
                field,
                format!("The {field} must be a list of texts, or one text with commas."),
            ));
        }
    };
    let mut tags: Vec<String> = Vec::new();
    for item in sent.iter().filter(|item| item.as_str() != Some("")) {
        let tag = word(field, item, options)?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    Ok((!tags.is_empty()).then_some(Value::Tags(tags)))
}

fn integer(field: &str, raw: &Json) -> Result<i64, Error> {
    let number = match raw {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    match number {
        Some(number) if (-MAX_INTEGER..=MAX_INTEGER).contains(&number) => Ok(number),
        _ => Err(Error::invalid(
            field,
            format!("The {field} must be a whole number from -{MAX_INTEGER} to {MAX_INTEGER}."),
        )),
    }
}

fn decimal(field: &str, raw: &Json) -> Result<Decimal, Error> {
    let text = match raw {
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_owned(),
        _ => String::new(),
    };
    // The parser rounds what is longer than a decimal, and takes underscores.
    let plain = text.len() <= LONGEST_DECIMAL && !text.contains('_');
    let number = text.parse::<Decimal>().or_else(|_| Decimal::from_scientific(&text)).map(|n| n.normalize());
    match number {
        Ok(number) if plain && number.mantissa().unsigned_abs().to_string().len() <= MAX_DECIMAL_DIGITS => Ok(number),
        _ => Err(Error::invalid(
            field,
            format!("The {field} must be a number of at most 15 digits, with a point for decimals."),
        )),
    }
}

fn between(field: &str, raw: &Json, least: Decimal, most: Decimal) -> Result<Decimal, Error> {
    let number = decimal(field, raw)?;
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        Err(Error::invalid(field, format!("The {field} must be between {least} and {most}.")))
    }
}

/// A decimal as a JSON number: whole where it is whole, exact within 15 digits.
#[must_use]
pub fn number(decimal: Decimal) -> Json {
    if decimal.is_integer()
        && let Some(whole) = decimal.to_i64()
    {
        return Json::from(whole);
    }
    decimal.to_f64().map_or(Json::Null, Json::from)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::attributes::Catalogue;
    use crate::attributes::definition::DeclaredAttribute;
    use crate::company::Locale;

    fn catalogue() -> Catalogue {
        let declare = |number: u32, kind: &str, options: &[&str]| -> DeclaredAttribute {
            serde_json::from_value(json!({
                "key": format!("dynamic_{number}"), "label": kind, "type": kind, "options": options,
            }))
            .expect("a declaration")
        };
        Catalogue::new(
            Locale::En,
            vec![
                declare(1, "standard", &[]),
                declare(2, "date", &[]),
                declare(3, "integer", &[]),
                declare(4, "decimal", &[]),
                declare(5, "list", &["S", "M"]),
                declare(6, "link", &[]),
                declare(7, "tags", &["German", "French"]),
                declare(8, "multiline", &[]),
            ],
        )
    }

    fn read_as(key: &str, raw: &Json) -> Result<Option<Value>, Error> {
        let catalogue = catalogue();
        read(catalogue.get(key).expect("a definition"), key, raw)
    }

    #[test]
    fn each_type_takes_its_values() {
        let text = |t: &str| Some(Value::Text(t.to_owned()));
        for (key, raw, wanted) in [
            ("dynamic_1", json!("  Dr "), text("Dr")),
            ("dynamic_1", json!(7), text("7")),
            ("dynamic_1", json!(-1.5), text("-1.5")),
            ("dynamic_2", json!("2021-01-01"), "2021-01-01".parse().ok().map(Value::Date)),
            ("dynamic_3", json!("42"), Some(Value::Integer(42))),
            ("dynamic_3", json!(-42), Some(Value::Integer(-42))),
            ("dynamic_4", json!("12.50"), "12.5".parse().ok().map(Value::Decimal)),
            ("dynamic_4", json!(1e3), "1000".parse().ok().map(Value::Decimal)),
            ("dynamic_5", json!("M"), text("M")),
            ("dynamic_6", json!("https://intranet.example/anna"), text("https://intranet.example/anna")),
            ("dynamic_7", json!("German, French"), Some(Value::Tags(vec!["German".into(), "French".into()]))),
            ("dynamic_7", json!(["French", "French"]), Some(Value::Tags(vec!["French".into()]))),
            ("dynamic_8", json!("two\nlines"), text("two\nlines")),
            ("email", json!("Jürgen.Groß@exämple.de"), text("Jürgen.Groß@exämple.de")),
            ("weekly_working_hours", json!("37.5"), "37.5".parse().ok().map(Value::Decimal)),
            ("gender", json!("diverse"), text("diverse")),
        ] {
            assert_eq!(read_as(key, &raw), Ok(wanted), "{key} from {raw}");
        }
    }

    #[test]
    fn each_type_refuses_what_it_is_not() {
        for (key, raw) in [
            ("dynamic_1", json!({"a": 1})),
            ("dynamic_1", json!("x".repeat(256))),
            ("dynamic_1", json!("a\u{0}b")),
            ("dynamic_1", json!("two\nlines")),
            ("dynamic_1", json!(1e23)),
            ("dynamic_1", json!(100.0)),
            ("dynamic_1", json!(-0.0)),
            ("dynamic_2", json!("2021-02-30")),
            ("dynamic_2", json!(20_210_101)),
            ("dynamic_3", json!(1.5)),
            ("dynamic_3", json!("99999999999999999999")),
            ("dynamic_3", json!(9_007_199_254_740_992_i64)),
            ("dynamic_4", json!("1,5")),
            ("dynamic_4", json!("0.1234567890123456")),
            ("dynamic_4", json!("0.10000000000000000000000000000000000000009")),
            ("dynamic_4", json!("1_000.5")),
            ("weekly_working_hours", json!("168.0000000000000000000000000000000001")),
            ("dynamic_4", json!("NaN")),
            ("dynamic_5", json!("XL")),
            ("dynamic_5", json!(true)),
            ("dynamic_6", json!("javascript:alert(1)")),
            ("dynamic_6", json!("https://")),
            ("dynamic_7", json!("Klingon")),
            ("dynamic_7", json!(["German", 3])),
            ("dynamic_7", json!(3)),
            ("email", json!("no-at-sign")),
            ("email", json!("Anna <anna@demo.example>")),
            ("weekly_working_hours", json!(169)),
            ("weekly_working_hours", json!(-1)),
            ("gender", json!("Male")),
            ("status", json!("gone")),
        ] {
            match read_as(key, &raw) {
                Err(Error::Invalid(invalid)) => {
                    assert!(invalid.fields.contains_key(key), "{key}: the field must be named");
                    assert!(invalid.message.contains(key), "{key}: {} must name the field", invalid.message);
                }
                other => panic!("{key} from {raw} must be refused, not {other:?}"),
            }
        }
    }

    #[test]
    fn empty_clears() {
        for key in ["dynamic_1", "dynamic_3", "dynamic_5", "dynamic_7", "gender"] {
            assert_eq!(read_as(key, &Json::Null), Ok(None));
            assert_eq!(read_as(key, &json!("  ")), Ok(None));
        }
        assert_eq!(read_as("dynamic_7", &json!([])), Ok(None));
    }

    proptest! {
        #[test]
        fn no_text_makes_a_reader_panic(text in "\\PC{0,40}", number in 1u32..9) {
            let _ = read_as(&format!("dynamic_{number}"), &json!(text));
            let _ = read_as("email", &json!(text));
            let _ = read_as("weekly_working_hours", &json!(text));
        }

        #[test]
        fn a_number_is_shown_as_it_was_read(whole in -9_999_999_999_i64..9_999_999_999, cents in 0u32..100) {
            let text = format!("{whole}.{cents:02}");
            let Ok(Some(Value::Decimal(read))) = read_as("dynamic_4", &json!(text)) else {
                return Err(TestCaseError::fail(text));
            };
            let shown = number(read).to_string();
            prop_assert_eq!(shown.parse::<Decimal>().ok(), text.parse::<Decimal>().ok());
        }
    }
}
