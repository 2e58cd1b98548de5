//! A job to be staged, and why it may be refused.

use chrono::{DateTime, Utc};
use gantry_domain::{
    CHILD_LIMIT_COUNT, CHILDREN_LIMIT_BYTES, DEPENDENCY_LIMIT_COUNT, KindName, MAX_ATTEMPTS_LIMIT,
    OnParentFailure, PAYLOAD_LIMIT_BYTES, ParentReference, Priority, QueueName, RetryDelays,
    TAG_LIMIT_CHARACTERS, TAG_LIMIT_COUNT, TIMEOUT_LIMIT_SECONDS,
};
use gantry_store::StoreError;
use serde::Deserialize;

/// A job to be staged; what is left out is decided by its kind.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewChild {
    /// What is to be done; any kind that a worker has announced, but those that only Gantry itself asks for.
    pub kind: KindName,
    /// What the kind's handler is given; must fit the kind's schema.
    pub payload: serde_json::Value,
    /// Where it waits.
    pub queue: Option<QueueName>,
    /// How urgent it is.
    pub priority: Option<Priority>,
    /// Not before this time.
    pub run_at: Option<DateTime<Utc>>,
    /// How many attempts it gets in all.
    pub max_attempts: Option<u32>,
    /// The delays before its retries.
    pub retry: Option<RetryDelays>,
    /// How long one attempt may take, in seconds.
    pub timeout_seconds: Option<u32>,
    /// Free words for finding it again.
    #[serde(default)]
    pub tags: Vec<String>,
    /// The jobs that end before it begins: jobs of the tenant, or jobs staged before it by their place, from 0.
    #[serde(default)]
    pub depends_on: Vec<ParentReference>,
    /// What becomes of it when one of those does not succeed.
    pub on_parent_failure: Option<OnParentFailure>,
}

/// Why a job cannot be staged.
#[derive(Debug, thiserror::Error)]
pub enum RefusedChild {
    /// A machine of a tenant's own adds no jobs.
    #[error("this worker runs on an enrolled machine, which stages no jobs")]
    EnrolledMachine,
    /// No worker ever announced the kind.
    #[error("no worker has announced the kind {0}")]
    UnknownKind(KindName),
    /// Only the service itself asks for jobs of the kind.
    #[error("only Gantry itself asks for jobs of the kind {0}")]
    InternalKind(KindName),
    /// The payload does not fit the kind's schema.
    #[error("{0}")]
    InvalidPayload(String),
    /// The payload is larger than the limit.
    #[error("the payload has {payload_bytes} bytes, above the limit of {PAYLOAD_LIMIT_BYTES}")]
    PayloadTooLarge {
        /// Its size as JSON text.
        payload_bytes: usize,
    },
    /// The attempt has staged as many jobs as it may.
    #[error("one attempt stages at most {CHILD_LIMIT_COUNT} jobs")]
    TooMany,
    /// The payloads of the attempt's jobs come to more than the limit.
    #[error(
        "the payloads of the jobs that one attempt stages come to more than {CHILDREN_LIMIT_BYTES} bytes"
    )]
    TooLargeTogether,
    /// A job that was to be staged before was not.
    #[error("depends_on names the staged job {item}, and there is none at that place yet")]
    NoSuchItem {
        /// The place.
        item: usize,
    },
    /// A field is out of its range.
    #[error("{field} must be {range}")]
    OutOfRange {
        /// The field.
        field: &'static str,
        /// What it may be.
        range: String,
    },
    /// The kind cannot be looked up now.
    #[error("the kind cannot be looked up: {0}")]
    Store(#[from] StoreError),
}

impl NewChild {
    /// A job of `kind` with everything else as the kind has it.
    pub const fn new(kind: KindName, payload: serde_json::Value) -> Self {
        Self {
            kind,
            payload,
            queue: None,
            priority: None,
            run_at: None,
            max_attempts: None,
            retry: None,
            timeout_seconds: None,
            tags: Vec::new(),
            depends_on: Vec::new(),
            on_parent_failure: None,
        }
    }

    /// Refuses what the API would refuse too.
    pub(super) fn check_ranges(&self) -> Result<(), RefusedChild> {
        within("max_attempts", self.max_attempts, MAX_ATTEMPTS_LIMIT)?;
        within(
            "timeout_seconds",
            self.timeout_seconds,
            TIMEOUT_LIMIT_SECONDS,
        )?;
        if self.retry.is_some_and(|delays| !delays.are_in_range()) {
            return Err(RefusedChild::OutOfRange {
                field: "retry",
                range: "base_seconds up to a day, and max_seconds from there up to seven days"
                    .to_owned(),
            });
        }
        let is_tag = |tag: &String| (1..=TAG_LIMIT_CHARACTERS).contains(&tag.chars().count());
        if self.tags.len() > TAG_LIMIT_COUNT || !self.tags.iter().all(is_tag) {
            return Err(RefusedChild::OutOfRange {
                field: "tags",
                range: format!(
                    "at most {TAG_LIMIT_COUNT} texts of 1 to {TAG_LIMIT_CHARACTERS} characters"
                ),
            });
        }
        if self.depends_on.len() > DEPENDENCY_LIMIT_COUNT {
            return Err(RefusedChild::OutOfRange {
                field: "depends_on",
                range: format!("at most {DEPENDENCY_LIMIT_COUNT} jobs"),
            });
        }
        Ok(())
    }
}

fn within(field: &'static str, value: Option<u32>, most: u32) -> Result<(), RefusedChild> {
    match value {
        Some(value) if !(1..=most).contains(&value) => Err(RefusedChild::OutOfRange {
            field,
            range: format!("from 1 to {most}"),
        }),
        _ => Ok(()),
    }
}
