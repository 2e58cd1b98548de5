//! Checks a payload once more where it is used: another version of the kind may have been announced when it came in.

use gantry_domain::{JobFailure, failure_code};
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::HandlerError;

/// How many faults of a payload are told.
const FAULT_LIMIT_COUNT: usize = 20;
/// How long the text of one fault may be, in bytes; it can repeat the value at fault.
const FAULT_LIMIT_BYTES: usize = 300;

/// The compiled JSON Schema of a kind's payload.
#[derive(Debug)]
pub(crate) struct PayloadCheck {
    validator: Validator,
}

/// A schema that is none, or that refers to what is not in it.
#[derive(Debug, thiserror::Error)]
#[error("the payload schema cannot be used: {0}")]
pub struct UnusableSchema(String);

/// One thing wrong with a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PayloadFault {
    /// Where, as the reader of the payload knows it.
    pub(crate) path: String,
    /// What is wrong.
    pub(crate) message: String,
}

impl PayloadCheck {
    pub(crate) fn new(schema: &Value) -> Result<Self, UnusableSchema> {
        let validator = jsonschema::draft202012::new(schema)
            .map_err(|error| UnusableSchema(error.to_string()))?;
        Ok(Self { validator })
    }

    /// Refuses a payload that does not fit, for good.
    pub(crate) fn check(&self, payload: &Value) -> Result<(), HandlerError> {
        let faults: Vec<_> = self
            .validator
            .iter_errors(payload)
            .take(FAULT_LIMIT_COUNT)
            .map(|error| PayloadFault {
                path: error.instance_path().to_string(),
                message: shortened(error.to_string()),
            })
            .collect();
        if faults.is_empty() {
            Ok(())
        } else {
            Err(invalid_payload(&faults))
        }
    }
}

/// The end of a job whose payload is wrong: no attempt can succeed. `faults` must not be empty.
pub(crate) fn invalid_payload(faults: &[PayloadFault]) -> HandlerError {
    let first = faults
        .first()
        .map_or_else(String::new, |fault| format!(": {}", fault.on_one_line()));
    let others = match faults.len() {
        0 | 1 => String::new(),
        count => format!(" (and {} more)", count - 1),
    };
    let errors: Vec<Value> = faults
        .iter()
        .map(|fault| json!({ "path": fault.path, "message": fault.message }))
        .collect();
    HandlerError::Final(
        JobFailure::new(
            failure_code::INVALID_PAYLOAD,
            format!("the payload is not accepted{first}{others}"),
        )
        .with_detail(json!({ "errors": errors })),
    )
}

impl PayloadFault {
    fn on_one_line(&self) -> String {
        if self.path.is_empty() {
            self.message.clone()
        } else {
            format!("{}: {}", self.path, self.message)
        }
    }
}

fn shortened(mut text: String) -> String {
    if text.len() > FAULT_LIMIT_BYTES {
        text.truncate(text.floor_char_boundary(FAULT_LIMIT_BYTES));
        text.push('…');
    }
    text
}
