//! Retention with a real worker: whoever does the maintenance deletes what was kept long enough.

use std::time::Duration;

use gantry_domain::RetentionPeriods;
use gantry_queue::QueueOptions;
use gantry_store::StoreOptions;
use gantry_testkit::{TestDatabase, TestRedis, eventually};
use gantry_worker::handlers::SystemPing;
use gantry_worker::{Shutdown, WorkerBuilder, WorkerOptions};

const LIMIT: Duration = Duration::from_secs(120);

/// Lets the first partition end 40 days ago, as if the schema had been made then and no worker had run since.
const AGED_FIRST_PARTITION: &str = "
    ALTER TABLE job_logs DETACH PARTITION job_logs_first;
    DO $$ BEGIN
        EXECUTE format('ALTER TABLE job_logs ATTACH PARTITION job_logs_first FOR VALUES FROM (MINVALUE) TO (%L)',
            lowest_job_id(now() - interval '40 days'));
    END $$";

/// Three jobs that succeeded 100, 50 and 10 days ago, each with two log lines.
const OLD_JOBS: &str = "
    INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, attempt, max_attempts, timeout_seconds,
        worker_id, payload, result, created_at, started_at, finished_at)
    SELECT lowest_job_id(now() - age), gen_random_uuid(), gen_random_uuid(), 'system.ping', 'default', 'normal',
        'succeeded', 1, 1, 60, gen_random_uuid(), '{}', '{\"pong\": true}', now() - age, now() - age, now() - age
    FROM unnest(ARRAY[interval '100 days', '50 days', '10 days']) AS age;
    INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
    SELECT id, 1, seq, tenant_id, finished_at, 'handler', 'info', 'pong' FROM jobs, generate_series(1, 2) AS seq";

/// What is left of them: for each job, its age in days, whether it has its result, and its lines.
const LEFT: &str = "SELECT string_agg(concat_ws(' ', extract(day FROM now() - finished_at), result_deleted_at IS NULL,
        (SELECT count(*) FROM job_logs WHERE job_id = id)), ', ' ORDER BY id) FROM jobs";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_maintenance_deletes_what_was_kept_long_enough_and_leaves_the_rest() {
    let (database, redis) = tokio::join!(TestDatabase::create(), TestRedis::create());
    database.execute(AGED_FIRST_PARTITION).await;
    database.execute(OLD_JOBS).await;
    let before = database.text(LEFT).await;
    assert_eq!(before.as_deref(), Some("100 t 2, 50 t 2, 10 t 2"));
    let periods = RetentionPeriods::new(90, 40, 30).expect("periods");
    let shutdown = Shutdown::new();
    let store = StoreOptions {
        database_url: database.url().to_owned(),
        max_connections: 5,
        statement_timeout: Duration::from_secs(20),
        behind_transaction_pooler: false,
    };
    let queue = QueueOptions {
        redis_url: redis.url().to_owned(),
        key_prefix: redis.prefix().trim_end_matches(':').to_owned(),
        machine_of: None,
    };
    let options = WorkerOptions {
        name: "keeper".to_owned(),
        queues: vec!["default".parse().expect("a queue")],
        concurrency: 1,
        lease_ttl: Duration::from_secs(30),
        heartbeat_interval: Duration::from_secs(1),
        drain_timeout: Duration::ZERO,
        http_addr: ([127, 0, 0, 1], 0).into(),
    };
    let worker = WorkerBuilder::new(options)
        .retention(periods)
        .handler(SystemPing)
        .expect("the only handler")
        .build(&store, &queue, shutdown.clone())
        .await
        .expect("right addresses");
    let ending = tokio::spawn(worker.run());
    eventually(LIMIT, || async {
        match database.text(LEFT).await.as_deref() {
            Some("50 f 0, 10 t 2") => Ok(()),
            left => Err(format!("left are {left:?}")),
        }
    })
    .await;
    let first = "SELECT to_regclass('job_logs_first')";
    assert_eq!(database.text(first).await, None);
    shutdown.request();
    ending.await.expect("no panic").expect("an orderly end");
}
