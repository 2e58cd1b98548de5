//! `/api/v1/users`.

mod cancel_deletion;
mod delete;
mod export;
mod me;
mod pause;
mod resume;
mod show_deletion;
mod show_export;

pub use cancel_deletion::cancel_account_deletion;
pub use delete::delete_caller;
pub use export::export_caller;
pub use me::show_caller;
pub use pause::pause_user;
pub use resume::resume_user;
pub use show_deletion::show_account_deletion;
pub use show_export::show_account_export;
