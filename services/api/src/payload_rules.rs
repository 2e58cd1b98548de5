//! What every payload must keep to, whatever its kind: the size limit, and only text that Postgres can hold.

use std::io::{self, Write};

use gantry_domain::PAYLOAD_LIMIT_BYTES;
use serde_json::Value;

use crate::faults::{Faults, Path};
use crate::problem::ApiError;

/// Writes down each text below `path` that contains the NUL character, which JSONB cannot hold.
pub fn refuse_nul(value: &Value, path: &Path, faults: &mut Faults) {
    const MESSAGE: &str = "must not contain the NUL character";
    match value {
        Value::String(text) if text.contains('\0') => faults.add(path, MESSAGE),
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if holds_text(item) {
                    refuse_nul(item, &path.item(index), faults);
                }
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                if name.contains('\0') {
                    faults.add(path.field(name), MESSAGE);
                }
                if holds_text(item) {
                    refuse_nul(item, &path.field(name), faults);
                }
            }
        }
        _ => {}
    }
}

/// Only these are worth the building of a path.
fn holds_text(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(items) => !items.is_empty(),
        Value::Object(fields) => !fields.is_empty(),
        _ => false,
    }
}

/// Refuses a payload that is too large as JSON text.
///
/// # Errors
/// [`ApiError::PayloadTooLarge`].
pub fn check_size(payload: &Value, path: &Path) -> Result<(), ApiError> {
    let mut size = Size::default();
    serde_json::to_writer(&mut size, payload).map_err(ApiError::internal)?;
    if size.bytes > PAYLOAD_LIMIT_BYTES {
        return Err(ApiError::PayloadTooLarge {
            path: path.to_string(),
        });
    }
    Ok(())
}

/// Counts what is written to it.
#[derive(Default)]
struct Size {
    bytes: usize,
}

impl Write for Size {
    fn write(&mut self, part: &[u8]) -> io::Result<usize> {
        self.bytes += part.len();
        Ok(part.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
