//! `/api/v1/schedules`.

mod create;
mod delete;
mod list;
mod pause;
mod resume;
mod run;
mod show;
mod update;

pub use create::create_schedule;
pub use delete::delete_schedule;
pub use list::list_schedules;
pub use pause::pause_schedule;
pub use resume::resume_schedule;
pub use run::run_schedule;
pub use show::show_schedule;
pub use update::update_schedule;
