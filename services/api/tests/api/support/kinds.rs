//! The kinds that the tests submit.

use gantry_domain::{KindDeclaration, RetryPolicy};
use serde_json::{Value, json};

/// `test.echo` wants a text, `test.closed` knows no field, `test.anything` takes anything, `test.broken` has a schema that
/// is none.
pub fn kinds() -> Vec<KindDeclaration> {
    vec![
        kind("test.echo", echo_schema()),
        kind("test.closed", closed_schema()),
        kind("test.anything", json!(true)),
        kind("test.broken", json!({"type": 7})),
        kind(
            gantry_quantum_espresso::RELAX_KIND,
            gantry_quantum_espresso::relax_payload_schema(),
        ),
    ]
}

fn echo_schema() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": ["text"],
        "properties": {
            "text": {"type": "string", "maxLength": 20},
            "steps": {
                "type": "array",
                "items": {"type": "object", "properties": {"count": {"type": "integer", "minimum": 1}}},
            },
        },
    })
}

/// Nothing below the root is a field, except for a `note` in which nothing is one either.
fn closed_schema() -> Value {
    let empty = json!({"type": "object", "additionalProperties": false});
    json!({"if": {"required": ["note"]}, "then": {"properties": {"note": empty, "never": false}}, "else": empty})
}

pub fn kind(name: &str, payload_schema: Value) -> KindDeclaration {
    KindDeclaration {
        name: name.parse().unwrap(),
        description: format!("The kind {name}."),
        payload_schema,
        queue: "default".parse().unwrap(),
        timeout_seconds: 60,
        retry: RetryPolicy::default(),
    }
}
