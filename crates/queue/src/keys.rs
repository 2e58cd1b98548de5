//! The names of all keys, which README.md lists for operators.

use gantry_domain::{JobId, Priority, QueueName, TenantShard, WorkerId, WorkerTokenId};
use uuid::Uuid;

use crate::shards::Shards;
use crate::{RateBucket, RateSubject};

/// The consumer group that all workers of a queue share.
pub(crate) const GROUP: &str = "workers";

/// The names of all keys, under the operator's prefix.
#[derive(Debug, Clone)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
        }
    }

    /// The stream of doorbells of a queue, a priority and a shard.
    pub(crate) fn work(&self, queue: &QueueName, priority: Priority, shard: TenantShard) -> String {
        let number = shard.number();
        format!("{}:{{{queue}}}:work:{priority}:{number}", self.prefix)
    }

    /// The streams of doorbells of a queue in these shards, the most urgent first.
    pub(crate) fn all_work<'a>(
        &'a self,
        queue: &'a QueueName,
        shards: Shards,
    ) -> impl Iterator<Item = String> + 'a {
        Priority::ALL.iter().flat_map(move |priority| {
            shards
                .iter()
                .map(move |shard| self.work(queue, *priority, shard))
        })
    }

    /// The counts of a queue's runs in one minute, counted from 1970.
    pub(crate) fn runs(&self, queue: &QueueName, minute: u64) -> String {
        format!("{}:{{{queue}}}:runs:{minute}", self.prefix)
    }

    /// When all requests of a bucket will have come back.
    pub(crate) fn rate(&self, bucket: &RateBucket) -> String {
        let prefix = &self.prefix;
        let per_hour = bucket.rate.requests_per_hour();
        match bucket.subject {
            RateSubject::Person(user_id) => format!("{prefix}:rate:{per_hour}:person:{user_id}"),
            RateSubject::Tenant(tenant_id) => {
                format!("{prefix}:rate:{per_hour}:tenant:{tenant_id}")
            }
            RateSubject::Address(address) => {
                format!("{prefix}:rate:{per_hour}:address:{address}")
            }
        }
    }

    /// The stream of control signals for one worker.
    pub(crate) fn control(&self, worker_id: WorkerId) -> String {
        format!("{}:control:{worker_id}", self.prefix)
    }

    /// The stream of a job's live log lines. It names the queue, so that who may write for one queue writes for no other.
    pub(crate) fn feed(&self, queue: &QueueName, job_id: JobId) -> String {
        format!("{}:{{{queue}}}:feed:{job_id}", self.prefix)
    }

    /// What the names of all keys of one sort of a queue match: `feed` or `runs`.
    pub(crate) fn all_of(&self, queue: &QueueName, sort: &str) -> String {
        format!("{}:{{{queue}}}:{sort}:*", self.prefix)
    }

    /// The user in Redis that belongs to a worker token.
    pub(crate) fn enrolled_user(&self, token_id: WorkerTokenId) -> String {
        format!("{}-enrolled-{token_id}", self.prefix)
    }

    /// The stream of jobs that changed their state while someone may be watching.
    pub(crate) fn changes(&self) -> String {
        format!("{}:changes", self.prefix)
    }

    /// The stream that wakes one feed reader.
    pub(crate) fn wake(&self, reader_id: Uuid) -> String {
        format!("{}:wake:{reader_id}", self.prefix)
    }
}
