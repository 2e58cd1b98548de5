//! The journal: stores the lines and progress of all runs in small batches, then publishes the lines.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{JobId, LogLine, QueueName, WorkerId};
use gantry_queue::{JobLines, Queue};
use gantry_store::{Run, RunLogLine, RunProgress, StoreError, WorkerStore};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

use crate::backoff::Backoff;

/// How old a line or report may become before it is stored.
const FLUSH_AGE: Duration = Duration::from_millis(100);
/// How many lines one statement stores.
const BATCH_LINES: usize = 1_000;
/// How much text one statement stores before it is sent early.
const BATCH_BYTES: usize = 1024 * 1024;
/// How many entries may wait for the journal; with the longest lines that is 16 MiB.
const WAITING_ENTRIES: usize = 1_024;
/// How often a run's progress is stored at most.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);

enum Entry {
    /// With the queue of its job, whose feed it is published to.
    Line(RunLogLine, Arc<QueueName>),
    Progress(RunProgress),
    /// Answers once everything before it is stored, and forgets the run.
    End(Run, oneshot::Sender<()>),
}

/// The side of the runs.
#[derive(Clone)]
pub(crate) struct JournalSender {
    entries: mpsc::Sender<Entry>,
}

impl JournalSender {
    /// What one run writes to.
    pub(crate) fn of(&self, run: Run, queue: QueueName) -> RunJournal {
        RunJournal {
            run,
            queue: Arc::new(queue),
            entries: self.entries.clone(),
            is_written: Arc::default(),
        }
    }
}

/// What one run writes to; clones write to the same.
#[derive(Clone)]
pub(crate) struct RunJournal {
    run: Run,
    queue: Arc<QueueName>,
    entries: mpsc::Sender<Entry>,
    /// So that the end of a run that wrote nothing waits for nobody.
    is_written: Arc<AtomicBool>,
}

impl RunJournal {
    /// Hands a line over; waits while the journal is behind. A journal that has ended belongs to a lost lease: then
    /// nothing of the run may be stored any more.
    pub(crate) async fn write(&self, line: LogLine) {
        self.is_written.store(true, Ordering::Relaxed);
        let run = self.run;
        let line = RunLogLine { run, line };
        let queue = Arc::clone(&self.queue);
        let _ = self.entries.send(Entry::Line(line, queue)).await;
    }

    /// Hands a report over.
    pub(crate) async fn report(&self, progress: serde_json::Value) {
        self.is_written.store(true, Ordering::Relaxed);
        let run = self.run;
        let progress = RunProgress { run, progress };
        let _ = self.entries.send(Entry::Progress(progress)).await;
    }

    /// Waits until everything the run wrote is stored, or cannot be any more. To be called when nobody writes any more.
    pub(crate) async fn end(&self) {
        if !self.is_written.load(Ordering::Relaxed) {
            return;
        }
        let (stored, wait) = oneshot::channel();
        if self
            .entries
            .send(Entry::End(self.run, stored))
            .await
            .is_ok()
        {
            let _ = wait.await;
        }
    }
}

/// The side that stores.
pub(crate) struct Journal {
    entries: mpsc::Receiver<Entry>,
    store: WorkerStore,
    queue: Queue,
    worker_id: WorkerId,
    lines: Vec<RunLogLine>,
    lines_bytes: usize,
    /// The queues of the jobs that the lines are of.
    queues: HashMap<JobId, Arc<QueueName>>,
    progress: HashMap<Run, Report>,
    ending: Vec<(Run, oneshot::Sender<()>)>,
}

/// The latest report of a run, if it is not stored yet, and when the last one was.
struct Report {
    waiting: Option<serde_json::Value>,
    stored_at: Option<Instant>,
}

pub(crate) fn journal(
    store: WorkerStore,
    queue: Queue,
    worker_id: WorkerId,
) -> (JournalSender, Journal) {
    let (sender, entries) = mpsc::channel(WAITING_ENTRIES);
    let journal = Journal {
        entries,
        store,
        queue,
        worker_id,
        lines: Vec::new(),
        lines_bytes: 0,
        queues: HashMap::new(),
        progress: HashMap::new(),
        ending: Vec::new(),
    };
    (JournalSender { entries: sender }, journal)
}

impl Journal {
    /// Stores what comes until every sender is gone. Dropped when the lease is lost.
    pub(crate) async fn keep(mut self) {
        loop {
            let progress_due = self.progress_due();
            tokio::select! {
                entry = self.entries.recv() => match entry {
                    Some(entry) => {
                        self.take(entry);
                        self.gather().await;
                    }
                    None => break,
                },
                () = sleep_until(progress_due.unwrap_or_else(Instant::now)), if progress_due.is_some() => {}
            }
            self.flush().await;
        }
    }

    /// When the next report that had to wait may be stored.
    fn progress_due(&self) -> Option<Instant> {
        self.progress
            .values()
            .filter(|report| report.waiting.is_some())
            .filter_map(|report| report.stored_at)
            .min()
            .map(|stored_at| stored_at + PROGRESS_INTERVAL)
    }

    /// Gathers what comes until the batch is full, its oldest part is old enough, or a run waits for its end.
    async fn gather(&mut self) {
        let flush_at = Instant::now() + FLUSH_AGE;
        while self.ending.is_empty()
            && self.lines.len() < BATCH_LINES
            && self.lines_bytes < BATCH_BYTES
        {
            tokio::select! {
                entry = self.entries.recv() => match entry {
                    Some(entry) => self.take(entry),
                    None => return,
                },
                () = sleep_until(flush_at) => return,
            }
        }
        while self.lines.len() < BATCH_LINES
            && self.lines_bytes < BATCH_BYTES
            && let Ok(entry) = self.entries.try_recv()
        {
            self.take(entry);
        }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Line(line, queue) => {
                self.queues.entry(line.run.job_id).or_insert(queue);
                self.lines_bytes += line.line.text.len();
                self.lines.push(line);
            }
            Entry::Progress(RunProgress { run, progress }) => {
                let report = self.progress.entry(run).or_insert(Report {
                    waiting: None,
                    stored_at: None,
                });
                report.waiting = Some(progress);
            }
            Entry::End(run, stored) => self.ending.push((run, stored)),
        }
    }

    async fn flush(&mut self) {
        self.flush_lines().await;
        self.flush_progress().await;
        for (run, stored) in self.ending.drain(..) {
            self.progress.remove(&run);
            // The run may have given up waiting.
            let _ = stored.send(());
        }
    }

    async fn flush_lines(&mut self) {
        let lines = mem::take(&mut self.lines);
        let queues = mem::take(&mut self.queues);
        self.lines_bytes = 0;
        if lines.is_empty() {
            return;
        }
        let line_count = lines.len() as u64;
        let stored = until_stored("log lines", || {
            self.store.append_log(self.worker_id, &lines)
        })
        .await;
        reach(CrashPoint::LinesStored);
        // Lines of a run that is no longer this worker's were not stored, and must not be seen: where not all were, the
        // followers are only told to look.
        let mut jobs = by_job(lines, &queues);
        if stored != Some(line_count) {
            jobs.iter_mut().for_each(|job| job.lines.clear());
        }
        if let Err(error) = self.queue.publish_lines(&jobs).await {
            tracing::debug!(%error, "log lines were stored but not published; followers read them from Postgres");
        }
        reach(CrashPoint::LinesPublished);
    }

    async fn flush_progress(&mut self) {
        let now = Instant::now();
        let ending = &self.ending;
        let reports: Vec<_> = self
            .progress
            .iter_mut()
            .filter(|(run, report)| {
                let is_due = report
                    .stored_at
                    .is_none_or(|at| at + PROGRESS_INTERVAL <= now);
                is_due || ending.iter().any(|(ending, _)| ending == *run)
            })
            .filter_map(|(run, report)| {
                let progress = report.waiting.take()?;
                report.stored_at = Some(now);
                Some(RunProgress {
                    run: *run,
                    progress,
                })
            })
            .collect();
        if !reports.is_empty() {
            until_stored("progress", || {
                self.store.record_progress(self.worker_id, &reports)
            })
            .await;
        }
    }
}

/// Tries until Postgres answers. What it refuses as a statement cannot be mended by trying again, and is given up.
async fn until_stored<T, F: Future<Output = Result<T, StoreError>>>(
    what: &str,
    mut store: impl FnMut() -> F,
) -> Option<T> {
    let mut backoff = Backoff::new();
    loop {
        match store().await {
            Ok(stored) => return Some(stored),
            Err(StoreError::Unavailable(error)) => {
                if backoff.is_fresh() {
                    tracing::warn!(%error, "{what} cannot be stored now; trying again");
                }
                backoff.pause().await;
            }
            Err(error) => {
                tracing::error!(%error, "{what} could not be stored and are lost");
                return None;
            }
        }
    }
}

fn by_job(lines: Vec<RunLogLine>, queues: &HashMap<JobId, Arc<QueueName>>) -> Vec<JobLines> {
    let mut jobs: Vec<JobLines> = Vec::new();
    for RunLogLine { run, line } in lines {
        match jobs.iter_mut().find(|job| job.job_id == run.job_id) {
            Some(job) => job.lines.push(line),
            None => jobs.extend(queues.get(&run.job_id).map(|queue| JobLines {
                job_id: run.job_id,
                queue: QueueName::clone(queue),
                lines: vec![line],
            })),
        }
    }
    jobs
}
