//! The keys under which requests were made: forgotten when their day is over.

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::statement;

/// Removes at most `limit` keys that are older than a day, the oldest first; says how many. The schema's policies
/// allow no others.
pub(crate) async fn forget(connection: &Pool, limit: u32) -> Result<u64, StoreError> {
    let sql = "
        DELETE FROM idempotency_keys
        USING (
            SELECT tenant_id, key FROM idempotency_keys WHERE created_at < now() - interval '24 hours'
            ORDER BY created_at LIMIT $1
        ) AS expired
        WHERE idempotency_keys.tenant_id = expired.tenant_id AND idempotency_keys.key = expired.key";
    let removed = connection
        .execute_raw(statement(sql, [i64::from(limit).into()]))
        .await?;
    Ok(removed.rows_affected())
}
