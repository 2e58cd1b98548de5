//! The API as its callers see it: a real server on real Postgres and Redis.

#![expect(
    clippy::unwrap_used,
    reason = "a test stops where something it relies on is missing"
)]

mod support;

mod api_keys;
mod audit;
mod bad_input;
mod batch_callbacks;
mod batches;
mod bulk;
mod cancelling;
mod departing;
mod depending;
mod documents;
mod enrolment;
mod followers;
mod following;
mod fuzzing;
mod hardening;
mod health;
mod idempotency;
mod limiting;
mod listing;
mod logs;
mod pausing;
mod payloads;
mod profiles;
mod queues;
mod rate_limits;
mod requests;
mod retention;
mod rights;
mod schedules;
mod stopping;
mod submitting;
mod tenancy;
mod tenants;
mod unique_keys;
mod webhooks;
mod why;
