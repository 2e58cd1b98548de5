//! `/api/v1/queues`.

mod list;
mod pause;
mod resume;
mod show;

pub use list::list_queues;
pub use pause::pause_queue;
pub use resume::resume_queue;
pub use show::show_queue;
