//! Checks of payloads that a JSON Schema cannot express, by kind.

use gantry_domain::KindName;
use gantry_quantum_espresso::{InputLimits, RELAX_KIND, RelaxInput};
use serde_json::Value;

use crate::faults::{Faults, Path};

/// Looks at a payload that fits its schema, and writes down what is wrong with it.
type PayloadCheck = fn(&Value, &Path, &mut Faults);

/// The kinds with a check of their own. The worker checks again; this only spares the sender a job that must fail.
const CHECKS: &[(&str, PayloadCheck)] = &[(RELAX_KIND, check_relax_input)];

/// Runs the check of `kind`, where it has one.
pub fn check_payload(kind: &KindName, payload: &Value, path: &Path, faults: &mut Faults) {
    for (name, check) in CHECKS {
        if *name == kind.as_str() {
            check(payload, path, faults);
        }
    }
}

/// The input must be one that Gantry would run; each fault names its key.
fn check_relax_input(payload: &Value, path: &Path, faults: &mut Faults) {
    let path = path.field("input");
    let Some(input) = payload.get("input").and_then(Value::as_str) else {
        faults.add(path, "must be a string");
        return;
    };
    if let Err(refused) = RelaxInput::parse(input, &InputLimits::default()) {
        for fault in refused.faults() {
            faults.add(&path, format!("{}: {}", fault.path, fault.message));
        }
    }
}
