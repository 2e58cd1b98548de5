//! Being asked to end: Ctrl-C or SIGTERM.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::command_line::failure::Result;

/// Notices Ctrl-C and SIGTERM from the moment it is made.
#[derive(Debug)]
pub(crate) struct Interrupt {
    interrupt: Signal,
    terminate: Signal,
}

impl Interrupt {
    pub(crate) fn new() -> Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    /// Waits until someone asks for the end. Dropping the future loses nothing.
    pub(crate) async fn received(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}
