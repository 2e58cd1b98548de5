//! The list of every environment variable, taken from the settings themselves.

use clap::{Args, Command};

use crate::enrolling::EnrollingSettings;
use crate::service::{ApiServiceSettings, WorkerServiceSettings};

/// One environment variable that a service reads.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// Its name, such as `DATABASE_URL`.
    pub name: String,
    /// The flag that does the same, such as `--database-url`.
    pub flag: String,
    /// Its default, if it has one.
    pub default: Option<String>,
    /// Whether a service does not start without it.
    pub required: bool,
}

/// Every environment variable of the two services and of `gantry-worker enroll`, sorted by name, each once.
pub fn variables() -> Vec<Variable> {
    let mut variables = variables_of::<ApiServiceSettings>();
    variables.extend(variables_of::<WorkerServiceSettings>());
    variables.extend(variables_of::<EnrollingSettings>());
    variables.sort();
    // What is optional for one may be required by another.
    variables.dedup_by(|later, earlier| later.name == earlier.name);
    variables
}

fn variables_of<S: Args>() -> Vec<Variable> {
    S::augment_args(Command::new("gantry"))
        .get_arguments()
        .filter_map(|argument| {
            Some(Variable {
                name: argument.get_env()?.to_str()?.to_owned(),
                flag: format!("--{}", argument.get_long()?),
                default: argument
                    .get_default_values()
                    .first()
                    .map(|value| value.to_string_lossy().into_owned()),
                required: argument.is_required_set(),
            })
        })
        .collect()
}
