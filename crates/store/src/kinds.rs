//! The kinds that workers announced.

use gantry_domain::{Kind, KindDeclaration, KindName, RetryPolicy};
use sea_orm::{ConnectionTrait, QueryResult};

use crate::StoreError;
use crate::connection::Pool;
use crate::statement::{column, count, integer, statement, word};

/// Writes what a worker can run; a kind announced before is brought up to date.
pub(crate) async fn announce(
    connection: &impl ConnectionTrait,
    kinds: &[KindDeclaration],
) -> Result<(), StoreError> {
    let sql = "
        INSERT INTO kinds (name, description, payload_schema, queue, timeout_seconds, max_attempts,
            retry_base_seconds, retry_max_seconds)
        SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[], $4::text[], $5::int[], $6::int[], $7::int[], $8::int[])
            AS announced ORDER BY 1
        ON CONFLICT (name) DO UPDATE SET
            description = excluded.description, payload_schema = excluded.payload_schema, queue = excluded.queue,
            timeout_seconds = excluded.timeout_seconds, max_attempts = excluded.max_attempts,
            retry_base_seconds = excluded.retry_base_seconds, retry_max_seconds = excluded.retry_max_seconds,
            announced_at = now()";
    let texts = |field: fn(&KindDeclaration) -> String| kinds.iter().map(field).collect::<Vec<_>>();
    let numbers = |field: fn(&KindDeclaration) -> u32| {
        kinds
            .iter()
            .map(|kind| integer(field(kind)))
            .collect::<Vec<_>>()
    };
    let schemas: Vec<_> = kinds
        .iter()
        .map(|kind| kind.payload_schema.clone())
        .collect();
    connection
        .execute_raw(statement(
            sql,
            [
                texts(|kind| kind.name.to_string()).into(),
                texts(|kind| kind.description.clone()).into(),
                schemas.into(),
                texts(|kind| kind.queue.to_string()).into(),
                numbers(|kind| kind.timeout_seconds).into(),
                numbers(|kind| kind.retry.max_attempts).into(),
                numbers(|kind| kind.retry.base_seconds).into(),
                numbers(|kind| kind.retry.max_seconds).into(),
            ],
        ))
        .await?;
    Ok(())
}

/// Those of `kinds` that were announced by anyone.
pub(crate) async fn announced_of(
    connection: &impl ConnectionTrait,
    kinds: &[KindDeclaration],
) -> Result<Vec<KindName>, StoreError> {
    let names: Vec<String> = kinds.iter().map(|kind| kind.name.to_string()).collect();
    let sql = "SELECT name FROM kinds WHERE name = ANY ($1)";
    let rows = connection
        .query_all_raw(statement(sql, [names.into()]))
        .await?;
    rows.iter().map(|row| word(row, "name")).collect()
}

pub(crate) async fn list(connection: &Pool) -> Result<Vec<Kind>, StoreError> {
    let sql = "
        SELECT name, description, payload_schema, queue, timeout_seconds, max_attempts, retry_base_seconds,
            retry_max_seconds, announced_at, (
            SELECT count(*)::int FROM workers
            WHERE workers.state = 'active' AND workers.lease_expires_at > now() AND kinds.name = ANY (workers.kinds)
        ) AS workers
        FROM kinds ORDER BY name";
    let rows = connection.query_all_raw(statement(sql, [])).await?;
    rows.iter().map(kind).collect()
}

pub(crate) async fn find(
    connection: &Pool,
    name: &KindName,
) -> Result<Option<KindDeclaration>, StoreError> {
    let sql = "SELECT * FROM kinds WHERE name = $1";
    let row = connection
        .query_one_raw(statement(sql, [name.as_str().into()]))
        .await?;
    row.as_ref().map(declaration).transpose()
}

fn kind(row: &QueryResult) -> Result<Kind, StoreError> {
    Ok(Kind {
        declaration: declaration(row)?,
        announced_at: column(row, "announced_at")?,
        workers: count("workers", column(row, "workers")?)?,
    })
}

fn declaration(row: &QueryResult) -> Result<KindDeclaration, StoreError> {
    let number = |name| count(name, column(row, name)?);
    Ok(KindDeclaration {
        name: word(row, "name")?,
        description: column(row, "description")?,
        payload_schema: column(row, "payload_schema")?,
        queue: word(row, "queue")?,
        timeout_seconds: number("timeout_seconds")?,
        retry: RetryPolicy {
            max_attempts: number("max_attempts")?,
            base_seconds: number("retry_base_seconds")?,
            max_seconds: number("retry_max_seconds")?,
        },
    })
}
