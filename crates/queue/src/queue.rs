//! The handle on Redis that everything else is made from.

use std::sync::Arc;

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, cmd};
use gantry_domain::{QueueName, TenantId};

use crate::QueueError;
use crate::connection::{TrustedConnection, pool};
use crate::keys::Keys;
use crate::shards::Shards;

/// How to reach Redis.
#[derive(Clone)]
pub struct QueueOptions {
    /// `redis://[user:password@]host[:port][/database]`, or `rediss://` for TLS.
    pub redis_url: String,
    /// What every key begins with.
    pub key_prefix: String,
    /// The tenant on whose own machine this runs; none for the operator's services. Redis lets the machine's user at no
    /// more than that, whatever stands here.
    pub machine_of: Option<TenantId>,
}

/// The handle on Redis that everything else is made from; cheap to clone, connects when first used.
#[derive(Clone)]
pub struct Queue {
    pub(crate) client: Client,
    pub(crate) keys: Keys,
    pub(crate) shards: Shards,
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
            shards: Shards::of(options.machine_of),
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

    /// The streams of doorbells of a queue that this process has to do with, the most urgent first.
    pub(crate) fn work_keys<'a>(
        &'a self,
        queue: &'a QueueName,
    ) -> impl Iterator<Item = String> + 'a {
        self.keys.all_work(queue, self.shards)
    }

    pub(crate) async fn connection(&self) -> Result<MultiplexedConnection, QueueError> {
        self.connection.get().await
    }
}
