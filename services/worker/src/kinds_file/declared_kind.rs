//! A kind exactly as the operator wrote it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Table;

use super::KindsFileError;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KindsFile {
    #[serde(default)]
    kind: Vec<Table>,
}

/// The fields of one `[[kind]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeclaredKind {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) program: String,
    #[serde(default)]
    pub(super) arguments: Vec<String>,
    pub(super) payload_schema: Value,
    pub(super) timeout_seconds: u32,
    pub(super) memory_limit_mb: u64,
    pub(super) queue: Option<String>,
    pub(super) max_attempts: Option<u32>,
    #[serde(default)]
    pub(super) environment: DeclaredEnvironment,
    #[serde(default)]
    pub(super) exit_codes: DeclaredExitCodes,
    pub(super) progress_pattern: Option<String>,
    pub(super) result_file: Option<String>,
    pub(super) children_file: Option<String>,
    pub(super) soft_deadline_signal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DeclaredEnvironment {
    /// Names to take over from the worker's environment where they are set there.
    pub(super) pass: Vec<String>,
    /// Names with fixed values.
    pub(super) set: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DeclaredExitCodes {
    pub(super) retry: Vec<i32>,
    #[serde(rename = "final")]
    pub(super) no_retry: Vec<i32>,
}

/// The `[[kind]]` tables of a file, not yet looked into.
pub(super) fn tables_of(text: &str) -> Result<Vec<Table>, KindsFileError> {
    let file: KindsFile = toml::from_str(text).map_err(|error| {
        let line = error
            .span()
            .map_or(1, |span| text[..span.start].lines().count().max(1));
        KindsFileError::new(format!("line {line}: {}", error.message()))
    })?;
    if file.kind.is_empty() {
        return Err(KindsFileError::new(
            "declares no kind; begin one with [[kind]]",
        ));
    }
    Ok(file.kind)
}

/// What to call a kind in an error, even when its name is what is wrong.
pub(super) fn name_of(table: &Table, position: usize) -> String {
    table
        .get("name")
        .and_then(toml::Value::as_str)
        .map_or_else(|| format!("number {position}"), |name| format!("{name:?}"))
}

impl DeclaredKind {
    pub(super) fn from_table(table: Table) -> Result<Self, KindsFileError> {
        table.try_into().map_err(KindsFileError::new)
    }
}
