//! A page of a list.

/// A run of records of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many records at most.
    pub limit: u64,
    /// How many records stand before.
    pub offset: u64,
}

impl Page {
    /// The records of a whole list that lie on the page.
    #[must_use]
    pub fn slice<T>(self, all: Vec<T>) -> Vec<T> {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        all.into_iter().skip(number(self.offset)).take(number(self.limit)).collect()
    }
}
