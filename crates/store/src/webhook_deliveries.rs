//! Which notices were taken: forgotten when no sender repeats them any more.

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;

/// Removes at most `limit` deliveries that are older than seven days, the oldest first; says how many. The schema's
/// policies allow no others.
pub(crate) async fn forget(connection: &Pool, limit: u32) -> Result<u64, StoreError> {
    let sql = "
        DELETE FROM webhook_deliveries
        USING (
            SELECT issuer, id FROM webhook_deliveries WHERE received_at < now() - interval '7 days'
            ORDER BY received_at LIMIT $1
        ) AS expired
        WHERE webhook_deliveries.issuer = expired.issuer AND webhook_deliveries.id = expired.id";
    let removed = connection
        .execute_raw(statement(sql, [i64::from(limit).into()]))
        .await?;
    Ok(removed.rows_affected())
}
