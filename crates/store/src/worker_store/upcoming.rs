//! When a scheduled job or a schedule comes due next.

use std::time::Duration;

use sea_orm::QueryResult;

use super::WorkerStore;
use crate::StoreError;
use crate::statement::{column, statement};

/// How long it is until something comes due: zero for what is, none where nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Upcoming {
    /// The next scheduled job.
    pub job: Option<Duration>,
    /// The next schedule.
    pub schedule: Option<Duration>,
}

impl WorkerStore {
    /// How long it is until a scheduled job and a schedule come due; both with one look at two indexes.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn upcoming(&self) -> Result<Upcoming, StoreError> {
        let sql = "
            SELECT extract(epoch FROM (
                SELECT min(run_at) FROM jobs WHERE state = 'scheduled' AND queued_at IS NULL AND finished_at IS NULL
            ) - now())::float8 AS job, extract(epoch FROM (
                SELECT min(next_run_at) FROM schedules WHERE paused_at IS NULL
            ) - now())::float8 AS schedule";
        let Some(row) = self.runs.query_one_raw(statement(sql, [])).await? else {
            return Ok(Upcoming::default());
        };
        Ok(Upcoming {
            job: until(&row, "job")?,
            schedule: until(&row, "schedule")?,
        })
    }
}

fn until(row: &QueryResult, name: &'static str) -> Result<Option<Duration>, StoreError> {
    let seconds = column::<Option<f64>>(row, name)?;
    Ok(seconds.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default()))
}
