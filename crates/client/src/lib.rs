//! A typed HTTP client for the job service, and the gantry command line on top of it.

mod answer;
mod api_keys;
mod backoff;
mod bulk;
mod client;
mod client_builder;
mod error;
mod job_filter;
mod limits;
mod log_follower;
mod log_query;
mod page;
mod pauses;
mod problem;
mod schedules;
pub mod server_sent_events;
mod submission;
mod user;
mod why;

pub use answer::ANSWER_LIMIT_BYTES;
pub use api_keys::{CreatedApiKey, NewApiKey};
pub use backoff::ReconnectPolicy;
pub use bulk::{BulkOrder, BulkOutcome};
pub use client::{AcceptedBatch, Client};
pub use client_builder::ClientBuilder;
pub use error::{ClientError, Result};
pub use job_filter::{InvalidSubmitter, JobFilter, Submitter};
pub use log_follower::{
    EVENT_LIMIT_BYTES, FollowOptions, LogEvent, LogFollower, SILENCE_LIMIT_SECONDS,
};
pub use log_query::LogQuery;
pub use page::Page;
pub use pauses::{PauseOrder, PauseOutcome, ResumeOutcome};
pub use problem::{FieldFault, Problem};
pub use schedules::NewSchedule;
pub use submission::Submission;
pub use user::{CurrentUser, Organization};
pub use why::{Explanation, Why};
