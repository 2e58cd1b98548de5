//! The worker: fetches, executes and settles jobs, and does the maintenance.

mod backoff;
mod builder;
mod execute;
mod fetch;
mod handler;
pub mod handlers;
mod health;
mod job_log;
mod job_program;
mod journal;
pub mod kinds_file;
mod lease;
mod maintenance;
mod payload_check;
pub mod process;
mod progress;
mod registry;
mod run_counter;
mod runs;
mod session;
mod settle;
mod shutdown;
mod stop;
mod storable;

pub use builder::{Worker, WorkerBuilder, WorkerError, WorkerOptions};
pub use handler::{Handler, HandlerError, JobContext};
pub use job_log::JobLog;
pub use job_program::ProgramRunner;
pub use payload_check::UnusableSchema;
pub use process::StopReason;
pub use progress::ProgressReporter;
pub use shutdown::Shutdown;
pub use stop::StopSignal;
