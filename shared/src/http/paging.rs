//! Pages by offset, as v1 counts them.

use serde::Serialize;
use utoipa::ToSchema;

use crate::error::Error;
use crate::http::query::Query;

/// The largest offset: no list has more records than the wire has ids.
const MAX_OFFSET: u64 = i32::MAX as u64;

/// A page that a request asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many records at most.
    pub limit: u64,
    /// How many records stand before.
    pub offset: u64,
}

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
}
