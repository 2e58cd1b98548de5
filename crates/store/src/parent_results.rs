//! What came of a job's parents, read a bounded page at a time.

use gantry_domain::{JobId, ParentResult};
use sea_orm::QueryResult;

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, count, document, integer, statement, word};

/// How many parents a page holds at most.
pub const PARENTS_PAGE_ITEMS: u32 = 100;
/// How many bytes the results on a page may come to as JSON text; a single larger one has a page of its own.
pub const PARENTS_PAGE_BYTES: u32 = 8 * 1024 * 1024;

pub(crate) async fn read(
    connection: &Pool,
    job_id: JobId,
    after: Option<u32>,
) -> Result<Vec<ParentResult>, StoreError> {
    let sql = "
        SELECT position, parent_id, outcome, result, error
        FROM (
            SELECT position, parent_id, outcome, error, row_number() OVER in_order AS place,
                sum(COALESCE(octet_length(result::text), 0)) OVER in_order AS total_bytes,
                CASE WHEN result_deleted_at IS NULL THEN result END AS result
            FROM job_dependencies LEFT JOIN jobs ON jobs.id = parent_id
            WHERE child_id = $1 AND outcome IS NOT NULL AND ($2::int IS NULL OR position > $2)
            WINDOW in_order AS (ORDER BY position)
            ORDER BY position LIMIT $3
        ) AS page
        WHERE total_bytes <= $4 OR place = 1
        ORDER BY position";
    let rows = connection
        .query_all_raw(statement(
            sql,
            [
                job_id.as_uuid().into(),
                after.map(integer).into(),
                i64::from(PARENTS_PAGE_ITEMS).into(),
                i64::from(PARENTS_PAGE_BYTES).into(),
            ],
        ))
        .await?;
    rows.iter().map(parent_result).collect()
}

fn parent_result(row: &QueryResult) -> Result<ParentResult, StoreError> {
    let error: Option<serde_json::Value> = column(row, "error")?;
    Ok(ParentResult {
        position: count("position", column(row, "position")?)?,
        job_id: JobId::from_uuid(column(row, "parent_id")?),
        outcome: word(row, "outcome")?,
        result: column(row, "result")?,
        error: error.map(|error| document("error", error)).transpose()?,
    })
}
