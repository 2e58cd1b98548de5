//! The wire contract between the services: doorbells, control signals and the live feed over Redis Streams.
#![doc = include_str!("../README.md")]

mod backlog;
mod connection;
mod consumers;
mod doorbell;
mod enrolled_access;
mod entry;
mod error;
mod feed;
mod keys;
mod producer;
mod queue;
mod rate_limit;
mod reader;
mod run_counts;
mod shards;
mod shared_connection;
mod signal;
mod spoiled_stream;
mod stream_id;
mod work_stream;

pub use backlog::{QueuePosition, Watermark};
pub use enrolled_access::EnrolledAccess;
pub use error::QueueError;
pub use feed::{FeedEvent, FeedHub, Follower, JobEnded, JobLines};
pub use queue::{EvictionPolicy, Queue, QueueOptions};
pub use rate_limit::{RateBucket, RateLimiter, RateSubject, Verdict};
pub use reader::{Delivered, Delivery, DoorbellReader};
pub use run_counts::RunCounts;
pub use signal::{CancelSignal, SignalReader};
