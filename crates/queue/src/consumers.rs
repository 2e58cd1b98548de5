//! Clearing up after workers that are gone.

use deadpool_redis::redis::streams::{StreamInfoConsumersReply, StreamPendingCountReply};
use deadpool_redis::redis::{AsyncCommands, RedisError};
use gantry_domain::{Priority, QueueName, WorkerId};

use crate::keys::GROUP;
use crate::reader::remove;
use crate::{Queue, QueueError};

/// How many pending entries of a gone worker are removed at a time.
const PAGE: usize = 500;

impl Queue {
    /// The workers that ever read from a queue and were not forgotten.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn known_workers(&self, queue: &QueueName) -> Result<Vec<WorkerId>, QueueError> {
        let mut connection = self.connection().await?;
        let mut workers = Vec::new();
        for priority in Priority::ALL {
            let key = self.keys.work(queue, *priority);
            let answer: Result<StreamInfoConsumersReply, RedisError> =
                connection.xinfo_consumers(&key, GROUP).await;
            let reply = match answer {
                Ok(reply) => reply,
                Err(error) if is_missing(&error) => continue,
                Err(error) => return Err(error.into()),
            };
            workers.extend(
                reply
                    .consumers
                    .iter()
                    .filter_map(|consumer| consumer.name.parse::<WorkerId>().ok()),
            );
        }
        workers.sort_unstable();
        workers.dedup();
        Ok(workers)
    }

    /// Forgets a worker that is gone: its unread doorbells are removed, and with them its name. Jobs it was told of and
    /// never claimed are still queued in Postgres; the reconciler rings for them again.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn forget_worker(
        &self,
        queue: &QueueName,
        worker_id: WorkerId,
    ) -> Result<(), QueueError> {
        let consumer = worker_id.to_string();
        for priority in Priority::ALL {
            let key = self.keys.work(queue, *priority);
            match self.forget_consumer(&key, &consumer).await {
                Err(QueueError::Redis(error)) if is_missing(&error) => {}
                forgotten => forgotten?,
            }
        }
        Ok(())
    }

    async fn forget_consumer(&self, key: &str, consumer: &str) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        loop {
            let pending: StreamPendingCountReply = connection
                .xpending_consumer_count(key, GROUP, "-", "+", PAGE, consumer)
                .await?;
            if pending.ids.is_empty() {
                break;
            }
            let entries = pending.ids.iter().map(|entry| (key, entry.id.as_str()));
            remove(self, entries.collect()).await?;
        }
        let _: () = connection.xgroup_delconsumer(key, GROUP, consumer).await?;
        Ok(())
    }
}

/// Whether the stream or the group does not exist.
fn is_missing(error: &RedisError) -> bool {
    error.code() == Some("NOGROUP")
        || error
            .detail()
            .is_some_and(|detail| detail.contains("no such key"))
}
