//! What applying a file did.

use std::fmt;

/// Counts of what was done and what was left as it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Parts of the company's settings that were created.
    pub settings_created: usize,
    /// Parts of the company's settings that were changed.
    pub settings_changed: usize,
    /// Parts of the company's settings that were as the file says.
    pub settings_unchanged: usize,
    /// Employees that were created.
    pub employees_created: usize,
    /// Employees that were changed.
    pub employees_changed: usize,
    /// Employees that were as the file says.
    pub employees_unchanged: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "settings: {} created, {} changed, {} unchanged; employees: {} created, {} changed, {} unchanged",
            self.settings_created,
            self.settings_changed,
            self.settings_unchanged,
            self.employees_created,
            self.employees_changed,
            self.employees_unchanged
        )
    }
}
