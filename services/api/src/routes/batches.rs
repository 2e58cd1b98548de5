//! `/api/v1/batches`.

mod show;

pub use show::show_batch;
