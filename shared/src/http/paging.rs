//! Pages by offset, as v1 counts them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::query::Query;
pub use crate::page::Page;

/// The largest offset: no list has more records than the wire has ids.
const MAX_OFFSET: u64 = i32::MAX as u64;

impl Page {
    /// Reads `limit` and `offset`; the offset counts records.
    pub fn from_query(query: &Query, most: u64, otherwise: u64) -> Result<Self, Error> {
        Ok(Self {
            limit: query.number("limit", 1, most, otherwise)?,
            offset: query.number("offset", 0, MAX_OFFSET, 0)?,
        })
    }
}

/// How a list is divided into pages, counted from 0. The last page has the number `total_pages - 1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Metadata {
    /// All records that match.
    pub total_elements: u64,
    /// The number of the page that the offset lies on.
    pub current_page: u64,
    /// How many pages there are.
    pub total_pages: u64,
}

/// The v1 envelope of a page.
#[derive(Debug, Serialize, ToSchema)]
pub struct PageOf<T> {
    /// Always `true`.
    pub success: bool,
    /// How the list is divided into pages.
    pub metadata: Metadata,
    /// How many records stand before the page.
    pub offset: u64,
    /// How many records a page has at most.
    pub limit: u64,
    /// The records.
    pub data: Vec<T>,
}

impl<T> PageOf<T> {
    /// A page of a list with `total` records.
    #[must_use]
    pub fn new(page: Page, total: u64, data: Vec<T>) -> Self {
        let metadata = Metadata {
            total_elements: total,
            current_page: page.offset / page.limit,
            total_pages: total.div_ceil(page.limit),
        };
        Self { success: true, metadata, offset: page.offset, limit: page.limit, data }
    }
}

/// A page that a request asked for by its number: the first has the number 1,
/// and 0 means it as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NumberedPage {
    limit: u64,
    /// As it was sent.
    offset: u64,
}

impl NumberedPage {
    /// Reads `limit` and `offset`; the offset is the number of a page.
    pub fn from_query(query: &Query, most: u64, otherwise: u64) -> Result<Self, Error> {
        let Page { limit, offset } = Page::from_query(query, most, otherwise)?;
        Ok(Self { limit, offset })
    }

    /// The page as a run of records.
    #[must_use]
    pub fn records(self) -> Page {
        Page { limit: self.limit, offset: self.offset.saturating_sub(1).saturating_mul(self.limit) }
    }

    /// The records of a whole list that lie on the page.
    #[must_use]
    pub fn slice<T>(self, all: Vec<T>) -> Vec<T> {
        self.records().slice(all)
    }

    /// The envelope. Pages are counted from 1, so the last one has the number `total_pages`.
    #[must_use]
    pub fn of<T>(self, total: u64, data: Vec<T>) -> PageOf<T> {
        let current_page = self.offset.max(1);
        let metadata = Metadata { total_elements: total, current_page, total_pages: total.div_ceil(self.limit) };
        PageOf { success: true, metadata, offset: self.offset, limit: self.limit, data }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_counted_from_zero_to_the_last() {
        let metadata = |offset, total| {
            let page = PageOf::<()>::new(Page { limit: 10, offset }, total, vec![]).metadata;
            (page.current_page, page.total_pages)
        };
        assert_eq!(metadata(0, 0), (0, 0));
        assert_eq!(metadata(0, 10), (0, 1));
        assert_eq!(metadata(10, 11), (1, 2));
        assert_eq!(metadata(500, 11), (50, 2));
    }

    #[test]
    fn numbered_pages_are_counted_from_one_and_zero_is_the_first() {
        let page = |offset| NumberedPage { limit: 2, offset };
        let all = vec![1, 2, 3];
        assert_eq!((page(0).slice(all.clone()), page(1).slice(all.clone())), (vec![1, 2], vec![1, 2]));
        assert_eq!((page(2).slice(all.clone()), page(3).slice(all)), (vec![3], vec![]));
        let metadata = |offset, total| {
            let metadata = page(offset).of::<()>(total, vec![]).metadata;
            (metadata.current_page, metadata.total_pages)
        };
        assert_eq!((metadata(0, 0), metadata(0, 3), metadata(2, 3)), ((1, 0), (1, 2), (2, 2)));
        assert_eq!(page(u64::MAX).records().offset, u64::MAX);
    }
}
