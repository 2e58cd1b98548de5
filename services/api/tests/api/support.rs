//! A server of its own for each test, a caller, and a worker that does what the test says.

mod answers;
mod event_stream;
mod kinds;
mod test_api;
mod test_worker;
mod webhooks;

pub use answers::{id_of, json_of, paths_of, problem_of};
pub use event_stream::EventStream;
pub use kinds::{kind, kinds};
pub use test_api::TestApi;
pub use test_worker::{TestWorker, line};
pub use webhooks::{WEBHOOK_SECRET, Webhook};

use std::time::Duration;

/// How long anything may take that should happen soon.
pub const SOON: Duration = Duration::from_secs(20);
