//! `/api/v1/kinds`.

mod list;
mod show;

pub use list::list_kinds;
pub use show::show_kind;
