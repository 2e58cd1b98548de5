//! A submission as it comes in, read strictly.

use chrono::{DateTime, Utc};
use gantry_domain::{
    BATCH_LIMIT_DEPENDENCIES, BATCH_LIMIT_JOBS, DEPENDENCY_LIMIT_COUNT, KindName,
    MAX_ATTEMPTS_LIMIT, OnConflict, OnParentFailure, ParentReference, Priority, QueueName,
    RETRY_BASE_LIMIT_SECONDS, RETRY_MAX_LIMIT_SECONDS, RetryDelays, TAG_LIMIT_CHARACTERS,
    TAG_LIMIT_COUNT, TIMEOUT_LIMIT_SECONDS, UNIQUE_KEY_LIMIT_CHARACTERS,
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
    /// The delays before its retries; the kind's unless given.
    #[schema(nullable)]
    pub retry: Option<RetryDelays>,
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
    /// The jobs that end before it begins: ids of the tenant's jobs, and in a batch `{"item": 0}` for an earlier job of
    /// the batch by its place. Those that have succeeded before count at once.
    #[schema(max_items = 100)]
    pub depends_on: Option<Vec<ParentReference>>,
    /// What becomes of it when one of those does not succeed: `cancel` unless given.
    #[schema(nullable)]
    pub on_parent_failure: Option<OnParentFailure>,
}

/// Several jobs, accepted all or none.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchRequest {
    /// The jobs.
    #[schema(min_items = 1, max_items = 1000)]
    pub jobs: Vec<JobRequest>,
    /// A job that is queued when all of these have ended, however they did. Its handler can read what came of them.
    #[schema(nullable)]
    pub callback: Option<CallbackRequest>,
}

/// The job that follows a batch. Other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CallbackRequest {
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
    /// How many attempts it gets in all; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 100)]
    pub max_attempts: Option<u32>,
    /// The delays before its retries; the kind's unless given.
    #[schema(nullable)]
    pub retry: Option<RetryDelays>,
    /// How long one attempt may take, in seconds; the kind's unless given.
    #[schema(nullable, minimum = 1, maximum = 604800)]
    pub timeout_seconds: Option<u32>,
    /// Free words for finding it again, each of 1 to 64 characters.
    #[schema(max_items = 20)]
    pub tags: Option<Vec<String>>,
}

impl JobRequest {
    /// Reads one submission at `path`; what is wrong with it is added to `faults`.
    pub fn read(body: Value, path: Path, faults: &mut Faults) -> Option<Self> {
        let place = path.field("depends_on");
        let mut fields = ObjectReader::open(body, path, faults)?;
        let kind = fields.required("kind", word);
        let payload = fields.any("payload");
        let queue = fields.optional("queue", word);
        let priority = fields.optional("priority", word);
        let run_at = fields.optional("run_at", time);
        let max_attempts = fields.optional("max_attempts", count_up_to(MAX_ATTEMPTS_LIMIT));
        let retry = fields.optional("retry", retry_delays);
        let timeout_seconds =
            fields.optional("timeout_seconds", count_up_to(TIMEOUT_LIMIT_SECONDS));
        let tags = fields.optional("tags", tags);
        let unique_key = fields.optional("unique_key", unique_key);
        let on_conflict = fields.optional("on_conflict", word);
        let parents = fields.optional("depends_on", items_up_to(DEPENDENCY_LIMIT_COUNT));
        let on_parent_failure = fields.optional("on_parent_failure", word);
        fields.refuse_the_rest();
        let depends_on = parents.map(|parents| parent_references(&parents, &place, faults));
        Some(Self {
            kind: kind?,
            payload: payload?,
            queue,
            priority,
            run_at,
            max_attempts,
            retry,
            timeout_seconds,
            tags,
            unique_key,
            on_conflict,
            depends_on,
            on_parent_failure,
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
        let callback = fields.optional("callback", |callback| Ok(callback.clone()));
        fields.refuse_the_rest();
        let callback = callback
            .and_then(|body| CallbackRequest::read(body, Path::root().field("callback"), faults));
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
        let named = jobs.iter().filter_map(|job| job.depends_on.as_ref());
        if named.map(Vec::len).sum::<usize>() > BATCH_LIMIT_DEPENDENCIES {
            faults.add(
                "jobs",
                format!("must not name more than {BATCH_LIMIT_DEPENDENCIES} parents in all"),
            );
        }
        Ok(Self { jobs, callback })
    }
}

impl CallbackRequest {
    fn read(body: Value, path: Path, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, path, faults)?;
        let kind = fields.required("kind", word);
        let payload = fields.any("payload");
        let queue = fields.optional("queue", word);
        let priority = fields.optional("priority", word);
        let max_attempts = fields.optional("max_attempts", count_up_to(MAX_ATTEMPTS_LIMIT));
        let retry = fields.optional("retry", retry_delays);
        let timeout_seconds =
            fields.optional("timeout_seconds", count_up_to(TIMEOUT_LIMIT_SECONDS));
        let tags = fields.optional("tags", tags);
        fields.refuse_the_rest();
        Some(Self {
            kind: kind?,
            payload: payload?,
            queue,
            priority,
            max_attempts,
            retry,
            timeout_seconds,
            tags,
        })
    }
}

impl From<CallbackRequest> for JobRequest {
    /// A job that does not mind how its parents end; which those are is not known yet.
    fn from(callback: CallbackRequest) -> Self {
        Self {
            kind: callback.kind,
            payload: callback.payload,
            queue: callback.queue,
            priority: callback.priority,
            run_at: None,
            max_attempts: callback.max_attempts,
            retry: callback.retry,
            timeout_seconds: callback.timeout_seconds,
            tags: callback.tags,
            unique_key: None,
            on_conflict: None,
            depends_on: None,
            on_parent_failure: Some(OnParentFailure::Run),
        }
    }
}

fn retry_delays(value: &Value) -> Result<RetryDelays, String> {
    RetryDelays::deserialize(value)
        .ok()
        .filter(|delays| delays.are_in_range())
        .ok_or_else(|| {
            format!(
                "must be an object with base_seconds, from 0 to {RETRY_BASE_LIMIT_SECONDS}, and max_seconds, from \
                 base_seconds to {RETRY_MAX_LIMIT_SECONDS}"
            )
        })
}

fn items_up_to(most: usize) -> impl Fn(&Value) -> Result<Vec<Value>, String> {
    move |value| {
        let items = value.as_array().filter(|items| items.len() <= most);
        items
            .cloned()
            .ok_or_else(|| format!("must be an array of at most {most} items"))
    }
}

/// The parents that can be read; what is wrong with the others, or names one twice, is added to `faults`.
fn parent_references(parents: &[Value], place: &Path, faults: &mut Faults) -> Vec<ParentReference> {
    let mut read: Vec<ParentReference> = Vec::with_capacity(parents.len());
    for (index, parent) in parents.iter().enumerate() {
        match ParentReference::deserialize(parent) {
            Ok(parent) if read.contains(&parent) => {
                faults.add(place.item(index), "is named before in this list");
            }
            Ok(parent) => read.push(parent),
            Err(_) => faults.add(
                place.item(index),
                "must be a job's id or, in a batch, an object with the field item, the place of an earlier job",
            ),
        }
    }
    read
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
