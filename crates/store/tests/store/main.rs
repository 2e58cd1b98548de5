//! The store against a real PostgreSQL: every transition, its fence, and what each role may see.

#![expect(
    clippy::unwrap_used,
    reason = "a function that serves tests fails them as they may fail themselves"
)]

mod agreement;
mod api_keys;
mod attempts;
mod bulk;
mod cancelling;
mod claiming;
mod connecting;
mod departing;
mod depending;
mod directory;
mod directory_door;
mod due;
mod enrolment;
mod fencing;
mod fixture;
mod idempotency;
mod key_door;
mod kinds_and_workers;
mod limiting;
mod listing;
mod losing;
mod model;
mod operate_door;
mod pausing;
mod pooler;
mod reconciling;
mod redriving;
mod retention;
mod row_security;
mod run_writes;
mod schedule_firing;
mod schedules;
mod settling;
mod staging;
mod submitting;
mod tenancy_walls;
mod unique_keys;
