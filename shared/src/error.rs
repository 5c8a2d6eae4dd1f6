//! The one error type. It knows nothing of HTTP or AWS: [`crate::http`] decides
//! the status and the body, [`crate::aws`] decides what a failed call means.

use std::collections::BTreeMap;

/// Why a request or command could not be carried out.
///
/// Every text except [`Error::Unavailable`] and [`Error::Internal`] is shown to
/// the caller, so it names fields and rules and never repeats a stored value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// What was sent breaks a rule. The caller must change it before trying again.
    #[error("{0}")]
    Invalid(Invalid),
    /// No credential came with the request.
    #[error("Authorization is not provided")]
    Unauthenticated,
    /// The credential is not valid, or does not allow this.
    #[error("{0}")]
    Forbidden(String),
    /// There is no such thing, or none in this company.
    #[error("{message}")]
    NotFound {
        /// The documented text.
        message: String,
        /// The field or path parameter that named it, and what was wrong with it.
        field: Option<(&'static str, String)>,
    },
    /// The state that was found does not allow it; another request was faster.
    #[error("{0}")]
    Conflict(String),
    /// What was read was changed before it was written: the work begins again. It
    /// reaches a caller only through [`crate::aws::table::unless_raced`], as a conflict.
    #[error("It was changed by another request. Please try again.")]
    Raced,
    /// More was sent than is taken.
    #[error("{0}")]
    TooLarge(String),
    /// Too many requests; try again after so many seconds.
    #[error("{message}")]
    Throttled {
        /// Which limit was reached.
        message: String,
        /// Whole seconds after which a try can succeed.
        retry_after_seconds: u64,
    },
    /// The store did not answer; the same request may succeed later. For the log only.
    #[error("{0}")]
    Unavailable(String),
    /// A defect or damaged data. For the log only.
    #[error("{0}")]
    Internal(String),
}

/// How badly formed the input was; it decides between 400, 415 and 422.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Badness {
    /// It could not be read: not JSON, not a number, no such date format.
    Malformed,
    /// It came in a form that is not taken here (content type).
    Unsupported,
    /// It was read and breaks a rule of the resource.
    Rejected,
}

/// What is wrong with the input, field by field.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Invalid {
    /// How badly formed it was.
    pub badness: Badness,
    /// One sentence for the caller; the first field's when there are several.
    pub message: String,
    /// Every field and what is wrong with it, in the order of their names.
    pub fields: BTreeMap<String, Vec<String>>,
}

impl Error {
    /// A rule of the resource is broken by `field`.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad(Badness::Rejected, field, message)
    }

    /// `field` could not be read.
    pub fn malformed(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::bad(Badness::Malformed, field, message)
    }

    /// The form in which the body came is not taken here.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::bad(Badness::Unsupported, "Content-Type", message)
    }

    /// A rule that is broken, where the contract answers that as what cannot be read.
    #[must_use]
    pub fn into_malformed(self) -> Self {
        match self {
            Self::Invalid(invalid) if invalid.badness == Badness::Rejected => {
                Self::Invalid(Invalid { badness: Badness::Malformed, ..invalid })
            }
            other => other,
        }
    }

    /// Nothing of that kind; `message` is the documented text.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::NotFound { message: message.into(), field: None }
    }

    fn bad(badness: Badness, field: impl Into<String>, message: impl Into<String>) -> Self {
        let message = message.into();
        let fields = BTreeMap::from([(field.into(), vec![message.clone()])]);
        Self::Invalid(Invalid { badness, message, fields })
    }

    /// Whether the same request, unchanged, can succeed later.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Throttled { .. } | Self::Unavailable(_) => true,
            Self::Invalid(_)
            | Self::Unauthenticated
            | Self::Forbidden(_)
            | Self::NotFound { .. }
            | Self::Conflict(_)
            | Self::Raced
            | Self::TooLarge(_)
            | Self::Internal(_) => false,
        }
    }
}

/// Collects what is wrong with several fields, so that a caller learns all of it at once.
#[derive(Debug, Default)]
pub struct Problems {
    first: Option<Invalid>,
}

impl Problems {
    /// Keeps the value of an `Ok`, or takes note of what is wrong.
    ///
    /// Errors that are not about input are returned at once.
    pub fn check<T>(&mut self, result: Result<T, Error>) -> Result<Option<T>, Error> {
        match result {
            Ok(value) => Ok(Some(value)),
            Err(Error::Invalid(invalid)) => {
                self.note(invalid);
                Ok(None)
            }
            Err(other) => Err(other),
        }
    }

    fn note(&mut self, invalid: Invalid) {
        match &mut self.first {
            None => self.first = Some(invalid),
            Some(first) => {
                for (field, mut messages) in invalid.fields {
                    first.fields.entry(field).or_default().append(&mut messages);
                }
            }
        }
    }

    /// `Ok` when nothing was wrong.
    pub fn into_result(self) -> Result<(), Error> {
        self.first.map_or(Ok(()), |invalid| Err(Error::Invalid(invalid)))
    }
}
