//! Lists, a page at a time.

use gantry_domain::{BatchId, Job};
use gantry_store::BulkChange;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// What is on the page.
    pub items: Vec<T>,
    /// What to send as `cursor` for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A list that is complete on one page.
    pub fn complete(items: Vec<T>) -> Self {
        Self {
            items,
            next_cursor: None,
        }
    }

    /// A page of `limit` items out of a reading that asked for one more, to see whether there is a next page.
    pub fn cut(mut items: Vec<T>, limit: u32, cursor: impl Fn(&T) -> String) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let has_more = items.len() > limit;
        items.truncate(limit);
        let next_cursor = items.last().filter(|_| has_more).map(cursor);
        Self { items, next_cursor }
    }
}

/// The jobs of an accepted batch.
#[derive(Debug, Serialize, ToSchema)]
pub struct BatchView {
    /// In the order of the request.
    pub items: Vec<Job>,
    /// The id for `GET /api/v1/batches/{id}`; only with a callback.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    /// The callback; only where one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub callback: Option<Job>,
}

/// What became of the jobs that match.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkView {
    /// How many match and can be changed, 1,000 at most.
    pub matched: usize,
    /// How many of them were changed. The others share a `unique_key` with one that was, or it was a dry run.
    pub changed: usize,
    /// Whether more match; ask again for those.
    pub remaining: bool,
}

impl BulkView {
    /// No job matches.
    pub const fn nothing() -> Self {
        Self {
            matched: 0,
            changed: 0,
            remaining: false,
        }
    }
}

impl<T> From<BulkChange<T>> for BulkView {
    fn from(change: BulkChange<T>) -> Self {
        Self {
            matched: change.matched,
            changed: change.changed.len(),
            remaining: change.has_more,
        }
    }
}
