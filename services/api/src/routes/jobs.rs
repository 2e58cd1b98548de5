//! `/api/v1/jobs`.

mod attempts;
mod cancel;
mod list;
mod logs;
mod retry;
mod show;
mod submit;
mod submit_batch;

pub use attempts::list_attempts;
pub use cancel::cancel_job;
pub use list::list_jobs;
pub use logs::read_log;
pub use retry::retry_job;
pub use show::show_job;
pub use submit::submit_job;
pub use submit_batch::submit_jobs;
