//! `/api/v1/users`.

mod me;
mod pause;
mod resume;

pub use me::show_caller;
pub use pause::pause_user;
pub use resume::resume_user;
