//! One connection that many requests share, and that is left alone for a while when Redis does not answer.

use std::time::Duration;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{AsyncConnectionConfig, Client, FromRedisValue, ScriptInvocation};
use tokio::sync::Mutex;
use tokio::time::Instant;

use crate::QueueError;

/// How long connecting may take; whoever asks meanwhile waits as long.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);
/// How long an answer may take: what is asked here stands in the way of a request.
const RESPONSE_TIMEOUT: Duration = Duration::from_millis(500);
/// How long a Redis that did not answer is left alone.
const AWAY_PAUSE: Duration = Duration::from_secs(1);

/// One connection for commands of many at once. Nobody waits for another one's answer.
pub(crate) struct SharedConnection {
    client: Client,
    state: Mutex<State>,
}

enum State {
    Closed,
    Open(MultiplexedConnection),
    Away { until: Instant },
}

impl SharedConnection {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            state: Mutex::new(State::Closed),
        }
    }

    /// Runs a script, which Redis is given again where it has forgotten it.
    ///
    /// # Errors
    /// Redis is away, also when it was a moment ago, or it refused the script.
    pub(crate) async fn run_script<T: FromRedisValue>(
        &self,
        invocation: &ScriptInvocation<'_>,
    ) -> Result<T, QueueError> {
        let mut connection = self.connection().await?;
        match invocation.invoke_async(&mut connection).await {
            Ok(answer) => Ok(answer),
            Err(error) if error.is_io_error() || error.is_unrecoverable_error() => {
                self.leave_alone().await;
                Err(error.into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, QueueError> {
        let mut state = self.state.lock().await;
        match &*state {
            State::Open(connection) => return Ok(connection.clone()),
            State::Away { until } if Instant::now() < *until => return Err(QueueError::LeftAlone),
            State::Away { .. } | State::Closed => {}
        }
        match self.connect().await {
            Ok(connection) => {
                *state = State::Open(connection.clone());
                Ok(connection)
            }
            Err(error) => {
                if matches!(*state, State::Closed) {
                    tracing::warn!(%error, "Redis is away: requests are counted by each process for itself");
                }
                *state = away();
                Err(error)
            }
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, QueueError> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(CONNECT_TIMEOUT))
            .set_response_timeout(Some(RESPONSE_TIMEOUT));
        Ok(self
            .client
            .get_multiplexed_async_connection_with_config(&config)
            .await?)
    }

    async fn leave_alone(&self) {
        let mut state = self.state.lock().await;
        if matches!(*state, State::Open(_)) {
            tracing::warn!(
                "Redis does not answer: requests are counted by each process for itself"
            );
        }
        *state = away();
    }
}

fn away() -> State {
    State::Away {
        until: Instant::now() + AWAY_PAUSE,
    }
}
