//! A workbench for handlers: a database and a Redis of its own, and jobs to submit and look at.

use std::time::Duration;

use gantry_domain::{
    Job, JobId, LogCursor, LogLine, NewJob, OnParentFailure, Priority, TenantId, UserId,
};
use gantry_queue::{Queue, QueueOptions};
use gantry_store::{ApiStore, LogSelection, StoreOptions};
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use serde_json::Value;
use tempfile::TempDir;

/// Long beyond anything that these tests wait for; only a failing test waits so long.
pub const LIMIT: Duration = Duration::from_secs(300);
/// More lines than any of these tests reads.
const LOG_LIMIT_LINES: u32 = 10_000;

/// A database, a Redis and a scratch root for one test.
pub struct Bench {
    pub database: TestDatabase,
    pub redis: TestRedis,
    pub scratch: TempDir,
    pub api: ApiStore,
    pub queue: Queue,
    pub tenant_id: TenantId,
}

impl Bench {
    pub async fn create() -> Self {
        let (database, redis) = tokio::join!(TestDatabase::create(), TestRedis::create());
        let api = ApiStore::open(&store_options(&database))
            .await
            .expect("a right address");
        let queue = Queue::open(&queue_options(&redis)).expect("a right address");
        Self {
            api,
            queue,
            database,
            redis,
            scratch: tempfile::tempdir().expect("a folder"),
            tenant_id: TenantId::from_uuid(uuid::Uuid::now_v7()),
        }
    }

    /// A job with one attempt and plenty of time.
    pub fn job(&self, kind: &str, payload: Value) -> NewJob {
        NewJob {
            id: JobId::generate(),
            tenant_id: self.tenant_id,
            created_by: UserId::from_uuid(uuid::Uuid::now_v7()),
            kind: kind.parse().expect("a kind"),
            queue: "default".parse().expect("a queue"),
            priority: Priority::Normal,
            payload,
            run_at: None,
            max_attempts: 1,
            timeout_seconds: 600,
            tags: Vec::new(),
            retry: None,
            unique_key: None,
            parents: Vec::new(),
            on_parent_failure: OnParentFailure::default(),
            traceparent: None,
        }
    }

    pub async fn submit(&self, job: NewJob) -> JobId {
        let jobs = [job];
        let accepted = self.api.submit(&jobs).await.expect("accepted");
        let doorbells = ApiStore::doorbells(&jobs, &accepted);
        self.queue.ring(&doorbells).await.expect("rung");
        jobs[0].id
    }

    /// The job as it is now.
    pub async fn look_at(&self, job_id: JobId) -> Job {
        let tenant = self.api.tenant(self.tenant_id);
        let found = tenant.find_job(job_id).await.expect("an answer");
        found.expect("a job")
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
        tenant
            .read_log(job_id, &selection)
            .await
            .expect("an answer")
    }
}

pub fn store_options(database: &TestDatabase) -> StoreOptions {
    StoreOptions {
        database_url: database.url().to_owned(),
        max_connections: 5,
        statement_timeout: Duration::from_secs(20),
        behind_transaction_pooler: false,
    }
}

pub fn queue_options(redis: &TestRedis) -> QueueOptions {
    QueueOptions {
        redis_url: redis.url().to_owned(),
        key_prefix: redis.prefix().trim_end_matches(':').to_owned(),
        machine_of: None,
    }
}
