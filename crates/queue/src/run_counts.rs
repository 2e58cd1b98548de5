//! How many runs begin and end per minute, counted by the workers for whoever wants to see it; nothing depends on it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use deadpool_redis::redis::{RedisResult, Value, from_redis_value, pipe};
use gantry_domain::{QueueName, QueueRates};

use crate::{Queue, QueueError};

/// Over how many minutes rates are averaged, the one that has begun not counted.
const RATE_MINUTES: u64 = 5;
/// How long a minute's counts are kept, in seconds.
const KEPT_SECONDS: u64 = 15 * 60;

const STARTED: &str = "started";
const FINISHED: &str = "finished";
const FAILED: &str = "failed";

/// How many runs of a queue began and ended since they were last counted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunCounts {
    /// Runs that began.
    pub started: u64,
    /// Runs that ended with an outcome, whichever.
    pub finished: u64,
    /// Those of them that failed, retried or not.
    pub failed: u64,
}

impl Queue {
    /// Adds to the counts of the present minute, in one pipeline. Minutes are those of the caller's clock.
    ///
    /// # Errors
    /// Redis cannot be reached or is out of memory; then some are not counted.
    pub async fn count_runs(&self, counts: &[(QueueName, RunCounts)]) -> Result<(), QueueError> {
        let (minute, _) = present_minute();
        let mut pipeline = pipe();
        for (queue, counts) in counts {
            let key = self.keys.runs(queue, minute);
            for (field, count) in [
                (STARTED, counts.started),
                (FINISHED, counts.finished),
                (FAILED, counts.failed),
            ] {
                if count > 0 {
                    pipeline.hincr(&key, field, count).ignore();
                }
            }
            pipeline.cmd("EXPIRE").arg(&key).arg(KEPT_SECONDS).ignore();
        }
        let mut connection = self.connection().await?;
        pipeline.query_async::<()>(&mut connection).await?;
        Ok(())
    }

    /// The rates of queues over the last minutes, in the order of the queues.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn rates(&self, queues: &[QueueName]) -> Result<Vec<QueueRates>, QueueError> {
        if queues.is_empty() {
            return Ok(Vec::new());
        }
        let (minute, elapsed) = present_minute();
        let minutes = minute.saturating_sub(RATE_MINUTES)..=minute;
        let mut pipeline = pipe();
        for queue in queues {
            for minute in minutes.clone() {
                let key = self.keys.runs(queue, minute);
                pipeline
                    .cmd("HMGET")
                    .arg(&key)
                    .arg(&[STARTED, FINISHED, FAILED]);
            }
        }
        let mut connection = self.connection().await?;
        // What a machine of a tenant's own spoiled counts as nothing, and spoils no other queue's.
        let answers: Vec<RedisResult<Value>> = pipeline
            .ignore_errors()
            .query_async(&mut connection)
            .await?;
        let answers: Vec<[Option<u64>; 3]> = answers.into_iter().map(counts_of).collect();
        let span_minutes = f64::from(u32::try_from(RATE_MINUTES).unwrap_or(u32::MAX))
            + elapsed.as_secs_f64() / 60.0;
        let of_queue = answers.chunks(minutes.count());
        Ok(of_queue
            .map(|minutes| {
                let per_minute = |field: usize| {
                    let counts = minutes.iter().filter_map(|minute| minute[field]);
                    let sum = counts.fold(0, u64::saturating_add);
                    f64::from(u32::try_from(sum).unwrap_or(u32::MAX)) / span_minutes
                };
                QueueRates {
                    started_per_minute: per_minute(0),
                    finished_per_minute: per_minute(1),
                    failed_per_minute: per_minute(2),
                }
            })
            .collect())
    }
}

/// One minute's counts, in the order of the fields; none where they are no counts.
fn counts_of(answer: RedisResult<Value>) -> [Option<u64>; 3] {
    answer
        .ok()
        .and_then(|answer| from_redis_value(answer).ok())
        .unwrap_or_default()
}

/// The minutes since 1970, and how much of the present one has passed.
fn present_minute() -> (u64, Duration) {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let minute = now.as_secs() / 60;
    (minute, now.saturating_sub(Duration::from_secs(minute * 60)))
}
