//! What the tests share: a database per test from a template, a Redis prefix per test, waiting on conditions.
//!
//! The servers are those of `GANTRY_TEST_DATABASE_URL` and `GANTRY_TEST_REDIS_URL`, which `cargo xtask test` sets;
//! without them each test process starts private ones, which end with it. Everything here panics when it fails, with
//! the reason, because a test can do nothing else about it.

mod database;
mod eventually;
mod redis;
mod servers;

pub use database::TestDatabase;
pub use eventually::eventually;
pub use redis::TestRedis;
