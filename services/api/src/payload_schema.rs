//! A kind's payload schema, compiled once and used for every submission.

use jsonschema::error::ValidationErrorKind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::faults::{Faults, Path};

/// A compiled payload schema.
pub struct PayloadSchema(Validator);

impl PayloadSchema {
    /// Compiles a schema. Nothing is ever fetched for it.
    ///
    /// # Errors
    /// It is no valid JSON Schema; the text says where.
    pub fn compile(source: &Value) -> Result<Self, String> {
        jsonschema::options()
            .build(source)
            .map(Self)
            .map_err(|error| error.masked().to_string())
    }

    /// Writes down each place where the payload does not fit.
    pub fn check(&self, payload: &Value, path: &Path, faults: &mut Faults) {
        for error in self.0.iter_errors(payload) {
            if faults.is_full() {
                return;
            }
            add_fault(&error, payload, path, faults);
        }
    }
}

const UNKNOWN_FIELD: &str = "is not a known field";

/// A missing or unknown field is named by its own place, everything else by the place of the value.
fn add_fault(error: &ValidationError<'_>, payload: &Value, path: &Path, faults: &mut Faults) {
    let path =
        error
            .instance_path()
            .into_iter()
            .fold(path.clone(), |path, segment| match segment {
                LocationSegment::Property(name) => path.field(&name),
                LocationSegment::Index(index) => path.item(index),
            });
    match error.kind() {
        ValidationErrorKind::Required { property } => {
            faults.add(
                path.field(property.as_str().unwrap_or_default()),
                "is required",
            );
        }
        ValidationErrorKind::AdditionalProperties { unexpected }
        | ValidationErrorKind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                faults.add(path.field(name), UNKNOWN_FIELD);
            }
        }
        ValidationErrorKind::FalseSchema => {
            let fields = fields_of_a_closed_object(error, payload);
            if fields.is_empty() {
                faults.add(path, "is not allowed here");
                return;
            }
            for name in fields {
                faults.add(path.field(name), UNKNOWN_FIELD);
            }
        }
        _ => faults.add(path, error.masked().to_string()),
    }
}

/// The fields of the object at the error's place, where its schema knows no field at all: of such an object the validator
/// tells that the schema is false, and not for which field.
fn fields_of_a_closed_object<'payload>(
    error: &ValidationError<'_>,
    payload: &'payload Value,
) -> Vec<&'payload String> {
    if !error
        .schema_path()
        .as_str()
        .ends_with("/additionalProperties")
    {
        return Vec::new();
    }
    payload
        .pointer(error.instance_path().as_str())
        .and_then(Value::as_object)
        .map(|object| object.keys().collect())
        .unwrap_or_default()
}
