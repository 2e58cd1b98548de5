//! How Postgres and Redis are, asked at most once a second whatever the number of those who want to know.

use std::sync::{MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use gantry_queue::Queue;
use gantry_store::ApiStore;
use tokio::sync::Mutex;
use tokio::time::timeout;

use crate::startup::Startup;
use crate::views::{HealthStatus, HealthView, PartStatus, PartView, PartsView};

/// How long an answer is used again.
const FRESH_FOR: Duration = Duration::from_secs(1);
/// How long a part may take to answer before it counts as away.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(2);

/// Asks the parts how they are.
pub struct HealthMonitor {
    store: ApiStore,
    queue: Queue,
    startup: Startup,
    last: Mutex<Option<(Instant, HealthView)>>,
    redis_away_since: std::sync::Mutex<Option<DateTime<Utc>>>,
}

impl HealthMonitor {
    /// A monitor of these parts.
    pub fn new(store: ApiStore, queue: Queue, startup: Startup) -> Self {
        Self {
            store,
            queue,
            startup,
            last: Mutex::default(),
            redis_away_since: std::sync::Mutex::default(),
        }
    }

    /// How the parts are.
    pub async fn check(&self) -> HealthView {
        let mut last = self.last.lock().await;
        if let Some((asked_at, health)) = last.as_ref()
            && asked_at.elapsed() < FRESH_FOR
        {
            return health.clone();
        }
        let health = self.ask().await;
        // Until the start is complete nothing is asked of Postgres here, and the end of the start is news.
        *last = self
            .startup
            .is_complete()
            .then(|| (Instant::now(), health.clone()));
        health
    }

    /// Since when Redis is known not to answer; none while it does.
    pub async fn redis_away_since(&self) -> Option<DateTime<Utc>> {
        self.check().await;
        *self.lock_redis_away_since()
    }

    fn lock_redis_away_since(&self) -> MutexGuard<'_, Option<DateTime<Utc>>> {
        self.redis_away_since
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask(&self) -> HealthView {
        let (postgres, redis) = tokio::join!(self.postgres(), self.redis());
        let mut away_since = self.lock_redis_away_since();
        *away_since = match redis.status {
            PartStatus::Up => None,
            PartStatus::Down => Some(away_since.unwrap_or_else(Utc::now)),
        };
        drop(away_since);
        let is_healthy = [&postgres, &redis]
            .iter()
            .all(|part| part.status == PartStatus::Up);
        HealthView {
            status: if is_healthy {
                HealthStatus::Healthy
            } else {
                HealthStatus::Degraded
            },
            version: env!("CARGO_PKG_VERSION"),
            parts: PartsView { postgres, redis },
        }
    }

    /// Once it was found fit for use, that it answers is enough.
    async fn postgres(&self) -> PartView {
        if !self.startup.is_complete() {
            let problem = self.startup.problem();
            return PartView::down(problem.unwrap_or("has not been reached yet"));
        }
        match timeout(ANSWER_TIMEOUT, self.store.ping()).await {
            Ok(Ok(())) => PartView::up(),
            Ok(Err(error)) => {
                tracing::debug!(%error, "Postgres does not answer");
                PartView::down("does not answer")
            }
            Err(_) => PartView::down("does not answer in time"),
        }
    }

    async fn redis(&self) -> PartView {
        match timeout(ANSWER_TIMEOUT, self.queue.ping()).await {
            Ok(Ok(())) => PartView::up(),
            Ok(Err(error)) => {
                tracing::debug!(%error, "Redis does not answer");
                PartView::down("does not answer")
            }
            Err(_) => PartView::down("does not answer in time"),
        }
    }
}
