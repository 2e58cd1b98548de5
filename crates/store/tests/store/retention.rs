//! Retention: what may be deleted, when, and what it costs.

use gantry_domain::{JobId, JobState, RetentionPeriods, TenantId, WorkerId};
use gantry_store::{LogRange, PartitionDrop, Run};

use crate::fixture::{Fixture, completion, final_failure, first_run, new_job, tenant};
use crate::row_security::connection_as;
use crate::run_writes::lines;

/// Jobs for 30 days, results for 20, logs for 10.
fn periods() -> RetentionPeriods {
    RetentionPeriods::new(30, 20, 10).unwrap()
}

/// A job that ended so many days ago, accepted at the same time, with `lines` log lines.
struct Finished {
    tenant_id: TenantId,
    days_ago: u32,
    state: JobState,
    lines: u32,
}

impl Finished {
    fn days_ago(days_ago: u32) -> Self {
        Self {
            tenant_id: tenant("acme"),
            days_ago,
            state: JobState::Succeeded,
            lines: 0,
        }
    }

    async fn make(self, fixture: &Fixture) -> JobId {
        let worker_id = fixture.worker().await;
        let job_id = fixture.submit(new_job(self.tenant_id)).await;
        let run = first_run(job_id);
        fixture.claim(worker_id, run).await.unwrap();
        self.end(fixture, worker_id, run).await;
        let aged = self.age(fixture, job_id).await;
        let lines = format!(
            "INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
             SELECT '{aged}', 1, seq, '{}', now(), 'stdout', 'info', 'line'
             FROM generate_series(1, {}) AS seq",
            self.tenant_id, self.lines
        );
        fixture.database.execute(&lines).await;
        aged
    }

    async fn end(&self, fixture: &Fixture, worker_id: WorkerId, run: Run) {
        let store = &fixture.workers;
        match self.state {
            JobState::Succeeded => {
                drop(store.complete(worker_id, &[completion(run)]).await.unwrap())
            }
            JobState::Failed => drop(store.fail(worker_id, &[final_failure(run)]).await.unwrap()),
            _ => {}
        }
    }

    /// Gives the job an id and times of that day.
    async fn age(&self, fixture: &Fixture, job_id: JobId) -> JobId {
        let aged = format!(
            "SELECT (left(lowest_job_id(now() - interval '{0} days')::text, 14) || right('{job_id}', 22))",
            self.days_ago
        );
        let aged = fixture.database.text(&aged).await.unwrap();
        fixture
            .database
            .execute(&format!(
                "UPDATE jobs SET id = '{aged}', created_at = created_at - interval '{0} days',
                    finished_at = finished_at - interval '{0} days' WHERE id = '{job_id}'",
                self.days_ago
            ))
            .await;
        aged.parse().unwrap()
    }
}

impl Fixture {
    /// The jobs that are left, of whatever tenant, sorted.
    async fn left(&self) -> Vec<JobId> {
        let ids = "SELECT string_agg(id::text, ' ' ORDER BY id) FROM jobs";
        let ids = self.database.text(ids).await.unwrap_or_default();
        ids.split_whitespace()
            .map(|id| id.parse().unwrap())
            .collect()
    }

    /// Lets a day's logs lie in a partition of their own, as they would had it been made ahead.
    async fn partition_of(&self, days_ago: u32) -> String {
        let name = format!("job_logs_{days_ago}_days_ago");
        let bound = |days: u32| {
            format!(
                "lowest_job_id(date_trunc('day', now(), 'UTC') - interval '{} hours')",
                24 * days
            )
        };
        self.database
            .execute(&format!(
                "DO $$ BEGIN
                    IF EXISTS (SELECT FROM job_log_partitions WHERE name = 'job_logs_first') THEN
                        ALTER TABLE job_logs DETACH PARTITION job_logs_first;
                    END IF;
                    EXECUTE format('CREATE TABLE {name} PARTITION OF job_logs FOR VALUES FROM (%L) TO (%L)', {}, {});
                END $$",
                bound(days_ago),
                bound(days_ago - 1)
            ))
            .await;
        name
    }

    async fn range_of(&self, partition: &str) -> Option<LogRange> {
        let ranges = self.workers.log_ranges(periods()).await.unwrap();
        let is_it = |range: &LogRange| range.droppable_partition.as_deref() == Some(partition);
        ranges.into_iter().find(is_it)
    }

    async fn drop_partition(&self, partition: &str) -> PartitionDrop {
        let dropped = self.workers.drop_log_partition(partition, periods());
        dropped.await.unwrap()
    }

    /// Deletes old lines wherever they lie.
    async fn sweep_all_lines(&self) -> u64 {
        let mut lines = 0;
        for range in self.workers.log_ranges(periods()).await.unwrap() {
            let mut after = None;
            while range.is_to_be_swept {
                let swept = self.workers.sweep_log_lines(&range, after, periods(), 2, 3);
                let swept = swept.await.unwrap();
                lines += swept.lines;
                after = swept.next;
                if after.is_none() {
                    break;
                }
            }
        }
        lines
    }

    async fn set_periods(&self, tenant_id: TenantId, jobs: u32, results: u32, logs: u32) {
        let periods = RetentionPeriods::new(jobs, results, logs).unwrap();
        let scope = self.api.tenant(tenant_id);
        scope.set_retention(periods).await.unwrap();
    }
}

#[tokio::test]
async fn jobs_go_after_their_period_and_their_attempts_with_them() {
    let fixture = Fixture::new().await;
    let kept = Finished::days_ago(29).make(&fixture).await;
    for state in [JobState::Succeeded, JobState::Failed] {
        let over = Finished {
            state,
            ..Finished::days_ago(31)
        };
        let job_id = over.make(&fixture).await;
        let attempt = format!(
            "INSERT INTO job_attempts VALUES ('{job_id}', 7, '{}', gen_random_uuid(), 'lost', now())",
            fixture.tenant_id
        );
        fixture.database.execute(&attempt).await;
    }
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!((swept.jobs, swept.next), (2, None));
    assert_eq!(fixture.left().await, [kept]);
    assert_eq!(fixture.count_of("job_attempts").await, 0);
}

#[tokio::test]
async fn a_job_that_has_not_ended_is_never_deleted() {
    let fixture = Fixture::new().await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(400)
    };
    let running = running.make(&fixture).await;
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(swept.jobs, 0);
    assert_eq!(fixture.sweep_all_lines().await, 0);
    assert_eq!(fixture.left().await, [running]);
}

#[tokio::test]
async fn a_result_goes_before_its_job_and_the_job_says_so() {
    let fixture = Fixture::new().await;
    let over = Finished::days_ago(21).make(&fixture).await;
    let kept = Finished::days_ago(19).make(&fixture).await;
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!((swept.jobs, swept.results), (0, 1));
    let over = fixture.job(over).await;
    assert_eq!(
        (over.result, over.summary.state),
        (None, JobState::Succeeded)
    );
    assert!(over.result_deleted_at.is_some());
    let kept = fixture.job(kept).await;
    assert!(kept.result.is_some() && kept.result_deleted_at.is_none());
    let again = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(again.results, 0);
}

#[tokio::test]
async fn a_walk_along_the_jobs_goes_on_where_it_stopped() {
    let fixture = Fixture::new().await;
    for days_ago in [40, 39, 38, 25, 24] {
        Finished::days_ago(days_ago).make(&fixture).await;
    }
    let (mut after, mut deleted) = (None, Vec::new());
    loop {
        let swept = fixture
            .workers
            .sweep_jobs(after, periods(), 2)
            .await
            .unwrap();
        deleted.push((swept.jobs, swept.results));
        after = swept.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(deleted, [(2, 0), (1, 1), (0, 1)]);
}

#[tokio::test]
async fn each_tenant_can_have_periods_of_its_own() {
    let fixture = Fixture::new().await;
    fixture.partition_of(90).await;
    let (hasty, thorough) = (tenant("hasty"), tenant("thorough"));
    fixture.set_periods(hasty, 3, 2, 1).await;
    fixture.set_periods(thorough, 365, 365, 365).await;
    for tenant_id in [hasty, thorough] {
        Finished {
            tenant_id,
            lines: 2,
            ..Finished::days_ago(5)
        }
        .make(&fixture)
        .await;
    }
    let kept = Finished {
        tenant_id: thorough,
        lines: 2,
        ..Finished::days_ago(100)
    };
    let kept = kept.make(&fixture).await;
    assert_eq!(fixture.sweep_all_lines().await, 2);
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(swept.jobs, 1);
    assert!(fixture.left().await.contains(&kept));
    assert_eq!(fixture.count_of("job_logs").await, 4);
}

#[tokio::test]
async fn a_job_goes_only_when_no_line_of_it_is_left() {
    let fixture = Fixture::new().await;
    fixture.partition_of(5).await;
    Finished {
        lines: 7,
        ..Finished::days_ago(60)
    }
    .make(&fixture)
    .await;
    let sweep = || fixture.workers.sweep_jobs(None, periods(), 100);
    assert_eq!(sweep().await.unwrap().jobs, 0);
    assert_eq!(fixture.sweep_all_lines().await, 7);
    assert_eq!(sweep().await.unwrap().jobs, 1);
}

/// Whatever their number: a line that were deleted by itself would set the trigger off.
#[tokio::test]
async fn a_partition_whose_lines_are_all_past_their_period_is_dropped_without_deleting_a_line() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    for _ in 0..3 {
        Finished {
            lines: 1_000,
            ..Finished::days_ago(15)
        }
        .make(&fixture)
        .await;
    }
    fixture
        .database
        .execute(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'a line was deleted by itself'; END $$;
             CREATE TRIGGER refuse BEFORE DELETE ON {partition} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    assert!(fixture.range_of(&partition).await.is_some());
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
    assert_eq!(fixture.count_of("job_logs").await, 0);
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Absent
    );
}

#[tokio::test]
async fn a_partition_is_held_by_one_job_that_is_to_keep_its_lines() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    Finished {
        lines: 1,
        ..Finished::days_ago(15)
    }
    .make(&fixture)
    .await;
    let thorough = tenant("thorough");
    let holder = Finished {
        tenant_id: thorough,
        lines: 1,
        ..Finished::days_ago(15)
    };
    holder.make(&fixture).await;
    fixture.set_periods(thorough, 30, 30, 20).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Held
    );
    assert_eq!(fixture.sweep_all_lines().await, 1);
    fixture.set_periods(thorough, 30, 30, 5).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
}

#[tokio::test]
async fn a_partition_is_held_by_a_job_that_still_runs_and_takes_its_lines() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(15)
    };
    running.make(&fixture).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Held
    );
    assert_eq!(fixture.sweep_all_lines().await, 0);
}

#[tokio::test]
async fn a_partition_that_others_read_is_left_for_later_and_keeps_nobody_waiting() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let mut reader = fixture.database.connection().await;
    let read = sqlx::raw_sql("BEGIN; SELECT count(*) FROM job_logs")
        .execute(&mut reader)
        .await;
    read.unwrap();
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Busy
    );
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
}

/// Days that have only begun, or will, are no matter of retention, whatever a tenant's period.
#[tokio::test]
async fn a_partition_of_today_is_never_dropped() {
    let fixture = Fixture::new().await;
    assert_eq!(
        fixture.drop_partition("job_logs_first").await,
        PartitionDrop::Held
    );
}

#[tokio::test]
async fn a_job_that_is_run_again_after_its_partition_went_has_somewhere_to_write() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let failed = Finished {
        state: JobState::Failed,
        lines: 3,
        ..Finished::days_ago(15)
    };
    let job_id = failed.make(&fixture).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(job_id).await.unwrap();
    let worker_id = fixture.worker().await;
    let run = fixture.current_run(job_id).await;
    fixture.claim(worker_id, run).await.unwrap();
    let lines = lines(run, 2, 1..=2);
    for stored in [2, 0] {
        let appended = fixture.workers.append_log(worker_id, &lines).await;
        assert_eq!(appended.unwrap(), stored);
    }
    assert_eq!(fixture.count_of("job_logs_default").await, 2);
}

#[tokio::test]
async fn the_schema_itself_refuses_to_delete_what_is_not_past_its_period() {
    let fixture = Fixture::new().await;
    let strict = tenant("strict");
    fixture.set_periods(strict, 365, 365, 365).await;
    Finished {
        lines: 1,
        ..Finished::days_ago(0)
    }
    .make(&fixture)
    .await;
    Finished {
        tenant_id: strict,
        lines: 1,
        ..Finished::days_ago(100)
    }
    .make(&fixture)
    .await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(400)
    };
    running.make(&fixture).await;
    let with_lines = Finished {
        lines: 1,
        ..Finished::days_ago(2)
    };
    with_lines.make(&fixture).await;
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    let jobs = sqlx::query("DELETE FROM jobs").execute(&mut worker).await;
    assert_eq!(jobs.unwrap().rows_affected(), 0);
    let lines = sqlx::query("DELETE FROM job_logs")
        .execute(&mut worker)
        .await;
    assert_eq!(lines.unwrap().rows_affected(), 1);
    let jobs = sqlx::query("DELETE FROM jobs").execute(&mut worker).await;
    assert_eq!(jobs.unwrap().rows_affected(), 1);
}

/// A log page must not look into the partitions of other days.
#[tokio::test]
async fn reading_a_job_s_log_looks_into_one_partition() {
    let fixture = Fixture::new().await;
    let job_id = Finished {
        lines: 5,
        ..Finished::days_ago(0)
    }
    .make(&fixture)
    .await;
    let mut connection = fixture.database.connection().await;
    let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "EXPLAIN SELECT text FROM job_logs WHERE job_id = '{job_id}' AND (attempt, seq) > (1, 2) ORDER BY attempt, seq LIMIT 9"
    )))
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let scanned: Vec<_> = plan
        .iter()
        .filter(|line| line.contains("job_logs_"))
        .collect();
    assert_eq!(scanned.len(), 1, "{plan:#?}");
    assert!(scanned[0].contains("job_logs_first"), "{plan:#?}");
}
