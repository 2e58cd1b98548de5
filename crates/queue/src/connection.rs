//! Connections: a pool for commands that answer at once, and dedicated ones for reads that wait.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisResult, ScriptInvocation, Value,
};
use deadpool_redis::{Manager, Pool, PoolConfig, Runtime, Timeouts};
use tokio::time::timeout;

use crate::QueueError;

/// How long a waiting read waits inside Redis.
pub(crate) const BLOCK: Duration = Duration::from_secs(5);
/// How long the answer to a waiting read may take beyond that before the connection is given up.
const BLOCK_MARGIN: Duration = Duration::from_secs(3);
/// How long the answer to any other command may take. The library's own 500 ms would cut large pipelines short.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
const POOL_SIZE: usize = 16;

/// A pool for commands that answer at once; connects when first used.
pub(crate) fn pool(client: &Client) -> Result<Pool, QueueError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(CONNECT_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT));
    let manager = Manager::new_with_config(client.get_connection_info().clone(), config)?;
    let mut pool_config = PoolConfig::new(POOL_SIZE);
    pool_config.timeouts = Timeouts {
        wait: Some(RESPONSE_TIMEOUT),
        create: Some(CONNECT_TIMEOUT),
        recycle: Some(RESPONSE_TIMEOUT),
    };
    Ok(Pool::builder(manager)
        .config(pool_config)
        .runtime(Runtime::Tokio1)
        .build()?)
}

/// A connection of one reader's own, so that its waiting holds up nobody else.
pub(crate) struct WaitingConnection {
    connection: MultiplexedConnection,
}

impl WaitingConnection {
    pub(crate) async fn open(client: &Client) -> Result<Self, QueueError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(None);
        let connection = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        Ok(Self { connection })
    }

    /// Runs a command that may wait inside Redis for [`BLOCK`]. After an error the connection is not to be used again:
    /// the answer may still come.
    pub(crate) async fn run<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T, QueueError> {
        answered(command.query_async(&mut self.connection)).await
    }

    /// Runs a script, which Redis is given again where it has forgotten it. After an error the connection is not to be
    /// used again either.
    pub(crate) async fn run_script(
        &mut self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<Value, QueueError> {
        answered(invocation.invoke_async(&mut self.connection)).await
    }
}

/// The answer, if it comes within the longest wait and a margin.
async fn answered<T>(answer: impl Future<Output = RedisResult<T>>) -> Result<T, QueueError> {
    let limit = BLOCK + BLOCK_MARGIN;
    match timeout(limit, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => Err(QueueError::NoAnswer {
            seconds: limit.as_secs(),
        }),
    }
}
