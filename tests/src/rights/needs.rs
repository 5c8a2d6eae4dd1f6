//! Which rights a call of the SDK needs.
//!
//! The actions are those of AWS's Service Authorization Reference. A transaction
//! needs the rights of its parts; there is no action of its own for it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::collections::HashMap;
use std::fmt;

use aws_sdk_dynamodb::config::interceptors::BeforeSerializationInterceptorContextRef;
use aws_sdk_dynamodb::config::interceptors::FinalizerInterceptorContextRef;
use aws_sdk_dynamodb::error::ProvideErrorMetadata;
use aws_sdk_dynamodb::operation::batch_get_item::BatchGetItemInput;
use aws_sdk_dynamodb::operation::delete_item::DeleteItemInput;
use aws_sdk_dynamodb::operation::get_item::GetItemInput;
use aws_sdk_dynamodb::operation::put_item::PutItemInput;
use aws_sdk_dynamodb::operation::query::QueryInput;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsInput;
use aws_sdk_dynamodb::operation::update_item::UpdateItemInput;
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use aws_sdk_s3::operation::copy_object::CopyObjectError;
use aws_sdk_s3::operation::copy_object::CopyObjectInput;
use aws_sdk_s3::operation::delete_object::DeleteObjectInput;
use aws_sdk_s3::operation::get_object::GetObjectError;
use aws_sdk_s3::operation::get_object::GetObjectInput;
use aws_sdk_s3::operation::head_object::HeadObjectError;
use aws_sdk_s3::operation::head_object::HeadObjectInput;
use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Input;
use aws_sdk_s3::operation::put_object::PutObjectInput;

/// An action, and what it is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// As IAM names it.
    pub action: &'static str,
    /// What it is done to.
    pub on: On,
}

/// What an action is done to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum On {
    /// Items with these partition keys.
    Partitions(BTreeSet<String>),
    /// An object with a key.
    Object(String),
    /// The bucket.
    Bucket,
}

/// A right as a policy names it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Right {
    /// As IAM names it.
    pub action: String,
    /// What it is done to.
    pub pattern: String,
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on {}", self.action, self.pattern)
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} on ", self.action)?;
        match &self.on {
            On::Partitions(keys) => f.debug_set().entries(keys).finish(),
            On::Object(key) => f.write_str(key),
            On::Bucket => f.write_str("the bucket"),
        }
    }
}

impl Need {
    /// The narrowest rights that a policy could name for it: companies, employees, dates, ids and digests become `*`.
    #[must_use]
    pub fn rights(&self) -> Vec<Right> {
        let patterns = match &self.on {
            On::Partitions(keys) => keys.iter().map(|key| pattern_of(key)).collect(),
            On::Object(key) => vec![format!("{}/*", key.split('/').next().expect("a first part"))],
            On::Bucket => vec!["the bucket".to_owned()],
        };
        patterns.into_iter().map(|pattern| Right { action: self.action.to_owned(), pattern }).collect()
    }
}

/// `HEALTH`, `CREDENTIAL#*`, `C#*#EMPLOYEES`, `C#*#ABSENCES#*`; the partition of a company's counters has nothing behind
/// the company, so its pattern would match all of a company's, but for an exception.
fn pattern_of(key: &str) -> String {
    let parts: Vec<&str> = key.split('#').collect();
    match *parts {
        [word] => word.to_owned(),
        ["C", _] => "C#* but C#*#*".to_owned(),
        ["C", _, word] => format!("C#*#{}", family(word)),
        ["C", _, word, ..] => format!("C#*#{word}#*"),
        [word, ..] => format!("{word}#*"),
        [] => unreachable!("a text has a part"),
    }
}

/// A list has others beside it, of a kind or of long records: `TIME_OFF_OF_3_RUN_2_COUNTS` is of the family of
/// `TIME_OFF*_COUNTS`.
fn family(word: &str) -> String {
    let of_list = |suffix: &str| Some((word.strip_suffix(suffix)?, suffix.to_owned()));
    match ["_LIST", "_COUNTS", "_MONTHS"].into_iter().find_map(of_list) {
        Some((list, suffix)) => {
            let list = list.split("_OF_").next().and_then(|list| list.split("_RUN_").next());
            format!("{}*{suffix}", list.expect("a name"))
        }
        None => word.to_owned(),
    }
}

type Attributes = HashMap<String, AttributeValue>;

/// What a call needs, by its input; `None` for an operation of which nobody has said here what it needs.
///
/// The keys of a transaction's parts with the same action are one set, which one statement has to allow. Whether AWS
/// judges each part on its own, its documentation does not say; what allows the set allows each part.
#[must_use]
pub fn of(context: &BeforeSerializationInterceptorContextRef<'_>) -> Option<Vec<Need>> {
    let input = context.input();
    let of_item = if let Some(get) = input.downcast_ref::<GetItemInput>() {
        ("dynamodb:GetItem", partition(get.key.as_ref()?)?)
    } else if let Some(put) = input.downcast_ref::<PutItemInput>() {
        ("dynamodb:PutItem", partition(put.item.as_ref()?)?)
    } else if let Some(update) = input.downcast_ref::<UpdateItemInput>() {
        ("dynamodb:UpdateItem", partition(update.key.as_ref()?)?)
    } else if let Some(delete) = input.downcast_ref::<DeleteItemInput>() {
        ("dynamodb:DeleteItem", partition(delete.key.as_ref()?)?)
    } else if let Some(query) = input.downcast_ref::<QueryInput>() {
        ("dynamodb:Query", queried(query)?)
    } else if let Some(get) = input.downcast_ref::<BatchGetItemInput>() {
        let keys = get.request_items.as_ref()?.values().flat_map(KeysAndAttributes::keys);
        let keys = keys.map(partition).collect::<Option<_>>()?;
        return Some(vec![Need { action: "dynamodb:BatchGetItem", on: On::Partitions(keys) }]);
    } else if let Some(transaction) = input.downcast_ref::<TransactWriteItemsInput>() {
        return of_transaction(transaction);
    } else {
        return of_objects(context);
    };
    let (action, key) = of_item;
    Some(vec![Need { action, on: On::Partitions(BTreeSet::from([key])) }])
}

fn of_transaction(transaction: &TransactWriteItemsInput) -> Option<Vec<Need>> {
    let mut keys: BTreeMap<&'static str, BTreeSet<String>> = BTreeMap::new();
    for part in transaction.transact_items() {
        let (action, key) = if let Some(put) = part.put() {
            ("dynamodb:PutItem", put.item())
        } else if let Some(update) = part.update() {
            ("dynamodb:UpdateItem", update.key())
        } else if let Some(delete) = part.delete() {
            ("dynamodb:DeleteItem", delete.key())
        } else {
            ("dynamodb:ConditionCheckItem", part.condition_check()?.key())
        };
        keys.entry(action).or_default().insert(partition(key)?);
    }
    Some(keys.into_iter().map(|(action, keys)| Need { action, on: On::Partitions(keys) }).collect())
}

fn of_objects(context: &BeforeSerializationInterceptorContextRef<'_>) -> Option<Vec<Need>> {
    let input = context.input();
    let object = |action, key: &str| Need { action, on: On::Object(key.to_owned()) };
    let needs = if let Some(get) = input.downcast_ref::<GetObjectInput>() {
        vec![object("s3:GetObject", get.key()?)]
    } else if let Some(head) = input.downcast_ref::<HeadObjectInput>() {
        vec![object("s3:GetObject", head.key()?)]
    } else if let Some(put) = input.downcast_ref::<PutObjectInput>() {
        vec![object("s3:PutObject", put.key()?)]
    } else if let Some(copy) = input.downcast_ref::<CopyObjectInput>() {
        let (_bucket, source) = copy.copy_source()?.split_once('/')?;
        vec![object("s3:GetObject", source), object("s3:PutObject", copy.key()?)]
    } else if let Some(delete) = input.downcast_ref::<DeleteObjectInput>() {
        vec![object("s3:DeleteObject", delete.key()?)]
    } else {
        input.downcast_ref::<ListObjectsV2Input>()?;
        vec![Need { action: "s3:ListBucket", on: On::Bucket }]
    };
    Some(needs)
}

/// What a call needed to be told what it was told: that an object is missing, S3 says only to who may list the bucket.
/// Others get a 403.
#[must_use]
pub fn of_answer(context: &FinalizerInterceptorContextRef<'_>) -> Option<Need> {
    let error = context.output_or_error()?.err()?.as_operation_error()?;
    let code = if let Some(error) = error.downcast_ref::<GetObjectError>() {
        error.code()
    } else if let Some(error) = error.downcast_ref::<HeadObjectError>() {
        error.code()
    } else {
        error.downcast_ref::<CopyObjectError>()?.code()
    };
    matches!(code, Some("NoSuchKey" | "NotFound")).then_some(Need { action: "s3:ListBucket", on: On::Bucket })
}

fn partition(item: &Attributes) -> Option<String> {
    item.get("pk")?.as_s().ok().cloned()
}

fn queried(query: &QueryInput) -> Option<String> {
    query.key_condition_expression()?.strip_prefix("pk = :pk")?;
    query.expression_attribute_values()?.get(":pk")?.as_s().ok().cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_becomes_the_narrowest_pattern_of_its_kind() {
        for (key, pattern) in [
            ("HEALTH", "HEALTH"),
            ("CREDENTIAL#papi-1", "CREDENTIAL#*"),
            ("RECORD#a#2026-11", "RECORD#*"),
            ("C#a", "C#* but C#*#*"),
            ("C#a#EMPLOYEES", "C#*#EMPLOYEES"),
            ("C#a#ABSENCES", "C#*#ABSENCES"),
            ("C#a#ABSENCES#0000000001", "C#*#ABSENCES#*"),
            ("C#a#TIME_OFF_CHANGES", "C#*#TIME_OFF_CHANGES"),
            ("C#a#TIME_OFF_LIST", "C#*#TIME_OFF*_LIST"),
            ("C#a#ABSENCE_PERIOD_OF_2_RUN_10_MONTHS", "C#*#ABSENCE_PERIOD*_MONTHS"),
        ] {
            assert_eq!(pattern_of(key), pattern);
        }
    }
}
