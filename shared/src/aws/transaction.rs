//! Parts that are stored together or not at all.
//!
//! Each part that can be refused says which error that is, so that the reader
//! of a store function sees the rule and its message in one place.

use std::collections::HashMap;

use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::CancellationReason;
use aws_sdk_dynamodb::types::ConditionCheck;
use aws_sdk_dynamodb::types::Delete;
use aws_sdk_dynamodb::types::Put;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_sdk_dynamodb::types::TransactWriteItem;
use aws_sdk_dynamodb::types::Update;

use crate::aws::items::ENTITY;
use crate::aws::items::Item;
use crate::aws::items::key_attributes;
use crate::aws::keys::Key;
use crate::aws::table::MAX_TRIES;
use crate::aws::table::Table;
use crate::aws::table::back_off;
use crate::aws::table::classify;
use crate::aws::table::count_write;
use crate::error::Error;

/// How many parts a transaction has at most.
pub const MAX_PARTS: usize = 100;

type Names = HashMap<String, String>;
type Values = HashMap<String, AttributeValue>;

/// What must hold for an item, written once and used by puts, deletes and checks.
#[derive(Clone, Debug, Default)]
pub struct Condition {
    alternatives: Vec<String>,
    clauses: Vec<String>,
    names: Names,
    values: Values,
}

impl Condition {
    /// The item is not there yet.
    #[must_use]
    pub fn absent() -> Self {
        Self { clauses: vec!["attribute_not_exists(pk)".to_owned()], ..Self::default() }
    }

    /// The item is there.
    #[must_use]
    pub fn exists() -> Self {
        Self { clauses: vec!["attribute_exists(pk)".to_owned()], ..Self::default() }
    }

    /// And an attribute holds this number.
    #[must_use]
    pub fn number_is(self, path: &[&str], number: u64) -> Self {
        self.compare(path, "=", AttributeValue::N(number.to_string()))
    }

    /// And an attribute holds a number below this one.
    #[must_use]
    pub fn number_is_below(self, path: &[&str], number: i64) -> Self {
        self.compare(path, "<", AttributeValue::N(number.to_string()))
    }

    /// And an attribute holds this text.
    #[must_use]
    pub fn text_is(self, path: &[&str], text: &str) -> Self {
        self.compare(path, "=", AttributeValue::S(text.to_owned()))
    }

    /// Or, if what was demanded up to here does not hold, all that follows does.
    #[must_use]
    pub fn or(mut self) -> Self {
        self.alternatives.push(std::mem::take(&mut self.clauses).join(" AND "));
        self
    }

    /// And an attribute holds something else than this text, or nothing.
    #[must_use]
    pub fn text_is_not(self, path: &[&str], text: &str) -> Self {
        self.compare(path, "<>", AttributeValue::S(text.to_owned()))
    }

    /// And an attribute is missing.
    #[must_use]
    pub fn missing(mut self, path: &[&str]) -> Self {
        let path = self.name(path);
        self.clauses.push(format!("attribute_not_exists({path})"));
        self
    }

    fn compare(mut self, path: &[&str], operator: &str, value: AttributeValue) -> Self {
        let path = self.name(path);
        let placeholder = format!(":c{}", self.values.len());
        self.clauses.push(format!("{path} {operator} {placeholder}"));
        self.values.insert(placeholder, value);
        self
    }

    fn name(&mut self, path: &[&str]) -> String {
        let steps = path.iter().map(|step| {
            let placeholder = format!("#c_{step}");
            self.names.insert(placeholder.clone(), (*step).to_owned());
            placeholder
        });
        steps.collect::<Vec<_>>().join(".")
    }

    pub(crate) fn into_parts(condition: Option<Self>) -> (Option<String>, Option<Names>, Option<Values>) {
        let Some(mut condition) = condition else { return (None, None, None) };
        condition = condition.or();
        let some = |empty: bool| (!empty).then_some(());
        (
            // AND binds tighter than OR, so no parentheses are needed.
            Some(condition.alternatives.join(" OR ")),
            some(condition.names.is_empty()).map(|()| condition.names),
            some(condition.values.is_empty()).map(|()| condition.values),
        )
    }
}

/// The parts of a transaction, in the order in which refusals are looked for.
#[derive(Debug)]
pub struct Transaction<'t> {
    table: &'t Table,
    parts: Vec<TransactWriteItem>,
    refusals: Vec<Option<Error>>,
    broken: Option<Error>,
}

impl<'t> Transaction<'t> {
    pub(crate) fn new(table: &'t Table) -> Self {
        Self { table, parts: Vec::new(), refusals: Vec::new(), broken: None }
    }

    /// Stores an item.
    #[must_use]
    pub fn put(self, item: Item) -> Self {
        self.put_when(item, None, None)
    }

    /// Stores an item if the condition holds for what is there; else the transaction fails with `refusal`.
    #[must_use]
    pub fn put_if(self, item: Item, condition: Condition, refusal: Error) -> Self {
        self.put_when(item, Some(condition), Some(refusal))
    }

    fn put_when(self, item: Item, condition: Option<Condition>, refusal: Option<Error>) -> Self {
        let (expression, names, values) = Condition::into_parts(condition);
        let put = Put::builder()
            .table_name(self.table.name())
            .set_item(Some(item.0))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        self.part(put.map(|put| TransactWriteItem::builder().put(put).build()), refusal)
    }

    /// Removes an item, if it is there.
    #[must_use]
    pub fn delete(self, key: Key) -> Self {
        self.delete_when(key, None, None)
    }

    /// Removes an item if the condition holds for it; else the transaction fails with `refusal`.
    #[must_use]
    pub fn delete_if(self, key: Key, condition: Condition, refusal: Error) -> Self {
        self.delete_when(key, Some(condition), Some(refusal))
    }

    fn delete_when(self, key: Key, condition: Option<Condition>, refusal: Option<Error>) -> Self {
        let (expression, names, values) = Condition::into_parts(condition);
        let delete = Delete::builder()
            .table_name(self.table.name())
            .set_key(Some(key_attributes(key)))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        self.part(delete.map(|delete| TransactWriteItem::builder().delete(delete).build()), refusal)
    }

    /// Adds to counters of an item, which is created with its type when it is missing. There must be one at least.
    #[must_use]
    pub fn add(self, key: Key, entity_type: &str, counters: impl Iterator<Item = (String, i64)>) -> Self {
        let mut update = Update::builder()
            .table_name(self.table.name())
            .set_key(Some(key_attributes(key)))
            .expression_attribute_names("#entity", ENTITY)
            .expression_attribute_values(":entity", AttributeValue::S(entity_type.to_owned()));
        let mut clauses = Vec::new();
        for (index, (counter, by)) in counters.enumerate() {
            clauses.push(format!("#n{index} :n{index}"));
            update = update
                .expression_attribute_names(format!("#n{index}"), counter)
                .expression_attribute_values(format!(":n{index}"), AttributeValue::N(by.to_string()));
        }
        let expression = format!("ADD {} SET #entity = :entity", clauses.join(", "));
        let update = update.update_expression(expression).build();
        self.part(update.map(|update| TransactWriteItem::builder().update(update).build()), None)
    }

    /// Demands that a condition holds for an item that is not written.
    #[must_use]
    pub fn require(self, key: Key, condition: Condition, refusal: Error) -> Self {
        let (expression, names, values) = Condition::into_parts(Some(condition));
        let check = ConditionCheck::builder()
            .table_name(self.table.name())
            .set_key(Some(key_attributes(key)))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .build();
        self.part(check.map(|check| TransactWriteItem::builder().condition_check(check).build()), Some(refusal))
    }

    /// Whether it has more parts than the store takes at once.
    #[must_use]
    pub fn is_too_large(&self) -> bool {
        self.parts.len() > MAX_PARTS
    }

    fn part(mut self, part: Result<TransactWriteItem, BuildError>, refusal: Option<Error>) -> Self {
        match part {
            Ok(part) => {
                self.parts.push(part);
                self.refusals.push(refusal);
            }
            Err(error) => self.broken = Some(Error::Internal(format!("TransactWriteItems: {error}"))),
        }
        self
    }

    /// Stores all parts, or none and says why. Another transaction that is
    /// under way on the same items is waited for.
    pub async fn commit(self) -> Result<(), Error> {
        if let Some(error) = self.broken {
            return Err(error);
        }
        for attempt in 0..MAX_TRIES {
            let result = self
                .table
                .client()
                .transact_write_items()
                .set_transact_items(Some(self.parts.clone()))
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await;
            let error = match result {
                Ok(output) => {
                    output.consumed_capacity().iter().for_each(|capacity| count_write(Some(capacity)));
                    return Ok(());
                }
                Err(error) => error,
            };
            let Some(TransactWriteItemsError::TransactionCanceledException(canceled)) = error.as_service_error() else {
                return Err(classify("TransactWriteItems", &error));
            };
            match verdict(canceled.cancellation_reasons(), &self.refusals) {
                Verdict::Refused(refusal) => return Err(refusal),
                Verdict::TryAgain => back_off(attempt).await,
            }
        }
        Err(Error::Unavailable("TransactWriteItems met other transactions too often".to_owned()))
    }
}

enum Verdict {
    Refused(Error),
    TryAgain,
}

/// What the reasons of a cancelled transaction mean: a part's refusal before anything else.
fn verdict(reasons: &[CancellationReason], refusals: &[Option<Error>]) -> Verdict {
    let mut other = None;
    for (index, reason) in reasons.iter().enumerate() {
        match reason.code().unwrap_or("None") {
            "ConditionalCheckFailed" => {
                let refusal = refusals.get(index).cloned().flatten();
                return Verdict::Refused(
                    refusal.unwrap_or_else(|| Error::Internal(format!("part {index} has no refusal"))),
                );
            }
            "None" | "TransactionConflict" | "ProvisionedThroughputExceeded" | "ThrottlingError" => {}
            code => other = Some(format!("TransactWriteItems: part {index}: {code}")),
        }
    }
    other.map_or(Verdict::TryAgain, |text| Verdict::Refused(Error::Internal(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(code: &str) -> CancellationReason {
        CancellationReason::builder().code(code).build()
    }

    #[test]
    fn alternatives_share_names_and_values() {
        let condition = Condition::absent().or().number_is_below(&["a"], 5).text_is(&["b"], "x").or().missing(&["b"]);
        let (expression, names, values) = Condition::into_parts(Some(condition));
        let wanted = "attribute_not_exists(pk) OR #c_a < :c0 AND #c_b = :c1 OR attribute_not_exists(#c_b)";
        assert_eq!(expression.as_deref(), Some(wanted));
        assert_eq!((names.map(|names| names.len()), values.map(|values| values.len())), (Some(2), Some(2)));
    }

    #[test]
    fn a_refusal_outweighs_a_conflict() {
        let refusals = [None, Some(Error::Conflict("taken".to_owned()))];
        let reasons = [reason("TransactionConflict"), reason("ConditionalCheckFailed")];
        assert!(matches!(verdict(&reasons, &refusals), Verdict::Refused(Error::Conflict(_))));
        assert!(matches!(verdict(&[reason("TransactionConflict"), reason("None")], &refusals), Verdict::TryAgain));
        assert!(matches!(verdict(&[reason("ValidationError")], &refusals), Verdict::Refused(Error::Internal(_))));
    }
}
