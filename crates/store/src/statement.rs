//! Raw statements and the reading of their rows.

use std::str::FromStr;
use std::time::Duration;

use gantry_domain::RetryDelays;
use sea_orm::{DbBackend, QueryResult, Statement, TryGetable, Value};

use crate::StoreError;

/// A statement of Postgres' own dialect with its values.
pub(crate) fn statement(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}

/// A column of a row.
pub(crate) fn column<T: TryGetable>(
    row: &QueryResult,
    name: &'static str,
) -> Result<T, StoreError> {
    Ok(row.try_get("", name)?)
}

/// A column that holds a word or a name of the domain.
pub(crate) fn word<T: FromStr<Err: ToString>>(
    row: &QueryResult,
    name: &'static str,
) -> Result<T, StoreError> {
    parse(name, &column::<String>(row, name)?)
}

/// A word or a name of the domain, read from a column.
pub(crate) fn parse<T: FromStr<Err: ToString>>(
    column: &'static str,
    text: &str,
) -> Result<T, StoreError> {
    text.parse()
        .map_err(|error: T::Err| StoreError::UnknownContent {
            column,
            reason: error.to_string(),
        })
}

/// A count that the schema keeps at zero or more.
pub(crate) fn count(column: &'static str, number: i32) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::UnknownContent {
        column,
        reason: format!("{number} is negative"),
    })
}

/// The delays in two columns that are both there or neither.
pub(crate) fn retry_delays(
    base_seconds: Option<i32>,
    max_seconds: Option<i32>,
) -> Result<Option<RetryDelays>, StoreError> {
    let (Some(base_seconds), Some(max_seconds)) = (base_seconds, max_seconds) else {
        return Ok(None);
    };
    Ok(Some(RetryDelays {
        base_seconds: count("retry_base_seconds", base_seconds)?,
        max_seconds: count("retry_max_seconds", max_seconds)?,
    }))
}

/// A number as the schema's `integer`; the domain's limits keep it in range, and the largest stands for the rest.
pub(crate) fn integer(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// A sequence number as the schema's `bigint`; the largest stands for the rest.
pub(crate) fn bigint(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The longest delay that is written, a hundred years: well within what a timestamp can hold.
const LONGEST_DELAY: Duration = Duration::from_secs(100 * 365 * 24 * 3_600);

/// A duration as the seconds `make_interval` takes; a longer one than [`LONGEST_DELAY`] counts as that.
pub(crate) fn seconds(duration: Duration) -> f64 {
    duration.min(LONGEST_DELAY).as_secs_f64()
}

/// A document of the domain, read from a JSON column.
pub(crate) fn document<T: serde::de::DeserializeOwned>(
    column: &'static str,
    value: serde_json::Value,
) -> Result<T, StoreError> {
    serde_json::from_value(value).map_err(|error| StoreError::UnknownContent {
        column,
        reason: error.to_string(),
    })
}
