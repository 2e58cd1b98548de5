//! What the tests share: a database per test from a template, a Redis prefix per test, waiting on conditions.

mod database;
mod database_owner;
mod eventually;
mod redis;
mod servers;

pub use database::TestDatabase;
pub use database_owner::{DatabaseOwner, HeldConnections, HeldTransaction};
pub use eventually::eventually;
pub use redis::TestRedis;
