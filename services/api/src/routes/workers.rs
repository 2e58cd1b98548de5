//! `/api/v1/workers`.

mod list;

pub use list::list_workers;
