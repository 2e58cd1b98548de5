//! Reads a JSON object field by field and collects what is wrong with it, without ever repeating a value.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::faults::{Faults, Path};
use crate::problem::ApiError;

/// A JSON object whose fields are taken one by one; a field that is never asked for is a fault.
pub struct ObjectReader<'faults> {
    path: Path,
    fields: Map<String, Value>,
    faults: &'faults mut Faults,
}

impl<'faults> ObjectReader<'faults> {
    /// Opens the value at `path`, which must be an object.
    pub fn open(value: Value, path: Path, faults: &'faults mut Faults) -> Option<Self> {
        match value {
            Value::Object(fields) => Some(Self {
                path,
                fields,
                faults,
            }),
            _ => {
                faults.add(path, "must be an object");
                None
            }
        }
    }

    /// A field that must be there, of any type.
    pub fn any(&mut self, name: &str) -> Option<Value> {
        let value = self.fields.remove(name);
        if value.is_none() {
            self.faults.add(self.path.field(name), "is required");
        }
        value
    }

    /// A field that must be there.
    pub fn required<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.any(name)?;
        self.read(name, &value, read)
    }

    /// A field that may be absent or null.
    pub fn optional<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        let value = self.fields.remove(name).filter(|value| !value.is_null())?;
        self.read(name, &value, read)
    }

    /// Ends the reading: what was not asked for is unknown.
    pub fn refuse_the_rest(self) {
        for name in self.fields.keys() {
            self.faults
                .add(self.path.field(name), "is not a known field");
        }
    }

    fn read<T>(
        &mut self,
        name: &str,
        value: &Value,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Option<T> {
        read(value)
            .map_err(|message| self.faults.add(self.path.field(name), message))
            .ok()
    }
}

/// Reads a body that is an object, by the fields that `read` asks for; any other is a fault.
///
/// # Errors
/// [`ApiError::InvalidRequest`] with every fault.
pub fn read_object<T>(
    body: Value,
    read: impl FnOnce(&mut ObjectReader<'_>) -> Option<T>,
) -> Result<T, ApiError> {
    let mut faults = Faults::default();
    let read = ObjectReader::open(body, Path::root(), &mut faults).and_then(|mut fields| {
        let read = read(&mut fields);
        fields.refuse_the_rest();
        read
    });
    faults.into_result()?;
    read.ok_or_else(|| ApiError::internal("a body without faults was not understood"))
}

/// A text.
///
/// # Errors
/// It is of another type or contains NUL.
pub fn text(value: &Value) -> Result<&str, String> {
    let text = value.as_str().ok_or("must be a string")?;
    if text.contains('\0') {
        return Err("must not contain the NUL character".to_owned());
    }
    Ok(text)
}

/// What something or somebody is called: at most so many characters, without blanks around them.
pub fn name_up_to(limit_characters: usize) -> impl Fn(&Value) -> Result<String, String> {
    move |value| {
        let name = text(value)?.trim();
        let is_short = (1..=limit_characters).contains(&name.chars().count());
        if is_short && !name.contains(char::is_control) {
            Ok(name.to_owned())
        } else {
            Err(format!(
                "must be 1 to {limit_characters} characters, without control characters"
            ))
        }
    }
}

/// A word or name of the domain.
///
/// # Errors
/// It is of another type, or not such a word; the error says which there are.
pub fn word<T>(value: &Value) -> Result<T, String>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    text(value)?
        .parse()
        .map_err(|error: T::Err| error.to_string())
}

/// A whole number from 1 to `most`.
pub fn count_up_to(most: u32) -> impl Fn(&Value) -> Result<u32, String> {
    move |value| {
        value
            .as_u64()
            .and_then(|number| u32::try_from(number).ok())
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| format!("must be a whole number from 1 to {most}"))
    }
}

/// The years that Postgres and RFC 3339 both can write.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=9998;

/// A point in time.
///
/// # Errors
/// It is not written as RFC 3339, or out of range.
pub fn time(value: &Value) -> Result<DateTime<Utc>, String> {
    use chrono::Datelike;
    DateTime::parse_from_rfc3339(text(value)?)
        .map(|time| time.to_utc())
        .ok()
        .filter(|time| YEARS.contains(&time.year()))
        .ok_or_else(|| {
            "must be a time as RFC 3339 writes it, for instance 2030-01-31T08:00:00Z, from 1970 to 9998"
                .to_owned()
        })
}
