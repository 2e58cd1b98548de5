//! Retention: deleting jobs, results and log lines whose tenant's period is over, in small steps.

use std::time::Duration;

use gantry_domain::{JobId, RetentionPeriods};
use sea_orm::QueryResult;
use uuid::Uuid;

use super::WorkerStore;
use crate::StoreError;
use crate::enrolment::end_machines_transactions;
use crate::statement::{column, integer, statement};
use crate::transitions::{SweptJobs, expire};

/// A range of job ids whose log lines lie together: a partition, or what the default partition holds between two others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogRange {
    /// The first id.
    pub first_id: Uuid,
    /// The id that ends the range.
    pub end_id: Uuid,
    /// The partition, if its lines could all be past their period.
    pub droppable_partition: Option<String>,
    /// Whether lines are to be deleted one by one, because they have waited long enough for their partition to be dropped.
    pub is_to_be_swept: bool,
}

/// What became of the wish to drop a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartitionDrop {
    /// It is gone with all its lines.
    Dropped,
    /// It holds lines that are to be kept.
    Held,
    /// Others use it; it can be tried again.
    Busy,
    /// It is not there.
    Absent,
}

/// What one step along the jobs with log lines has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweptLines {
    /// How many lines were deleted.
    pub lines: u64,
    /// Where the next step begins; none when this was the last.
    pub next: Option<JobId>,
}

/// How long a transaction of a tenant's machine may last that could hold a partition up: less than that is waited for.
const MACHINES_MOMENT: Duration = Duration::from_millis(250);

impl WorkerStore {
    /// Makes the partitions of the days to come that are missing; says how many it made.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn make_log_partitions(&self) -> Result<u32, StoreError> {
        let sql = "SELECT make_job_log_partitions() AS made";
        let row = self.runs.query_one_raw(statement(sql, [])).await?;
        let made = row.map(|row| column::<i32>(&row, "made")).transpose()?;
        Ok(made.unwrap_or_default().unsigned_abs())
    }

    /// All ranges of log lines, the oldest first; `periods` are those of tenants without their own.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn log_ranges(&self, periods: RetentionPeriods) -> Result<Vec<LogRange>, StoreError> {
        // A day more for lines that are deleted one by one, so that a partition of short jobs is dropped before.
        let sql = "
            WITH shortest AS (
                SELECT make_interval(days => least($1, min(logs_days))) AS period FROM tenant_retention
            )
            SELECT name, first_id, end_id, end_id <= lowest_job_id(now() - period) AS may_be_dropped,
                end_id <= lowest_job_id(now() - period - interval '24 hours') AS is_to_be_swept
            FROM job_log_partitions, shortest ORDER BY end_id";
        let rows = self
            .runs
            .query_all_raw(statement(sql, [integer(periods.logs_days()).into()]))
            .await?;
        with_gaps(&rows)
    }

    /// Drops a partition if all its lines are past their period, whatever number they are. What a tenant's machine holds
    /// for longer than a moment is taken from it.
    ///
    /// # Errors
    /// Postgres cannot be reached, or the schema's owner lacks the rights of `gantry_worker`.
    pub async fn drop_log_partition(
        &self,
        name: &str,
        periods: RetentionPeriods,
    ) -> Result<PartitionDrop, StoreError> {
        let dropped = self.try_to_drop(name, periods).await?;
        if dropped != PartitionDrop::Busy {
            return Ok(dropped);
        }
        end_machines_transactions(&self.runs, MACHINES_MOMENT).await?;
        self.try_to_drop(name, periods).await
    }

    async fn try_to_drop(
        &self,
        name: &str,
        periods: RetentionPeriods,
    ) -> Result<PartitionDrop, StoreError> {
        let sql = "SELECT drop_job_log_partition($1, $2) AS answer";
        let values = [name.into(), integer(periods.logs_days()).into()];
        let row = self.runs.query_one_raw(statement(sql, values)).await?;
        let answer = row
            .map(|row| column::<String>(&row, "answer"))
            .transpose()?;
        match answer.as_deref() {
            Some("dropped") => Ok(PartitionDrop::Dropped),
            Some("held") => Ok(PartitionDrop::Held),
            Some("busy") => Ok(PartitionDrop::Busy),
            None | Some("absent") => Ok(PartitionDrop::Absent),
            Some(other) => Err(StoreError::UnknownContent {
                column: "answer",
                reason: format!("{other} is no answer of drop_job_log_partition"),
            }),
        }
    }

    /// Looks at the next `limit_jobs` jobs of a range that have lines, those after `after`, and deletes at most
    /// `limit_lines` lines that are past their period.
    ///
    /// # Errors
    /// Postgres cannot be reached; doing it again is safe.
    pub async fn sweep_log_lines(
        &self,
        range: &LogRange,
        after: Option<JobId>,
        periods: RetentionPeriods,
        limit_jobs: u32,
        limit_lines: u32,
    ) -> Result<SweptLines, StoreError> {
        // From job to job along the primary key, so that a job that is kept costs the same with one line and with a
        // million. Days are counted whole, and there is one more, so that a partition of short jobs is dropped before.
        let sql = "
            WITH RECURSIVE logged (job_id, place) AS (
                (SELECT job_id, 1 FROM job_logs
                 WHERE job_id > $1 AND job_id >= $2 AND job_id < $3 ORDER BY job_id LIMIT 1)
                UNION ALL
                SELECT next.job_id, place + 1 FROM logged CROSS JOIN LATERAL (
                    SELECT job_id FROM job_logs
                    WHERE job_id > logged.job_id AND job_id >= $2 AND job_id < $3 ORDER BY job_id LIMIT 1
                ) AS next
                WHERE place < $5
            ), over AS (
                SELECT logged.job_id FROM logged LEFT JOIN jobs ON jobs.id = logged.job_id
                    LEFT JOIN tenant_retention ON tenant_retention.tenant_id = jobs.tenant_id
                WHERE jobs.id IS NULL OR date_trunc('day', jobs.finished_at, 'UTC')
                    < now() - make_interval(days => COALESCE(logs_days, $4)) - interval '48 hours'
            ), lines AS (
                SELECT job_id, attempt, seq FROM over CROSS JOIN LATERAL (
                    SELECT attempt, seq FROM job_logs
                    WHERE job_logs.job_id = over.job_id AND job_logs.job_id >= $2 AND job_logs.job_id < $3
                ) AS of_job LIMIT $6
            ), deleted AS (
                DELETE FROM job_logs USING lines
                WHERE job_logs.job_id = lines.job_id AND job_logs.attempt = lines.attempt
                    AND job_logs.seq = lines.seq AND job_logs.job_id >= $2 AND job_logs.job_id < $3
                RETURNING 1
            )
            SELECT (SELECT count(*) FROM lines) AS found, (SELECT count(*) FROM deleted) AS deleted,
                (SELECT job_id FROM logged WHERE place = $5) AS last_id";
        let after = after.map_or(Uuid::nil(), JobId::as_uuid);
        let values = [
            after.into(),
            range.first_id.into(),
            range.end_id.into(),
            integer(periods.logs_days()).into(),
            integer(limit_jobs).into(),
            i64::from(limit_lines).into(),
        ];
        let Some(row) = self.runs.query_one_raw(statement(sql, values)).await? else {
            return Ok(SweptLines {
                lines: 0,
                next: None,
            });
        };
        let found: i64 = column(&row, "found")?;
        let lines = column::<i64>(&row, "deleted")?.unsigned_abs();
        let is_cut_short = found >= i64::from(limit_lines) && lines > 0;
        let next = if is_cut_short {
            Some(after)
        } else {
            column(&row, "last_id")?
        };
        Ok(SweptLines {
            lines,
            next: next.map(JobId::from_uuid),
        })
    }

    /// Looks at the next `limit` jobs that could be past a period, those after `after`: deletes those that are and have no
    /// lines left, and the results of those that are kept longer than their results.
    ///
    /// # Errors
    /// Postgres cannot be reached; doing it again is safe.
    pub async fn sweep_jobs(
        &self,
        after: Option<JobId>,
        periods: RetentionPeriods,
        limit: u32,
    ) -> Result<SweptJobs, StoreError> {
        expire(&self.runs, after, periods, limit).await
    }
}

/// The partitions as they lie, and between them what only the default partition can hold.
fn with_gaps(rows: &[QueryResult]) -> Result<Vec<LogRange>, StoreError> {
    let gap = |first_id, end_id| LogRange {
        first_id,
        end_id,
        droppable_partition: None,
        is_to_be_swept: true,
    };
    let mut ranges = Vec::with_capacity(rows.len() + 2);
    let mut reached = Uuid::nil();
    for row in rows {
        let first_id = column::<Option<Uuid>>(row, "first_id")?.unwrap_or(reached);
        if first_id > reached {
            ranges.push(gap(reached, first_id));
        }
        let may_be_dropped: bool = column(row, "may_be_dropped")?;
        let name: String = column(row, "name")?;
        reached = column(row, "end_id")?;
        ranges.push(LogRange {
            first_id,
            end_id: reached,
            droppable_partition: may_be_dropped.then_some(name),
            is_to_be_swept: column(row, "is_to_be_swept")?,
        });
    }
    ranges.push(gap(reached, Uuid::max()));
    Ok(ranges)
}
