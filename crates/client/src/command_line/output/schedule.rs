//! Schedules.

use chrono::TimeDelta;
use gantry_domain::{Schedule, ScheduleSummary};

use super::details::Details;
use super::table::table;
use super::text::printable;
use super::time::{date_and_time, duration};

/// A table of schedules.
pub(crate) fn list(schedules: &[ScheduleSummary]) -> String {
    table(
        ["ID", "NAME", "CRON", "TIME ZONE", "KIND", "NEXT", "LAST"],
        schedules.iter().map(|schedule| {
            [
                schedule.id.to_string(),
                schedule.terms.name.to_string(),
                schedule.terms.timetable.cron.to_string(),
                schedule.terms.timetable.time_zone.to_string(),
                schedule.terms.kind.to_string(),
                schedule
                    .next_run_at
                    .map_or_else(|| "paused".to_owned(), date_and_time),
                schedule
                    .last_run_at
                    .map_or_else(|| "-".to_owned(), date_and_time),
            ]
        }),
    )
}

/// Everything about a schedule.
pub(crate) fn details(schedule: &Schedule) -> String {
    let summary = &schedule.summary;
    let terms = &summary.terms;
    let mut details = Details::default();
    details
        .line("Schedule", summary.id.to_string())
        .line("Name", terms.name.to_string())
        .line(
            "Due",
            format!("{} in {}", terms.timetable.cron, terms.timetable.time_zone),
        )
        .line("Missed ticks", terms.missed.as_str())
        .optional("Paused", summary.paused_at.map(date_and_time));
    for tick in &schedule.next_runs_at {
        details.line("Next", date_and_time(*tick));
    }
    details
        .optional("Last", summary.last_run_at.map(date_and_time))
        .optional("Last job", summary.last_job_id.map(|job| job.to_string()))
        .line("Kind", terms.kind.to_string())
        .line(
            "Queue",
            format!("{}, {} priority", terms.queue, terms.priority),
        )
        .line("Attempts", terms.max_attempts.to_string())
        .line(
            "Timeout",
            duration(TimeDelta::seconds(terms.timeout_seconds.into())),
        )
        .optional(
            "Tags",
            (!terms.tags.is_empty()).then(|| printable(&terms.tags.join(", "))),
        )
        .line("Created", date_and_time(summary.created_at))
        .line("Changed", date_and_time(summary.updated_at))
        .line("Created by", summary.created_by.to_string())
        .line("Tenant", summary.tenant_id.to_string())
        .document("Payload", &schedule.payload);
    details.finish()
}

/// One line on where a schedule stands.
pub(crate) fn changed(summary: &ScheduleSummary) -> String {
    let name = &summary.terms.name;
    match summary.next_run_at {
        Some(next) => format!("schedule {name} is due next at {}", date_and_time(next)),
        None => format!("schedule {name} is paused"),
    }
}
