//! Ringing: telling the workers of a queue that jobs wait.

use deadpool_redis::redis::{RedisError, RedisResult, pipe};
use gantry_domain::Doorbell;

use crate::doorbell::ring_command;
use crate::spoiled_stream::is_spoiled;
use crate::{Queue, QueueError};

/// How many doorbells share one pipeline; more would hold up the connection's other answers.
const PIPELINE_LIMIT: usize = 1_000;

impl Queue {
    /// Rings for jobs that wait, in one pipeline. The streams are never trimmed: a trimmed doorbell would vanish.
    ///
    /// A machine of a tenant's own can spoil the streams of its queues. Such a one is removed, for the reconciler to ring
    /// anew, and keeps no other doorbell from ringing.
    ///
    /// # Errors
    /// Redis cannot be reached or is out of memory; some of the doorbells may have rung. The jobs are safe: the
    /// reconciler rings for those that nobody was told of.
    pub async fn ring(&self, doorbells: &[Doorbell]) -> Result<(), QueueError> {
        let mut refusal = None;
        for part in doorbells.chunks(PIPELINE_LIMIT) {
            refusal = self.ring_part(part).await?.or(refusal);
        }
        refusal.map_or(Ok(()), |refusal| Err(refusal.into()))
    }

    /// What Redis refused, where that was not for a spoiled stream.
    async fn ring_part(&self, doorbells: &[Doorbell]) -> Result<Option<RedisError>, QueueError> {
        let keys: Vec<String> = doorbells
            .iter()
            .map(|doorbell| self.work_key_of(doorbell))
            .collect();
        let mut pipeline = pipe();
        for (key, doorbell) in keys.iter().zip(doorbells) {
            pipeline.add_command(ring_command(key, doorbell));
        }
        let mut connection = self.connection().await?;
        let answers: Vec<RedisResult<()>> = pipeline
            .ignore_errors()
            .query_async(&mut connection)
            .await?;
        let refused = keys.iter().zip(answers);
        let refused = refused.filter_map(|(key, answer)| Some((key.as_str(), answer.err()?)));
        let (spoiled, other): (Vec<_>, Vec<_>) = refused.partition(|(_, error)| is_spoiled(error));
        self.remove_spoiled(spoiled.into_iter().map(|(key, _)| key))
            .await?;
        Ok(other.into_iter().next().map(|(_, error)| error))
    }

    fn work_key_of(&self, doorbell: &Doorbell) -> String {
        self.keys
            .work(&doorbell.queue, doorbell.priority, doorbell.shard)
    }
}
