//! The few operations that stores are made of. Reads are strongly consistent:
//! an answer includes everything that was acknowledged before it was asked for.

use std::collections::BTreeSet;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Intercept;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::ConsumedCapacity;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_sdk_dynamodb::types::PutRequest;
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use aws_sdk_dynamodb::types::WriteRequest;
use futures_util::future::try_join_all;

use crate::aws::items::ENTITY;
use crate::aws::items::EXPIRES_AT;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::items::key_attributes;
use crate::aws::keys::Key;
use crate::aws::meter;
use crate::aws::transaction::Condition;
use crate::aws::transaction::Transaction;
use crate::error::Error;

/// How many keys `BatchGetItem` takes.
const BATCH: usize = 100;
/// How many items `BatchWriteItem` takes.
const BATCH_PUT: usize = 25;
/// A query reads at most so many pages of 1 MB; no answer of ours is larger.
const MAX_QUERY_PAGES: usize = 64;
/// How often unprocessed keys and conflicting transactions are tried.
pub(crate) const MAX_TRIES: u32 = 9;

/// The table, and the client that reaches it.
#[derive(Clone, Debug)]
pub struct Table {
    client: Client,
    name: Arc<str>,
}

/// A run of items of one partition, in the order of their sort keys.
#[derive(Clone, Debug)]
pub struct Range {
    /// The partition.
    pub pk: String,
    /// The first sort key, if not the partition's first.
    pub from: Option<String>,
    /// The last sort key, if not the partition's last.
    pub to: Option<String>,
    /// How many items at most; `None` reads to the end of the partition.
    pub limit: Option<usize>,
}

impl Table {
    /// A table by name.
    #[must_use]
    pub fn new(client: Client, name: &str) -> Self {
        Self { client, name: name.into() }
    }

    /// The name of the table.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The same table through a client whose every call an interceptor sees, and may refuse.
    #[must_use]
    pub fn watched_by(&self, interceptor: impl Intercept + 'static) -> Self {
        let config = self.client.config().to_builder().interceptor(interceptor).build();
        Self { client: Client::from_conf(config), name: Arc::clone(&self.name) }
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    /// One item.
    pub async fn get<E: Entity>(&self, key: Key) -> Result<Option<E>, Error> {
        let output = self
            .client
            .get_item()
            .table_name(&*self.name)
            .set_key(Some(key_attributes(key)))
            .consistent_read(true)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await
            .map_err(|error| classify("GetItem", &error))?;
        count_read(output.consumed_capacity.as_ref());
        output.item.map(|item| Item(item).decode()).transpose()
    }

    /// Items by key, in no particular order; keys without an item are left out.
    /// Batches run at the same time; what the store left unprocessed is asked
    /// for again until it is read or the request fails.
    pub async fn batch_get(&self, keys: Vec<Key>) -> Result<Vec<Item>, Error> {
        let batches = keys.chunks(BATCH).map(|batch| self.batch_get_hundred(batch.to_vec()));
        Ok(try_join_all(batches).await?.into_iter().flatten().collect())
    }

    async fn batch_get_hundred(&self, keys: Vec<Key>) -> Result<Vec<Item>, Error> {
        let mut pending: Vec<_> = keys.into_iter().map(key_attributes).collect();
        let mut items = Vec::with_capacity(pending.len());
        for attempt in 0..MAX_TRIES {
            let request = KeysAndAttributes::builder()
                .set_keys(Some(pending))
                .consistent_read(true)
                .build()
                .map_err(|error| Error::Internal(format!("BatchGetItem: {error}")))?;
            let output = self
                .client
                .batch_get_item()
                .request_items(&*self.name, request)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| classify("BatchGetItem", &error))?;
            output.consumed_capacity().iter().for_each(|capacity| count_read(Some(capacity)));
            let mut responses = output.responses.unwrap_or_default();
            items.extend(responses.remove(&*self.name).unwrap_or_default().into_iter().map(Item));
            let unprocessed = output.unprocessed_keys.unwrap_or_default().remove(&*self.name);
            pending = unprocessed.map(|left| left.keys).unwrap_or_default();
            if pending.is_empty() {
                return Ok(items);
            }
            back_off(attempt).await;
        }
        Err(Error::Unavailable(format!("BatchGetItem left {} keys unprocessed", pending.len())))
    }

    /// The items of a range.
    pub async fn query(&self, range: Range) -> Result<Vec<Item>, Error> {
        Box::pin(self.query_in_order(range, true)).await
    }

    /// The items of a range, from its end to its beginning. A query is no snapshot:
    /// what it meets first is as old as the rest, or older.
    pub async fn query_backwards(&self, range: Range) -> Result<Vec<Item>, Error> {
        Box::pin(self.query_in_order(range, false)).await
    }

    async fn query_in_order(&self, range: Range, forward: bool) -> Result<Vec<Item>, Error> {
        let mut values = HashMap::from([(":pk".to_owned(), AttributeValue::S(range.pk))]);
        let mut condition = "pk = :pk".to_owned();
        match (&range.from, &range.to) {
            (None, None) => {}
            (Some(_), None) => condition.push_str(" AND sk >= :from"),
            (Some(_), Some(_)) => condition.push_str(" AND sk BETWEEN :from AND :to"),
            (None, Some(_)) => condition.push_str(" AND sk <= :to"),
        }
        values.extend(range.from.map(|from| (":from".to_owned(), AttributeValue::S(from))));
        values.extend(range.to.map(|to| (":to".to_owned(), AttributeValue::S(to))));
        let mut items: Vec<Item> = Vec::new();
        let mut start = None;
        for _ in 0..MAX_QUERY_PAGES {
            let missing = range.limit.map(|limit| limit - items.len());
            let output = self
                .client
                .query()
                .table_name(&*self.name)
                .key_condition_expression(&condition)
                .set_expression_attribute_values(Some(values.clone()))
                .set_limit(missing.and_then(|missing| i32::try_from(missing).ok()))
                .set_exclusive_start_key(start.take())
                .scan_index_forward(forward)
                .consistent_read(true)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| classify("Query", &error))?;
            count_read(output.consumed_capacity.as_ref());
            items.extend(output.items.unwrap_or_default().into_iter().map(Item));
            start = output.last_evaluated_key;
            if start.is_none() || range.limit.is_some_and(|limit| items.len() >= limit) {
                return Ok(items);
            }
        }
        Err(Error::Internal(format!("a query read more than {MAX_QUERY_PAGES} pages")))
    }

    /// Stores an item if the condition holds; `false` if it does not.
    pub async fn put(&self, item: Item, condition: Option<Condition>) -> Result<bool, Error> {
        match self.put_item(item, condition).send().await {
            Ok(output) => {
                count_write(output.consumed_capacity.as_ref());
                Ok(true)
            }
            Err(error) if is(&error, "ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(classify("PutItem", &error)),
        }
    }

    /// Stores an item if the condition holds; if it does not, tells what is in
    /// its place, in the same call: `None` means that it was stored.
    pub async fn put_or_get<E: Entity>(&self, item: Item, condition: Condition) -> Result<Option<E>, Error> {
        let put = self
            .put_item(item, Some(condition))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let error = match put.send().await {
            Ok(output) => {
                count_write(output.consumed_capacity.as_ref());
                return Ok(None);
            }
            Err(error) => error,
        };
        let Some(PutItemError::ConditionalCheckFailedException(refused)) = error.as_service_error() else {
            return Err(classify("PutItem", &error));
        };
        let found = refused.item().cloned();
        let found = found.ok_or_else(|| Error::Internal("PutItem was refused by an item that is not there".to_owned()));
        Item(found?).decode().map(Some)
    }

    fn put_item(&self, item: Item, condition: Option<Condition>) -> PutItemFluentBuilder {
        let (expression, names, values) = Condition::into_parts(condition);
        self.client
            .put_item()
            .table_name(&*self.name)
            .set_item(Some(item.0))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
    }

    /// Removes an item if the condition holds; `false` if it does not.
    pub async fn delete(&self, key: Key, condition: Condition) -> Result<bool, Error> {
        let (expression, names, values) = Condition::into_parts(Some(condition));
        let result = self
            .client
            .delete_item()
            .table_name(&*self.name)
            .set_key(Some(key_attributes(key)))
            .set_condition_expression(expression)
            .set_expression_attribute_names(names)
            .set_expression_attribute_values(values)
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match result {
            Ok(output) => {
                count_write(output.consumed_capacity.as_ref());
                Ok(true)
            }
            Err(error) if is(&error, "ConditionalCheckFailedException") => Ok(false),
            Err(error) => Err(classify("DeleteItem", &error)),
        }
    }

    /// Stores items that nobody else writes, over what is there: imports, large sets of test data.
    /// What the store left unprocessed is sent again until it is stored or the request fails.
    pub async fn batch_put(&self, items: Vec<Item>) -> Result<(), Error> {
        for batch in items.chunks(BATCH_PUT) {
            let mut pending: Vec<WriteRequest> = Vec::with_capacity(batch.len());
            for item in batch {
                let put = PutRequest::builder().set_item(Some(item.0.clone())).build();
                let put = put.map_err(|error| Error::Internal(format!("BatchWriteItem: {error}")))?;
                pending.push(WriteRequest::builder().put_request(put).build());
            }
            self.batch_put_some(pending).await?;
        }
        Ok(())
    }

    async fn batch_put_some(&self, mut pending: Vec<WriteRequest>) -> Result<(), Error> {
        for attempt in 0..MAX_TRIES {
            let output = self
                .client
                .batch_write_item()
                .request_items(&*self.name, pending)
                .return_consumed_capacity(ReturnConsumedCapacity::Total)
                .send()
                .await
                .map_err(|error| classify("BatchWriteItem", &error))?;
            output.consumed_capacity().iter().for_each(|capacity| count_write(Some(capacity)));
            pending = output.unprocessed_items.unwrap_or_default().remove(&*self.name).unwrap_or_default();
            if pending.is_empty() {
                return Ok(());
            }
            back_off(attempt).await;
        }
        Err(Error::Unavailable(format!("BatchWriteItem left {} items unprocessed", pending.len())))
    }

    /// Adds to the counter `n` of an item and tells what it is then. The item
    /// is created when it is missing, and removed after `expires_at` (seconds
    /// since 1970), if one is given.
    pub async fn add(&self, key: Key, by: i64, expires_at: Option<i64>) -> Result<i64, Error> {
        let mut update = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key_attributes(key)))
            .expression_attribute_names("#n", "n")
            .expression_attribute_values(":by", AttributeValue::N(by.to_string()))
            .return_values(ReturnValue::UpdatedNew)
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        update = match expires_at {
            None => update.update_expression("ADD #n :by"),
            Some(seconds) => update
                .update_expression("ADD #n :by SET #expires = :expires")
                .expression_attribute_names("#expires", EXPIRES_AT)
                .expression_attribute_values(":expires", AttributeValue::N(seconds.to_string())),
        };
        let output = update.send().await.map_err(|error| classify("UpdateItem", &error))?;
        count_write(output.consumed_capacity.as_ref());
        read_counter(output.attributes.as_ref())
    }

    /// Takes so many numbers from a counter that nobody else gets; the first of
    /// them, if none is above `most`. Numbers that are not used leave a gap, which harms nothing.
    pub async fn take(&self, key: Key, count: u32, most: u32) -> Result<u64, Error> {
        let count = i64::from(count);
        let last = self.add(key, count, None).await?;
        let first = u64::try_from(last - count + 1).ok().filter(|_| last <= i64::from(most));
        first.ok_or_else(|| Error::Internal("the numbers of a counter are used up".to_owned()))
    }

    /// Lifts the counter `n` of an item to at least `floor`.
    pub async fn raise(&self, key: Key, floor: i64) -> Result<(), Error> {
        let result = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key_attributes(key)))
            .update_expression("SET #n = :floor")
            .condition_expression("attribute_not_exists(#n) OR #n < :floor")
            .expression_attribute_names("#n", "n")
            .expression_attribute_values(":floor", AttributeValue::N(floor.to_string()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total)
            .send()
            .await;
        match result {
            Ok(output) => {
                count_write(output.consumed_capacity.as_ref());
                Ok(())
            }
            Err(error) if is(&error, "ConditionalCheckFailedException") => Ok(()),
            Err(error) => Err(classify("UpdateItem", &error)),
        }
    }

    /// Adds words to a set of an item and sets a number of it. The item is created with its type when it is
    /// missing, and removed after `expires_at` (seconds since 1970).
    pub async fn unite(
        &self,
        key: Key,
        entity_type: &str,
        (set, words): (&str, &BTreeSet<String>),
        (name, number): (&str, i64),
        expires_at: i64,
    ) -> Result<(), Error> {
        let mut update = self
            .client
            .update_item()
            .table_name(&*self.name)
            .set_key(Some(key_attributes(key)))
            .expression_attribute_names("#entity", ENTITY)
            .expression_attribute_names("#number", name)
            .expression_attribute_names("#expires", EXPIRES_AT)
            .expression_attribute_values(":entity", AttributeValue::S(entity_type.to_owned()))
            .expression_attribute_values(":number", AttributeValue::N(number.to_string()))
            .expression_attribute_values(":expires", AttributeValue::N(expires_at.to_string()))
            .return_consumed_capacity(ReturnConsumedCapacity::Total);
        let mut expression = "SET #entity = :entity, #number = :number, #expires = :expires".to_owned();
        // There are no empty sets.
        if !words.is_empty() {
            expression.push_str(" ADD #set :words");
            update = update
                .expression_attribute_names("#set", set)
                .expression_attribute_values(":words", AttributeValue::Ss(words.iter().cloned().collect()));
        }
        let update = update.update_expression(expression);
        let output = update.send().await.map_err(|error| classify("UpdateItem", &error))?;
        count_write(output.consumed_capacity.as_ref());
        Ok(())
    }

    /// Begins a transaction.
    #[must_use]
    pub fn transaction(&self) -> Transaction<'_> {
        Transaction::new(self)
    }
}

fn read_counter(attributes: Option<&HashMap<String, AttributeValue>>) -> Result<i64, Error> {
    attributes
        .and_then(|attributes| attributes.get("n"))
        .and_then(|value| value.as_n().ok())
        .and_then(|text| text.parse().ok())
        .ok_or_else(|| Error::Internal("UpdateItem gave no counter back".to_owned()))
}

/// What a failed call means. The text is for the log: it names the operation and
/// the kind of failure. The store's own messages and the SDK's can quote values
/// of items, so they stay out of it.
pub(crate) fn classify<E: ProvideErrorMetadata, R>(operation: &str, error: &SdkError<E, R>) -> Error {
    let unavailable = |what: &str| Error::Unavailable(format!("{operation}: {what}"));
    match error {
        SdkError::TimeoutError(_) => unavailable("no answer in time"),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => unavailable("no connection in time"),
        SdkError::DispatchFailure(_) => unavailable("no connection"),
        SdkError::ResponseError(_) => unavailable("an answer that cannot be read"),
        SdkError::ServiceError(failure) => match failure.err().code().unwrap_or("an error without a code") {
            code @ ("ProvisionedThroughputExceededException"
            | "RequestLimitExceeded"
            | "ThrottlingException"
            | "TransactionConflictException"
            | "TransactionInProgressException"
            | "InternalServerError"
            | "ServiceUnavailable"
            // S3's.
            | "InternalError"
            | "RequestTimeout"
            | "SlowDown") => unavailable(code),
            code => Error::Internal(format!("{operation}: {code}")),
        },
        _ => Error::Internal(format!("{operation}: the request could not be made")),
    }
}

/// Whether the store's answer was this error.
pub(crate) fn is<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>, code: &str) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some(code)
}

/// How often a read and the write that rests on it are tried while others write the same records.
pub const MAX_RACES: u32 = 20;

/// Reads and writes again, from the beginning, for as long as others write in
/// between. `what` is what they keep changing, for who is told to try again.
pub async fn unless_raced<T, F>(what: &str, mut work: impl FnMut() -> F) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for attempt in 0..MAX_RACES {
        match work().await {
            Err(Error::Raced) => back_off(attempt).await,
            other => return other,
        }
    }
    Err(Error::Conflict(format!("{what} is being changed by others. Please try again.")))
}

/// Waits before another try: 10 ms doubled each time up to 1 s, with full jitter,
/// so that those who collided do not meet again.
pub async fn back_off(attempt: u32) {
    let ceiling = (10_u64 << attempt.min(7)).min(1_000);
    let random = getrandom::u64().unwrap_or(ceiling / 2);
    tokio::time::sleep(Duration::from_millis(random % (ceiling + 1))).await;
}

fn count_read(capacity: Option<&ConsumedCapacity>) {
    meter::consumed(capacity.and_then(|c| c.capacity_units).unwrap_or(0.0), 0.0);
}

pub(crate) fn count_write(capacity: Option<&ConsumedCapacity>) {
    meter::consumed(0.0, capacity.and_then(|c| c.capacity_units).unwrap_or(0.0));
}
