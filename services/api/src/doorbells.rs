//! Ringing for accepted jobs, apart from the requests, so that a slow Redis holds nobody up.

use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::Doorbell;
use gantry_queue::Queue;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

/// How many sets of doorbells may wait to be rung; further ones are left to the reconciler.
const WAITING_LIMIT: usize = 1_024;

/// How long a Redis that is away is left alone before the next try; what comes meanwhile waits.
const AWAY_PAUSE: Duration = Duration::from_millis(500);

/// Where doorbells are handed in; cheap to clone.
#[derive(Clone)]
pub struct Doorbells {
    sender: mpsc::Sender<Vec<Doorbell>>,
}

impl Doorbells {
    /// Starts the ringing; it ends, with everything rung, after `closing`.
    pub fn start(queue: Queue, closing: CancellationToken) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING_LIMIT);
        let ringer = Ringer {
            queue,
            receiver,
            is_away: false,
        };
        (Self { sender }, tokio::spawn(ringer.run(closing)))
    }

    /// Rings soon. With too many waiting the doorbells are dropped: the jobs are in Postgres, and the reconciler rings
    /// for those that nobody was told of.
    pub fn ring(&self, doorbells: Vec<Doorbell>) {
        if !doorbells.is_empty() && self.sender.try_send(doorbells).is_err() {
            tracing::debug!("doorbells were left to the reconciler");
        }
    }
}

struct Ringer {
    queue: Queue,
    receiver: mpsc::Receiver<Vec<Doorbell>>,
    is_away: bool,
}

impl Ringer {
    async fn run(mut self, closing: CancellationToken) {
        let mut waiting = Vec::new();
        loop {
            let received = tokio::select! {
                received = self.receiver.recv_many(&mut waiting, WAITING_LIMIT) => received,
                () = closing.cancelled(), if !self.receiver.is_closed() => {
                    self.receiver.close();
                    continue;
                }
            };
            if received == 0 {
                return;
            }
            let doorbells: Vec<Doorbell> = waiting.drain(..).flatten().collect();
            self.ring(&doorbells).await;
            if self.is_away {
                tokio::select! {
                    () = sleep(AWAY_PAUSE) => {}
                    () = closing.cancelled() => {}
                }
            }
        }
    }

    /// Says once that Redis is away, and once that it is back.
    async fn ring(&mut self, doorbells: &[Doorbell]) {
        reach(CrashPoint::DoorbellsTaken);
        let rung = self.queue.ring(doorbells).await;
        reach(CrashPoint::DoorbellsRung);
        match rung {
            Ok(()) if self.is_away => {
                self.is_away = false;
                tracing::info!("Redis is back: doorbells ring again");
            }
            Ok(()) => {}
            Err(error) if !self.is_away => {
                self.is_away = true;
                tracing::warn!(%error, "Redis is away: jobs are accepted, and workers hear of them later");
            }
            Err(_) => {}
        }
    }
}
