//! Why a service does not start: one line that names the setting and says what to do, never a value.

use thiserror::Error;

/// A setting that is missing, unusable or in contradiction with another one.
///
/// The text never holds the setting's value, since the value may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettingError {
    /// Settings without a default were given neither in the environment nor as flags.
    #[error("{settings} must be set, in the environment or with {flags}")]
    Missing {
        /// The environment variables, separated by commas.
        settings: String,
        /// Their flags, separated by commas.
        flags: String,
    },
    /// A setting is needed because of the value of another one.
    #[error("{setting} is required when {condition}")]
    RequiredWhen {
        /// The missing environment variable.
        setting: &'static str,
        /// The condition, such as `AUTH_MODE=oidc`.
        condition: &'static str,
    },
    /// The value cannot be used.
    #[error("{setting} {reason}")]
    Invalid {
        /// The environment variable.
        setting: String,
        /// What the value must be; reads after the setting's name.
        reason: String,
    },
    /// Two settings contradict each other.
    #[error("{setting} contradicts {other}: {remedy}")]
    Contradiction {
        /// The environment variable at fault.
        setting: &'static str,
        /// What it contradicts, such as `APP_ENV=production`.
        other: &'static str,
        /// What to change.
        remedy: &'static str,
    },
    /// The command line has something that is not a flag of this program.
    #[error("{argument} is not understood; --help lists the flags")]
    UnknownArgument {
        /// The flag without its value, or a description when it is no flag.
        argument: String,
    },
}

impl SettingError {
    pub(crate) fn invalid(setting: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Invalid {
            setting: setting.into(),
            reason: reason.into(),
        }
    }
}

/// Why parsing ended without settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// `--help` or `--version` was asked for: the text to print on standard output.
    Answer(String),
    /// A setting stops the start.
    Refused(SettingError),
}

impl From<SettingError> for Stop {
    fn from(error: SettingError) -> Self {
        Self::Refused(error)
    }
}
