//! Clearing up after workers that are gone.

use deadpool_redis::redis::streams::{StreamInfoConsumersReply, StreamPendingCountReply};
use deadpool_redis::redis::{RedisError, RedisResult, Value, pipe};
use gantry_domain::{QueueName, WorkerId};

use crate::keys::GROUP;
use crate::reader::remove;
use crate::{Queue, QueueError};

/// How many pending entries of a gone worker are removed from each stream at a time.
const PAGE: usize = 500;
/// How many such pages are removed before others have their turn; the rest is for the next time.
const PAGES_AT_ONCE: usize = 20;

impl Queue {
    /// The workers that ever read from a queue and were not forgotten.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn known_workers(&self, queue: &QueueName) -> Result<Vec<WorkerId>, QueueError> {
        let mut asking = pipe();
        for key in self.work_keys(queue) {
            asking.xinfo_consumers(key, GROUP);
        }
        let mut connection = self.connection().await?;
        let answers: Vec<RedisResult<StreamInfoConsumersReply>> =
            asking.ignore_errors().query_async(&mut connection).await?;
        let mut workers = Vec::new();
        for answer in answers {
            let Some(reply) = unless_missing(answer)? else {
                continue;
            };
            let names = reply.consumers.iter().map(|consumer| &consumer.name);
            workers.extend(names.filter_map(|name| name.parse::<WorkerId>().ok()));
        }
        workers.sort_unstable();
        workers.dedup();
        Ok(workers)
    }

    /// Forgets a worker that is gone: its unread doorbells are removed, and with the last of them its name. Jobs it was told of and
    /// never claimed are still queued in Postgres; the reconciler rings for them again.
    ///
    /// # Errors
    /// Redis cannot be reached.
    pub async fn forget_worker(
        &self,
        queue: &QueueName,
        worker_id: WorkerId,
    ) -> Result<(), QueueError> {
        let keys: Vec<_> = self.work_keys(queue).collect();
        let consumer = worker_id.to_string();
        let mut connection = self.connection().await?;
        if !self.is_freed_of_pending(&keys, &consumer).await? {
            return Ok(());
        }
        let mut forgetting = pipe();
        for key in &keys {
            forgetting.xgroup_delconsumer(key, GROUP, &consumer);
        }
        let forgotten: Vec<RedisResult<Value>> = forgetting
            .ignore_errors()
            .query_async(&mut connection)
            .await?;
        for answer in forgotten {
            unless_missing(answer)?;
        }
        Ok(())
    }

    /// Removes what a consumer was told of; says whether nothing is left. A machine can bring more for ever.
    async fn is_freed_of_pending(
        &self,
        keys: &[String],
        consumer: &str,
    ) -> Result<bool, QueueError> {
        for _ in 0..PAGES_AT_ONCE {
            if self.remove_pending(keys, consumer).await? == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Removes some of what a consumer was told of and never looked at; says how much.
    async fn remove_pending(&self, keys: &[String], consumer: &str) -> Result<usize, QueueError> {
        let mut asking = pipe();
        for key in keys {
            asking.xpending_consumer_count(key, GROUP, "-", "+", PAGE, consumer);
        }
        let mut connection = self.connection().await?;
        let answers: Vec<RedisResult<StreamPendingCountReply>> =
            asking.ignore_errors().query_async(&mut connection).await?;
        let mut pending = Vec::new();
        for (key, answer) in keys.iter().zip(answers) {
            if let Some(reply) = unless_missing(answer)? {
                pending.extend(reply.ids.into_iter().map(|entry| (key.as_str(), entry.id)));
            }
        }
        let entries = pending.iter().map(|(key, id)| (*key, id.as_str()));
        remove(self, entries.collect()).await?;
        Ok(pending.len())
    }
}

/// An answer, unless it is that there is no such stream or group.
fn unless_missing<T>(answer: RedisResult<T>) -> Result<Option<T>, QueueError> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if is_missing(&error) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the stream or the group does not exist, which some commands say in other words.
fn is_missing(error: &RedisError) -> bool {
    let says = |words| error.detail().is_some_and(|detail| detail.contains(words));
    error.code() == Some("NOGROUP") || says("no such key") || says("requires the key to exist")
}
