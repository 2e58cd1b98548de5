//! Reconciliation: rings again for queued jobs that nobody was told of, and forgets workers that are gone.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::QueueName;
use gantry_queue::{Queue, QueueError, Watermark};
use gantry_store::{ReconciliationFrame, StoreError, WorkerStore};
use tokio::time::Instant;

/// How long a submission may take to ring after its commit; a job younger than that is not missed yet.
const RING_GRACE: Duration = Duration::from_secs(5);
const BATCH_JOBS: u32 = 1_000;
/// How often the names of workers in Redis are compared with those in Postgres.
const FORGET_INTERVAL: Duration = Duration::from_secs(60);

/// Rings again for queued jobs that nobody was told of.
///
/// It remembers how far a queue's streams were written at some moment, and the jobs that were queued by then. Once
/// everything written by that moment was delivered, a job of those that still waits was never announced, or its
/// doorbell was lost with a worker or with Redis: it is announced again. A long backlog is left alone, and no clock of
/// Redis is compared with one of Postgres.
pub(super) struct Reconciler {
    store: WorkerStore,
    queue: Queue,
    marks: HashMap<QueueName, Mark>,
    forgot_at: Option<Instant>,
    was_away: bool,
}

/// A moment to come back to.
struct Mark {
    /// How far the streams were written.
    watermark: Watermark,
    /// Jobs queued by then had been announced by that moment, if they ever were.
    queued_until: DateTime<Utc>,
}

#[derive(Debug, thiserror::Error)]
enum ReconcileError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Reconciler {
    pub(super) fn new(store: WorkerStore, queue: Queue) -> Self {
        Self {
            store,
            queue,
            marks: HashMap::new(),
            forgot_at: None,
            was_away: false,
        }
    }

    /// Forgets what it remembers, because another worker does the maintenance now.
    pub(super) fn forget(&mut self) {
        self.marks.clear();
    }

    /// Compares every queue with its streams once.
    pub(super) async fn sweep(&mut self) {
        match self.try_sweep().await {
            Ok(()) => self.was_away = false,
            Err(error) => {
                if !self.was_away {
                    tracing::warn!(%error, "queues cannot be compared with their streams now; trying again");
                }
                self.was_away = true;
            }
        }
    }

    async fn try_sweep(&mut self) -> Result<(), ReconcileError> {
        let frame = self.store.reconciliation_frame().await?;
        let queued_until = frame.now - RING_GRACE;
        for queue in &frame.queues {
            let swept = self.sweep_queue(queue, queued_until, &frame).await;
            leave_aside_what_is_spoiled(queue, swept)?;
        }
        if self
            .forgot_at
            .is_none_or(|at| at.elapsed() >= FORGET_INTERVAL)
        {
            self.forgot_at = Some(Instant::now());
            for queue in &frame.queues {
                leave_aside_what_is_spoiled(queue, self.forget_gone_workers(queue).await)?;
            }
        }
        Ok(())
    }

    async fn sweep_queue(
        &mut self,
        queue: &QueueName,
        queued_until: DateTime<Utc>,
        frame: &ReconciliationFrame,
    ) -> Result<(), ReconcileError> {
        let position = self.queue.position(queue).await?;
        match self.marks.get(queue) {
            Some(mark) if !position.has_passed(&mark.watermark) => return Ok(()),
            Some(mark) if frame.waited_in.contains(queue) => {
                self.ring_for_waiting(queue, mark.queued_until).await?;
                if frame.has_limits {
                    self.ring_for_free_places(queue, mark.queued_until).await?;
                }
            }
            _ => {}
        }
        // Taken after ringing, so that the next look waits for these doorbells to be delivered too.
        let position = self.queue.position(queue).await?;
        self.marks.insert(
            queue.clone(),
            Mark {
                watermark: position.watermark(),
                queued_until,
            },
        );
        Ok(())
    }

    async fn ring_for_waiting(
        &self,
        queue: &QueueName,
        queued_until: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let mut after = None;
        loop {
            let waiting = self
                .store
                .waiting_since(queue, queued_until, after, BATCH_JOBS)
                .await?;
            if !waiting.is_empty() {
                reach(CrashPoint::WaitingJobsFound);
            }
            self.queue.ring(&waiting).await?;
            if !waiting.is_empty() {
                reach(CrashPoint::WaitingJobsRung);
                tracing::info!(%queue, count = waiting.len(), "rang again for jobs that nobody was told of");
            }
            after = waiting.last().map(|doorbell| doorbell.job_id);
            if waiting.len() < BATCH_JOBS as usize {
                return Ok(());
            }
        }
    }

    /// For jobs under a concurrency limit, as many as there is room for: whoever left the places may not have lived to tell.
    async fn ring_for_free_places(
        &self,
        queue: &QueueName,
        queued_until: DateTime<Utc>,
    ) -> Result<(), ReconcileError> {
        let next = self.store.next_in_queue(queue, queued_until).await?;
        if !next.is_empty() {
            reach(CrashPoint::WaitingJobsFound);
        }
        self.queue.ring(&next).await?;
        if !next.is_empty() {
            tracing::info!(%queue, count = next.len(), "rang for jobs that free places waited for");
        }
        Ok(())
    }

    async fn forget_gone_workers(&self, queue: &QueueName) -> Result<(), ReconcileError> {
        let known = self.queue.known_workers(queue).await?;
        let alive = self.store.alive_workers(&known).await?;
        for worker_id in known.into_iter().filter(|id| !alive.contains(id)) {
            reach(CrashPoint::GoneWorkerFound);
            self.queue.forget_worker(queue, worker_id).await?;
        }
        Ok(())
    }
}

/// What is wrong with one queue's keys keeps no other queue from being looked at.
fn leave_aside_what_is_spoiled(
    queue: &QueueName,
    outcome: Result<(), ReconcileError>,
) -> Result<(), ReconcileError> {
    match outcome {
        Err(ReconcileError::Queue(error)) if error.is_about_keys() => {
            tracing::warn!(%queue, %error, "a queue cannot be compared with its streams");
            Ok(())
        }
        outcome => outcome,
    }
}
