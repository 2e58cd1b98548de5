//! Publishing: lines that Postgres already holds, and jobs that ended.

use deadpool_redis::redis::{Cmd, cmd, pipe};
use gantry_domain::{JobId, JobState, LogLine, QueueName};

use crate::{Queue, QueueError};

/// How many entries of a job's feed are kept: enough for a reader to be a moment late.
const KEPT_ENTRIES: usize = 64;
/// How long a job's feed outlives its last line.
const FEED_LIFETIME_SECONDS: u64 = 600;
/// Lines of more text than this are announced without their text; followers read them from Postgres.
const ENTRY_LIMIT_BYTES: usize = 64 * 1024;
/// How long the text of one entry can be at most, with every character escaped and many short lines.
pub(super) const DOCUMENT_LIMIT_BYTES: usize = 16 * ENTRY_LIMIT_BYTES;
/// How many changes are kept.
const KEPT_CHANGES: usize = 1_000;
/// How many jobs one change may name.
const CHANGE_LIMIT_JOBS: usize = 500;

/// A job that left its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JobEnded {
    /// The job.
    pub job_id: JobId,
    /// Where it stands now.
    pub state: JobState,
}

/// Lines of one job that Postgres holds already; with none, its followers are only told to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobLines {
    /// The job.
    pub job_id: JobId,
    /// Where it waited.
    pub queue: QueueName,
    /// The lines, in order.
    pub lines: Vec<LogLine>,
}

impl Queue {
    /// Publishes lines, each job's in one entry.
    ///
    /// # Errors
    /// Redis cannot be reached; then followers find the lines in Postgres.
    pub async fn publish_lines(&self, jobs: &[JobLines]) -> Result<(), QueueError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut pipeline = pipe();
        for job in jobs {
            let key = self.keys.feed(&job.queue, job.job_id);
            pipeline
                .add_command(lines_command(&key, &job.lines))
                .ignore();
            pipeline
                .cmd("EXPIRE")
                .arg(&key)
                .arg(FEED_LIFETIME_SECONDS)
                .ignore();
        }
        let mut connection = self.connection().await?;
        pipeline.query_async::<()>(&mut connection).await?;
        Ok(())
    }

    /// Says that jobs changed their state, so that whoever follows them looks.
    ///
    /// # Errors
    /// Redis cannot be reached; then followers look by themselves a little later.
    pub async fn publish_ended(&self, ended: &[JobEnded]) -> Result<(), QueueError> {
        if ended.is_empty() {
            return Ok(());
        }
        let key = self.keys.changes();
        let mut pipeline = pipe();
        for part in ended.chunks(CHANGE_LIMIT_JOBS) {
            let jobs: Vec<String> = part.iter().map(|ended| ended.job_id.to_string()).collect();
            pipeline
                .cmd("XADD")
                .arg(&key)
                .arg("MAXLEN")
                .arg("~")
                .arg(KEPT_CHANGES)
                .arg("*")
                .arg("jobs")
                .arg(jobs.join(" "))
                .ignore();
        }
        let mut connection = self.connection().await?;
        pipeline.query_async::<()>(&mut connection).await?;
        Ok(())
    }
}

fn lines_command(key: &str, lines: &[LogLine]) -> Cmd {
    let size_bytes: usize = lines.iter().map(|line| line.text.len()).sum();
    let document = if !lines.is_empty() && size_bytes <= ENTRY_LIMIT_BYTES {
        serde_json::to_string(lines).unwrap_or_default()
    } else {
        String::new()
    };
    let mut command = cmd("XADD");
    command
        .arg(key)
        .arg("MAXLEN")
        .arg("~")
        .arg(KEPT_ENTRIES)
        .arg("*")
        .arg("lines")
        .arg(document);
    command
}
