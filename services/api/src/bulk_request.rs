//! A request to change all jobs that match, read strictly.

use gantry_domain::{JobState, KindName, QueueName, UserId};
use gantry_store::{BulkMode, JobFilter};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, text, word};
use crate::problem::ApiError;

/// Which jobs to change: those that every given filter fits. At least one must be given; other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BulkRequest {
    /// Only those in one of these states.
    state: Option<Vec<JobState>>,
    /// Only those of this kind.
    #[schema(nullable)]
    kind: Option<KindName>,
    /// Only those in this queue.
    #[schema(nullable)]
    queue: Option<QueueName>,
    /// Only those that carry this tag.
    tag: Option<String>,
    /// Only those that this person submitted; a user's id, or `me` for the caller.
    created_by: Option<String>,
    /// Only those whose last error carries this code.
    error_code: Option<String>,
    /// Whether to count the jobs without changing them.
    dry_run: Option<bool>,
}

/// What was asked for.
pub struct BulkOrder {
    /// The jobs.
    pub filter: JobFilter,
    /// Whether to change them.
    pub mode: BulkMode,
}

impl BulkOrder {
    /// Reads the body of a caller's request.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every fault.
    pub fn read(body: Value, caller: UserId) -> Result<Self, ApiError> {
        let mut faults = Faults::default();
        let order = Self::read_fields(body, caller, &mut faults);
        if order
            .as_ref()
            .is_some_and(|order| order.filter == JobFilter::default())
        {
            faults.add(Path::root(), "must hold at least one filter");
        }
        faults.into_result()?;
        order.ok_or_else(|| ApiError::internal("a body without faults was not understood"))
    }

    fn read_fields(body: Value, caller: UserId, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, Path::root(), faults)?;
        let filter = JobFilter {
            states: fields.optional("state", states).unwrap_or_default(),
            kind: fields.optional("kind", word),
            queue: fields.optional("queue", word),
            tag: fields.optional("tag", |value| text(value).map(str::to_owned)),
            created_by: fields.optional("created_by", |value| submitter(value, caller)),
            error_code: fields.optional("error_code", |value| text(value).map(str::to_owned)),
        };
        let is_dry_run = fields.optional("dry_run", |value| {
            value
                .as_bool()
                .ok_or_else(|| "must be true or false".to_owned())
        });
        fields.refuse_the_rest();
        let mode = match is_dry_run {
            Some(true) => BulkMode::DryRun,
            Some(false) | None => BulkMode::Apply,
        };
        Some(Self { filter, mode })
    }
}

/// One state or more; an empty list would read as any state and is a fault.
fn states(value: &Value) -> Result<Vec<JobState>, String> {
    match value {
        Value::Array(items) if !items.is_empty() => items.iter().map(word).collect(),
        Value::String(_) => Ok(vec![word(value)?]),
        _ => Err("must be an array of at least one state".to_owned()),
    }
}

fn submitter(value: &Value, caller: UserId) -> Result<UserId, String> {
    match text(value)? {
        "me" => Ok(caller),
        id => id
            .parse()
            .map_err(|_| "must be a user's id or the word me".to_owned()),
    }
}
