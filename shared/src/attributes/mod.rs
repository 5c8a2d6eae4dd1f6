//! What an employee has: attributes, each with a key, a type and a label.
//!
//! - [`key`]: the name by which requests, credentials and the store know one
//! - [`definition`]: what it is called, which type it has, which values it takes
//! - [`system`]: the attributes that every company has, as the wire contract lists them
//! - [`value`]: a stored value, and how one is read from a request
//! - [`employee`]: the stored record of a person
//! - [`readable`]: what a credential may see; the only way from a record to an answer

pub mod definition;
pub mod employee;
pub mod key;
pub mod readable;
pub mod system;
pub mod value;

pub use definition::AttributeType;
pub use definition::Catalogue;
pub use definition::Definition;
pub use definition::Kind;
pub use employee::Employee;
pub use key::AttributeKey;
pub use readable::EmployeeResource;
pub use readable::Readable;
pub use readable::Reader;
pub use readable::View;
pub use value::Value;
