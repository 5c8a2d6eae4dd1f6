//! Why a command failed, in one line.

use std::fmt;

use shared::error::Error;

/// A command's failure: a line for standard error, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    message: String,
    code: u8,
}

impl Failure {
    /// Something that whoever runs the command can put right; exit code 2.
    pub fn usage(message: impl fmt::Display) -> Self {
        // One line, whatever libraries put into theirs.
        let message = message.to_string().split_whitespace().collect::<Vec<_>>().join(" ");
        Self { message, code: 2 }
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.code
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = match &error {
            Error::Unavailable(_) | Error::Internal(_) => 1,
            _ => 2,
        };
        let failure = match &error {
            // All that is wrong, and not only the first of it.
            Error::Invalid(invalid) => {
                Self::usage(invalid.fields.values().flatten().cloned().collect::<Vec<_>>().join(" "))
            }
            other => Self::usage(other),
        };
        Self { code, ..failure }
    }
}
