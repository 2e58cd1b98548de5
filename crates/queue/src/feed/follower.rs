//! One follower of one job.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gantry_domain::{JobId, LogLine};
use tokio::sync::mpsc;

use super::hub::Followers;

/// What a follower hears. All but the lines are hints to look into Postgres.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedEvent {
    /// Lines that Postgres holds already. A jump in their numbers means that others are to be read from there; after a
    /// disconnection some may come twice.
    Lines(Arc<Vec<LogLine>>),
    /// The job changed its state, or lines were stored that were too large to be sent along.
    Changed,
    /// Redis is away: nothing will be heard until a `Changed` says that it is back.
    Disconnected,
    /// The follower did not listen for too long and hears nothing more; it is to resume from its cursor.
    Lagged,
}

/// One follower of one job; hears from the moment it exists until it is dropped.
pub struct Follower {
    pub(super) events: mpsc::Receiver<FeedEvent>,
    pub(super) followers: Arc<Followers>,
    pub(super) job_id: JobId,
    pub(super) number: u64,
    pub(super) is_live: Arc<AtomicBool>,
}

impl Follower {
    /// The next event; waits for it, and can be dropped while it waits.
    pub async fn next(&mut self) -> FeedEvent {
        // The hub closes a follower's channel for one reason only.
        self.events.recv().await.unwrap_or(FeedEvent::Lagged)
    }

    /// Whether Redis is connected; while it is not, Postgres is to be looked into now and then.
    pub fn is_live(&self) -> bool {
        self.is_live.load(Ordering::Relaxed)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.followers.remove(self.job_id, self.number);
    }
}
