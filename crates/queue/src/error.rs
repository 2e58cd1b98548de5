//! What can go wrong between a service and Redis.

use deadpool_redis::redis::{ErrorKind, RedisError};
use deadpool_redis::{BuildError, PoolError};

/// What can go wrong between a service and Redis.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// `REDIS_URL` cannot be understood. The URL is not repeated, because it may hold a password.
    #[error(
        "REDIS_URL cannot be understood: expected redis://[user:password@]host[:port][/database] or rediss://…"
    )]
    InvalidUrl,
    /// Redis cannot be reached or refused a command; trying again may help.
    #[error("Redis is unavailable: {0}")]
    Redis(#[from] RedisError),
    /// No connection could be had from the pool.
    #[error("Redis is unavailable: {0}")]
    Pool(#[from] PoolError),
    /// The pool could not be made.
    #[error("the Redis connection pool could not be made: {0}")]
    Build(#[from] BuildError),
    /// Redis did not answer a moment ago, and is left alone for another one.
    #[error("Redis is unavailable: it did not answer a moment ago")]
    LeftAlone,
    /// Redis answered a script in a way that this version does not know.
    #[error("Redis answered a script of Gantry with something else than it returns")]
    UnknownAnswer,
    /// Redis did not answer in time.
    #[error("Redis is unavailable: no answer within {seconds} s")]
    NoAnswer {
        /// How long the answer was waited for.
        seconds: u64,
    },
}

impl QueueError {
    /// Whether Redis does not know the user, or does not let it do this.
    pub fn is_refused_access(&self) -> bool {
        let error = match self {
            Self::Redis(error) | Self::Pool(PoolError::Backend(error)) => error,
            _ => return false,
        };
        error.kind() == ErrorKind::AuthenticationFailed
            || matches!(error.code(), Some("NOPERM" | "NOAUTH" | "WRONGPASS"))
    }

    /// Whether it is for what is under the keys that a command failed, and not for how Redis itself is.
    pub fn is_about_keys(&self) -> bool {
        let Self::Redis(error) = self else {
            return false;
        };
        let is_unreadable = matches!(
            error.kind(),
            ErrorKind::Parse | ErrorKind::UnexpectedReturnType
        );
        is_unreadable || matches!(error.code(), Some("WRONGTYPE" | "ERR"))
    }

    /// Whether a stream or its group is gone, as after FLUSHALL or a restart without persistence.
    pub(crate) fn is_stream_gone(&self) -> bool {
        matches!(self, Self::Redis(error) if matches!(error.code(), Some("NOGROUP" | "UNBLOCKED")))
    }
}
