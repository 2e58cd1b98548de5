//! The probes of whoever runs the process.

mod livez;
mod readyz;

pub use livez::tell_liveness;
pub use readyz::tell_readiness;
