//! Reading a job's log.

use gantry_domain::{INTERNAL_KINDS, JobId, LogCursor, LogLine};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};

use crate::StoreError;
use crate::statement::{bigint, column, count, integer, statement, word};

/// Which lines of a job's log to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogSelection {
    /// The first `limit` lines after a cursor.
    After {
        /// The last line that is known already.
        cursor: LogCursor,
        /// Only lines of this attempt.
        attempt: Option<u32>,
        /// The most lines to read.
        limit: u32,
    },
    /// The last `limit` lines.
    Last {
        /// Only lines of this attempt.
        attempt: Option<u32>,
        /// The most lines to read.
        limit: u32,
    },
}

const COLUMNS: &str = "attempt, seq, at, stream, level, text";

pub(super) async fn read(
    transaction: &DatabaseTransaction,
    job_id: JobId,
    selection: &LogSelection,
) -> Result<Vec<LogLine>, StoreError> {
    let id = job_id.as_uuid();
    let shown = shown();
    let (sql, values) = match *selection {
        LogSelection::After {
            cursor,
            attempt,
            limit,
        } => (
            format!(
                "SELECT {COLUMNS} FROM job_logs
                 WHERE job_id = $1 AND (attempt, seq) > ($2, $3) AND ($4::int IS NULL OR attempt = $4) AND {shown}
                 ORDER BY attempt, seq LIMIT $5"
            ),
            vec![
                id.into(),
                integer(cursor.attempt).into(),
                bigint(cursor.seq).into(),
                attempt.map(integer).into(),
                i64::from(limit).into(),
            ],
        ),
        LogSelection::Last { attempt, limit } => (
            format!(
                "SELECT * FROM (
                    SELECT {COLUMNS} FROM job_logs WHERE job_id = $1 AND ($2::int IS NULL OR attempt = $2) AND {shown}
                    ORDER BY attempt DESC, seq DESC LIMIT $3
                ) AS newest ORDER BY attempt, seq"
            ),
            vec![
                id.into(),
                attempt.map(integer).into(),
                i64::from(limit).into(),
            ],
        ),
    };
    let rows = transaction.query_all_raw(statement(&sql, values)).await?;
    rows.iter().map(line).collect()
}

/// Nothing of jobs that the service alone asks for: they may tell more than whoever reads the tenant's jobs may see.
fn shown() -> String {
    let kinds = INTERNAL_KINDS.map(|kind| format!("'{kind}'")).join(", ");
    format!(
        "NOT EXISTS (SELECT FROM jobs WHERE jobs.id = job_logs.job_id AND jobs.kind IN ({kinds}))"
    )
}

fn line(row: &QueryResult) -> Result<LogLine, StoreError> {
    Ok(LogLine {
        attempt: count("attempt", column(row, "attempt")?)?,
        seq: column::<i64>(row, "seq")?.unsigned_abs(),
        at: column(row, "at")?,
        stream: word(row, "stream")?,
        level: word(row, "level")?,
        text: column(row, "text")?,
    })
}
