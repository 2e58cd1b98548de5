//! Queues.

use chrono::{DateTime, Utc};
use gantry_domain::{Pause, QueueStatus};

use super::table::table;
use super::text::printable;
use super::time::{date_and_time, duration};

/// A table of queues, as seen at `now`.
pub(crate) fn list(queues: &[QueueStatus], now: DateTime<Utc>) -> String {
    table(
        [
            "NAME",
            "WAITING",
            "HIGH",
            "NORMAL",
            "LOW",
            "OLDEST",
            "RUNNING",
            "WORKERS",
            "STARTED/MIN",
            "FINISHED/MIN",
            "FAILED/MIN",
            "PAUSED",
        ],
        queues.iter().map(|queue| {
            let depth = queue.depth;
            let rates = queue.rates;
            [
                queue.name.to_string(),
                depth.total.to_string(),
                depth.high.to_string(),
                depth.normal.to_string(),
                depth.low.to_string(),
                queue
                    .oldest_waiting_at
                    .map_or_else(none, |since| duration(now - since)),
                queue.running.to_string(),
                queue.workers.to_string(),
                rate(rates.map(|rates| rates.started_per_minute)),
                rate(rates.map(|rates| rates.finished_per_minute)),
                rate(rates.map(|rates| rates.failed_per_minute)),
                queue.paused.as_ref().map_or_else(none, paused),
            ]
        }),
    )
}

fn rate(per_minute: Option<f64>) -> String {
    per_minute.map_or_else(none, |per_minute| format!("{per_minute:.1}"))
}

fn paused(pause: &Pause) -> String {
    let since = format!("since {}", date_and_time(pause.paused_at));
    match &pause.reason {
        Some(reason) => format!("{since}: {}", printable(reason)),
        None => since,
    }
}

fn none() -> String {
    "-".to_owned()
}
