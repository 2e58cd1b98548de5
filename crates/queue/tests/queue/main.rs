//! The wire contract against a real Redis: doorbells, backlog positions, control signals and the live feed.

#![expect(
    clippy::unwrap_used,
    reason = "a function that serves tests fails them as they may fail themselves"
)]

mod backlog;
mod enrolled_access;
mod fair_shares;
mod feed;
mod feed_away;
mod fixture;
mod gone_workers;
mod parsing;
mod priorities;
mod rate_limits;
mod reading;
mod redis_lost;
mod signals;
mod spoiled_streams;
