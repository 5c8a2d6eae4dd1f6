//! Which request with an idempotency key does the work, and what the others are answered.
//!
//! The first request with a key claims it: one conditional put. A second one is
//! refused by the condition and learns in the same call what is there. Whoever
//! has the claim stores the answer in its place, or removes it. A process that
//! dies does neither, so a claim ends by itself after [`LEASE`].

use std::fmt;

use futures_util::future::try_join_all;
use jiff::Timestamp;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;
use serde::Serializer;
use serde::de::Visitor;
use uuid::Uuid;

use crate::aws::credentials::Fingerprint;
use crate::aws::items::EXPIRES_AT;
use crate::aws::items::Entity;
use crate::aws::items::Item;
use crate::aws::keys;
use crate::aws::keys::Key;
use crate::aws::table::Table;
use crate::aws::transaction::Condition;
use crate::error::Error;
use crate::ids::ClientId;
use crate::ids::CompanyId;
use crate::record::Touches;

/// How long an answer is kept, in seconds.
pub const LIFETIME: i64 = 24 * 60 * 60;
/// How long a claim without an answer is respected, in milliseconds. No request
/// may take longer: Lambda stops ours after a third of it (`template.yaml`).
pub const LEASE: i64 = 60_000;
/// A refused put is charged by the size of what is there, so long answers lie beside the record.
const MAX_INLINE: usize = 3_000;
/// DynamoDB takes 400 KB in an item.
const MAX_PART: usize = 300_000;
/// Parts outlive their record by an hour, in seconds: a record that is still read must have all of them.
const PARTS_STAY: i64 = 3_600;

/// An answer as it is stored and given again.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The content type; empty for an answer without one.
    pub content_type: String,
    /// The body, byte by byte.
    pub body: Vec<u8>,
    /// What the work touched: whoever is given the answer again is shown it again.
    pub touched: Touches,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without the body.
        f.debug_struct("Answer").field("status", &self.status).finish_non_exhaustive()
    }
}

/// The right to do the work, and the duty to store its answer.
#[derive(Clone, Debug)]
pub struct Claim {
    id: String,
    expires_at: i64,
}

/// What became of an attempt to claim a key.
#[derive(Clone, Debug)]
pub enum Claimed {
    /// The work is to be done by this request.
    Ours(Claim),
    /// It was done; this was the answer.
    Answered(Answer),
    /// Another request is doing it.
    Running,
    /// The key came with another request.
    Different,
}

#[derive(Serialize, Deserialize)]
struct Record {
    fingerprint: Fingerprint,
    claim: String,
    /// Milliseconds since 1970; not there once there is an answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    lease_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<StoredAnswer>,
}

impl Entity for Record {
    const TYPE: &'static str = "idempotency";
}

#[derive(Serialize, Deserialize)]
struct StoredAnswer {
    status: u16,
    content_type: String,
    /// A short body.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<Bytes>,
    /// In how many items a long body lies.
    parts: usize,
    #[serde(default)]
    touched: Touches,
}

#[derive(Serialize, Deserialize)]
struct Part {
    number: usize,
    body: Bytes,
}

impl Entity for Part {
    const TYPE: &'static str = "idempotency_part";
}

/// DynamoDB's own type for bytes; serde would write a list of numbers.
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }

        deserializer.deserialize_bytes(Read)
    }
}

/// A request with an idempotency key.
#[derive(Debug)]
pub struct Keyed<'t> {
    table: &'t Table,
    record: Key,
    fingerprint: Fingerprint,
}

impl<'t> Keyed<'t> {
    /// The key of a credential, and the fingerprint of the request that came with it.
    #[must_use]
    pub fn new(
        table: &'t Table,
        company: &CompanyId,
        client_id: ClientId,
        key: &str,
        fingerprint: Fingerprint,
    ) -> Self {
        // A digest: a key is whatever a client sent, of any form.
        let digest = String::from(Fingerprint::of(key));
        Self { table, record: keys::idempotency(company, client_id, &digest), fingerprint }
    }

    /// Claims the key, unless somebody has it. An expired record, which DynamoDB
    /// may not have removed yet, and a claim whose time is over do not count.
    ///
    /// Access pattern: `PutItem` under a condition; for a long answer that is there, then `BatchGetItem`.
    pub async fn claim(&self, now: Timestamp) -> Result<Claimed, Error> {
        let claim = Claim { id: Uuid::new_v4().simple().to_string(), expires_at: now.as_second() + LIFETIME };
        let record = Record {
            fingerprint: self.fingerprint,
            claim: claim.id.clone(),
            lease_until: Some(now.as_millisecond() + LEASE),
            answer: None,
        };
        let item = Item::encode(self.record.clone(), &record)?.expiring(claim.expires_at);
        match self.table.put_or_get::<Record>(item, self.is_free(now)).await? {
            None => Ok(Claimed::Ours(claim)),
            // A try of the SDK stored it, its answer was lost, and the next try met what the first had stored.
            Some(found) if found.claim == claim.id => Ok(Claimed::Ours(claim)),
            Some(found) if !found.fingerprint.matches(&self.fingerprint) => Ok(Claimed::Different),
            Some(Record { answer: None, .. }) => Ok(Claimed::Running),
            Some(Record { claim, answer: Some(answer), .. }) => self.read(&claim, answer).await.map(Claimed::Answered),
        }
    }

    fn is_free(&self, now: Timestamp) -> Condition {
        Condition::absent()
            .or()
            .number_is_below(&[EXPIRES_AT], now.as_second())
            .or()
            .number_is_below(&["lease_until"], now.as_millisecond())
            .text_is(&["fingerprint"], &String::from(self.fingerprint))
    }

    async fn read(&self, claim: &str, stored: StoredAnswer) -> Result<Answer, Error> {
        let StoredAnswer { status, content_type, body, parts: count, touched } = stored;
        if let Some(Bytes(body)) = body {
            return Ok(Answer { status, content_type, body, touched });
        }
        let keys = (0..count).map(|number| keys::idempotency_part(&self.record, claim, number)).collect();
        let items = self.table.batch_get(keys).await?;
        let mut parts = items.into_iter().map(Item::decode).collect::<Result<Vec<Part>, _>>()?;
        if parts.len() != count {
            return Err(Error::Internal("a stored answer lacks a part".to_owned()));
        }
        parts.sort_by_key(|part| part.number);
        let body = parts.into_iter().flat_map(|part| part.body.0).collect();
        Ok(Answer { status, content_type, body, touched })
    }

    /// Stores the answer for those who come with the key later. If the claim is
    /// over and somebody else took the key, theirs stands.
    ///
    /// Access pattern: for a long answer `PutItem` of its parts, all at once;
    /// then `PutItem` of the record if the claim is ours.
    pub async fn finish(&self, claim: &Claim, answer: &Answer) -> Result<(), Error> {
        let inline = answer.body.len() <= MAX_INLINE;
        let parts = if inline { 0 } else { self.put_parts(claim, &answer.body).await? };
        let stored = StoredAnswer {
            status: answer.status,
            content_type: answer.content_type.clone(),
            body: inline.then(|| Bytes(answer.body.clone())),
            parts,
            touched: answer.touched.clone(),
        };
        let record =
            Record { fingerprint: self.fingerprint, claim: claim.id.clone(), lease_until: None, answer: Some(stored) };
        let item = Item::encode(self.record.clone(), &record)?.expiring(claim.expires_at);
        self.table.put(item, Some(is_ours(claim))).await.map(drop)
    }

    async fn put_parts(&self, claim: &Claim, body: &[u8]) -> Result<usize, Error> {
        let mut items = Vec::new();
        for (number, chunk) in body.chunks(MAX_PART).enumerate() {
            let part = Part { number, body: Bytes(chunk.to_vec()) };
            let key = keys::idempotency_part(&self.record, &claim.id, number);
            items.push(Item::encode(key, &part)?.expiring(claim.expires_at + PARTS_STAY));
        }
        // Single puts: a batch would need another right in every function's role.
        let stored = try_join_all(items.into_iter().map(|item| self.table.put(item, None))).await?;
        Ok(stored.len())
    }

    /// Gives the key back, so that the next request with it does the work.
    ///
    /// Access pattern: `DeleteItem` if the claim is ours.
    pub async fn release(&self, claim: &Claim) -> Result<(), Error> {
        self.table.delete(self.record.clone(), is_ours(claim)).await.map(drop)
    }
}

fn is_ours(claim: &Claim) -> Condition {
    Condition::exists().text_is(&["claim"], &claim.id)
}
