//! The worker: fetches, executes and settles jobs, and does the maintenance.

pub mod kinds_file;
pub mod process;
