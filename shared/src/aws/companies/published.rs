//! A company's settings as one text, which lies in as many items as it needs.

use serde::Deserialize;
use serde::Serialize;

use crate::aws::companies::Settings;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::transaction::Condition;
use crate::aws::transaction::Transaction;
use crate::error::Error;
use crate::ids::CompanyId;

/// How many bytes a part has at most; an item takes 400 KB.
const PART_BYTES: usize = 300_000;
/// How many parts there are at most; a transaction takes 4 MB.
pub(super) const MAX_PARTS: usize = 12;

/// Settings as they were published.
#[derive(Debug)]
pub(super) struct Published {
    /// How often something else had been published before.
    version: u64,
    /// The settings as JSON. It is not read where it is only replaced: who could not read it could not repair it.
    text: String,
}

/// What an item holds of it.
#[derive(Debug, Serialize, Deserialize)]
struct Part {
    version: u64,
    /// How many parts there are of this version.
    parts: usize,
    text: String,
}

impl Entity for Part {
    const TYPE: &'static str = "published_settings";
}

impl Published {
    /// What the parts of one version say together, in their order; `None` where there are none.
    /// [`Error::Raced`] where some are of another version, or missing.
    pub(super) fn join(items: Vec<Item>) -> Result<Option<Self>, Error> {
        let mut items = items.into_iter();
        let Some(first) = items.next() else { return Ok(None) };
        let Part { version, parts, mut text } = first.decode()?;
        let mut found = 1;
        for item in items {
            let part: Part = item.decode()?;
            if part.version != version {
                return Err(Error::Raced);
            }
            text.push_str(&part.text);
            found += 1;
        }
        if found != parts {
            return Err(Error::Raced);
        }
        Ok(Some(Self { version, text }))
    }

    /// What the text says.
    pub(super) fn settings(&self) -> Result<Settings, Error> {
        // Without serde's own text, which may quote what is in them.
        serde_json::from_str(&self.text)
            .map_err(|error| Error::Internal(format!("published settings cannot be read at byte {}", error.column())))
    }

    /// What is to be published after `before`; `None` if that says the same.
    pub(super) fn following(before: Option<&Self>, settings: &Settings) -> Result<Option<Self>, Error> {
        let text = serde_json::to_string(settings)
            .map_err(|error| Error::Internal(format!("settings cannot be written: {error}")))?;
        if before.is_some_and(|before| before.text == text) {
            return Ok(None);
        }
        if split(&text).len() > MAX_PARTS {
            let most = MAX_PARTS * PART_BYTES / 1_000;
            return Err(Error::TooLarge(format!("The settings of a company take more than {most} KB.")));
        }
        let version = before.map_or(0, |before| before.version + 1);
        Ok(Some(Self { version, text }))
    }

    /// Puts the parts in the place of those of `before`, if nobody else did.
    pub(super) fn write<'t>(
        &self,
        mut transaction: Transaction<'t>,
        company: &CompanyId,
        before: Option<&Self>,
    ) -> Result<Transaction<'t>, Error> {
        let parts = split(&self.text);
        for (number, text) in parts.iter().enumerate() {
            let part = Part { version: self.version, parts: parts.len(), text: (*text).to_owned() };
            let item = Item::encode(keys::published(company, number), &part)?;
            transaction = match (number, before) {
                (0, None) => transaction.put_if(item, Condition::absent(), Error::Raced),
                (0, Some(before)) => {
                    let unchanged = Condition::exists().number_is(&["version"], before.version);
                    transaction.put_if(item, unchanged, Error::Raced)
                }
                _ => transaction.put(item),
            };
        }
        for number in parts.len()..before.map_or(0, |before| split(&before.text).len()) {
            transaction = transaction.delete(keys::published(company, number));
        }
        Ok(transaction)
    }
}

/// A text in parts that fit into items; at least one.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while rest.len() > PART_BYTES {
        let (part, after) = rest.split_at(rest.floor_char_boundary(PART_BYTES));
        parts.push(part);
        rest = after;
    }
    parts.push(rest);
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_end_between_characters_and_are_the_text_together() {
        for text in
            [String::new(), "a".repeat(PART_BYTES), "ä".repeat(PART_BYTES), format!("a{}", "€".repeat(PART_BYTES))]
        {
            let parts = split(&text);
            assert_eq!(parts.concat(), text);
            assert!(parts.iter().all(|part| part.len() <= PART_BYTES), "{}", parts.len());
            let (_, full) = parts.split_last().expect("a part");
            assert!(full.iter().all(|part| part.len() > PART_BYTES - 4), "none is smaller than it must be");
        }
    }

    #[test]
    fn what_is_published_again_is_not_written() {
        let settings = Settings::default();
        let first = Published::following(None, &settings).expect("settings").expect("something new");
        assert_eq!(first.version, 0);
        assert!(Published::following(Some(&first), &settings).expect("settings").is_none());
    }

    #[test]
    fn parts_of_two_versions_are_not_read_as_one() {
        let company = "acme".parse::<CompanyId>().expect("a company");
        let part = |number: usize, version: u64, parts: usize, text: &str| {
            let part = Part { version, parts, text: text.to_owned() };
            Item::encode(keys::published(&company, number), &part).expect("an item")
        };
        let halves = || {
            let text = serde_json::to_string(&Settings::default()).expect("JSON");
            let (one, two) = text.split_at(7);
            (one.to_owned(), two.to_owned())
        };
        let (one, two) = halves();
        let joined = Published::join(vec![part(0, 3, 2, &one), part(1, 3, 2, &two)]).expect("a text").expect("parts");
        assert_eq!(joined.version, 3);
        joined.settings().expect("settings");
        for wrong in [
            vec![part(0, 3, 2, &one), part(1, 4, 2, &two)],
            vec![part(0, 3, 2, &one)],
            vec![part(0, 4, 1, &one), part(1, 4, 2, &two)],
        ] {
            assert!(matches!(Published::join(wrong), Err(Error::Raced)));
        }
        assert!(Published::join(Vec::new()).expect("nothing").is_none());
    }
}
