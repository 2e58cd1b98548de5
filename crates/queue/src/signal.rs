//! Control signals: telling one worker to end one run, which Postgres knows too, so that a lost signal only costs time.

use std::collections::BTreeSet;

use deadpool_redis::redis::{Cmd, Value, cmd, pipe};
use gantry_domain::{JobId, WorkerId};

use crate::connection::{BLOCK, WaitingConnection};
use crate::entry::read_reply;
use crate::stream_id::StreamId;
use crate::{Queue, QueueError};

/// Tells a worker to end a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CancelSignal {
    /// The worker that runs it.
    pub worker_id: WorkerId,
    /// The job.
    pub job_id: JobId,
    /// Which of its dispatches.
    pub dispatch: u32,
}

/// How many signals a worker's stream keeps; older ones were read long ago or are known from Postgres.
const KEPT_SIGNALS: usize = 1_000;
/// How long a worker's stream outlives its last signal.
const SIGNAL_LIFETIME_SECONDS: i64 = 3_600;

/// How many signals share one pipeline; more would hold up the connection's other answers.
const PIPELINE_LIMIT: usize = 1_000;

impl Queue {
    /// Tells workers to end runs, in one pipeline.
    ///
    /// # Errors
    /// Redis cannot be reached; some of the signals may have been sent. The workers learn of the others from Postgres with
    /// their next heartbeat.
    pub async fn request_cancels(&self, signals: &[CancelSignal]) -> Result<(), QueueError> {
        if signals.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection().await?;
        for part in signals.chunks(PIPELINE_LIMIT) {
            let mut pipeline = pipe();
            for signal in part {
                let key = self.keys.control(signal.worker_id);
                pipeline.add_command(send_command(&key, signal)).ignore();
            }
            let workers: BTreeSet<_> = part.iter().map(|signal| signal.worker_id).collect();
            for worker_id in workers {
                let key = self.keys.control(worker_id);
                pipeline.expire(&key, SIGNAL_LIFETIME_SECONDS).ignore();
            }
            pipeline.query_async::<()>(&mut connection).await?;
        }
        Ok(())
    }
}

fn send_command(key: &str, signal: &CancelSignal) -> Cmd {
    let mut command = cmd("XADD");
    command
        .arg(key)
        .arg("MAXLEN")
        .arg("~")
        .arg(KEPT_SIGNALS)
        .arg("*")
        .arg("v")
        .arg("1")
        .arg("cancel")
        .arg(signal.job_id.to_string())
        .arg("dispatch")
        .arg(signal.dispatch);
    command
}

/// Reads the signals for one worker, on a connection of its own.
pub struct SignalReader {
    queue: Queue,
    worker_id: WorkerId,
    connection: Option<WaitingConnection>,
    last: StreamId,
}

impl SignalReader {
    /// A reader for a worker that starts now; connects at its first read.
    pub fn new(queue: &Queue, worker_id: WorkerId) -> Self {
        Self {
            queue: queue.clone(),
            worker_id,
            connection: None,
            last: StreamId::default(),
        }
    }

    /// The next signals; waits up to five seconds and may then bring none.
    ///
    /// # Errors
    /// Redis cannot be reached. The next call connects anew; wait a little before it.
    pub async fn read(&mut self) -> Result<Vec<CancelSignal>, QueueError> {
        // Put back only after an answer: a read that fails or is given up leaves nothing that waits in its place.
        let mut connection = match self.connection.take() {
            Some(connection) => connection,
            None => WaitingConnection::open(&self.queue.client).await?,
        };
        let mut command = cmd("XREAD");
        command
            .arg("BLOCK")
            .arg(BLOCK.as_millis().to_string())
            .arg("STREAMS")
            .arg(self.queue.keys.control(self.worker_id))
            .arg(self.last.to_string());
        let reply: Value = connection.run(&command).await?;
        self.connection = Some(connection);
        let mut signals = Vec::new();
        for entry in read_reply(reply)
            .into_iter()
            .flat_map(|stream| stream.entries)
        {
            self.last = entry.id.parse().unwrap_or(self.last);
            // What is no cancel signal is of a later version, and not for this one.
            if let (Some(Ok(job_id)), Some(Ok(dispatch))) = (
                entry.text("cancel").map(str::parse),
                entry.text("dispatch").map(str::parse),
            ) {
                signals.push(CancelSignal {
                    worker_id: self.worker_id,
                    job_id,
                    dispatch,
                });
            }
        }
        Ok(signals)
    }
}
