//! Plain values in all the forms in which clients send them.

use serde_json::Value as Json;

use crate::error::Error;

/// A yes or no: `true`, `True`, `1`, `"false"`, also with blanks around it.
pub fn flag(field: &str, raw: &Json) -> Result<bool, Error> {
    let text = match raw {
        Json::Bool(flag) => return Ok(*flag),
        Json::Number(number) => number.to_string(),
        Json::String(text) => text.trim().to_ascii_lowercase(),
        _ => String::new(),
    };
    match text.as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Error::malformed(field, format!("The {field} must be true or false."))),
    }
}

/// A whole number within bounds, as a number or as its digits.
pub fn whole(field: &str, raw: &Json, least: u64, most: u64) -> Result<u64, Error> {
    let number = match raw {
        Json::Number(number) => {
            number.as_u64().or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).and_then(exact))
        }
        // Digits only: Rust would take a plus as well.
        Json::String(text) if text.trim().bytes().all(|byte| byte.is_ascii_digit()) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        Error::malformed(field, format!("The {field} must be a whole number between {least} and {most}."))
    })
}

/// A float that is a whole number a `u64` holds exactly.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 0 and 2^53")]
fn exact(float: f64) -> Option<u64> {
    (0.0..=9_007_199_254_740_992.0).contains(&float).then_some(float as u64)
}

/// Bytes in hexadecimal digits.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |text, byte| text + &format!("{byte:02x}"))
}

/// Text with line breaks, or nothing. Blanks around it stay; a text that is empty counts as nothing.
pub fn optional_text(field: &str, raw: &Json, longest: usize) -> Result<Option<String>, Error> {
    let text = match raw {
        Json::Null => return Ok(None),
        Json::String(text) => text,
        _ => return Err(Error::malformed(field, format!("The {field} must be text."))),
    };
    if text.chars().count() > longest {
        return Err(Error::malformed(field, format!("The {field} may not be longer than {longest} characters.")));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(Error::malformed(field, format!("The {field} may not have control characters.")));
    }
    Ok(Some(text.clone()).filter(|text| !text.is_empty()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn flags_come_in_many_forms() {
        for yes in [json!(true), json!("true"), json!("True"), json!(1), json!("1"), json!(" true ")] {
            assert_eq!(flag("f", &yes), Ok(true), "{yes}");
        }
        for no in [json!(false), json!("false "), json!("False"), json!(0), json!("0")] {
            assert_eq!(flag("f", &no), Ok(false), "{no}");
        }
        for bad in [json!(null), json!("yes"), json!(2), json!(""), json!([]), json!(1.5)] {
            assert!(flag("f", &bad).is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn whole_numbers_are_whole_and_within_bounds() {
        for five in [json!(5), json!("5"), json!(" 5 "), json!(5.0)] {
            assert_eq!(whole("n", &five, 0, 9), Ok(5), "{five}");
        }
        for bad in [json!(10), json!(-1), json!(1.5), json!("+5"), json!(""), json!(null), json!("5.0"), json!(1e300)] {
            assert!(whole("n", &bad, 0, 9).is_err(), "{bad} must be refused");
        }
    }

    #[test]
    fn text_is_bounded_and_plain() {
        assert_eq!(optional_text("t", &json!(null), 3), Ok(None));
        assert_eq!(optional_text("t", &json!(""), 3), Ok(None));
        assert_eq!(optional_text("t", &json!("a\nb"), 3), Ok(Some("a\nb".to_owned())));
        for bad in [json!("abcd"), json!(1), json!("\u{0}"), json!(["a"])] {
            assert!(optional_text("t", &bad, 3).is_err(), "{bad} must be refused");
        }
    }
}
