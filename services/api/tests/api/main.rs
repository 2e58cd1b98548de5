//! The API as its callers see it: a real server on real Postgres and Redis.

mod support;

mod bad_input;
mod batches;
mod cancelling;
mod documents;
mod following;
mod health;
mod listing;
mod logs;
mod requests;
mod stopping;
mod submitting;
mod tenancy;
