//! Retention: what was kept for its tenant's period goes, in small steps with pauses, beside the other duties.

use std::time::Duration;

use gantry_domain::RetentionPeriods;
use gantry_store::{LogRange, PartitionDrop, StoreError, WorkerStore};
use tokio::sync::watch;
use tokio::time::{Instant, sleep};

/// The time between two passes; periods are days, so nothing waits for it. A pass that finds nothing costs a handful of
/// statements.
const PASS_INTERVAL: Duration = Duration::from_secs(3_600);
/// The time until another pass where one was left unfinished.
const RETRY_INTERVAL: Duration = Duration::from_secs(60);
/// How many jobs one statement looks at, and deletes at most.
const BATCH_JOBS: u32 = 1_000;
/// How many log lines one statement deletes at most.
const BATCH_LINES: u32 = 2_000;
/// The shortest pause between two statements of a pass.
const PAUSE: Duration = Duration::from_millis(50);

/// Deletes what was kept long enough, while this worker does the maintenance.
///
/// A task of its own among the duties: a backlog of millions takes its time and holds up no other duty.
pub(super) struct Retention {
    store: WorkerStore,
    periods: RetentionPeriods,
    is_holder: watch::Receiver<bool>,
}

/// How far a pass came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pass {
    Complete,
    Unfinished,
}

impl Retention {
    /// `periods` are those of tenants without their own; `is_holder` says whether this worker does the maintenance.
    pub(super) const fn new(
        store: WorkerStore,
        periods: RetentionPeriods,
        is_holder: watch::Receiver<bool>,
    ) -> Self {
        Self {
            store,
            periods,
            is_holder,
        }
    }

    /// Runs until it is dropped, or the other duties have ended.
    pub(super) async fn keep(mut self) {
        while self
            .is_holder
            .wait_for(|is_holder| *is_holder)
            .await
            .is_ok()
        {
            let rest = match self.pass().await {
                Ok(Pass::Complete) => PASS_INTERVAL,
                Ok(Pass::Unfinished) => RETRY_INTERVAL,
                Err(error) => {
                    tracing::warn!(%error, "what was kept long enough could not be deleted; trying again");
                    RETRY_INTERVAL
                }
            };
            sleep(rest).await;
        }
    }

    async fn pass(&self) -> Result<Pass, StoreError> {
        let made = self.store.make_log_partitions().await?;
        if made > 0 {
            tracing::debug!(
                count = made,
                "partitions for the logs of days to come were made"
            );
        }
        let mut pass = Pass::Complete;
        for range in self.store.log_ranges(self.periods).await? {
            if self.delete_lines(&range).await? == Pass::Unfinished {
                pass = Pass::Unfinished;
            }
        }
        // After the lines, because a job goes only when no line of it is left.
        match self.delete_jobs().await? {
            Pass::Complete => Ok(pass),
            Pass::Unfinished => Ok(Pass::Unfinished),
        }
    }

    /// All lines of a range at once where all are past their period, else those that are.
    async fn delete_lines(&self, range: &LogRange) -> Result<Pass, StoreError> {
        let mut dropped = PartitionDrop::Held;
        if let Some(partition) = &range.droppable_partition {
            dropped = self.drop_partition(partition).await;
        }
        match dropped {
            PartitionDrop::Dropped => {
                tracing::info!(
                    partition = range.droppable_partition,
                    "a partition of old logs was dropped"
                );
                Ok(Pass::Complete)
            }
            PartitionDrop::Held if range.is_to_be_swept => self.sweep_lines(range).await,
            PartitionDrop::Held | PartitionDrop::Absent => Ok(Pass::Complete),
            PartitionDrop::Busy => Ok(Pass::Unfinished),
        }
    }

    /// One that cannot be dropped is treated as one that may not be, so that it holds up nothing else.
    async fn drop_partition(&self, partition: &str) -> PartitionDrop {
        match self.store.drop_log_partition(partition, self.periods).await {
            Ok(dropped) => dropped,
            Err(error) => {
                tracing::warn!(%error, partition, "a partition of old logs could not be dropped");
                PartitionDrop::Held
            }
        }
    }

    async fn sweep_lines(&self, range: &LogRange) -> Result<Pass, StoreError> {
        let (mut after, mut deleted) = (None, 0);
        while *self.is_holder.borrow() {
            let begun_at = Instant::now();
            let swept = self
                .store
                .sweep_log_lines(range, after, self.periods, BATCH_JOBS, BATCH_LINES)
                .await?;
            deleted += swept.lines;
            after = swept.next;
            if after.is_none() {
                if deleted > 0 {
                    tracing::info!(count = deleted, "old log lines were deleted");
                }
                return Ok(Pass::Complete);
            }
            pause_after(begun_at).await;
        }
        Ok(Pass::Unfinished)
    }

    async fn delete_jobs(&self) -> Result<Pass, StoreError> {
        let (mut after, mut jobs, mut results) = (None, 0, 0);
        while *self.is_holder.borrow() {
            let begun_at = Instant::now();
            let swept = self
                .store
                .sweep_jobs(after, self.periods, BATCH_JOBS)
                .await?;
            jobs += swept.jobs;
            results += swept.results;
            after = swept.next;
            if after.is_none() {
                if jobs + results > 0 {
                    tracing::info!(
                        jobs,
                        results,
                        "old jobs, and results of others, were deleted"
                    );
                }
                return Ok(Pass::Complete);
            }
            pause_after(begun_at).await;
        }
        Ok(Pass::Unfinished)
    }
}

/// As long as the statement took, so that deleting never takes more than half of one connection's time.
async fn pause_after(begun_at: Instant) {
    sleep(begun_at.elapsed().max(PAUSE)).await;
}
