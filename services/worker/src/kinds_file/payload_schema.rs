//! The JSON Schema of a kind's payload, written in the kinds file or in a file beside it.

use std::path::Path;

use serde_json::Value;

use super::{KindsFileError, read_limited};

const FIELD: &str = "payload_schema";

/// A text is the path of a file, relative to `folder`; anything else is the schema itself.
pub(super) fn resolve_payload_schema(
    declared: Value,
    folder: &Path,
) -> Result<Value, KindsFileError> {
    let schema = match declared {
        Value::String(file) => read_schema(&folder.join(file))?,
        schema => schema,
    };
    if !schema.is_object() {
        return Err(KindsFileError::of_field(
            FIELD,
            "must be a JSON Schema object or the path of a file with one",
        ));
    }
    if let Err(error) = jsonschema::draft202012::meta::validate(&schema) {
        let place = error.instance_path().to_string();
        let place = if place.is_empty() {
            String::new()
        } else {
            format!(" at {place}")
        };
        return Err(KindsFileError::of_field(
            FIELD,
            format!("is not a JSON Schema{place}: {error}"),
        ));
    }
    // Finds what the meta-schema cannot, for instance a reference that leads nowhere.
    jsonschema::draft202012::new(&schema)
        .map_err(|error| KindsFileError::of_field(FIELD, format!("cannot be used: {error}")))?;
    Ok(schema)
}

fn read_schema(path: &Path) -> Result<Value, KindsFileError> {
    let in_file =
        |problem: String| KindsFileError::of_field(FIELD, format!("{}: {problem}", path.display()));
    let text = read_limited(path).map_err(|error| in_file(error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| in_file(format!("is not JSON: {error}")))
}
