//! Which page of a list a request asks for, for lists that have no other parameters.

use utoipa::IntoParams;
use uuid::Uuid;

use crate::extractors::QueryString;
use crate::page_cursor::{cursor_after, read_cursor};
use crate::problem::ApiError;
use crate::views::Page;

/// Which page of the list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "documents the parameters, which are read one by one"
)]
pub struct PageParameters {
    /// How many to list; 50 unless given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// A page that is asked for.
pub struct PageRequest {
    last: Option<Uuid>,
    limit: u32,
}

impl PageRequest {
    /// Reads the query.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every fault, or a cursor that no page ever gave.
    pub fn read(query: &QueryString) -> Result<Self, ApiError> {
        let (cursor, limit) = query.read(|query| (query.text("cursor"), query.page_limit()))?;
        let last = cursor.as_deref().map(read_cursor).transpose()?;
        Ok(Self { last, limit })
    }

    /// The last item of the page before.
    pub fn last<Id>(&self, from_uuid: impl Fn(Uuid) -> Id) -> Option<Id> {
        self.last.map(from_uuid)
    }

    /// How many to read: one more than the page holds, to see whether there is a next one.
    pub const fn read_limit(&self) -> u32 {
        self.limit + 1
    }

    /// The page out of what was read.
    pub fn cut<T>(&self, items: Vec<T>, id: impl Fn(&T) -> Uuid) -> Page<T> {
        Page::cut(items, self.limit, |item| cursor_after(id(item)))
    }
}
