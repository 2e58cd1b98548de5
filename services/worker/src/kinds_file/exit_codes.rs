//! What the exit codes of a command mean for its job.

use std::collections::BTreeSet;

use super::{KindsFileError, declared_kind::DeclaredExitCodes};

const FIELD: &str = "exit_codes";
const GREATEST_CODE: i32 = 255;

/// Which exit codes ask for another attempt. Zero is success. A code in neither list is retried, unless `retry` names
/// any: then only those are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExitCodes {
    retry: BTreeSet<i32>,
    no_retry: BTreeSet<i32>,
}

/// What one exit code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitVerdict {
    /// The job has succeeded.
    Success,
    /// The attempt has failed; another may succeed.
    Retry,
    /// The job has failed; another attempt would fail too.
    Final,
}

impl ExitCodes {
    pub(super) fn new(declared: DeclaredExitCodes) -> Result<Self, KindsFileError> {
        let codes = Self {
            retry: declared.retry.into_iter().collect(),
            no_retry: declared.no_retry.into_iter().collect(),
        };
        if let Some(code) = codes.retry.intersection(&codes.no_retry).next() {
            return Err(KindsFileError::of_field(
                FIELD,
                format!("{code} stands both under retry and under final"),
            ));
        }
        match codes
            .retry
            .union(&codes.no_retry)
            .find(|code| !(1..=GREATEST_CODE).contains(*code))
        {
            Some(code) => Err(KindsFileError::of_field(
                FIELD,
                format!(
                    "{code} is not an exit code of a failure; they go from 1 to {GREATEST_CODE}"
                ),
            )),
            None => Ok(codes),
        }
    }

    /// What this exit code means.
    pub fn verdict(&self, code: i32) -> ExitVerdict {
        if code == 0 {
            ExitVerdict::Success
        } else if self.retry.contains(&code)
            || self.retry.is_empty() && !self.no_retry.contains(&code)
        {
            ExitVerdict::Retry
        } else {
            ExitVerdict::Final
        }
    }
}
