//! The only place that knows AWS: key strings, items, SDK errors and retries.
//!
//! - [`config`]: an endpoint, a region and credentials become a client
//! - [`keys`]: one pure function per item pattern; nothing else formats a key
//! - [`items`]: typed records in, typed records out, the type checked on the way
//! - [`table`]: the few operations that stores are made of, with retries and bounds
//! - [`transaction`]: named parts that are stored together or not at all
//! - [`objects`]: files in the bucket
//! - [`uploads`]: objects that are under way, and objects that are to go
//! - [`meter`]: what a request cost, counted at the SDK
//! - [`ranks`]: which employee stands at an offset, at the same cost everywhere
//! - [`counts`]: which record stands at an offset of a list of days, at the same cost everywhere
//! - [`lists`]: records in lists by day, with their counts and marks of changes
//! - [`staff`]: employees beside other records
//! - [`away`]: on which days employees are away
//! - [`companies`], [`credentials`]: what every function reads before its own records
//! - [`recent`]: what a process keeps of what it read, for a while
//! - [`record`]: what was done is written down beside the answers, and read back
//! - [`idempotency`]: which request with a key does the work, and what the others are answered

pub mod away;
pub mod companies;
pub mod config;
pub mod counts;
pub mod credentials;
pub mod idempotency;
pub mod items;
pub mod keys;
pub mod lists;
pub mod lockout;
pub mod meter;
pub mod objects;
pub mod ranks;
pub mod recent;
pub mod record;
pub mod schema;
pub mod staff;
pub mod table;
pub mod transaction;
pub mod uploads;
