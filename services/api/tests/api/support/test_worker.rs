//! A worker that claims, logs and settles when it is told to.

use std::time::Duration;

use chrono::Utc;
use gantry_domain::{
    JobFailure, JobId, JobState, KindDeclaration, KindName, LogLevel, LogLine, LogStream,
    QueueName, WorkerId,
};
use gantry_queue::{DoorbellReader, JobEnded, JobLines, Queue, QueueOptions, SignalReader};
use gantry_store::{
    ClaimedJob, Completion, Failure, NewWorker, Run, RunLogLine, StoreOptions, WorkerStore,
};
use serde_json::{Value, json};
use tokio::time::timeout;

use super::{SOON, TestApi, kinds};

/// A worker that claims, logs and settles when it is told to.
pub struct TestWorker {
    id: WorkerId,
    store: WorkerStore,
    queue: Queue,
}

impl TestWorker {
    /// A worker on the servers of `api` that has announced `kinds`.
    pub async fn start(api: &TestApi, kinds: Vec<KindDeclaration>) -> Self {
        let options = StoreOptions {
            database_url: api.database.url().to_owned(),
            max_connections: 2,
            statement_timeout: Duration::from_secs(20),
            behind_transaction_pooler: false,
        };
        let queue = Queue::open(&QueueOptions {
            redis_url: api.redis_url.clone(),
            key_prefix: api.prefix.clone(),
            machine_of: None,
        });
        let worker = Self {
            id: WorkerId::generate(),
            store: WorkerStore::open(&options).await.unwrap(),
            queue: queue.unwrap(),
        };
        worker.announce(kinds).await;
        worker
    }

    async fn announce(&self, kinds: Vec<KindDeclaration>) {
        let worker = NewWorker {
            id: self.id,
            name: "test-worker".to_owned(),
            queues: vec!["default".parse().unwrap()],
            kinds,
            concurrency: 4,
            version: "1.0.0".to_owned(),
            lease: Duration::from_secs(600),
        };
        self.store.register(&worker).await.unwrap();
    }

    /// Claims the job's newest dispatch.
    pub async fn claim(&self, job_id: JobId, dispatch: u32) -> ClaimedJob {
        let claimed = self.try_claim(job_id, dispatch).await;
        claimed.expect("the job waits for a worker")
    }

    /// Claims the job's newest dispatch, if it may be claimed.
    pub async fn try_claim(&self, job_id: JobId, dispatch: u32) -> Option<ClaimedJob> {
        let kinds: Vec<KindName> = kinds().into_iter().map(|kind| kind.name).collect();
        self.claim_one_of(job_id, dispatch, &kinds).await
    }

    /// Claims a new job of this kind.
    pub async fn claim_kind(&self, job_id: JobId, kind: &str) -> ClaimedJob {
        let claimed = self.claim_one_of(job_id, 1, &[kind.parse().unwrap()]).await;
        claimed.expect("the job waits for a worker")
    }

    async fn claim_one_of(
        &self,
        job_id: JobId,
        dispatch: u32,
        kinds: &[KindName],
    ) -> Option<ClaimedJob> {
        let run = Run { job_id, dispatch };
        let claimed = self.store.claim(self.id, &[run], kinds).await;
        claimed.unwrap().pop()
    }

    /// What this worker is told of.
    pub fn doorbells(&self) -> DoorbellReader {
        let queues: [QueueName; 1] = ["default".parse().unwrap()];
        DoorbellReader::new(&self.queue, &queues, self.id)
    }

    /// Stores lines of a run and publishes them, as a worker does.
    pub async fn log(&self, claimed: &ClaimedJob, seqs: impl IntoIterator<Item = u64>) {
        let lines = self.store_only(claimed, seqs).await;
        self.publish_only(claimed, lines).await;
    }

    /// Stores lines that the feed never carries.
    pub async fn store_only(
        &self,
        claimed: &ClaimedJob,
        seqs: impl IntoIterator<Item = u64>,
    ) -> Vec<LogLine> {
        let lines: Vec<LogLine> = seqs
            .into_iter()
            .map(|seq| line(claimed.attempt, seq))
            .collect();
        self.store_lines(claimed, &lines).await;
        lines
    }

    pub async fn store_lines(&self, claimed: &ClaimedJob, lines: &[LogLine]) {
        let run = claimed.run;
        let stored: Vec<RunLogLine> = lines
            .iter()
            .map(|line| RunLogLine {
                run,
                line: line.clone(),
            })
            .collect();
        let added = self.store.append_log(self.id, &stored).await.unwrap();
        assert_eq!(added, stored.len() as u64);
    }

    pub async fn publish_only(&self, claimed: &ClaimedJob, lines: Vec<LogLine>) {
        // A test may have taken Redis away.
        let published = JobLines {
            job_id: claimed.job_id(),
            queue: claimed.queue.clone(),
            lines,
        };
        let _ = self.queue.publish_lines(&[published]).await;
    }

    pub async fn complete(&self, claimed: &ClaimedJob) {
        self.complete_with(claimed, json!({"done": true})).await;
    }

    pub async fn complete_with(&self, claimed: &ClaimedJob, result: Value) {
        let completion = Completion {
            run: claimed.run,
            result,
        };
        let settled = self.store.complete(self.id, &[completion]).await.unwrap();
        assert_eq!(settled[0].run, claimed.run);
        let settled = self.store.settle_dependencies(&[claimed.job_id()]).await;
        settled.unwrap();
        self.publish_end(claimed, JobState::Succeeded).await;
    }

    /// Fails a run for good.
    pub async fn fail(&self, claimed: &ClaimedJob, code: &str) {
        self.write_failure(claimed, code, None).await;
        self.publish_end(claimed, JobState::Failed).await;
    }

    /// Fails a run; the next is due in an hour.
    pub async fn fail_for_now(&self, claimed: &ClaimedJob, code: &str) {
        let retry_after = Some(Duration::from_secs(3_600));
        self.write_failure(claimed, code, retry_after).await;
    }

    async fn write_failure(&self, claimed: &ClaimedJob, code: &str, retry_after: Option<Duration>) {
        let failure = Failure {
            run: claimed.run,
            error: JobFailure::new(code, "It did not work."),
            retry_after,
        };
        self.store.fail(self.id, &[failure]).await.unwrap();
    }

    /// The run that this worker is next told to end.
    pub async fn next_cancelled(&self) -> Run {
        let mut reader = SignalReader::new(&self.queue, self.id);
        let signals = timeout(SOON, reader.read())
            .await
            .expect("a signal comes")
            .unwrap();
        let signal = signals.first().expect("the worker is told");
        Run {
            job_id: signal.job_id,
            dispatch: signal.dispatch,
        }
    }

    pub async fn mark_cancelled(&self, claimed: &ClaimedJob) {
        let error = JobFailure::new("cancelled", "Cancelled.");
        let runs = [claimed.run];
        let settled = self.store.mark_cancelled(self.id, &runs, &error);
        assert_eq!(settled.await.unwrap()[0].run, claimed.run);
        self.publish_end(claimed, JobState::Cancelled).await;
    }

    async fn publish_end(&self, claimed: &ClaimedJob, state: JobState) {
        let ended = JobEnded {
            job_id: claimed.job_id(),
            state,
        };
        let _ = self.queue.publish_ended(&[ended]).await;
    }
}

/// A line of a program's output.
pub fn line(attempt: u32, seq: u64) -> LogLine {
    LogLine {
        attempt,
        seq,
        at: Utc::now(),
        stream: LogStream::Stdout,
        level: LogLevel::Info,
        text: format!("line {seq} of attempt {attempt}"),
    }
}
