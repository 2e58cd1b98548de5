//! Why the API does not start, or ends early.

use std::net::SocketAddr;

use gantry_auth::ConfigError;
use gantry_queue::QueueError;
use gantry_store::StoreError;

/// Why the API does not start, or ends early; one line for whoever starts it.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Identity is configured wrongly.
    #[error(transparent)]
    Identity(#[from] ConfigError),
    /// The cohorts cannot be used as they are called.
    #[error("GANTRY_PROFILE_COHORTS {0}")]
    Cohorts(String),
    /// Postgres cannot be used as configured.
    #[error("DATABASE_URL cannot be used: {0}")]
    Database(#[from] StoreError),
    /// Redis cannot be used as configured.
    #[error("REDIS_URL cannot be used: {0}")]
    Redis(#[from] QueueError),
    /// The address is taken or not this machine's.
    #[error("GANTRY_HTTP_ADDR: {address} cannot be listened on: {cause}")]
    Address {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        cause: std::io::Error,
    },
    /// The server ended by itself.
    #[error("the HTTP server ended: {0}")]
    Server(std::io::Error),
}
