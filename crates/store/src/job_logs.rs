//! Storing the log lines of runs.

use chrono::{DateTime, Utc};
use gantry_domain::LogLine;
use uuid::Uuid;

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{bigint, integer, statement};
use crate::transitions::{FENCE, Run};

/// A log line of a run; its text is free of NUL characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunLogLine {
    /// The run that wrote it.
    pub run: Run,
    /// The line.
    pub line: LogLine,
}

/// Stores the lines of those runs that are still this worker's and says how many that were. A line stored before is
/// left alone, so a batch whose fate is unknown can be sent again.
pub(crate) async fn append(
    connection: &Pool,
    worker_id: Uuid,
    lines: &[RunLogLine],
) -> Result<u64, StoreError> {
    let sql = format!(
        "INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
         SELECT jobs.id, jobs.attempt, settled.seq, jobs.tenant_id, settled.at, settled.stream, settled.level, settled.text
         FROM jobs, unnest($2::uuid[], $3::int[], $4::bigint[], $5::timestamptz[], $6::text[], $7::text[], $8::text[])
             AS settled (job_id, dispatch, seq, at, stream, level, text)
         WHERE {FENCE}
         ON CONFLICT DO NOTHING"
    );
    let ids: Vec<Uuid> = lines.iter().map(|line| line.run.job_id.as_uuid()).collect();
    let dispatches: Vec<i32> = lines
        .iter()
        .map(|line| integer(line.run.dispatch))
        .collect();
    let seqs: Vec<i64> = lines.iter().map(|line| bigint(line.line.seq)).collect();
    let times: Vec<DateTime<Utc>> = lines.iter().map(|line| line.line.at).collect();
    let words = |word: fn(&LogLine) -> &'static str| {
        lines
            .iter()
            .map(|line| word(&line.line).to_owned())
            .collect::<Vec<_>>()
    };
    let texts: Vec<String> = lines.iter().map(|line| line.line.text.clone()).collect();
    let result = connection
        .execute_raw(statement(
            &sql,
            [
                worker_id.into(),
                ids.into(),
                dispatches.into(),
                seqs.into(),
                times.into(),
                words(|line| line.stream.as_str()).into(),
                words(|line| line.level.as_str()).into(),
                texts.into(),
            ],
        ))
        .await?;
    Ok(result.rows_affected())
}
