//! A workbench for handlers: a database and a Redis of its own, jobs to submit and workers to run them.

use std::path::Path;
use std::time::Duration;

use gantry_domain::{
    Job, JobFailure, JobId, JobState, LogCursor, LogLine, NewJob, Priority, TenantId, UserId,
};
use gantry_queue::{CancelSignal, Queue, QueueOptions};
use gantry_store::{ApiStore, CancelOutcome, LogSelection, StoreOptions};
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use gantry_worker::process::{Guardian, ScratchRoot};
use gantry_worker::{Handler, ProgramRunner, Shutdown, WorkerBuilder, WorkerError, WorkerOptions};
use serde_json::Value;
use tempfile::TempDir;
use tokio::task::JoinHandle;

/// Long beyond anything that these tests wait for; only a failing test waits so long.
pub const LIMIT: Duration = Duration::from_secs(120);
/// More lines than any of these tests reads.
const LOG_LIMIT_LINES: u32 = 10_000;

/// A database, a Redis and a scratch root for one test.
pub struct Bench {
    pub database: TestDatabase,
    pub redis: TestRedis,
    pub scratch: TempDir,
    api: ApiStore,
    queue: Queue,
    tenant_id: TenantId,
}

/// A worker inside the test's own process.
pub struct RunningWorker {
    shutdown: Shutdown,
    ending: JoinHandle<Result<(), WorkerError>>,
}

impl Bench {
    pub async fn create() -> Self {
        let (database, redis) = tokio::join!(TestDatabase::create(), TestRedis::create());
        let api = ApiStore::open(&store_options(&database)).await.unwrap();
        let queue = Queue::open(&queue_options(&redis)).unwrap();
        Self {
            api,
            queue,
            database,
            redis,
            scratch: tempfile::tempdir().unwrap(),
            tenant_id: TenantId::from_uuid(uuid::Uuid::now_v7()),
        }
    }

    /// Runs programs under guardians that are the worker's own executable, as in production.
    pub fn programs(&self) -> ProgramRunner {
        let guardian = Guardian::of_executable(Path::new(env!("CARGO_BIN_EXE_gantry-worker")));
        ProgramRunner::new(guardian, ScratchRoot::open(self.scratch.path()).unwrap())
    }

    /// Starts a worker with one handler.
    pub async fn start_worker(&self, handler: impl Handler) -> RunningWorker {
        let options = WorkerOptions {
            name: "bench".to_owned(),
            queues: vec!["default".parse().unwrap(), "qe".parse().unwrap()],
            concurrency: 8,
            lease_ttl: Duration::from_secs(30),
            heartbeat_interval: Duration::from_secs(1),
            drain_timeout: Duration::ZERO,
            http_addr: "127.0.0.1:0".parse().unwrap(),
        };
        let shutdown = Shutdown::new();
        let worker = WorkerBuilder::new(options)
            .handler(handler)
            .unwrap()
            .build(
                &store_options(&self.database),
                &queue_options(&self.redis),
                shutdown.clone(),
            )
            .await
            .unwrap();
        RunningWorker {
            shutdown,
            ending: tokio::spawn(worker.run()),
        }
    }

    /// A job with one attempt and plenty of time.
    pub fn job(&self, kind: &str, payload: Value) -> NewJob {
        NewJob {
            id: JobId::generate(),
            tenant_id: self.tenant_id,
            created_by: UserId::from_uuid(uuid::Uuid::now_v7()),
            kind: kind.parse().unwrap(),
            queue: "default".parse().unwrap(),
            priority: Priority::Normal,
            payload,
            run_at: None,
            max_attempts: 1,
            timeout_seconds: 600,
            tags: Vec::new(),
            traceparent: None,
        }
    }

    pub async fn submit(&self, job: NewJob) -> JobId {
        let jobs = [job];
        let accepted = self.api.submit(&jobs).await.unwrap();
        let doorbells = ApiStore::doorbells(&jobs, &accepted);
        self.queue.ring(&doorbells).await.unwrap();
        jobs[0].id
    }

    /// The job as it is now.
    pub async fn look_at(&self, job_id: JobId) -> Job {
        let tenant = self.api.tenant(self.tenant_id);
        tenant.find_job(job_id).await.unwrap().expect("a job")
    }

    /// The job once it is as it should become.
    pub async fn job_when(&self, job_id: JobId, is_so: impl Fn(&Job) -> bool) -> Job {
        eventually(LIMIT, || async {
            let job = self.look_at(job_id).await;
            if is_so(&job) { Ok(job) } else { Err(job) }
        })
        .await
    }

    /// The job once it has ended.
    pub async fn ended(&self, job_id: JobId) -> Job {
        self.job_when(job_id, |job| job.summary.finished_at.is_some())
            .await
    }

    /// Submits a job and waits for its end.
    pub async fn run(&self, job: NewJob) -> Job {
        let job_id = self.submit(job).await;
        self.ended(job_id).await
    }

    pub async fn log(&self, job_id: JobId) -> Vec<LogLine> {
        let selection = LogSelection::After {
            cursor: LogCursor::START,
            attempt: None,
            limit: LOG_LIMIT_LINES,
        };
        let tenant = self.api.tenant(self.tenant_id);
        tenant.read_log(job_id, &selection).await.unwrap()
    }

    /// The first line of the log that `find` makes something of.
    pub async fn in_log<T>(&self, job_id: JobId, find: impl Fn(&str) -> Option<T>) -> T {
        eventually(LIMIT, || async {
            let lines = self.log(job_id).await;
            lines.iter().find_map(|line| find(&line.text)).ok_or(lines)
        })
        .await
    }

    /// Asks for the end of a running job as the API does.
    pub async fn cancel(&self, job_id: JobId) {
        let error = JobFailure::new("cancelled", "a test asked for it");
        let tenant = self.api.tenant(self.tenant_id);
        let outcome = tenant.cancel_job(job_id, &error).await.unwrap();
        let CancelOutcome::Requested {
            worker_id,
            dispatch,
        } = outcome
        else {
            panic!("the job was not running: {outcome:?}");
        };
        let signal = CancelSignal {
            worker_id,
            job_id,
            dispatch,
        };
        self.queue.request_cancel(&signal).await.unwrap();
    }

    /// Waits until no scratch folder of a job is left.
    pub async fn scratch_is_removed(&self) {
        eventually(LIMIT, || async {
            let left = folders_of_jobs(self.scratch.path());
            if left.is_empty() { Ok(()) } else { Err(left) }
        })
        .await;
    }
}

impl RunningWorker {
    /// Asks the worker to hand its jobs back, and waits until nothing of it is left.
    pub async fn stop(self) {
        self.shutdown.request();
        self.ending.await.unwrap().unwrap();
    }
}

/// The state, the error's code and the error's message, for comparing.
pub fn failure(job: &Job) -> (JobState, &str, &str) {
    let error = job.summary.error.as_ref().expect("an error");
    (job.summary.state, &error.code, &error.message)
}

fn store_options(database: &TestDatabase) -> StoreOptions {
    StoreOptions {
        database_url: database.url().to_owned(),
        max_connections: 5,
        behind_transaction_pooler: false,
    }
}

fn queue_options(redis: &TestRedis) -> QueueOptions {
    QueueOptions {
        redis_url: redis.url().to_owned(),
        key_prefix: redis.prefix().trim_end_matches(':').to_owned(),
    }
}

fn folders_of_jobs(root: &Path) -> Vec<std::path::PathBuf> {
    let folders = |folder: &Path| {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.is_dir())
    };
    folders(root).flat_map(|worker| folders(&worker)).collect()
}
