//! What happens to every request around its handler.

mod panics;
mod process_runtime;
mod request_context;
mod startup_gate;

pub use panics::catch_panics;
pub use process_runtime::{ProcessRuntime, on_process_runtime};
pub use request_context::{RequestId, request_context};
pub use startup_gate::startup_gate;
