//! Queues that belong to one tenant alone.

use std::collections::HashMap;

use gantry_domain::{QueueName, TenantId, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};

use crate::StoreError;
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::{column, statement, word};

/// Whose a queue is after a tenant wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Claim {
    /// The tenant's.
    Owned,
    /// Another tenant's, or one that others use.
    Taken,
}

/// Makes a queue the tenant's own, unless anybody else uses it: a kind by default, an operator's worker, or a live job or a
/// schedule of another tenant. The transaction acts for the tenant.
pub(super) async fn claim_queue(
    transaction: &DatabaseTransaction,
    tenant_id: TenantId,
    queue: &QueueName,
    claimed_by: UserId,
) -> Result<Claim, StoreError> {
    if is_owned(transaction, tenant_id, queue).await? {
        return Ok(Claim::Owned);
    }
    if is_used_by_others(transaction, tenant_id, queue).await? {
        return Ok(Claim::Taken);
    }
    let sql = "INSERT INTO tenant_queues (queue, tenant_id, claimed_by) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values = [
        queue.as_str().into(),
        tenant_id.as_uuid().into(),
        claimed_by.as_uuid().into(),
    ];
    transaction.execute_raw(statement(sql, values)).await?;
    // Someone may have been faster; if it was the tenant itself, all is well.
    let is_owned = is_owned(transaction, tenant_id, queue).await?;
    Ok(if is_owned { Claim::Owned } else { Claim::Taken })
}

async fn is_owned(
    transaction: &DatabaseTransaction,
    tenant_id: TenantId,
    queue: &QueueName,
) -> Result<bool, StoreError> {
    let sql = "SELECT FROM tenant_queues WHERE queue = $1 AND tenant_id = $2";
    let values = [queue.as_str().into(), tenant_id.as_uuid().into()];
    let row = transaction.query_one_raw(statement(sql, values)).await?;
    Ok(row.is_some())
}

/// Stands in the door for this one question.
async fn is_used_by_others(
    transaction: &DatabaseTransaction,
    tenant_id: TenantId,
    queue: &QueueName,
) -> Result<bool, StoreError> {
    enter(transaction, Door::Claim.name(), queue.as_str()).await?;
    let sql = "SELECT EXISTS (SELECT FROM kinds WHERE queue = $1) OR EXISTS (
            SELECT FROM workers WHERE $1 = ANY (queues) AND tenant_id IS NULL
                AND state IN ('active', 'draining') AND lease_expires_at > now()
        ) OR EXISTS (
            SELECT FROM jobs WHERE queue = $1 AND tenant_id <> $2 AND queued_at IS NULL AND finished_at IS NULL
        ) OR EXISTS (
            SELECT FROM jobs WHERE queue = $1 AND tenant_id <> $2 AND queued_at IS NOT NULL AND finished_at IS NULL
        ) OR EXISTS (SELECT FROM schedules WHERE queue = $1 AND tenant_id <> $2) AS is_used";
    let values = [queue.as_str().into(), tenant_id.as_uuid().into()];
    let row = transaction.query_one_raw(statement(sql, values)).await?;
    enter(transaction, "", "").await?;
    row.map_or(Ok(true), |row| column(&row, "is_used"))
}

async fn enter(
    transaction: &DatabaseTransaction,
    door: &'static str,
    queue: &str,
) -> Result<(), StoreError> {
    let sql = "SELECT set_config('app.door', $1, true), set_config('app.claimed_queue', $2, true)";
    let values = [door.into(), queue.into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

/// Whose which queue is, for those that belong to one tenant alone. To be asked on a connection that may submit.
pub(crate) async fn owners(connection: &Pool) -> Result<HashMap<QueueName, TenantId>, StoreError> {
    let sql = "SELECT queue, tenant_id FROM tenant_queues";
    let rows = connection.query_all_raw(statement(sql, [])).await?;
    rows.iter()
        .map(|row| {
            Ok((
                word(row, "queue")?,
                TenantId::from_uuid(column(row, "tenant_id")?),
            ))
        })
        .collect()
}
