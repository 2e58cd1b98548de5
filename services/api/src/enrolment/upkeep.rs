//! Taking away, soon after a token has ended, what its machine was given, and before that what it holds for too long.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::ready;
use futures_util::stream;
use gantry_crash_points::{CrashPoint, reach};
use gantry_queue::Queue;
use gantry_store::{ApiStore, EndedWorkerToken, LoginClosing};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::startup::Startup;

/// How often it is looked for tokens that have ended.
const INTERVAL: Duration = Duration::from_secs(60);
/// How long the login of an ended token stays: it finds nothing any more, and its worker learns by it what has happened.
const GRACE: Duration = Duration::from_secs(10);
/// How long a transaction of a machine may last, and how often it is looked for longer ones. Those of a worker take as long
/// as a few statements.
const TRANSACTION_LIMIT: Duration = Duration::from_secs(60);
const TRANSACTION_INTERVAL: Duration = Duration::from_secs(15);
/// How long after a token was closed its user in Redis is looked for once more.
const STALL_LIMIT: Duration = Duration::from_secs(3_600);
/// How many one look sees to; the rest follow with the next.
const BATCH_TOKENS: u32 = 100;
/// How many are seen to at a time, so that one that takes long holds up few others.
const TOKENS_AT_ONCE: usize = 4;

/// Sees to ended tokens until it is dropped. Any number of processes may do so at once.
pub struct EnrolmentUpkeep {
    ended: Arc<Notify>,
    keeping: JoinHandle<()>,
}

impl EnrolmentUpkeep {
    /// Begins on the current tokio runtime.
    pub fn start(store: ApiStore, queue: Queue, startup: Startup) -> Self {
        let ended = Arc::new(Notify::new());
        let upkeep = Upkeep {
            store,
            queue,
            startup,
        };
        Self {
            keeping: tokio::spawn(upkeep.keep(Arc::clone(&ended))),
            ended,
        }
    }

    /// Lets it look sooner: a token was revoked just now. Whoever dies before that leaves it to the next look.
    pub fn look_soon(&self) {
        self.ended.notify_one();
    }
}

impl Drop for EnrolmentUpkeep {
    fn drop(&mut self) {
        self.keeping.abort();
    }
}

struct Upkeep {
    store: ApiStore,
    queue: Queue,
    startup: Startup,
}

impl Upkeep {
    async fn keep(self, ended: Arc<Notify>) {
        tokio::join!(
            self.close_as_tokens_end(&ended),
            self.end_long_transactions()
        );
    }

    /// Whoever owns a machine could hold what others wait for, for as long as they like.
    async fn end_long_transactions(&self) {
        loop {
            sleep(TRANSACTION_INTERVAL).await;
            if !self.startup.is_complete() {
                continue;
            }
            match self
                .store
                .end_machines_transactions(TRANSACTION_LIMIT)
                .await
            {
                Ok(0) => {}
                Ok(count) => {
                    tracing::warn!(
                        count,
                        "sessions of tenants' machines were ended, whose transactions lasted too long"
                    );
                }
                Err(error) => {
                    tracing::debug!(%error, "transactions of machines were not looked for")
                }
            }
        }
    }

    async fn close_as_tokens_end(&self, ended: &Notify) {
        loop {
            if timeout(INTERVAL, ended.notified()).await.is_ok() {
                sleep(GRACE).await;
            }
            if self.startup.is_complete() {
                self.close_ended().await;
                self.put_out_again().await;
            }
        }
    }

    /// First Redis, then Postgres, which remembers what is still to be done.
    async fn close_ended(&self) {
        let taking_up = self.store.take_up_ended_worker_tokens(GRACE, BATCH_TOKENS);
        let ended = match taking_up.await {
            Ok(ended) => ended,
            Err(error) => {
                tracing::debug!(%error, "ended worker tokens were not looked for");
                return;
            }
        };
        let put_out = stream::iter(ended).map(|token| self.put_out(token));
        let put_out = put_out.buffer_unordered(TOKENS_AT_ONCE);
        let without_user: Vec<_> = put_out.filter_map(ready).collect().await;
        let close = |token| self.close(token);
        stream::iter(without_user)
            .for_each_concurrent(TOKENS_AT_ONCE, close)
            .await;
    }

    /// A process that lets a machine in can stall or die between Postgres and Redis, and make the user when all was closed.
    async fn put_out_again(&self) {
        let closed = match self.store.lately_closed_worker_tokens(STALL_LIMIT).await {
            Ok(closed) => closed,
            Err(error) => {
                tracing::debug!(%error, "closed worker tokens were not looked for");
                return;
            }
        };
        let put_out = async |token_id| {
            if let Err(error) = self.queue.put_out(token_id).await {
                tracing::debug!(%error, %token_id, "it was not looked whether a closed worker token has a user in Redis");
            }
        };
        stream::iter(closed)
            .for_each_concurrent(TOKENS_AT_ONCE, put_out)
            .await;
    }

    /// The token, when its user in Redis is gone.
    async fn put_out(&self, token: EndedWorkerToken) -> Option<EndedWorkerToken> {
        if let Err(error) = self.queue.put_out(token.id).await {
            tracing::warn!(%error, token_id = %token.id, "the user of an ended worker token is still in Redis");
            return None;
        }
        reach(CrashPoint::MachineUserRemoved);
        Some(token)
    }

    async fn close(&self, token: EndedWorkerToken) {
        match self.store.close_worker_token(token).await {
            Ok(LoginClosing::Dropped) => {
                tracing::info!(token_id = %token.id, "the login of a machine was taken away");
            }
            Ok(LoginClosing::Kept) => {
                tracing::warn!(token_id = %token.id, "the login of a machine owns something in Postgres: it was kept, and cannot log in");
            }
            Ok(LoginClosing::Busy) => {
                tracing::warn!(token_id = %token.id, "the login of an ended worker token is in use; trying again");
            }
            Err(error) => {
                tracing::warn!(%error, token_id = %token.id, "the login of an ended worker token is still in Postgres");
            }
        }
    }
}
