//! `/api/v1/users`.

mod me;

pub use me::show_caller;
