//! `/api/v1/jobs`.

mod attempts;
mod cancel;
mod cancel_matching;
mod list;
mod logs;
mod retry;
mod retry_matching;
mod show;
mod submit;
mod submit_batch;
mod why;

pub use attempts::list_attempts;
pub use cancel::cancel_job;
pub use cancel_matching::cancel_jobs;
pub use list::list_jobs;
pub use logs::read_log;
pub use retry::retry_job;
pub use retry_matching::retry_jobs;
pub use show::show_job;
pub use submit::submit_job;
pub use submit_batch::submit_jobs;
pub use why::explain_job;
