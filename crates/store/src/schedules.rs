//! Reading and writing rows of the table `schedules`.

use chrono::{DateTime, Utc};
use gantry_domain::{
    JobId, SCHEDULE_PREVIEW_TICKS, Schedule, ScheduleId, ScheduleSummary, ScheduleTerms, TenantId,
    Timetable, UserId,
};
use sea_orm::{QueryResult, Value};
use uuid::Uuid;

use crate::StoreError;
use crate::statement::{column, count, integer, word};

/// Every column but the payload, which can be large.
pub(crate) const SUMMARY_COLUMNS: &str = "id, tenant_id, created_by, name, cron, time_zone, missed, kind, queue, priority,
    max_attempts, timeout_seconds, tags, paused_at, next_run_at, last_run_at, last_job_id, created_at, updated_at";

/// A schedule out of a row with the [`SUMMARY_COLUMNS`].
pub(crate) fn summary(row: &QueryResult) -> Result<ScheduleSummary, StoreError> {
    let number = |name| count(name, column(row, name)?);
    Ok(ScheduleSummary {
        id: ScheduleId::from_uuid(column(row, "id")?),
        terms: ScheduleTerms {
            name: word(row, "name")?,
            timetable: Timetable {
                cron: word(row, "cron")?,
                time_zone: word(row, "time_zone")?,
            },
            missed: word(row, "missed")?,
            kind: word(row, "kind")?,
            queue: word(row, "queue")?,
            priority: word(row, "priority")?,
            max_attempts: number("max_attempts")?,
            timeout_seconds: number("timeout_seconds")?,
            tags: column(row, "tags")?,
        },
        tenant_id: TenantId::from_uuid(column(row, "tenant_id")?),
        created_by: UserId::from_uuid(column(row, "created_by")?),
        paused_at: column(row, "paused_at")?,
        next_run_at: column(row, "next_run_at")?,
        last_run_at: column(row, "last_run_at")?,
        last_job_id: column::<Option<Uuid>>(row, "last_job_id")?.map(JobId::from_uuid),
        created_at: column(row, "created_at")?,
        updated_at: column(row, "updated_at")?,
    })
}

/// A schedule out of a row with the [`SUMMARY_COLUMNS`] and the payload.
pub(crate) fn schedule(row: &QueryResult) -> Result<Schedule, StoreError> {
    let summary = summary(row)?;
    let next_runs_at = summary.next_run_at.map_or_else(Vec::new, |first| {
        let further = summary.terms.timetable.ticks_after(first);
        std::iter::once(first)
            .chain(further)
            .take(SCHEDULE_PREVIEW_TICKS)
            .collect()
    });
    Ok(Schedule {
        summary,
        payload: column(row, "payload")?,
        next_runs_at,
    })
}

/// The first tick after `after`.
pub(crate) fn next_run(
    timetable: &Timetable,
    after: DateTime<Utc>,
) -> Result<DateTime<Utc>, StoreError> {
    timetable.next_after(after).ok_or_else(never_due)
}

/// No tick is left before the calendar ends, which the check at creation rules out for centuries.
pub(crate) fn never_due() -> StoreError {
    StoreError::UnknownContent {
        column: "cron",
        reason: "no date that it names is left".to_owned(),
    }
}

/// Values for `name, cron, time_zone, missed, kind, queue, priority, max_attempts, timeout_seconds, tags, payload`.
pub(crate) fn terms_values(terms: &ScheduleTerms, payload: &serde_json::Value) -> Vec<Value> {
    vec![
        terms.name.as_str().into(),
        terms.timetable.cron.as_str().into(),
        terms.timetable.time_zone.to_string().into(),
        terms.missed.as_str().into(),
        terms.kind.as_str().into(),
        terms.queue.as_str().into(),
        terms.priority.as_str().into(),
        integer(terms.max_attempts).into(),
        integer(terms.timeout_seconds).into(),
        terms.tags.clone().into(),
        payload.clone().into(),
    ]
}
