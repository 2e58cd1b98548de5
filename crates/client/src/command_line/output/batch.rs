//! Batches.

use gantry_domain::{Batch, JobState};

use super::details::Details;
use super::time::date_and_time;

/// Everything about a batch.
pub(crate) fn details(batch: &Batch) -> String {
    let states = batch.states;
    let counts = [
        (JobState::Scheduled, states.scheduled),
        (JobState::Queued, states.queued),
        (JobState::Running, states.running),
        (JobState::Succeeded, states.succeeded),
        (JobState::Failed, states.failed),
        (JobState::Cancelled, states.cancelled),
    ];
    let counts = counts.iter().filter(|(_, jobs)| *jobs > 0);
    let counts: Vec<String> = counts
        .map(|(state, jobs)| format!("{jobs} {state}"))
        .collect();
    let mut details = Details::default();
    details
        .line("Batch", batch.id.to_string())
        .line("Jobs", format!("{}: {}", batch.jobs, counts.join(", ")))
        .line(
            "Callback",
            format!("{} ({})", batch.callback_job_id, batch.callback_state),
        )
        .line("Created", date_and_time(batch.created_at))
        .line("Created by", batch.created_by.to_string())
        .line("Tenant", batch.tenant_id.to_string());
    details.finish()
}
