//! The wish that the worker stop: first to drain, then at once.

use tokio::sync::watch;

/// How urgently the worker is to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Go on.
    None,
    /// Take no more jobs and finish those at hand, within the drain time.
    Drain,
    /// Hand back what is at hand now.
    Now,
}

/// The wish that the worker stop; clones share it.
#[derive(Debug, Clone)]
pub struct Shutdown {
    urgency: watch::Sender<Urgency>,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self::new()
    }
}

impl Shutdown {
    /// No wish yet.
    pub fn new() -> Self {
        Self {
            urgency: watch::Sender::new(Urgency::None),
        }
    }

    /// Asks the worker to stop: the first time to drain, the second time to hand its jobs back at once.
    pub fn request(&self) {
        self.urgency.send_modify(|urgency| {
            *urgency = match urgency {
                Urgency::None => Urgency::Drain,
                Urgency::Drain | Urgency::Now => Urgency::Now,
            };
        });
    }

    /// Asks the worker to hand its jobs back at once.
    pub(crate) fn request_at_once(&self) {
        self.urgency.send_replace(Urgency::Now);
    }

    /// Asks at each SIGTERM and SIGINT that this process gets.
    ///
    /// # Errors
    /// The system does not let the process listen for signals.
    pub fn on_signals(&self) -> std::io::Result<()> {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let shutdown = self.clone();
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
                shutdown.request();
            }
        });
        Ok(())
    }

    pub(crate) fn urgency(&self) -> Urgency {
        *self.urgency.borrow()
    }

    /// Waits until the worker is to stop at least so urgently.
    pub(crate) async fn at_least(&self, urgency: Urgency) {
        let mut listener = self.urgency.subscribe();
        // The sender lives in `self`, so the wait cannot fail.
        let _ = listener.wait_for(|current| *current >= urgency).await;
    }
}
