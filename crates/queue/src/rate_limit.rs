//! Rates of requests, counted for all processes of the API together.

mod memory;

use std::net::IpAddr;

use deadpool_redis::redis::Script;
use gantry_domain::{RequestBudget, RequestRate, TenantId, UserId};

use self::memory::MemoryBudgets;
use crate::shared_connection::SharedConnection;
use crate::{Queue, QueueError};

/// Decides in one step, so that a request counts in all of its budgets or in none.
const TAKE: &str = include_str!("rate_limit/take.lua");

/// Whose requests are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RateSubject {
    /// Those of a person, in whatever tenant.
    Person(UserId),
    /// Those of a tenant, whoever makes them.
    Tenant(TenantId),
    /// Those that come from an address.
    Address(IpAddr),
}

/// Whose requests are counted, and how many there may be. Each rate is counted by itself, so that whoever is given another
/// begins with all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct RateBucket {
    /// Whose.
    pub subject: RateSubject,
    /// How many.
    pub rate: RequestRate,
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may go on; otherwise it was counted nowhere.
    pub is_let_through: bool,
    /// What is left of each budget now, in the order asked for.
    pub budgets: Vec<RequestBudget>,
}

/// Counts requests in Redis; while it is away, in the memory of this process.
pub struct RateLimiter {
    queue: Queue,
    connection: SharedConnection,
    take: Script,
    memory: MemoryBudgets,
}

impl RateLimiter {
    /// A limiter; connects at the first request.
    pub fn new(queue: &Queue) -> Self {
        Self {
            queue: queue.clone(),
            connection: SharedConnection::new(&queue.client),
            take: Script::new(TAKE),
            memory: MemoryBudgets::new(),
        }
    }

    /// Counts one request in every bucket if all of them have room, and in none otherwise: one round trip. While Redis is
    /// away each process counts by itself, beginning with nothing used.
    pub async fn take(&self, buckets: &[RateBucket]) -> Verdict {
        match self.take_in_redis(buckets).await {
            Ok(verdict) => verdict,
            Err(error) => {
                tracing::debug!(%error, "a request was counted in memory");
                self.memory.take(buckets)
            }
        }
    }

    async fn take_in_redis(&self, buckets: &[RateBucket]) -> Result<Verdict, QueueError> {
        let mut invocation = self.take.prepare_invoke();
        for bucket in buckets {
            invocation.key(self.queue.keys.rate(bucket));
            invocation.arg(bucket.rate.interval_microseconds());
            invocation.arg(bucket.rate.window_microseconds());
        }
        let answer: Vec<u64> = self.connection.run_script(&invocation).await?;
        let [is_let_through, now, backlogs @ ..] = answer.as_slice() else {
            return Err(QueueError::UnknownAnswer);
        };
        if backlogs.len() != buckets.len() {
            return Err(QueueError::UnknownAnswer);
        }
        let budgets = buckets.iter().zip(backlogs).map(|(bucket, backlog)| {
            RequestBudget::at(bucket.rate, *now, now.saturating_add(*backlog))
        });
        Ok(Verdict {
            is_let_through: *is_let_through == 1,
            budgets: budgets.collect(),
        })
    }
}
