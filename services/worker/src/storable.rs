//! Text and documents as Postgres can hold them: it knows no NUL character.

use serde_json::Value;

/// How a NUL character is shown.
const NUL_PICTURE: &str = "␀";

/// The text with every NUL character made visible.
pub(crate) fn storable_text(text: String) -> String {
    if text.contains('\0') {
        text.replace('\0', NUL_PICTURE)
    } else {
        text
    }
}

/// The document with every NUL character in its texts and names made visible.
pub(crate) fn storable_json(document: Value) -> Value {
    match document {
        Value::String(text) => Value::String(storable_text(text)),
        Value::Array(items) => items.into_iter().map(storable_json).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, member)| (storable_text(name), storable_json(member)))
            .collect(),
        other => other,
    }
}
