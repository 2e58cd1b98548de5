//! From the start of the process until Postgres was found fit for use: tried again and again, and said so.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use gantry_queue::Queue;
use gantry_store::{ApiStore, StoreError};

/// The first pause between two tries.
const FIRST_PAUSE: Duration = Duration::from_millis(200);
/// The longest pause; each is twice the one before.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// How far the start has come; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Startup {
    is_complete: Arc<AtomicBool>,
    problem: Arc<Mutex<Option<&'static str>>>,
}

impl Startup {
    /// Whether Postgres was found fit for use.
    pub fn is_complete(&self) -> bool {
        self.is_complete.load(Ordering::Acquire)
    }

    /// What was in the way last, for operators.
    pub fn problem(&self) -> Option<&'static str> {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until Postgres is fit for use.
    ///
    /// # Errors
    /// The login is not held by row-level security; waiting would not help.
    pub async fn complete(&self, store: &ApiStore, queue: &Queue) -> Result<(), StoreError> {
        if let Err(error) = queue.ping().await {
            tracing::warn!(%error, "Redis cannot be reached: jobs are accepted, and workers hear of them later");
        }
        let mut pause = FIRST_PAUSE;
        loop {
            let error = match store.check().await {
                Ok(()) => break,
                Err(
                    error @ (StoreError::RowSecurityInactive { .. } | StoreError::DoorShut { .. }),
                ) => return Err(error),
                Err(error) => error,
            };
            self.say(match error {
                StoreError::SchemaMissing => "lacks Gantry's schema: run gantry-migrate up",
                StoreError::SchemaBehind { .. } => {
                    "has a schema of an earlier version: run gantry-migrate up"
                }
                _ => "cannot be reached",
            });
            tracing::warn!(%error, "Postgres is not ready: the API answers 503 and tries again in {pause:?}");
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
        self.is_complete.store(true, Ordering::Release);
        tracing::info!("Postgres is ready");
        Ok(())
    }

    fn say(&self, problem: &'static str) {
        *self.problem.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem);
    }
}
