//! Jobs and attempts.

use anstyle::{AnsiColor, Style};
use chrono::{DateTime, TimeDelta, Utc};
use gantry_domain::{Attempt, Dependency, Job, JobState, JobSummary};

use super::details::Details;
use super::log::job_error;
use super::table::table;
use super::text::printable;
use super::time::{date_and_time, duration};

/// How many parents of a job are shown.
const SHOWN_PARENTS: usize = 10;

/// A table of jobs.
pub(crate) fn list(jobs: &[JobSummary]) -> String {
    table(
        [
            "ID", "KIND", "STATE", "ATTEMPT", "QUEUE", "CREATED", "TOOK", "WORKER",
        ],
        jobs.iter().map(|job| {
            [
                job.id.to_string(),
                job.kind.to_string(),
                job.state.to_string(),
                format!("{}/{}", job.attempt, job.max_attempts),
                job.queue.to_string(),
                date_and_time(job.created_at),
                running_time(job.started_at, job.finished_at).map_or_else(dash, duration),
                job.worker.as_deref().map_or_else(dash, printable),
            ]
        }),
    )
}

/// A table of attempts.
pub(crate) fn attempts(attempts: &[Attempt]) -> String {
    table(
        ["ATTEMPT", "OUTCOME", "STARTED", "TOOK", "WORKER", "ERROR"],
        attempts.iter().map(|attempt| {
            [
                attempt.attempt.to_string(),
                attempt.outcome.to_string(),
                date_and_time(attempt.started_at),
                running_time(Some(attempt.started_at), attempt.finished_at)
                    .map_or_else(dash, duration),
                attempt.worker.as_deref().map_or_else(dash, printable),
                attempt.error.as_ref().map_or_else(dash, job_error),
            ]
        }),
    )
}

/// Everything about a job.
pub(crate) fn details(job: &Job) -> String {
    let summary = &job.summary;
    let mut details = Details::default();
    details
        .line("Job", summary.id.to_string())
        .line("Kind", summary.kind.to_string())
        .line("State", state(summary))
        .optional("Error", summary.error.as_ref().map(job_error))
        .line("Attempt", attempt(summary))
        .line(
            "Queue",
            format!("{}, {} priority", summary.queue, summary.priority),
        )
        .line(
            "Timeout",
            duration(TimeDelta::seconds(summary.timeout_seconds.into())),
        )
        .optional("Worker", summary.worker.as_deref().map(printable))
        .optional("Tags", joined(&summary.tags))
        .optional("Unique key", summary.unique_key.as_deref().map(printable))
        .optional("Depends on", depends_on(&job.depends_on))
        .line("Created", date_and_time(summary.created_at))
        .line("Run at", date_and_time(summary.run_at))
        .optional("Started", summary.started_at.map(date_and_time))
        .optional(
            "Cancel asked",
            summary.cancel_requested_at.map(date_and_time),
        )
        .optional("Finished", finished(summary))
        .line("Created by", summary.created_by.to_string())
        .line("Tenant", summary.tenant_id.to_string())
        .optional("Trace", summary.trace_id.as_deref().map(printable));
    if let Some(detail) = summary
        .error
        .as_ref()
        .and_then(|error| error.detail.as_ref())
    {
        details.document("Error detail", detail);
    }
    if let Some(progress) = &summary.progress {
        details.document("Progress", progress);
    }
    details.document("Payload", &job.payload);
    if let Some(result) = &job.result {
        details.document("Result", result);
    }
    details.finish()
}

/// One line on what came of a request to change a job.
pub(crate) fn changed(summary: &JobSummary) -> String {
    let asked = match summary.cancel_requested_at {
        Some(_) if !summary.state.is_terminal() => ", its end was asked for",
        _ => "",
    };
    format!("job {} is {}{asked}", summary.id, summary.state)
}

fn state(summary: &JobSummary) -> String {
    let style = match summary.state {
        JobState::Succeeded => AnsiColor::Green.on_default().bold(),
        JobState::Failed => AnsiColor::Red.on_default().bold(),
        JobState::Running => AnsiColor::Cyan.on_default().bold(),
        JobState::Scheduled | JobState::Queued | JobState::Cancelled => Style::new().bold(),
    };
    format!("{style}{}{style:#}", summary.state)
}

fn attempt(summary: &JobSummary) -> String {
    let lost = match summary.losses {
        0 => String::new(),
        losses => format!(", {losses} lost with their workers"),
    };
    format!("{} of {}{lost}", summary.attempt, summary.max_attempts)
}

fn finished(summary: &JobSummary) -> Option<String> {
    let finished_at = date_and_time(summary.finished_at?);
    Some(
        match running_time(summary.started_at, summary.finished_at) {
            Some(time) => format!("{finished_at}, after {}", duration(time)),
            None => finished_at,
        },
    )
}

fn joined(tags: &[String]) -> Option<String> {
    (!tags.is_empty()).then(|| printable(&tags.join(", ")))
}

/// The parents, each with how it ended; of many, the first ones.
fn depends_on(parents: &[Dependency]) -> Option<String> {
    let shown = parents.iter().take(SHOWN_PARENTS).map(|parent| {
        let outcome = parent.outcome.map_or("not ended", JobState::as_str);
        format!("{} ({outcome})", parent.job_id)
    });
    let mut shown: Vec<String> = shown.collect();
    if parents.len() > SHOWN_PARENTS {
        shown.push(format!("{} more", parents.len() - SHOWN_PARENTS));
    }
    (!shown.is_empty()).then(|| shown.join(", "))
}

fn running_time(
    started_at: Option<DateTime<Utc>>,
    finished_at: Option<DateTime<Utc>>,
) -> Option<TimeDelta> {
    Some(finished_at? - started_at?)
}

fn dash() -> String {
    "-".to_owned()
}
