//! A submission as it comes in, read strictly.

use chrono::{DateTime, Utc};
use gantry_domain::{
    BATCH_LIMIT_JOBS, KindName, MAX_ATTEMPTS_LIMIT, OnConflict, Priority, QueueName,
    TAG_LIMIT_CHARACTERS, TAG_LIMIT_COUNT, TIMEOUT_LIMIT_SECONDS, UNIQUE_KEY_LIMIT_CHARACTERS,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, count_up_to, text, time, word};
use crate::problem::ApiError;

/// A job to be done. Other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JobRequest {
    /// What is to be done; one of `GET /api/v1/kinds`.
    pub kind: KindName,
    /// What the kind's handler is given; must fit the kind's `payload_schema`. At most 1 MiB as JSON, without the NUL
    /// character.
    pub payload: Value,
    /// Where it waits; the kind's queue unless given.
    #[schema(nullable)]
    pub queue: Option<QueueName>,
    /// How urgent it is; `normal` unless given.
    #[schema(nullable)]
    pub priority: Option<Priority>,
    /// Not before this time; at once when it has passed or is not given.
    #[schema(nullable)]
    pub run_at: Option<DateTime<Utc>>,
    /// How many attempts it gets in all; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 100)]
    pub max_attempts: Option<u32>,
    /// How long one attempt may take, in seconds; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 604800)]
    pub timeout_seconds: Option<u32>,
    /// Free words for finding it again, each of 1 to 64 characters.
    #[schema(max_items = 20)]
    pub tags: Option<Vec<String>>,
    /// While a job of this kind with this key is scheduled, queued or running, no second one is accepted.
    #[schema(nullable, min_length = 1, max_length = 255)]
    pub unique_key: Option<String>,
    /// What to do where the `unique_key` is taken: `reject` unless given.
    #[schema(nullable)]
    pub on_conflict: Option<OnConflict>,
}

/// Several jobs, accepted all or none.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The jobs.
    #[schema(min_items = 1, max_items = 1000)]
    pub jobs: Vec<JobRequest>,
}

impl JobRequest {
    /// Reads one submission at `path`; what is wrong with it is added to `faults`.
    pub fn read(body: Value, path: Path, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, path, faults)?;
        let kind = fields.required("kind", word);
        let payload = fields.any("payload");
        let queue = fields.optional("queue", word);
        let priority = fields.optional("priority", word);
        let run_at = fields.optional("run_at", time);
        let max_attempts = fields.optional("max_attempts", count_up_to(MAX_ATTEMPTS_LIMIT));
        let timeout_seconds =
            fields.optional("timeout_seconds", count_up_to(TIMEOUT_LIMIT_SECONDS));
        let tags = fields.optional("tags", tags);
        let unique_key = fields.optional("unique_key", unique_key);
        let on_conflict = fields.optional("on_conflict", word);
        fields.refuse_the_rest();
        Some(Self {
            kind: kind?,
            payload: payload?,
            queue,
            priority,
            run_at,
            max_attempts,
            timeout_seconds,
            tags,
            unique_key,
            on_conflict,
        })
    }
}

impl BatchRequest {
    /// Reads a batch; what is wrong with its jobs is added to `faults`.
    ///
    /// # Errors
    /// [`ApiError::BatchSize`] when it is empty or too large.
    pub fn read(body: Value, faults: &mut Faults) -> Result<Self, ApiError> {
        let Some(mut fields) = ObjectReader::open(body, Path::root(), faults) else {
            return Ok(Self::default());
        };
        let requests = fields.any("jobs");
        fields.refuse_the_rest();
        let Some(Value::Array(requests)) = requests else {
            faults.add("jobs", "must be an array");
            return Ok(Self::default());
        };
        if requests.is_empty() || requests.len() > BATCH_LIMIT_JOBS {
            return Err(ApiError::BatchSize);
        }
        let mut jobs = Vec::with_capacity(requests.len());
        for (index, request) in requests.into_iter().enumerate() {
            let path = Path::root().field("jobs").item(index);
            jobs.extend(JobRequest::read(request, path, faults));
        }
        Ok(Self { jobs })
    }
}

fn unique_key(value: &Value) -> Result<String, String> {
    text(value)
        .ok()
        .filter(|key| (1..=UNIQUE_KEY_LIMIT_CHARACTERS).contains(&key.chars().count()))
        .map(str::to_owned)
        .ok_or_else(|| {
            format!("must be a string of 1 to {UNIQUE_KEY_LIMIT_CHARACTERS} characters without NUL")
        })
}

/// Tags, as jobs and schedules carry them.
///
/// # Errors
/// There are too many, or one is empty or too long.
pub fn tags(value: &Value) -> Result<Vec<String>, String> {
    let expected = || {
        format!(
            "must be an array of at most {TAG_LIMIT_COUNT} strings of 1 to {TAG_LIMIT_CHARACTERS} characters without NUL"
        )
    };
    let tags = value.as_array().ok_or_else(expected)?;
    if tags.len() > TAG_LIMIT_COUNT {
        return Err(expected());
    }
    let is_tag = |tag: &&str| (1..=TAG_LIMIT_CHARACTERS).contains(&tag.chars().count());
    tags.iter()
        .map(|tag| {
            text(tag)
                .ok()
                .filter(is_tag)
                .map(str::to_owned)
                .ok_or_else(expected)
        })
        .collect()
}
