//! Ringing: telling the workers of a queue that jobs wait.

use deadpool_redis::redis::pipe;
use gantry_domain::Doorbell;

use crate::doorbell::ring_command;
use crate::{Queue, QueueError};

/// How many doorbells share one pipeline; more would hold up the connection's other answers.
const PIPELINE_LIMIT: usize = 1_000;

impl Queue {
    /// Rings for jobs that wait, in one pipeline. The streams are never trimmed: a trimmed doorbell would vanish.
    ///
    /// # Errors
    /// Redis cannot be reached or is out of memory; some of the doorbells may have rung. The jobs are safe: the
    /// reconciler rings for those that nobody was told of.
    pub async fn ring(&self, doorbells: &[Doorbell]) -> Result<(), QueueError> {
        if doorbells.is_empty() {
            return Ok(());
        }
        let mut connection = self.connection().await?;
        for part in doorbells.chunks(PIPELINE_LIMIT) {
            let mut pipeline = pipe();
            for doorbell in part {
                let key = self
                    .keys
                    .work(&doorbell.queue, doorbell.priority, doorbell.shard);
                pipeline.add_command(ring_command(&key, doorbell)).ignore();
            }
            pipeline.query_async::<()>(&mut connection).await?;
        }
        Ok(())
    }
}
