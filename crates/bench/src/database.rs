//! What the database says of the jobs and of its own work.

use std::time::Duration;

use anyhow::{Context, bail};
use sqlx::{Connection, PgConnection};
use tokio::time::{Instant, sleep};

/// How often it is looked whether all jobs have ended.
const LOOK_INTERVAL: Duration = Duration::from_millis(50);

/// One connection of the schema's owner.
pub struct Database {
    connection: PgConnection,
}

impl Database {
    /// Connects.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn connect(url: &str) -> anyhow::Result<Self> {
        Ok(Self {
            connection: PgConnection::connect(url).await?,
        })
    }

    /// Bytes of write-ahead log written since the server was made.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn wal_bytes(&mut self) -> anyhow::Result<f64> {
        self.number("SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::float8")
            .await
    }

    /// Statements the services had committed or given up; each is a transaction unless it is one of several.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn transactions(&mut self) -> anyhow::Result<f64> {
        self.number(
            "SELECT (xact_commit + xact_rollback)::float8 FROM pg_stat_database WHERE datname = current_database()",
        )
        .await
    }

    /// How many jobs are in a state.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn count(&mut self, state: &str) -> anyhow::Result<f64> {
        let count = sqlx::query_scalar("SELECT count(*)::float8 FROM jobs WHERE state = $1");
        Ok(count.bind(state).fetch_one(&mut self.connection).await?)
    }

    /// Seconds from the time in column `from` of the first job to the end of the last, of the jobs after `after` ended.
    ///
    /// # Errors
    /// The server does not answer, or a job did not succeed.
    pub async fn span_seconds(&mut self, from: Start, after: &str) -> anyhow::Result<f64> {
        let column = match from {
            Start::Accepted => "created_at",
            Start::Started => "started_at",
        };
        let sql = format!(
            "SELECT extract(epoch FROM max(finished_at) - min({column}))::float8 FROM jobs WHERE id > '{after}'::uuid"
        );
        self.number(&sql).await
    }

    /// The id of the newest job, from which later ones can be told.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn newest_job(&mut self) -> anyhow::Result<String> {
        let id: Option<String> =
            sqlx::query_scalar("SELECT id::text FROM jobs ORDER BY id DESC LIMIT 1")
                .fetch_optional(&mut self.connection)
                .await?;
        Ok(id.unwrap_or_else(|| "00000000-0000-0000-0000-000000000000".to_owned()))
    }

    /// Waits until no job is scheduled, waiting or running.
    ///
    /// # Errors
    /// Some are after `limit`.
    pub async fn wait_until_all_ended(&mut self, limit: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + limit;
        loop {
            let live = self
                .number(
                    "SELECT (EXISTS (SELECT 1 FROM jobs WHERE queued_at IS NOT NULL AND finished_at IS NULL)
                        OR EXISTS (SELECT 1 FROM jobs WHERE queued_at IS NULL AND finished_at IS NULL))::int::float8",
                )
                .await?;
            if live == 0.0 {
                return Ok(());
            }
            if Instant::now() > deadline {
                bail!("jobs were left after {} s", limit.as_secs());
            }
            sleep(LOOK_INTERVAL).await;
        }
    }

    /// Which of these jobs have succeeded.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn succeeded_of(&mut self, ids: &[String]) -> anyhow::Result<Vec<String>> {
        let found = sqlx::query_scalar(
            "SELECT id::text FROM jobs WHERE id = ANY ($1::uuid[]) AND state = 'succeeded'",
        );
        Ok(found.bind(ids).fetch_all(&mut self.connection).await?)
    }

    /// Brings the statistics up to date, as the server does by itself within a minute.
    ///
    /// # Errors
    /// The server does not answer.
    pub async fn vacuum(&mut self) -> anyhow::Result<()> {
        sqlx::query("VACUUM ANALYZE jobs")
            .execute(&mut self.connection)
            .await?;
        Ok(())
    }

    async fn number(&mut self, sql: &str) -> anyhow::Result<f64> {
        let number: Option<f64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut self.connection)
            .await?;
        number.context("the database has no such figure")
    }
}

/// Where a span of time begins.
#[derive(Debug, Clone, Copy)]
pub enum Start {
    /// When the first job was accepted.
    Accepted,
    /// When the first job was started.
    Started,
}
