//! The payload of `qe.relax.v1` and the schema it is announced with say the same.

use gantry_quantum_espresso::{
    INPUT_LIMIT_BYTES, MAX_WALL_SECONDS_LIMIT, RelaxOptions, RelaxPayload, relax_payload_schema,
};
use serde_json::json;

#[test]
fn the_schema_is_the_announced_one() {
    insta::assert_json_snapshot!(relax_payload_schema());
    let schema = relax_payload_schema();
    assert_eq!(
        schema["properties"]["input"]["maxLength"],
        INPUT_LIMIT_BYTES
    );
    let seconds = &schema["properties"]["options"]["properties"]["max_wall_seconds"];
    assert_eq!(seconds["maximum"], MAX_WALL_SECONDS_LIMIT);
}

#[test]
fn options_may_be_left_out() {
    let payload: RelaxPayload = serde_json::from_value(json!({"input": "x"})).expect("valid");
    assert_eq!(
        payload,
        RelaxPayload {
            input: "x".to_owned(),
            options: None
        }
    );
    assert_eq!(
        serde_json::to_value(&payload).expect("serializes"),
        json!({"input": "x"})
    );
    let with_options = json!({"input": "x", "options": {"max_wall_seconds": 60}});
    let payload: RelaxPayload = serde_json::from_value(with_options).expect("valid");
    assert_eq!(
        payload.options,
        Some(RelaxOptions {
            max_wall_seconds: Some(60)
        })
    );
}

#[test]
fn unknown_fields_are_refused() {
    for payload in [
        json!({"input": "x", "outdir": "/etc"}),
        json!({"input": "x", "options": {"processes": 4}}),
        json!({"options": {}}),
    ] {
        assert!(serde_json::from_value::<RelaxPayload>(payload).is_err());
    }
}
