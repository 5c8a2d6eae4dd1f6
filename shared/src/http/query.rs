//! Query strings, with the four ways in which clients write a list.

use std::collections::BTreeSet;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde_json::Value as Json;

use crate::error::Error;
use crate::wire;

/// The parameters of a query string, decoded, in their order. Parameters that
/// nobody asks for are ignored: clients add some of their own to every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads a query string.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        Self(form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The same query with a parameter in place of what it said of it, in the form of an address.
    #[must_use]
    pub fn with(&self, name: &str, value: &str) -> String {
        let others = self.0.iter().filter(|(other, _)| other != name);
        form_urlencoded::Serializer::new(String::new()).extend_pairs(others).append_pair(name, value).finish()
    }

    /// A parameter, trimmed; the last one counts when it is sent twice. An empty one counts as not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let sent = self.0.iter().rev().find(|(key, _)| key == name);
        sent.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A parameter that is a list: `name[]=a&name[]=b`, `name[0]=a`, `name=a,b`. `None` when it was not sent.
    #[must_use]
    pub fn list(&self, name: &str) -> Option<BTreeSet<String>> {
        let mut sent = self.0.iter().filter(|(key, _)| key == name || is_item(key, name)).peekable();
        sent.peek()?;
        Some(
            sent.flat_map(|(_, value)| value.split(','))
                .map(|item| item.trim().to_owned())
                .filter(|item| !item.is_empty())
                .collect(),
        )
    }

    /// A parameter that is a yes or no.
    pub fn flag(&self, name: &str, otherwise: bool) -> Result<bool, Error> {
        self.get(name).map_or(Ok(otherwise), |text| wire::flag(name, &Json::from(text)))
    }

    /// A parameter that is a whole number within bounds.
    pub fn number(&self, name: &str, least: u64, most: u64, otherwise: u64) -> Result<u64, Error> {
        let Some(text) = self.get(name) else { return Ok(otherwise) };
        // Digits only: Rust would take a plus as well.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse::<u64>() {
            Ok(number) if digits && (least..=most).contains(&number) => Ok(number),
            _ => Err(Error::malformed(name, format!("The {name} must be between {least} and {most}."))),
        }
    }
}

fn is_item(key: &str, name: &str) -> bool {
    key.strip_prefix(name)
        .and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'))
        .is_some_and(|index| index.bytes().all(|b| b.is_ascii_digit()))
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn list(text: &str) -> Option<Vec<String>> {
        Query::parse(text).list("employees").map(|items| items.into_iter().collect())
    }

    #[test]
    fn the_ways_of_writing_a_list_are_one() {
        let wanted = Some(vec!["1".to_owned(), "2".to_owned()]);
        for text in [
            "employees[]=1&employees[]=2",
            "employees[0]=1&employees[1]=2",
            "employees=1,2",
            "employees=1&employees=2",
            "employees%5B%5D=1&employees%5B%5D=2",
            "employees[]=2,1&page=0",
        ] {
            assert_eq!(list(text), wanted, "{text}");
        }
        assert_eq!(list("employees_other[]=1&limit=2"), None);
        assert_eq!(list("employees[x]=1"), None);
        assert_eq!(list("employees[]="), Some(vec![]));
    }

    #[test]
    fn numbers_keep_to_their_bounds() {
        let number = |text: &str| Query::parse(text).number("limit", 1, 200, 50).ok();
        assert_eq!(number(""), Some(50));
        assert_eq!(number("limit="), Some(50));
        assert_eq!(number("limit=200"), Some(200));
        assert_eq!(number("limit=%207%20"), Some(7));
        for bad in
            ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1.5", "limit=%2B5", "limit=99999999999999999999"]
        {
            assert_eq!(number(bad), None, "{bad} must be refused");
        }
    }

    #[test]
    fn a_parameter_takes_the_place_of_another() {
        let query = Query::parse("from=2026-11-01&lang=de&credential=a%26b");
        assert_eq!(query.with("lang", "fr"), "from=2026-11-01&credential=a%26b&lang=fr");
        assert_eq!(Query::parse("").with("lang", "fr"), "lang=fr");
    }

    proptest! {
        #[test]
        fn no_text_makes_the_reader_panic(text in "\\PC{0,80}") {
            let query = Query::parse(&text);
            let _ = (query.list("employees"), query.get("limit"), query.number("limit", 1, 200, 50));
        }
    }
}
