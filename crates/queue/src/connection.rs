//! Connections: a pool for commands that answer at once, and dedicated ones for reads that wait.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

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
/// How long a connection that has answered is taken to be alive. The pool asks it each time, which would double the round
/// trips of whoever writes often.
const TRUSTED_FOR: Duration = Duration::from_millis(100);

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

/// The connection that commands share: they are sent without waiting for each other's answers.
pub(crate) struct TrustedConnection {
    pool: Pool,
    trusted: Mutex<Option<Answered>>,
}

/// A connection that has answered at that time.
struct Answered {
    connection: MultiplexedConnection,
    answered_at: Instant,
}

impl TrustedConnection {
    pub(crate) const fn new(pool: Pool) -> Self {
        Self {
            pool,
            trusted: Mutex::new(None),
        }
    }

    /// The connection, or another one where it answers no more.
    pub(crate) async fn get(&self) -> Result<MultiplexedConnection, QueueError> {
        if let Some(connection) = self.trusted() {
            return Ok(connection);
        }
        let answering = self.pool.get().await?;
        let connection = MultiplexedConnection::clone(&answering);
        *self.trusted.lock().unwrap_or_else(PoisonError::into_inner) = Some(Answered {
            connection: connection.clone(),
            answered_at: Instant::now(),
        });
        Ok(connection)
    }

    fn trusted(&self) -> Option<MultiplexedConnection> {
        let trusted = self.trusted.lock().unwrap_or_else(PoisonError::into_inner);
        trusted
            .as_ref()
            .filter(|trusted| trusted.answered_at.elapsed() < TRUSTED_FOR)
            .map(|trusted| trusted.connection.clone())
    }
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
