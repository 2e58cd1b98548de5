//! Who is next of the jobs that wait under a concurrency limit.

use std::collections::HashMap;

use gantry_domain::Doorbell;
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::StoreError;
use crate::dispatch_rules::{NOT_PAUSED, RUNNABLE};
use crate::statement::column;
use crate::transitions::{DOORBELL_COLUMNS, doorbell};

/// How many jobs are looked at to fill free places.
const LOOK_LIMIT_JOBS: u32 = 1_000;

/// A statement that finds jobs for the places that are free now: those under a limit that a live worker could run and for
/// which `condition` holds, at most as many of each tenant and kind together as there is room for, the most urgent and then
/// the oldest first. Tenants and kinds take turns, in an order left to chance, so that nobody's long line keeps others
/// out. `tables` joins what the condition needs.
///
/// Of runs of a kind those on machines of tenants' own do not count, which could take places without end from everyone else;
/// for such a machine itself all that it sees count.
///
/// Limits are looked up for each line of jobs and not for each job, and where nothing is free no line is sorted.
pub(crate) fn in_line(tables: &str, condition: &str) -> String {
    format!(
        "WITH running AS MATERIALIZED (
            SELECT jobs.tenant_id, jobs.kind, count(*) AS jobs,
                count(*) FILTER (WHERE workers.token_id IS NULL OR (SELECT enrolled_token_id()) IS NOT NULL) AS of_kind
            FROM jobs LEFT JOIN workers ON workers.id = jobs.worker_id
            WHERE jobs.state = 'running' AND jobs.queued_at IS NOT NULL AND jobs.finished_at IS NULL
            GROUP BY jobs.tenant_id, jobs.kind
        ), of_tenants AS (
            SELECT tenant_id, sum(jobs)::bigint AS jobs FROM running GROUP BY tenant_id
        ), of_kinds AS (
            SELECT kind, sum(of_kind)::bigint AS jobs FROM running GROUP BY kind
        ), waiting AS MATERIALIZED (
            SELECT {DOORBELL_COLUMNS}, jobs.kind
            FROM jobs {tables}
            WHERE jobs.state = 'queued' AND jobs.queued_at IS NOT NULL AND jobs.finished_at IS NULL
                AND {NOT_PAUSED} AND {condition}
        ), lines AS (
            SELECT jobs.tenant_id, jobs.kind, jobs.queue,
                COALESCE(
                    tenant_limit.max_running,
                    (SELECT max_running FROM concurrency_limits WHERE scope = 'tenant' AND subject = 'default')
                ) - COALESCE(of_tenants.jobs, 0) AS tenant_room,
                kind_limit.max_running - COALESCE(of_kinds.jobs, 0) AS kind_room
            FROM (SELECT DISTINCT tenant_id, kind, queue FROM waiting) AS jobs
            LEFT JOIN concurrency_limits AS tenant_limit
                ON tenant_limit.scope = 'tenant' AND tenant_limit.subject = jobs.tenant_id::text
            LEFT JOIN concurrency_limits AS kind_limit
                ON kind_limit.scope = 'kind' AND kind_limit.subject = jobs.kind
            LEFT JOIN of_tenants ON of_tenants.tenant_id = jobs.tenant_id
            LEFT JOIN of_kinds ON of_kinds.kind = jobs.kind
            WHERE {RUNNABLE}
        ), with_room AS MATERIALIZED (
            SELECT * FROM lines WHERE LEAST(tenant_room, kind_room) > 0
        ), in_line AS (
            SELECT waiting.*, tenant_room, kind_room, row_number() OVER (
                PARTITION BY tenant_id, kind
                ORDER BY CASE priority WHEN 'high' THEN 1 WHEN 'normal' THEN 2 ELSE 3 END, id
            ) AS place
            FROM waiting JOIN with_room USING (tenant_id, kind, queue)
        )
        SELECT * FROM in_line WHERE place <= LEAST(tenant_room, kind_room)
        ORDER BY place, random() LIMIT {LOOK_LIMIT_JOBS}"
    )
}

/// Those of the rows of [`in_line`] that there is room for, of tenant and of kind, in their order.
pub(crate) fn fitting(rows: &[QueryResult]) -> Result<Vec<Doorbell>, StoreError> {
    let mut tenants = HashMap::new();
    let mut kinds = HashMap::new();
    let mut chosen = Vec::new();
    for row in rows {
        let tenant_room = room(row, "tenant_room")?;
        let kind_room = room(row, "kind_room")?;
        let of_tenant = tenants
            .entry(column::<Uuid>(row, "tenant_id")?)
            .or_insert(tenant_room);
        let of_kind = kinds
            .entry(column::<String>(row, "kind")?)
            .or_insert(kind_room);
        if *of_tenant > 0 && *of_kind > 0 {
            *of_tenant -= 1;
            *of_kind -= 1;
            chosen.push(doorbell(row)?);
        }
    }
    Ok(chosen)
}

/// How many more may run; without a limit, any number.
fn room(row: &QueryResult, name: &'static str) -> Result<i64, StoreError> {
    Ok(column::<Option<i64>>(row, name)?.unwrap_or(i64::MAX))
}
