//! A database with the stores of both services, and the people and workers who act in it.

use std::time::Duration;

use gantry_domain::{
    Job, JobFailure, JobId, JobState, KindDeclaration, KindName, MissedPolicy, NewJob, NewSchedule,
    OnParentFailure, Priority, QueueName, RetryPolicy, ScheduleId, ScheduleTerms, TenantId,
    TimeZone, Timetable, UserId, WorkerId,
};
use gantry_store::{
    ApiStore, ClaimedJob, Completion, EndedRun, Failure, KeyedSubmission, NewWorker, RequestKey,
    Run, StoreOptions, SubmitOutcome, WorkerStore, YieldedRun,
};
use gantry_testkit::{TestDatabase, eventually};
use serde_json::json;

/// Long enough that no lease ends by itself during a test; a test that wants an end says so.
pub const LEASE: Duration = Duration::from_secs(3_600);

/// A database with the stores of both services.
pub struct Fixture {
    pub database: TestDatabase,
    pub api: ApiStore,
    pub workers: WorkerStore,
    pub tenant_id: TenantId,
}

impl Fixture {
    pub async fn new() -> Self {
        let database = TestDatabase::create().await;
        let options = options(database.url());
        Self {
            api: ApiStore::open(&options).await.unwrap(),
            workers: WorkerStore::open(&options).await.unwrap(),
            tenant_id: tenant("acme"),
            database,
        }
    }

    /// A worker of the queue `default` that can run `test.echo`.
    pub async fn worker(&self) -> WorkerId {
        let id = WorkerId::generate();
        self.workers.register(&new_worker(id)).await.unwrap();
        id
    }

    /// Lets a worker's lease run out.
    pub async fn end_lease(&self, worker_id: WorkerId) {
        self.database
            .execute(&format!(
                "UPDATE workers SET lease_expires_at = now() - interval '1 s' WHERE id = '{worker_id}'"
            ))
            .await;
    }

    /// Lets the time of every scheduled job come.
    pub async fn let_time_pass(&self) {
        self.database
            .execute("UPDATE jobs SET run_at = now() - interval '1 s' WHERE state = 'scheduled'")
            .await;
    }

    pub async fn submit(&self, job: NewJob) -> JobId {
        self.api.submit(std::slice::from_ref(&job)).await.unwrap()[0].job_id
    }

    /// What became of one request.
    pub async fn submit_keyed(&self, submission: KeyedSubmission) -> SubmitOutcome {
        let outcomes = self.api.submit_keyed(&[submission]).await.unwrap();
        outcomes.expect("one request has its answer").remove(0)
    }

    pub async fn count_of(&self, table: &str) -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        self.database.number(&sql).await
    }

    /// A queued job of the fixture's tenant.
    pub async fn queued(&self) -> Run {
        let job_id = self.submit(new_job(self.tenant_id)).await;
        first_run(job_id)
    }

    pub async fn claim(&self, worker_id: WorkerId, run: Run) -> Option<ClaimedJob> {
        let claimed = self.workers.claim(worker_id, &[run], &[kind()]).await;
        claimed.unwrap().pop()
    }

    /// A job that `worker_id` runs.
    pub async fn running(&self, worker_id: WorkerId) -> Run {
        let run = self.queued().await;
        self.claim(worker_id, run).await.unwrap().run
    }

    pub async fn job(&self, job_id: JobId) -> Job {
        self.api
            .tenant(self.tenant_id)
            .find_job(job_id)
            .await
            .unwrap()
            .unwrap()
    }

    pub async fn state(&self, job_id: JobId) -> JobState {
        self.job(job_id).await.summary.state
    }

    /// Which dispatch a job is in, as the doorbell of its last queueing named it.
    pub async fn current_run(&self, job_id: JobId) -> Run {
        let sql = format!("SELECT dispatch FROM jobs WHERE id = '{job_id}'");
        let dispatch = self.database.number(&sql).await;
        Run {
            job_id,
            dispatch: u32::try_from(dispatch).unwrap(),
        }
    }

    /// The whole row as JSON text, for seeing whether anything changed.
    pub async fn row(&self, job_id: JobId) -> String {
        let sql = format!("SELECT to_jsonb(jobs) FROM jobs WHERE id = '{job_id}'");
        self.database.text(&sql).await.unwrap()
    }

    /// Waits until a statement of this database waits for another's lock.
    pub async fn wait_for_a_lock(&self) {
        let sql = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        eventually(Duration::from_secs(20), || async {
            let waiting = self.database.number(sql).await;
            if waiting > 0 {
                Ok(())
            } else {
                Err("nobody waits for a lock")
            }
        })
        .await;
    }

    pub async fn request_cancel(&self, job_id: JobId) {
        let scope = self.api.tenant(self.tenant_id);
        scope.cancel_job(job_id, &by_someone()).await.unwrap();
    }
}

pub fn options(database_url: &str) -> StoreOptions {
    StoreOptions {
        database_url: database_url.to_owned(),
        max_connections: 8,
        statement_timeout: Duration::from_secs(20),
        behind_transaction_pooler: false,
    }
}

pub fn tenant(name: &str) -> TenantId {
    TenantId::for_organization("https://issuer.test", name)
}

pub fn user(name: &str) -> UserId {
    UserId::for_subject("https://issuer.test", name)
}

pub fn kind() -> KindName {
    "test.echo".parse().unwrap()
}

pub fn queue() -> QueueName {
    "default".parse().unwrap()
}

pub fn declaration(name: KindName) -> KindDeclaration {
    KindDeclaration {
        name,
        description: "Returns what it was given.".to_owned(),
        payload_schema: json!({ "type": "object" }),
        queue: queue(),
        timeout_seconds: 60,
        retry: RetryPolicy::default(),
    }
}

pub fn new_worker(id: WorkerId) -> NewWorker {
    NewWorker {
        id,
        name: format!("worker-{id}"),
        queues: vec![queue()],
        kinds: vec![declaration(kind())],
        concurrency: 4,
        version: "0.0.0".to_owned(),
        lease: LEASE,
    }
}

pub fn new_job(tenant_id: TenantId) -> NewJob {
    NewJob {
        id: JobId::generate(),
        tenant_id,
        created_by: user("ada"),
        kind: kind(),
        queue: queue(),
        priority: Priority::Normal,
        payload: json!({ "say": "hello" }),
        run_at: None,
        max_attempts: 4,
        timeout_seconds: 60,
        tags: Vec::new(),
        retry: None,
        unique_key: None,
        parents: Vec::new(),
        on_parent_failure: OnParentFailure::default(),
        traceparent: None,
    }
}

/// A request for one job under an idempotency key.
pub fn keyed(job: NewJob, key: &str) -> KeyedSubmission {
    KeyedSubmission {
        request_key: Some(RequestKey {
            tenant_id: job.tenant_id,
            key: key.parse().unwrap(),
            request_hash: [7; 32],
            job_ids: vec![job.id],
        }),
        jobs: vec![job],
        batch_id: None,
    }
}

/// A request for jobs without an idempotency key.
pub fn unkeyed(jobs: Vec<NewJob>) -> KeyedSubmission {
    KeyedSubmission {
        jobs,
        batch_id: None,
        request_key: None,
    }
}

/// A job with a unique key.
pub fn unique_job(tenant_id: TenantId, key: &str) -> NewJob {
    NewJob {
        unique_key: Some(key.to_owned()),
        ..new_job(tenant_id)
    }
}

/// A schedule of that name, due once a year.
pub fn new_schedule(name: &str) -> NewSchedule {
    NewSchedule {
        id: ScheduleId::generate(),
        created_by: user("ada"),
        terms: ScheduleTerms {
            name: name.parse().unwrap(),
            timetable: Timetable {
                cron: "0 0 1 1 *".parse().unwrap(),
                time_zone: TimeZone::UTC,
            },
            missed: MissedPolicy::Skip,
            kind: kind(),
            queue: queue(),
            priority: Priority::Low,
            max_attempts: 2,
            timeout_seconds: 30,
            tags: vec!["nightly".to_owned()],
        },
        payload: json!({ "say": "hello" }),
    }
}

/// The run that the first claim of a new job makes.
pub fn first_run(job_id: JobId) -> Run {
    Run {
        job_id,
        dispatch: 1,
    }
}

pub fn completion(run: Run) -> Completion {
    Completion {
        run,
        result: json!({ "said": "hello" }),
    }
}

/// The end of a run that nobody waited for.
pub fn childless(run: Run) -> EndedRun {
    EndedRun {
        run,
        has_children: false,
    }
}

/// A failure that may be retried at once.
pub fn failure(run: Run) -> Failure {
    Failure {
        run,
        error: JobFailure::new("broken", "it broke"),
        retry_after: Some(Duration::ZERO),
    }
}

pub fn final_failure(run: Run) -> Failure {
    Failure {
        retry_after: None,
        ..failure(run)
    }
}

pub fn yielded(run: Run, last_log_seq: u64) -> YieldedRun {
    YieldedRun { run, last_log_seq }
}

pub fn by_someone() -> JobFailure {
    JobFailure::new("cancelled", "ada asked for it")
}
