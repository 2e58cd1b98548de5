//! Schedules with real workers: one job for each tick, whoever does the maintenance.

use std::time::Duration;

use gantry_domain::{
    JobState, KindName, MissedPolicy, NewSchedule, Priority, QueueName, ScheduleId, ScheduleTerms,
    TenantId, TimeZone, Timetable, UserId,
};
use gantry_queue::QueueOptions;
use gantry_store::{ApiStore, JobFilter, ScheduleCreation, StoreOptions};
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use gantry_worker::handlers::SystemPing;
use gantry_worker::{Shutdown, WorkerBuilder, WorkerError, WorkerOptions};
use serde_json::json;
use tokio::task::JoinHandle;

/// Long beyond what a maintenance lease takes to end; only a failing test waits so long.
const LIMIT: Duration = Duration::from_secs(300);

/// An installation with one schedule, whose ticks come when the test says so.
struct Installation {
    database: TestDatabase,
    redis: TestRedis,
    api: ApiStore,
    tenant_id: TenantId,
}

struct RunningWorker {
    shutdown: Shutdown,
    ending: JoinHandle<Result<(), WorkerError>>,
}

fn default_queue() -> QueueName {
    "default".parse().expect("a queue")
}

fn ping() -> KindName {
    "system.ping".parse().expect("a kind")
}

impl Installation {
    async fn create() -> Self {
        let (database, redis) = tokio::join!(TestDatabase::create(), TestRedis::create());
        let api = ApiStore::open(&store_options(&database))
            .await
            .expect("a right address");
        let installation = Self {
            database,
            redis,
            api,
            tenant_id: TenantId::from_uuid(uuid::Uuid::now_v7()),
        };
        installation.create_schedule().await;
        installation
    }

    /// Due once a year, so that no tick comes by itself.
    async fn create_schedule(&self) {
        let schedule = NewSchedule {
            id: ScheduleId::generate(),
            created_by: UserId::from_uuid(uuid::Uuid::now_v7()),
            terms: ScheduleTerms {
                name: "yearly".parse().expect("a name"),
                timetable: Timetable {
                    cron: "0 0 1 1 *".parse().expect("a cron expression"),
                    time_zone: TimeZone::UTC,
                },
                missed: MissedPolicy::RunOnce,
                kind: ping(),
                queue: default_queue(),
                priority: Priority::Normal,
                max_attempts: 1,
                timeout_seconds: 60,
                tags: vec!["by-schedule".to_owned()],
            },
            payload: json!({}),
        };
        let tenant = self.api.tenant(self.tenant_id);
        let creation = tenant.create_schedule(&schedule).await.expect("an answer");
        assert!(matches!(creation, ScheduleCreation::Created(_)));
    }

    async fn start_worker(&self, name: &str) -> RunningWorker {
        let options = WorkerOptions {
            name: name.to_owned(),
            queues: vec![default_queue()],
            concurrency: 4,
            lease_ttl: Duration::from_secs(30),
            heartbeat_interval: Duration::from_secs(1),
            drain_timeout: Duration::ZERO,
            http_addr: ([127, 0, 0, 1], 0).into(),
        };
        let queue_options = QueueOptions {
            redis_url: self.redis.url().to_owned(),
            key_prefix: self.redis.prefix().trim_end_matches(':').to_owned(),
            machine_of: None,
        };
        let shutdown = Shutdown::new();
        let worker = WorkerBuilder::new(options)
            .handler(SystemPing)
            .expect("the only handler")
            .build(
                &store_options(&self.database),
                &queue_options,
                shutdown.clone(),
            )
            .await
            .expect("right addresses");
        RunningWorker {
            shutdown,
            ending: tokio::spawn(worker.run()),
        }
    }

    async fn let_the_tick_come(&self) {
        self.database
            .execute("UPDATE schedules SET next_run_at = now()")
            .await;
    }

    /// Waits until so many jobs have succeeded, of as many that there are.
    async fn jobs_succeed(&self, expected: usize) {
        let filter = JobFilter {
            tag: Some("by-schedule".to_owned()),
            ..JobFilter::default()
        };
        let tenant = self.api.tenant(self.tenant_id);
        let jobs = eventually(LIMIT, || async {
            let jobs = tenant.list_jobs(&filter, None, 100).await;
            let jobs = jobs.map_err(|error| error.to_string())?;
            let succeeded = jobs
                .iter()
                .filter(|job| job.state == JobState::Succeeded)
                .count();
            if succeeded >= expected {
                Ok(jobs)
            } else {
                Err(format!("{succeeded} of {} jobs succeeded", jobs.len()))
            }
        })
        .await;
        assert_eq!(jobs.len(), expected);
    }
}

impl RunningWorker {
    async fn stop(self) {
        self.shutdown.request();
        let ended = self.ending.await.expect("no panic");
        ended.expect("an orderly end");
    }
}

fn store_options(database: &TestDatabase) -> StoreOptions {
    StoreOptions {
        database_url: database.url().to_owned(),
        max_connections: 5,
        statement_timeout: Duration::from_secs(20),
        behind_transaction_pooler: false,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_workers_run_one_job_for_each_tick_and_one_goes_on_when_the_other_ends() {
    let installation = Installation::create().await;
    let one = installation.start_worker("one").await;
    let other = installation.start_worker("other").await;
    for tick in 1..=3 {
        installation.let_the_tick_come().await;
        installation.jobs_succeed(tick).await;
    }
    one.stop().await;
    installation.let_the_tick_come().await;
    installation.jobs_succeed(4).await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ticks_missed_while_no_worker_ran_are_made_up_for_by_one_job() {
    let installation = Installation::create().await;
    installation
        .database
        .execute("UPDATE schedules SET next_run_at = now() - interval '9 years'")
        .await;
    let worker = installation.start_worker("late").await;
    installation.jobs_succeed(1).await;
    worker.stop().await;
}
