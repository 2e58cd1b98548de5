//! A request to pause, read strictly.

use gantry_domain::{PAUSE_REASON_LIMIT_CHARACTERS, RunningJobs};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::faults::{Faults, Path};
use crate::object_reader::{ObjectReader, text, word};
use crate::problem::ApiError;

/// How to pause; every field may be left out, and so may the body. Other fields are refused.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PauseRequest {
    /// Why, for those whose jobs wait: 1 to 500 characters.
    #[schema(min_length = 1, max_length = 500)]
    reason: Option<String>,
    /// What becomes of jobs that run: `continue` unless told otherwise.
    #[schema(nullable)]
    running: Option<RunningJobs>,
}

/// What was asked for.
pub struct PauseOrder {
    /// Why.
    pub reason: Option<String>,
    /// What becomes of jobs that run.
    pub running: RunningJobs,
}

impl PauseOrder {
    /// Reads the body.
    ///
    /// # Errors
    /// [`ApiError::InvalidRequest`] with every fault.
    pub fn read(body: Value) -> Result<Self, ApiError> {
        let mut faults = Faults::default();
        let order = Self::read_fields(body, &mut faults);
        faults.into_result()?;
        order.ok_or_else(|| ApiError::internal("a body without faults was not understood"))
    }

    fn read_fields(body: Value, faults: &mut Faults) -> Option<Self> {
        let mut fields = ObjectReader::open(body, Path::root(), faults)?;
        let order = Self {
            reason: fields.optional("reason", reason),
            running: fields.optional("running", word).unwrap_or_default(),
        };
        fields.refuse_the_rest();
        Some(order)
    }
}

fn reason(value: &Value) -> Result<String, String> {
    let reason = text(value)?;
    let length = reason.chars().count();
    if !(1..=PAUSE_REASON_LIMIT_CHARACTERS).contains(&length) {
        return Err(format!(
            "must be 1 to {PAUSE_REASON_LIMIT_CHARACTERS} characters"
        ));
    }
    Ok(reason.to_owned())
}
