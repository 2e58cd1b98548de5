//! Worker processes: their registration, and the lease each renews for all its jobs at once.

use std::time::Duration;

use chrono::{DateTime, Utc};
use gantry_domain::{
    JobId, KindDeclaration, QueueName, RetentionPeriods, WorkerId, WorkerState, WorkerSummary,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use uuid::Uuid;

use crate::connection::Pool;
use crate::statement::{column, count, integer, parse, seconds, statement, word};
use crate::{StoreError, kinds};

/// A worker process that starts now.
#[derive(Debug, Clone)]
pub struct NewWorker {
    /// The process's id, never used before.
    pub id: WorkerId,
    /// The name the operator gave it.
    pub name: String,
    /// The queues it serves.
    pub queues: Vec<QueueName>,
    /// What it can run.
    pub kinds: Vec<KindDeclaration>,
    /// How many jobs it runs at once.
    pub concurrency: u32,
    /// The version of its program.
    pub version: String,
    /// How long the lease lasts without renewal.
    pub lease: Duration,
}

/// Someone asked for the end of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CancelRequest {
    /// The job.
    pub job_id: JobId,
    /// Which of its dispatches.
    pub dispatch: u32,
}

/// The answer to a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeaseRenewal {
    /// The lease runs on; these runs are to be ended.
    Renewed(Vec<CancelRequest>),
    /// The lease had ended: every job of this worker may be someone else's by now.
    Lost,
}

/// Announces the worker's kinds and registers it, with its first lease.
pub(crate) async fn register(connection: &Pool, worker: &NewWorker) -> Result<(), StoreError> {
    let transaction = connection.begin().await?;
    kinds::announce(&transaction, &worker.kinds).await?;
    insert(&transaction, worker).await?;
    transaction.commit().await?;
    Ok(())
}

/// Registers the worker of a machine of a tenant's own, which announces no kinds, with those of its kinds that operators'
/// workers have announced.
pub(crate) async fn register_enrolled(
    connection: &Pool,
    worker: &NewWorker,
) -> Result<(), StoreError> {
    let transaction = connection.begin().await?;
    let announced = kinds::announced_of(&transaction, &worker.kinds).await?;
    if announced.is_empty() {
        return Err(StoreError::NoAnnouncedKind);
    }
    let mut worker = worker.clone();
    worker.kinds.retain(|kind| announced.contains(&kind.name));
    insert(&transaction, &worker).await?;
    transaction.commit().await?;
    Ok(())
}

async fn insert(transaction: &DatabaseTransaction, worker: &NewWorker) -> Result<(), StoreError> {
    let names = |names: &mut dyn Iterator<Item = String>| names.collect::<Vec<_>>();
    transaction
        .execute_raw(statement(
            "INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at)
             VALUES ($1, $2, 'active', $3, $4, $5, $6, now() + make_interval(secs => $7))",
            [
                worker.id.as_uuid().into(),
                worker.name.as_str().into(),
                names(&mut worker.queues.iter().map(ToString::to_string)).into(),
                names(&mut worker.kinds.iter().map(|kind| kind.name.to_string())).into(),
                integer(worker.concurrency).into(),
                worker.version.as_str().into(),
                seconds(worker.lease).into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Renews the lease unless it has ended, and collects the cancel requests of the worker's runs on the way.
pub(crate) async fn renew_lease(
    connection: &Pool,
    worker_id: WorkerId,
    state: WorkerState,
    lease: Duration,
) -> Result<LeaseRenewal, StoreError> {
    let sql = "
        WITH renewed AS (
            UPDATE workers
            SET heartbeat_at = now(), lease_expires_at = now() + make_interval(secs => $2), state = $3
            WHERE id = $1 AND state IN ('active', 'draining') AND lease_expires_at > now()
            RETURNING id
        )
        SELECT jobs.id, jobs.dispatch FROM renewed
        LEFT JOIN jobs ON jobs.worker_id = renewed.id AND jobs.state = 'running'
            AND jobs.cancel_requested_at IS NOT NULL AND jobs.finished_at IS NULL";
    let rows = connection
        .query_all_raw(statement(
            sql,
            [
                worker_id.as_uuid().into(),
                seconds(lease).into(),
                state.as_str().into(),
            ],
        ))
        .await?;
    if rows.is_empty() {
        return Ok(LeaseRenewal::Lost);
    }
    let requests = rows
        .iter()
        .filter_map(|row| cancel_request(row).transpose());
    Ok(LeaseRenewal::Renewed(requests.collect::<Result<_, _>>()?))
}

fn cancel_request(row: &QueryResult) -> Result<Option<CancelRequest>, StoreError> {
    let Some(id) = column::<Option<Uuid>>(row, "id")? else {
        return Ok(None);
    };
    Ok(Some(CancelRequest {
        job_id: JobId::from_uuid(id),
        dispatch: count("dispatch", column(row, "dispatch")?)?,
    }))
}

/// Says good-bye: the lease ends now, and the process will write nothing more.
pub(crate) async fn sign_off(connection: &Pool, worker_id: WorkerId) -> Result<(), StoreError> {
    connection
        .execute_raw(statement(
            "UPDATE workers SET state = 'stopped', heartbeat_at = now(), lease_expires_at = now()
             WHERE id = $1 AND state IN ('active', 'draining')",
            [worker_id.as_uuid().into()],
        ))
        .await?;
    Ok(())
}

/// How many workers that have ended are kept of each machine of a tenant's own: it can register them without end.
const KEPT_OF_MACHINE_WORKERS: u32 = 100;

/// Removes at most `limit` workers that have ended so long ago that no job is kept which they could have run, and those of
/// machines that are too many; says how many. A job that outlives the row of its worker is shown without the worker's name.
pub(crate) async fn forget_ended(
    connection: &Pool,
    periods: RetentionPeriods,
    limit: u32,
) -> Result<u64, StoreError> {
    // A machine can hold a row of its own.
    let sql = format!(
        "WITH kept AS (
            SELECT make_interval(days => greatest($1, max(jobs_days)) + 1) AS period FROM tenant_retention
        ), ended AS (
            SELECT id, token_id, lease_expires_at AS ended_at,
                row_number() OVER (PARTITION BY token_id ORDER BY lease_expires_at DESC, id DESC) AS place
            FROM workers WHERE state IN ('stopped', 'lost')
        ), forgettable AS (
            SELECT id FROM workers WHERE id IN (
                SELECT id FROM ended, kept WHERE ended_at < now() - period
                    OR token_id IS NOT NULL AND place > {KEPT_OF_MACHINE_WORKERS} AND ended_at < now() - interval '1 hour'
            ) LIMIT $2 FOR UPDATE SKIP LOCKED
        )
        DELETE FROM workers USING forgettable WHERE workers.id = forgettable.id"
    );
    let values = [integer(periods.jobs_days()).into(), i64::from(limit).into()];
    let removed = connection.execute_raw(statement(&sql, values)).await?;
    Ok(removed.rows_affected())
}

/// Takes or keeps the maintenance lease; whoever holds it does the maintenance of all. A holder that has signed off or
/// whose own lease has ended is succeeded at once.
pub(crate) async fn hold_maintenance_lease(
    connection: &Pool,
    worker_id: WorkerId,
    lease: Duration,
) -> Result<bool, StoreError> {
    let sql = "
        INSERT INTO maintenance_leases (duty, worker_id, expires_at)
        VALUES ('maintenance', $1, now() + make_interval(secs => $2))
        ON CONFLICT (duty) DO UPDATE SET worker_id = excluded.worker_id, expires_at = excluded.expires_at
        WHERE maintenance_leases.worker_id = excluded.worker_id OR maintenance_leases.expires_at < now()
            OR NOT EXISTS (
                SELECT 1 FROM workers
                WHERE workers.id = maintenance_leases.worker_id AND workers.state IN ('active', 'draining')
                    AND workers.lease_expires_at > now()
            )";
    let result = connection
        .execute_raw(statement(
            sql,
            [worker_id.as_uuid().into(), seconds(lease).into()],
        ))
        .await?;
    Ok(result.rows_affected() == 1)
}

/// Which of these workers still hold a lease.
pub(crate) async fn alive(
    connection: &Pool,
    worker_ids: &[WorkerId],
) -> Result<Vec<WorkerId>, StoreError> {
    let ids: Vec<_> = worker_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = connection
        .query_all_raw(statement(
            "SELECT id FROM workers
             WHERE id = ANY ($1) AND state IN ('active', 'draining') AND lease_expires_at > now()",
            [ids.into()],
        ))
        .await?;
    rows.iter()
        .map(|row| Ok(WorkerId::from_uuid(column(row, "id")?)))
        .collect()
}

/// What a comparison of queues with their streams starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReconciliationFrame {
    /// The database's time.
    pub now: DateTime<Utc>,
    /// The queues that live workers serve.
    pub queues: Vec<QueueName>,
    /// Those of them in which jobs wait.
    pub waited_in: Vec<QueueName>,
    /// Whether there is any concurrency limit.
    pub has_limits: bool,
}

pub(crate) async fn reconciliation_frame(
    connection: &Pool,
) -> Result<ReconciliationFrame, StoreError> {
    let sql = "
        WITH served AS MATERIALIZED (
            SELECT DISTINCT unnest(queues) AS queue FROM workers WHERE state = 'active' AND lease_expires_at > now()
        )
        SELECT now() AS now, ARRAY (SELECT queue FROM served ORDER BY queue) AS queues, ARRAY (
            SELECT queue FROM served WHERE EXISTS (
                SELECT FROM jobs
                WHERE jobs.queue = served.queue AND state = 'queued' AND queued_at IS NOT NULL AND finished_at IS NULL
            )
        ) AS waited_in, EXISTS (SELECT FROM concurrency_limits) AS has_limits";
    let row = connection.query_one_raw(statement(sql, [])).await?;
    let row = row.ok_or_else(|| StoreError::UnknownContent {
        column: "now",
        reason: "no row came back".to_owned(),
    })?;
    let names = |column_name| {
        column::<Vec<String>>(&row, column_name)?
            .iter()
            .map(|name| parse(column_name, name))
            .collect::<Result<_, _>>()
    };
    Ok(ReconciliationFrame {
        now: column(&row, "now")?,
        has_limits: column(&row, "has_limits")?,
        queues: names("queues")?,
        waited_in: names("waited_in")?,
    })
}

pub(crate) async fn list(
    transaction: &DatabaseTransaction,
) -> Result<Vec<WorkerSummary>, StoreError> {
    let sql = "
        SELECT id, name, queues, kinds, concurrency, version, started_at, heartbeat_at,
            CASE WHEN state IN ('active', 'draining') AND lease_expires_at <= now() THEN 'lost' ELSE state END
            AS state_now
        FROM workers
        WHERE state IN ('active', 'draining') OR heartbeat_at > now() - interval '1 day'
        ORDER BY started_at DESC, id DESC LIMIT 1000";
    let rows = transaction.query_all_raw(statement(sql, [])).await?;
    rows.iter().map(worker).collect()
}

fn worker(row: &QueryResult) -> Result<WorkerSummary, StoreError> {
    let names = |name| column::<Vec<String>>(row, name);
    Ok(WorkerSummary {
        id: WorkerId::from_uuid(column(row, "id")?),
        name: column(row, "name")?,
        state: word(row, "state_now")?,
        queues: names("queues")?
            .iter()
            .map(|name| parse("queues", name))
            .collect::<Result<_, _>>()?,
        kinds: names("kinds")?
            .iter()
            .map(|name| parse("kinds", name))
            .collect::<Result<_, _>>()?,
        concurrency: count("concurrency", column(row, "concurrency")?)?,
        version: column(row, "version")?,
        started_at: column(row, "started_at")?,
        heartbeat_at: column(row, "heartbeat_at")?,
    })
}
