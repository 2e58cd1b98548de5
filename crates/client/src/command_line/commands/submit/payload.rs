//! The payload of a submission, from the command line, a file or standard input.

use std::fs::File;
use std::io::{self, Read};

use gantry_domain::{KindName, PAYLOAD_LIMIT_BYTES};
use gantry_quantum_espresso::{RELAX_KIND, RelaxPayload};
use serde_json::Value;

use crate::command_line::failure::{Failure, Result};

/// The payload that `argument` names: JSON, `@FILE` or `-`.
pub(crate) fn read(kind: &KindName, argument: &str) -> Result<Value> {
    if argument == "-" {
        let text = read_text("standard input", Ok(io::stdin().lock()))?;
        return from_standard_input(kind, text);
    }
    match argument.strip_prefix('@') {
        Some(path) => from_file(kind, path, read_text(path, File::open(path))?),
        None => parse("the payload", argument),
    }
}

fn from_standard_input(kind: &KindName, text: String) -> Result<Value> {
    match serde_json::from_str(&text) {
        Ok(payload) => Ok(payload),
        Err(_) if takes_an_input_text(kind) => input_text(text),
        Err(fault) => Err(not_json("standard input", &fault)),
    }
}

fn from_file(kind: &KindName, path: &str, text: String) -> Result<Value> {
    if takes_an_input_text(kind) && !path.ends_with(".json") {
        input_text(text)
    } else {
        parse(path, &text)
    }
}

fn takes_an_input_text(kind: &KindName) -> bool {
    kind.as_str() == RELAX_KIND
}

fn input_text(input: String) -> Result<Value> {
    Ok(serde_json::to_value(RelaxPayload {
        input,
        options: None,
    })?)
}

fn parse(source_name: &str, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|fault| not_json(source_name, &fault))
}

fn not_json(source_name: &str, fault: &serde_json::Error) -> Failure {
    Failure::Usage(format!(
        "{source_name} is not JSON: {fault} (a file is named as @FILE)"
    ))
}

/// No more is read than the API would take.
fn read_text(source_name: &str, source: io::Result<impl Read>) -> Result<String> {
    let limit_bytes = u64::try_from(PAYLOAD_LIMIT_BYTES).expect("the limit is one mebibyte");
    let mut bytes = Vec::new();
    source
        .and_then(|source| source.take(limit_bytes + 1).read_to_end(&mut bytes))
        .map_err(|source| Failure::Payload {
            source_name: source_name.to_owned(),
            source,
        })?;
    if bytes.len() > PAYLOAD_LIMIT_BYTES {
        return Err(Failure::Usage(format!(
            "{source_name} is larger than a payload may be ({PAYLOAD_LIMIT_BYTES} bytes)"
        )));
    }
    String::from_utf8(bytes)
        .map_err(|_| Failure::Usage(format!("{source_name} is not text in UTF-8")))
}
