//! How a run is told to end: once, for one reason, to everyone who listens.

use tokio::sync::watch;

use crate::StopReason;

/// The side that tells a run to end.
#[derive(Debug, Clone)]
pub(crate) struct StopSender {
    reason: watch::Sender<Option<StopReason>>,
}

/// The side of a handler: learns that its run is to end, and why.
#[derive(Debug, Clone)]
pub struct StopSignal {
    reason: watch::Receiver<Option<StopReason>>,
}

/// A sender and a first listener.
pub(crate) fn stop_channel() -> (StopSender, StopSignal) {
    let (sender, receiver) = watch::channel(None);
    (
        StopSender { reason: sender },
        StopSignal { reason: receiver },
    )
}

impl StopSender {
    /// Tells the run to end. The first reason stands, except that a lost lease overrules every other.
    pub(crate) fn stop(&self, reason: StopReason) {
        self.reason.send_if_modified(|current| {
            let overrules = current.is_none()
                || (reason == StopReason::LeaseLost && *current != Some(StopReason::LeaseLost));
            if overrules {
                *current = Some(reason);
            }
            overrules
        });
    }
}

impl StopSignal {
    /// Why the run is to end; none while it may go on.
    pub fn reason(&self) -> Option<StopReason> {
        *self.reason.borrow()
    }

    /// Waits until the run is to end. A handler that never looks is stopped without being asked once its grace is over.
    pub async fn stopped(&mut self) -> StopReason {
        loop {
            if let Some(reason) = *self.reason.borrow_and_update() {
                return reason;
            }
            if self.reason.changed().await.is_err() {
                // Nobody is left who could tell, so nobody waits for the run either.
                return StopReason::Abandoned;
            }
        }
    }

    /// Waits until the lease is lost, whatever other reason came first.
    pub(crate) async fn lease_lost(&mut self) {
        while self.reason() != Some(StopReason::LeaseLost) {
            if self.reason.changed().await.is_err() {
                return;
            }
        }
    }
}
