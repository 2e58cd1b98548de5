//! The first fault of a kinds file, as one line for the operator.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// A kinds file that is not right: which file, which kind, which field, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindsFileError {
    file: Option<PathBuf>,
    kind: Option<String>,
    field: Option<&'static str>,
    problem: String,
}

impl KindsFileError {
    pub(super) fn new(problem: impl fmt::Display) -> Self {
        Self {
            file: None,
            kind: None,
            field: None,
            problem: on_one_line(&problem.to_string()),
        }
    }

    pub(super) fn of_field(field: &'static str, problem: impl fmt::Display) -> Self {
        Self {
            field: Some(field),
            ..Self::new(problem)
        }
    }

    pub(super) fn in_kind(self, kind: &str) -> Self {
        Self {
            kind: Some(kind.to_owned()),
            ..self
        }
    }

    pub(super) fn in_file(self, file: &Path) -> Self {
        Self {
            file: Some(file.to_owned()),
            ..self
        }
    }
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl fmt::Display for KindsFileError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(formatter, "kinds file {}: ", file.display())?;
        }
        if let Some(kind) = &self.kind {
            write!(formatter, "kind {kind}: ")?;
        }
        if let Some(field) = self.field {
            write!(formatter, "{field}: ")?;
        }
        formatter.write_str(&self.problem)
    }
}

impl std::error::Error for KindsFileError {}
