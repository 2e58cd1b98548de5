//! From flags and environment to checked settings, without reading or changing any global state.

use std::ffi::OsString;
use std::fmt::Display;
use std::process::ExitCode;

use clap::builder::{Resettable, StyledStr};
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Command};

use crate::error::{SettingError, Stop};

/// Exit status of a service that a setting keeps from starting.
const START_ERROR_STATUS: u8 = 2;

/// Settings that can be parsed and then checked as a whole.
pub trait Settings: Args {
    /// Finds settings that are fine one by one and wrong together.
    ///
    /// # Errors
    /// The first missing or contradictory setting.
    fn check(&self) -> Result<(), SettingError>;
}

/// Parses the settings of this process, or returns the status to exit with.
///
/// Prints the answer to `--help` and `--version` on standard output, and a refusal as one line on standard error.
///
/// # Errors
/// The exit status, after the line has been printed.
pub fn from_process<S: Settings>(program: &'static str) -> Result<S, ExitCode> {
    let parsed = parse(program, std::env::args_os().skip(1), |name| {
        std::env::var_os(name)
    });
    or_exit(program, parsed)
}

/// Parsed settings, or the status to exit with, after what is to be said has been printed.
///
/// # Errors
/// The exit status.
pub fn or_exit<S>(program: &'static str, parsed: Result<S, Stop>) -> Result<S, ExitCode> {
    parsed.map_err(|stop| match stop {
        Stop::Answer(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Stop::Refused(error) => start_error(program, &error),
    })
}

/// What one setting is given as, before the others can be parsed: the value of its flag, else of its variable; none when
/// both are absent or empty.
pub fn argument_or_variable(
    flag: &str,
    setting: &str,
    arguments: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Option<OsString> {
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let Some(rest) = argument.to_str().and_then(|text| text.strip_prefix(flag)) else {
            continue;
        };
        if rest.is_empty() {
            return arguments.next().cloned();
        }
        if let Some(value) = rest.strip_prefix('=') {
            return Some(value.into());
        }
    }
    environment(setting).filter(|value| !value.is_empty())
}

/// Prints `program: reason` as one line on standard error and returns the exit status of a refused start.
pub fn start_error(program: &str, reason: &dyn Display) -> ExitCode {
    let reason = reason.to_string();
    let line = reason.split_whitespace().collect::<Vec<_>>().join(" ");
    eprintln!("{program}: {line}");
    ExitCode::from(START_ERROR_STATUS)
}

/// Parses and checks settings from explicit arguments (without the program's name) and an environment.
///
/// A flag wins over its environment variable, and an empty environment variable counts as unset.
///
/// # Errors
/// [`Stop::Answer`] for `--help` and `--version`, [`Stop::Refused`] for the first unusable setting.
pub fn parse<S: Settings>(
    program: &'static str,
    arguments: impl IntoIterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<S, Stop> {
    let command = S::augment_args(Command::new(program).version(env!("CARGO_PKG_VERSION")));
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let mut all = vec![OsString::from(program)];
    let from_environment = flags_from_environment(&command, &arguments, environment)?;
    all.extend(arguments);
    all.extend(from_environment);

    let mut matches = without_process_environment(command.clone())
        .try_get_matches_from(all)
        .map_err(|error| stop(&command, &error))?;
    let settings = S::from_arg_matches_mut(&mut matches).map_err(|error| stop(&command, &error))?;
    settings.check()?;
    Ok(settings)
}

/// The flags that stand for the environment variables which are set and not overridden on the command line.
fn flags_from_environment(
    command: &Command,
    arguments: &[OsString],
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, SettingError> {
    let mut flags = Vec::new();
    for (flag, setting) in flags_and_variables(command) {
        let Some(value) = environment(&setting).filter(|value| !value.is_empty()) else {
            continue;
        };
        if arguments.iter().any(|argument| gives(argument, &flag)) {
            continue;
        }
        let value = value
            .into_string()
            .map_err(|_| SettingError::invalid(setting, "must be UTF-8 text"))?;
        flags.push(OsString::from(format!("{flag}={value}")));
    }
    Ok(flags)
}

/// Every flag of the command that has an environment variable, with that variable's name.
pub(crate) fn flags_and_variables(
    command: &Command,
) -> impl Iterator<Item = (String, String)> + '_ {
    command.get_arguments().filter_map(|argument| {
        let flag = argument.get_long()?;
        let setting = argument.get_env()?.to_str()?;
        Some((format!("--{flag}"), setting.to_owned()))
    })
}

fn gives(argument: &OsString, flag: &str) -> bool {
    argument
        .to_string_lossy()
        .strip_prefix(flag)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
}

/// clap would read the environment of this process, empty variables included; the help keeps naming the variables.
fn without_process_environment(command: Command) -> Command {
    command.mut_args(|argument| {
        let Some(setting) = argument.get_env().and_then(|name| name.to_str()) else {
            return argument;
        };
        let help = argument
            .get_help()
            .map(ToString::to_string)
            .unwrap_or_default();
        let help = StyledStr::from(format!("{help} [environment: {setting}]"));
        argument.env(Resettable::Reset).help(help)
    })
}

/// What a clap error means in terms of settings; never repeats a value.
fn stop(command: &Command, error: &clap::Error) -> Stop {
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Stop::Answer(error.to_string()),
        ErrorKind::MissingRequiredArgument => missing(command, error).into(),
        ErrorKind::UnknownArgument => SettingError::UnknownArgument {
            argument: unknown_argument(error),
        }
        .into(),
        kind => SettingError::invalid(
            setting_of(command, &named_argument(error)),
            reason(kind, error),
        )
        .into(),
    }
}

fn missing(command: &Command, error: &clap::Error) -> SettingError {
    let flags = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(arguments)) => {
            arguments.iter().map(|argument| flag_of(argument)).collect()
        }
        _ => vec![flag_of(&named_argument(error))],
    };
    let settings: Vec<String> = flags.iter().map(|flag| setting_of(command, flag)).collect();
    SettingError::Missing {
        settings: settings.join(", "),
        flags: flags.join(", "),
    }
}

fn unknown_argument(error: &clap::Error) -> String {
    let argument = named_argument(error);
    if argument.starts_with('-') {
        flag_of(&argument)
    } else {
        "an argument that is no flag".to_owned()
    }
}

fn named_argument(error: &clap::Error) -> String {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(argument)) => argument.clone(),
        _ => String::new(),
    }
}

/// `--database-url` of `--database-url <URL>` or `--database-url=value`.
fn flag_of(argument: &str) -> String {
    let end = argument.find([' ', '=']).unwrap_or(argument.len());
    argument[..end].to_owned()
}

/// The environment variable of a flag, or the flag itself when it has none.
fn setting_of(command: &Command, argument: &str) -> String {
    let flag = flag_of(argument);
    flags_and_variables(command)
        .find(|(known, _)| *known == flag)
        .map(|(_, setting)| setting)
        .unwrap_or_else(|| {
            if flag.is_empty() {
                "the command line".to_owned()
            } else {
                flag
            }
        })
}

fn reason(kind: ErrorKind, error: &clap::Error) -> String {
    match kind {
        ErrorKind::InvalidValue => match error.get(ContextKind::ValidValue) {
            Some(ContextValue::Strings(choices)) if !choices.is_empty() => {
                format!("must be one of {}", choices.join(", "))
            }
            _ => "needs a value".to_owned(),
        },
        ErrorKind::ValueValidation => std::error::Error::source(error)
            .map_or_else(|| "has an unusable value".to_owned(), ToString::to_string),
        ErrorKind::ArgumentConflict => "is given twice".to_owned(),
        ErrorKind::InvalidUtf8 => "must be UTF-8 text".to_owned(),
        _ => "cannot be understood; --help lists the flags".to_owned(),
    }
}
