//! A tenant's schedules: reading, changing and running them by hand.

use chrono::{DateTime, Utc};
use gantry_domain::{
    AuditAction, Doorbell, NewJob, NewSchedule, SCHEDULE_LIMIT_COUNT, Schedule, ScheduleId,
    ScheduleSummary, ScheduleTerms,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr, RuntimeErr, SqlxError};
use serde_json::json;

use super::TenantScope;
use crate::StoreError;
use crate::schedules::{SUMMARY_COLUMNS, next_run, schedule, summary, terms_values};
use crate::statement::{column, statement};
use crate::transitions::{Accepted, submit_within};

/// What became of a wish to create a schedule.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleCreation {
    /// It is there now.
    Created(Box<Schedule>),
    /// Another schedule of the tenant has its name.
    NameTaken,
    /// The tenant has as many schedules as it may have.
    TooMany,
}

/// What became of a wish to change a schedule.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleChange {
    /// It is changed.
    Changed(Box<Schedule>),
    /// Another schedule of the tenant has its new name.
    NameTaken,
    /// Someone else changed it since it was read.
    Outdated,
    /// There is no such schedule in this tenant.
    NotFound,
}

/// The constraint that keeps names apart, as Postgres calls it.
const NAME_CONSTRAINT: &str = "schedules_tenant_id_name_key";

impl TenantScope<'_> {
    /// Creates a schedule; it is due at the first tick after now.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn create_schedule(&self, new: &NewSchedule) -> Result<ScheduleCreation, StoreError> {
        let transaction = self.begin().await?;
        let row = transaction
            .query_one_raw(statement(
                "SELECT now() AS now, (SELECT count(*) FROM schedules) >= $1 AS is_full",
                [i64::from(SCHEDULE_LIMIT_COUNT).into()],
            ))
            .await?
            .ok_or_else(no_clock)?;
        if column(&row, "is_full")? {
            return Ok(ScheduleCreation::TooMany);
        }
        let next_run_at = next_run(&new.terms.timetable, column(&row, "now")?)?;
        let sql = format!(
            "INSERT INTO schedules (name, cron, time_zone, missed, kind, queue, priority, max_attempts, timeout_seconds,
                tags, payload, id, tenant_id, created_by, next_run_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
             ON CONFLICT (tenant_id, name) DO NOTHING
             RETURNING {SUMMARY_COLUMNS}, payload"
        );
        let mut values = terms_values(&new.terms, &new.payload);
        values.extend([
            new.id.as_uuid().into(),
            self.tenant_id.as_uuid().into(),
            new.created_by.as_uuid().into(),
            next_run_at.into(),
        ]);
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let created = row.as_ref().map(schedule).transpose()?;
        transaction.commit().await?;
        Ok(match created {
            Some(created) => ScheduleCreation::Created(Box::new(created)),
            None => ScheduleCreation::NameTaken,
        })
    }

    /// A schedule with its payload.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!("SELECT {SUMMARY_COLUMNS}, payload FROM schedules WHERE id = $1");
        let found = one(&transaction, &sql, id).await?;
        transaction.commit().await?;
        Ok(found)
    }

    /// At most `limit` schedules, newest first, those after `before` in that order.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_schedules(
        &self,
        before: Option<ScheduleId>,
        limit: u32,
    ) -> Result<Vec<ScheduleSummary>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {SUMMARY_COLUMNS} FROM schedules WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2"
        );
        let before = before.map(ScheduleId::as_uuid);
        let rows = transaction
            .query_all_raw(statement(&sql, [before.into(), i64::from(limit).into()]))
            .await?;
        transaction.commit().await?;
        rows.iter().map(summary).collect()
    }

    /// Gives a schedule other terms, if it is still as it was at `read_at`, its `updated_at` when it was read. Under
    /// another timetable it is due at the first tick after now.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn update_schedule(
        &self,
        id: ScheduleId,
        read_at: DateTime<Utc>,
        terms: &ScheduleTerms,
        payload: &serde_json::Value,
    ) -> Result<ScheduleChange, StoreError> {
        let transaction = self.begin().await?;
        let Some((before, now)) = lock(&transaction, id).await? else {
            return Ok(ScheduleChange::NotFound);
        };
        let before = before.summary;
        if before.updated_at != read_at {
            return Ok(ScheduleChange::Outdated);
        }
        let next_run_at = match before.next_run_at {
            Some(_) if before.terms.timetable != terms.timetable => {
                Some(next_run(&terms.timetable, now)?)
            }
            unchanged => unchanged,
        };
        let sql = format!(
            "UPDATE schedules SET name = $1, cron = $2, time_zone = $3, missed = $4, kind = $5, queue = $6, priority = $7,
                max_attempts = $8, timeout_seconds = $9, tags = $10, payload = $11, next_run_at = $13, updated_at = now()
             WHERE id = $12
             RETURNING {SUMMARY_COLUMNS}, payload"
        );
        let mut values = terms_values(terms, payload);
        values.extend([id.as_uuid().into(), next_run_at.into()]);
        let row = match transaction.query_one_raw(statement(&sql, values)).await {
            Err(error) if is_name_taken(&error) => return Ok(ScheduleChange::NameTaken),
            row => row?,
        };
        let changed = row.as_ref().map(schedule).transpose()?;
        transaction.commit().await?;
        Ok(match changed {
            Some(changed) => ScheduleChange::Changed(Box::new(changed)),
            None => ScheduleChange::NotFound,
        })
    }

    /// Pauses a schedule; one that is paused already stays so. None when there is no such schedule in this tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn pause_schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "UPDATE schedules SET paused_at = COALESCE(paused_at, now()), next_run_at = NULL,
                updated_at = CASE WHEN paused_at IS NULL THEN now() ELSE updated_at END
             WHERE id = $1
             RETURNING {SUMMARY_COLUMNS}, payload"
        );
        let paused = one(&transaction, &sql, id).await?;
        transaction.commit().await?;
        Ok(paused)
    }

    /// Resumes a paused schedule: it is due at the first tick after now, and the ticks of the pause are gone. One that is
    /// not paused stays as it is. None when there is no such schedule in this tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn resume_schedule(&self, id: ScheduleId) -> Result<Option<Schedule>, StoreError> {
        let transaction = self.begin().await?;
        let Some((before, now)) = lock(&transaction, id).await? else {
            return Ok(None);
        };
        if before.summary.paused_at.is_none() {
            return Ok(Some(before));
        }
        let next_run_at = next_run(&before.summary.terms.timetable, now)?;
        let sql = format!(
            "UPDATE schedules SET paused_at = NULL, next_run_at = $2, updated_at = now() WHERE id = $1
             RETURNING {SUMMARY_COLUMNS}, payload"
        );
        let row = transaction
            .query_one_raw(statement(&sql, [id.as_uuid().into(), next_run_at.into()]))
            .await?;
        let resumed = row.as_ref().map(schedule).transpose()?;
        transaction.commit().await?;
        Ok(resumed)
    }

    /// Submits a job of the schedule now, paused or not; its ticks stay as they are. None when there is no such schedule
    /// in this tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn run_schedule(
        &self,
        id: ScheduleId,
        traceparent: Option<String>,
    ) -> Result<Option<(NewJob, Accepted, Option<Doorbell>)>, StoreError> {
        let transaction = self.begin().await?;
        let Some((schedule, _)) = lock(&transaction, id).await? else {
            return Ok(None);
        };
        let job = NewJob {
            traceparent,
            ..schedule.job()
        };
        let accepted = submit_within(&transaction, std::slice::from_ref(&job)).await?;
        transaction
            .execute_raw(statement(
                "UPDATE schedules SET last_run_at = now(), last_job_id = $2 WHERE id = $1",
                [id.as_uuid().into(), job.id.as_uuid().into()],
            ))
            .await?;
        transaction.commit().await?;
        Ok(accepted.into_iter().next().map(|accepted| {
            let doorbell = accepted.doorbell(&job);
            (job, accepted, doorbell)
        }))
    }

    /// Deletes a schedule and says whether there was one; the jobs it submitted stay.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn delete_schedule(&self, id: ScheduleId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let deleted = transaction
            .execute_raw(statement(
                "DELETE FROM schedules WHERE id = $1",
                [id.as_uuid().into()],
            ))
            .await?
            .rows_affected()
            > 0;
        if deleted {
            self.audit(&transaction, AuditAction::ScheduleDeleted, id, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(deleted)
    }
}

/// The schedule, held until the transaction ends, and the database's time.
async fn lock(
    transaction: &DatabaseTransaction,
    id: ScheduleId,
) -> Result<Option<(Schedule, DateTime<Utc>)>, StoreError> {
    let sql = format!(
        "SELECT {SUMMARY_COLUMNS}, payload, now() AS now FROM schedules WHERE id = $1 FOR UPDATE"
    );
    let row = transaction
        .query_one_raw(statement(&sql, [id.as_uuid().into()]))
        .await?;
    row.map(|row| Ok((schedule(&row)?, column(&row, "now")?)))
        .transpose()
}

/// The schedule that a statement about one of this id returns.
async fn one(
    transaction: &DatabaseTransaction,
    sql: &str,
    id: ScheduleId,
) -> Result<Option<Schedule>, StoreError> {
    let row = transaction
        .query_one_raw(statement(sql, [id.as_uuid().into()]))
        .await?;
    row.as_ref().map(schedule).transpose()
}

fn is_name_taken(error: &DbErr) -> bool {
    matches!(error, DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause))
        if matches!(&**cause, SqlxError::Database(refusal) if refusal.constraint() == Some(NAME_CONSTRAINT)))
}

fn no_clock() -> StoreError {
    StoreError::UnknownContent {
        column: "now",
        reason: "the database did not tell its time".to_owned(),
    }
}
