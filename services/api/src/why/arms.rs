//! The arms: each looks at the evidence and finds its reason or none.

use gantry_domain::{JobState, Pause, PauseScope};

use super::{Evidence, Reason};

/// An arm.
type Arm = fn(&Evidence) -> Option<Reason>;

/// Every arm, in the order in which reasons are told: what has to be done by a person stands before what passes by itself.
/// A job that has ended or runs has that one reason.
pub(super) const IN_ORDER: [Arm; 19] = [
    succeeded,
    failed,
    cancelled,
    cancel_requested,
    running,
    waits_for_parents,
    retry,
    scheduled,
    due,
    queue_paused,
    tenant_paused,
    user_paused,
    no_worker,
    tenant_limit,
    kind_limit,
    redis_unreachable,
    backlog,
    tenant_share,
    places_taken,
];

fn succeeded(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (job.state == JobState::Succeeded).then_some(Reason::Succeeded {
        finished_at: job.finished_at,
        attempt: job.attempt,
    })
}

fn failed(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (job.state == JobState::Failed).then(|| Reason::Failed {
        finished_at: job.finished_at,
        attempt: job.attempt,
        error: job.error.clone(),
    })
}

fn cancelled(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (job.state == JobState::Cancelled).then(|| Reason::Cancelled {
        finished_at: job.finished_at,
        error: job.error.clone(),
    })
}

fn cancel_requested(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    let cancel_requested_at = job.cancel_requested_at?;
    (job.state == JobState::Running).then(|| Reason::CancelRequested {
        cancel_requested_at,
        worker: job.worker.clone(),
    })
}

fn running(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (job.state == JobState::Running).then(|| Reason::Running {
        worker: job.worker.clone(),
        started_at: job.started_at,
        attempt: job.attempt,
        max_attempts: job.max_attempts,
    })
}

fn waits_for_parents(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (job.state == JobState::Scheduled && job.waiting_for > 0).then_some(Reason::Parents {
        waiting_for: job.waiting_for,
    })
}

fn retry(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    let error = job.error.clone()?;
    is_to_come(evidence).then_some(Reason::Retry {
        run_at: job.run_at,
        attempt: job.attempt,
        max_attempts: job.max_attempts,
        error,
    })
}

fn scheduled(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (is_to_come(evidence) && job.error.is_none())
        .then_some(Reason::Scheduled { run_at: job.run_at })
}

fn due(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    let is_due = job.state == JobState::Scheduled && job.waiting_for == 0 && !is_to_come(evidence);
    is_due.then_some(Reason::Due { run_at: job.run_at })
}

fn queue_paused(evidence: &Evidence) -> Option<Reason> {
    pause(evidence, PauseScope::Queue).map(Reason::QueuePaused)
}

fn tenant_paused(evidence: &Evidence) -> Option<Reason> {
    pause(evidence, PauseScope::Tenant).map(Reason::TenantPaused)
}

fn user_paused(evidence: &Evidence) -> Option<Reason> {
    pause(evidence, PauseScope::User).map(Reason::UserPaused)
}

fn no_worker(evidence: &Evidence) -> Option<Reason> {
    let job = &evidence.facts.job;
    (is_queued(evidence) && evidence.crowd.workers == 0).then(|| Reason::NoWorker {
        queue: job.queue.clone(),
        kind: job.kind.clone(),
    })
}

fn tenant_limit(evidence: &Evidence) -> Option<Reason> {
    let max_running = evidence.facts.tenant_limit?;
    let running = evidence.facts.tenant_running;
    (is_queued(evidence) && running >= max_running.into()).then_some(Reason::TenantLimit {
        max_running,
        running,
    })
}

fn kind_limit(evidence: &Evidence) -> Option<Reason> {
    let max_running = evidence.facts.kind_limit?;
    let running = evidence.crowd.kind_running;
    (is_queued(evidence) && running >= max_running.into()).then(|| Reason::KindLimit {
        kind: evidence.facts.job.kind.clone(),
        max_running,
        running,
    })
}

fn redis_unreachable(evidence: &Evidence) -> Option<Reason> {
    let since = evidence.redis_away_since?;
    is_queued(evidence).then_some(Reason::RedisUnreachable { since })
}

fn backlog(evidence: &Evidence) -> Option<Reason> {
    let ahead = evidence.facts.ahead;
    (is_queued(evidence) && ahead > 0).then(|| Reason::Backlog {
        queue: evidence.facts.job.queue.clone(),
        ahead,
    })
}

fn tenant_share(evidence: &Evidence) -> Option<Reason> {
    let waiting = evidence.crowd.others_waiting;
    (is_queued(evidence) && waiting > 0).then(|| Reason::TenantShare {
        queue: evidence.facts.job.queue.clone(),
        others_waiting: evidence.is_operator.then_some(waiting),
    })
}

fn places_taken(evidence: &Evidence) -> Option<Reason> {
    let crowd = evidence.crowd;
    let are_taken = crowd.workers > 0 && crowd.taken >= crowd.places;
    (is_queued(evidence) && are_taken).then_some(Reason::PlacesTaken {
        workers: crowd.workers,
        places: crowd.places,
    })
}

/// The reason of a queued job that nothing else keeps.
pub(super) fn announced(evidence: &Evidence) -> Option<Reason> {
    let queued_at = evidence.facts.queued_at?;
    Some(Reason::Announced { queued_at })
}

fn is_queued(evidence: &Evidence) -> bool {
    evidence.facts.job.state == JobState::Queued
}

/// Whether it is scheduled for a time that has not come.
fn is_to_come(evidence: &Evidence) -> bool {
    let job = &evidence.facts.job;
    job.state == JobState::Scheduled && job.run_at > evidence.facts.now
}

/// A pause that holds the job back, now or as soon as its time has come.
fn pause(evidence: &Evidence, scope: PauseScope) -> Option<Pause> {
    let is_waiting = matches!(
        evidence.facts.job.state,
        JobState::Queued | JobState::Scheduled
    );
    let mut pauses = evidence.facts.pauses.iter();
    let pause = pauses.find(|pause| pause.scope == scope)?;
    is_waiting.then(|| pause.clone())
}
