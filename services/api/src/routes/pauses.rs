//! `/api/v1/pauses`.

mod list;

pub use list::list_pauses;
