//! The handle on Redis that everything else is made from.

use std::sync::Arc;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, cmd};

use crate::QueueError;
use crate::connection::{TrustedConnection, pool};
use crate::keys::Keys;

/// How to reach Redis.
#[derive(Clone)]
pub struct QueueOptions {
    /// `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS.
    pub redis_url: String,
    /// What every key begins with.
    pub key_prefix: String,
}

/// The handle on Redis that everything else is made from; cheap to clone, connects when first used.
#[derive(Clone)]
pub struct Queue {
    pub(crate) client: Client,
    pub(crate) keys: Keys,
    connection: Arc<TrustedConnection>,
}

/// Whether Redis may throw keys away when its memory is full.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EvictionPolicy {
    /// `noeviction`: it refuses writes instead, which Gantry lives with.
    Refuses,
    /// Another policy, which could throw away a stream with its group.
    Evicts(String),
    /// The server does not say; hosted ones often do not.
    Unknown,
}

impl Queue {
    /// Prepares the pool; the first command connects.
    ///
    /// # Errors
    /// The URL cannot be understood.
    pub fn open(options: &QueueOptions) -> Result<Self, QueueError> {
        let client =
            Client::open(options.redis_url.as_str()).map_err(|_| QueueError::InvalidUrl)?;
        Ok(Self {
            connection: Arc::new(TrustedConnection::new(pool(&client)?)),
            keys: Keys::new(&options.key_prefix),
            client,
        })
    }

    /// Whether Redis answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), QueueError> {
        let mut connection = self.connection().await?;
        cmd("PING").query_async::<()>(&mut connection).await?;
        Ok(())
    }

    /// Asks Redis what it does when its memory is full.
    ///
    /// # Errors
    /// Redis cannot be reached. A server that hides its configuration is no error.
    pub async fn eviction_policy(&self) -> Result<EvictionPolicy, QueueError> {
        let mut connection = self.connection().await?;
        let answer = cmd("CONFIG")
            .arg("GET")
            .arg("maxmemory-policy")
            .query_async::<Vec<String>>(&mut connection)
            .await;
        match answer {
            Ok(pair) => Ok(match pair.get(1).map(String::as_str) {
                Some("noeviction") => EvictionPolicy::Refuses,
                Some(policy) => EvictionPolicy::Evicts(policy.to_owned()),
                None => EvictionPolicy::Unknown,
            }),
            Err(error) if error.is_io_error() || error.is_timeout() => Err(error.into()),
            Err(_) => Ok(EvictionPolicy::Unknown),
        }
    }

    pub(crate) async fn connection(&self) -> Result<MultiplexedConnection, QueueError> {
        self.connection.get().await
    }
}
