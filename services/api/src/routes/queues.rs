//! `/api/v1/queues`.

mod pause;
mod resume;

pub use pause::pause_queue;
pub use resume::resume_queue;
