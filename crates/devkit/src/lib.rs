//! Private PostgreSQL and Redis servers and whole Gantry stacks, for daily use, the demo and the tests.

mod account;
mod binaries;
mod deadline;
mod error;
mod folder;
mod guardian;
mod log_file;
mod password;
mod port;
mod postgres;
mod process;
mod readiness;
mod redis;
mod stack;
pub mod system_packages;

pub use binaries::Binaries;
pub use error::{Error, Result};
pub use folder::Folder;
pub use port::free_loopback_port;
pub use postgres::PrivatePostgres;
pub use process::ServiceProcess;
pub use redis::PrivateRedis;
pub use stack::{Stack, StackBuilder};
