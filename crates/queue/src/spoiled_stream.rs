//! Streams of doorbells that can take no more: what a machine of a tenant's own can do to those of its queues.

use std::collections::BTreeSet;

use deadpool_redis::redis::{RedisError, cmd};

use crate::{Queue, QueueError};

/// Whether Redis refused a command because its stream is none, or has come to the end of its ids.
pub(crate) fn is_spoiled(error: &RedisError) -> bool {
    let is_no_stream = error.code() == Some("WRONGTYPE");
    let is_exhausted = error
        .detail()
        .is_some_and(|detail| detail.contains("exhausted"));
    is_no_stream || is_exhausted
}

impl Queue {
    /// Removes spoiled streams; the reconciler finds them gone and rings anew for the jobs that wait.
    pub(crate) async fn remove_spoiled(
        &self,
        keys: impl Iterator<Item = &str>,
    ) -> Result<(), QueueError> {
        let keys: BTreeSet<&str> = keys.collect();
        if keys.is_empty() {
            return Ok(());
        }
        tracing::warn!(?keys, "streams that took no more doorbells were removed");
        let mut connection = self.connection().await?;
        cmd("UNLINK")
            .arg(&keys)
            .query_async::<()>(&mut connection)
            .await?;
        Ok(())
    }
}
