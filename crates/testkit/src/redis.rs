//! A share of a Redis server for one test: a prefix of its own.

use deadpool_redis::redis::aio::MultiplexedConnection;
use deadpool_redis::redis::{Client, Commands, RedisResult};
use uuid::Uuid;

use crate::servers::redis_url;

/// A Redis address and a key prefix nobody else uses. The keys under the prefix are deleted with this value.
#[derive(Debug)]
pub struct TestRedis {
    client: Client,
    prefix: String,
}

impl TestRedis {
    /// A new, empty share.
    pub async fn create() -> Self {
        let client =
            Client::open(redis_url()).expect("the address of the test Redis is a Redis URL");
        Self {
            client,
            prefix: format!("gantry-test-{}:", Uuid::new_v4().simple()),
        }
    }

    /// The server's address.
    pub fn url(&self) -> &'static str {
        redis_url()
    }

    /// What every key of this test is to start with; ends in a colon.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A connection of its own, for a test that looks at or disturbs what is stored.
    pub async fn connection(&self) -> MultiplexedConnection {
        self.client
            .get_multiplexed_async_connection()
            .await
            .expect("the test Redis accepts a connection")
    }

    fn delete_keys(&self) -> RedisResult<()> {
        let mut connection = self.client.get_connection()?;
        let keys: Vec<String> = connection
            .scan_match::<_, String>(format!("{}*", self.prefix))?
            .collect::<RedisResult<_>>()?;
        if keys.is_empty() {
            Ok(())
        } else {
            connection.unlink(keys)
        }
    }
}

impl Drop for TestRedis {
    fn drop(&mut self) {
        // A server that a test has broken keeps its keys; they carry a prefix nobody will use again.
        let _ = self.delete_keys();
    }
}
