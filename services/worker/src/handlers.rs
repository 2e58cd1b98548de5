//! The kinds this worker brings along; one file per kind.

mod system_ping;

pub use system_ping::SystemPing;
