//! The reasons and their sentences.

use chrono::{DateTime, SecondsFormat, Utc};
use gantry_domain::{JobFailure, KindName, Pause, QueueName};
use serde::Serialize;
use utoipa::ToSchema;

/// Why a job is where it is, by a stable code, with the facts behind it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(tag = "reason", content = "details", rename_all = "snake_case")]
pub enum Reason {
    /// It ended with a result.
    Succeeded {
        /// When.
        finished_at: Option<DateTime<Utc>>,
        /// In which attempt.
        attempt: u32,
    },
    /// It ended without one.
    Failed {
        /// When.
        finished_at: Option<DateTime<Utc>>,
        /// In which attempt.
        attempt: u32,
        /// The last attempt's error.
        error: Option<JobFailure>,
    },
    /// Someone ended it.
    Cancelled {
        /// When.
        finished_at: Option<DateTime<Utc>>,
        /// Who asked for it, in words.
        error: Option<JobFailure>,
    },
    /// It runs and was told to end.
    CancelRequested {
        /// Since when.
        cancel_requested_at: DateTime<Utc>,
        /// The worker that runs it.
        worker: Option<String>,
    },
    /// It runs.
    Running {
        /// The worker that runs it.
        worker: Option<String>,
        /// Since when.
        started_at: Option<DateTime<Utc>>,
        /// Which attempt this is.
        attempt: u32,
        /// How many attempts it gets.
        max_attempts: u32,
    },
    /// Other jobs have to end first; `depends_on` of the job says which.
    Parents {
        /// How many have yet to end.
        waiting_for: u32,
    },
    /// An attempt failed, and the next one is to come.
    Retry {
        /// When.
        run_at: DateTime<Utc>,
        /// How many attempts there were.
        attempt: u32,
        /// How many attempts it gets.
        max_attempts: u32,
        /// The last attempt's error.
        error: JobFailure,
    },
    /// Its time is to come.
    Scheduled {
        /// When.
        run_at: DateTime<Utc>,
    },
    /// Its time has come, and the maintenance is about to queue it.
    Due {
        /// Since when.
        run_at: DateTime<Utc>,
    },
    /// Its queue is paused.
    QueuePaused(Pause),
    /// Its tenant is paused.
    TenantPaused(Pause),
    /// Who submitted it is paused.
    UserPaused(Pause),
    /// Nobody can run it.
    NoWorker {
        /// Its queue.
        queue: QueueName,
        /// Its kind.
        kind: KindName,
    },
    /// As many jobs of its tenant run as may.
    TenantLimit {
        /// How many may.
        max_running: u32,
        /// How many do.
        running: u64,
    },
    /// As many jobs of its kind run as may.
    KindLimit {
        /// The kind.
        kind: KindName,
        /// How many may.
        max_running: u32,
        /// How many do.
        running: u64,
    },
    /// Workers cannot be told of it.
    RedisUnreachable {
        /// Since when this process knows.
        since: DateTime<Utc>,
    },
    /// Others of its tenant come first.
    Backlog {
        /// Its queue.
        queue: QueueName,
        /// How many, counted up to 10,000.
        ahead: u64,
    },
    /// Other tenants wait too, and take turns.
    TenantShare {
        /// Its queue.
        queue: QueueName,
        /// How many of their jobs, counted up to 10,000; null for callers who are no operators.
        others_waiting: Option<u64>,
    },
    /// Every worker that could run it is busy.
    PlacesTaken {
        /// How many workers could run it.
        workers: u64,
        /// How many jobs they run at a time.
        places: u64,
    },
    /// Nothing keeps it.
    Announced {
        /// Since when it waits.
        queued_at: DateTime<Utc>,
    },
}

impl Reason {
    /// The reason for people, in one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Succeeded {
                finished_at,
                attempt,
            } => format!("It succeeded{} in attempt {attempt}.", at(*finished_at)),
            Self::Failed {
                finished_at,
                attempt,
                error,
            } => format!(
                "It failed{} after attempt {attempt}{}.",
                at(*finished_at),
                of(error.as_ref())
            ),
            Self::Cancelled { finished_at, error } => {
                format!(
                    "It was cancelled{}{}.",
                    at(*finished_at),
                    of(error.as_ref())
                )
            }
            Self::CancelRequested {
                cancel_requested_at,
                worker,
            } => format!(
                "It runs{} and was told to end at {}.",
                by(worker.as_deref()),
                time(*cancel_requested_at)
            ),
            Self::Running {
                worker,
                started_at,
                attempt,
                max_attempts,
            } => {
                let since =
                    started_at.map_or_else(String::new, |at| format!(" since {}", time(at)));
                format!(
                    "It runs{}{since}, attempt {attempt} of {max_attempts}.",
                    by(worker.as_deref())
                )
            }
            Self::Retry {
                run_at,
                attempt,
                max_attempts,
                error,
            } => format!(
                "Attempt {attempt} of {max_attempts} failed{}; the next one is due at {}.",
                of(Some(error)),
                time(*run_at)
            ),
            Self::Parents { waiting_for: 1 } => "It waits for another job to end first.".to_owned(),
            Self::Parents { waiting_for } => {
                format!("It waits for {waiting_for} other jobs to end first.")
            }
            Self::Scheduled { run_at } => format!("It is scheduled for {}.", time(*run_at)),
            Self::Due { run_at } => format!(
                "It was due at {}; a live worker queues it within seconds.",
                time(*run_at)
            ),
            Self::QueuePaused(pause) => {
                format!("Its queue {} {}.", pause.subject, is_paused(pause))
            }
            Self::TenantPaused(pause) => format!("Its tenant {}.", is_paused(pause)),
            Self::UserPaused(pause) => format!("Whoever submitted it {}.", is_paused(pause)),
            Self::NoWorker { queue, kind } => format!(
                "No live worker of the queue {queue} can run the kind {kind}; it waits until one does."
            ),
            Self::TenantLimit {
                max_running,
                running,
            } => format!(
                "Its tenant runs {running} of the {max_running} jobs it may at a time; it starts when there is room."
            ),
            Self::KindLimit {
                kind,
                max_running,
                running,
            } => format!(
                "Its kind {kind} runs {running} of the {max_running} jobs it may at a time; it starts when there is room."
            ),
            Self::RedisUnreachable { since } => format!(
                "Redis is unreachable since {}, so workers may not know of it; they are told when Redis is back.",
                time(*since)
            ),
            Self::Backlog { queue, ahead } => {
                format!(
                    "{} of its tenant come before it in the queue {queue}.",
                    jobs(*ahead)
                )
            }
            Self::TenantShare {
                queue,
                others_waiting,
            } => {
                let others = others_waiting.map_or_else(|| "jobs".to_owned(), jobs);
                format!(
                    "In the queue {queue} {others} of other tenants wait too, and tenants take turns."
                )
            }
            Self::PlacesTaken { workers, places } => format!(
                "All {places} places of the {} that can run it are taken.",
                counted(*workers, "worker")
            ),
            Self::Announced { queued_at } => format!(
                "It is queued since {} and nothing keeps it: a worker takes it in a moment.",
                time(*queued_at)
            ),
        }
    }
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn at(time_at: Option<DateTime<Utc>>) -> String {
    time_at.map_or_else(String::new, |at| format!(" at {}", time(at)))
}

fn by(worker: Option<&str>) -> String {
    worker.map_or_else(String::new, |worker| format!(" on {worker}"))
}

fn of(error: Option<&JobFailure>) -> String {
    error.map_or_else(String::new, |error| {
        let message = error.message.trim_end_matches('.');
        format!(" ({}: {message})", error.code)
    })
}

fn is_paused(pause: &Pause) -> String {
    let by = pause
        .paused_by_name
        .as_ref()
        .map_or_else(String::new, |name| format!(" by {name}"));
    let reason = pause.reason.as_ref().map_or_else(String::new, |reason| {
        format!(": {}", reason.trim_end_matches('.'))
    });
    format!("is paused since {}{by}{reason}", time(pause.paused_at))
}

fn jobs(count: u64) -> String {
    counted(count, "job")
}

fn counted(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        count => format!("{count} {what}s"),
    }
}
