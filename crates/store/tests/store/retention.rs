//! Retention: what may be deleted, when, and what it costs.

mod jobs;
mod logs;

use gantry_domain::{JobId, JobState, RetentionPeriods, TenantId, WorkerId};
use gantry_store::{LogRange, PartitionDrop, Run};

use crate::fixture::{Fixture, completion, final_failure, first_run, new_job, tenant};

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
    pub async fn partition_of(&self, days_ago: u32) -> String {
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

    pub async fn drop_partition(&self, partition: &str) -> PartitionDrop {
        let dropped = self.workers.drop_log_partition(partition, periods());
        dropped.await.unwrap()
    }

    /// Deletes old lines wherever they lie.
    async fn sweep_all_lines(&self) -> u64 {
        let mut lines = 0;
        let ranges = self.workers.log_ranges(periods()).await.unwrap();
        for range in ranges.iter().filter(|range| range.is_to_be_swept) {
            let mut after = None;
            loop {
                let swept = self.workers.sweep_log_lines(range, after, periods(), 2, 3);
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
