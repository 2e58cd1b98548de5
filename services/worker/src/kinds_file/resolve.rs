//! Turns a kind as written into a kind that can run, or says which field is wrong.

use std::{
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

use gantry_domain::{
    KindDeclaration, KindName, MAX_ATTEMPTS_LIMIT, QueueName, RetryPolicy, TIMEOUT_LIMIT_SECONDS,
};

use nix::sys::signal::Signal;

use super::{
    CommandKind, Environment, ExitCodes, KindsFileError, PARENTS_FILE_NAME, PAYLOAD_FILE_NAME,
    ProgressPattern,
    declared_kind::{DeclaredEnvironment, DeclaredKind},
    payload_schema::resolve_payload_schema,
};
use crate::process::{ResourceLimits, find_program};

/// Kinds under these prefixes are Gantry's own.
const RESERVED_PREFIXES: [&str; 2] = ["system.", "qe."];
/// The queue of a kind that names none.
const DEFAULT_QUEUE: &str = "default";
/// Variables under this prefix are Gantry's own.
const RESERVED_ENVIRONMENT_PREFIX: &str = "GANTRY_";
/// Less address space than this does not even start a program.
const LEAST_MEMORY_MB: u64 = 16;
/// What can tell a program that its time is running out.
const NOTICE_SIGNALS: [Signal; 5] = [
    Signal::SIGTERM,
    Signal::SIGINT,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];
/// One tebibyte; more is a slip of the pen.
const MOST_MEMORY_MB: u64 = 1024 * 1024;
const BYTES_PER_MB: u64 = 1024 * 1024;

type Resolved<T> = Result<T, KindsFileError>;

pub(super) fn resolve(
    declared: DeclaredKind,
    folder: &Path,
    environment: Environment<'_>,
) -> Resolved<CommandKind> {
    refuse_nul("arguments", &declared.arguments)?;
    Ok(CommandKind {
        program: resolve_program(&declared.program, environment)?,
        arguments: declared.arguments,
        environment: resolve_environment(declared.environment, environment)?,
        limits: resolve_limits(declared.memory_limit_mb)?,
        exit_codes: ExitCodes::new(declared.exit_codes)?,
        progress_pattern: declared
            .progress_pattern
            .as_deref()
            .map(ProgressPattern::new)
            .transpose()?,
        soft_deadline_signal: declared
            .soft_deadline_signal
            .as_deref()
            .map(resolve_signal)
            .transpose()?,
        children_file: resolve_children_file(
            declared.children_file,
            declared.result_file.as_deref(),
        )?,
        result_file: declared
            .result_file
            .map(|name| resolve_scratch_file("result_file", name))
            .transpose()?,
        declaration: KindDeclaration {
            name: resolve_name(declared.name)?,
            description: resolve_description(&declared.description)?,
            payload_schema: resolve_payload_schema(declared.payload_schema, folder)?,
            queue: resolve_queue(declared.queue)?,
            timeout_seconds: within(
                "timeout_seconds",
                declared.timeout_seconds,
                1,
                TIMEOUT_LIMIT_SECONDS,
            )?,
            retry: resolve_retry(declared.max_attempts)?,
        },
    })
}

fn resolve_name(name: String) -> Resolved<KindName> {
    if let Some(prefix) = RESERVED_PREFIXES
        .iter()
        .find(|prefix| name.starts_with(**prefix))
    {
        let problem = format!("names under `{prefix}` are reserved for Gantry's own kinds");
        return Err(KindsFileError::of_field("name", problem));
    }
    KindName::try_from(name).map_err(|error| KindsFileError::of_field("name", error))
}

fn resolve_program(program: &str, environment: Environment<'_>) -> Resolved<PathBuf> {
    find_program(program, environment("PATH").as_deref())
        .map_err(|error| KindsFileError::of_field("program", error))
}

fn resolve_description(description: &str) -> Resolved<String> {
    match description.trim() {
        "" => Err(KindsFileError::of_field(
            "description",
            "is empty; say in one sentence what the kind does",
        )),
        sentence => Ok(sentence.to_owned()),
    }
}

fn resolve_queue(queue: Option<String>) -> Resolved<QueueName> {
    let queue = queue.unwrap_or_else(|| DEFAULT_QUEUE.to_owned());
    QueueName::try_from(queue).map_err(|error| KindsFileError::of_field("queue", error))
}

fn resolve_retry(max_attempts: Option<u32>) -> Resolved<RetryPolicy> {
    let usual = RetryPolicy::default();
    let max_attempts = max_attempts.unwrap_or(usual.max_attempts);
    Ok(RetryPolicy {
        max_attempts: within("max_attempts", max_attempts, 1, MAX_ATTEMPTS_LIMIT)?,
        ..usual
    })
}

fn resolve_limits(memory_limit_mb: u64) -> Resolved<ResourceLimits> {
    let memory_limit_mb = within(
        "memory_limit_mb",
        memory_limit_mb,
        LEAST_MEMORY_MB,
        MOST_MEMORY_MB,
    )?;
    Ok(ResourceLimits {
        memory_limit_bytes: Some(memory_limit_mb * BYTES_PER_MB),
        ..ResourceLimits::default()
    })
}

fn resolve_environment(
    declared: DeclaredEnvironment,
    environment: Environment<'_>,
) -> Resolved<Vec<(OsString, OsString)>> {
    for name in declared.pass.iter().chain(declared.set.keys()) {
        refuse_bad_variable_name(name)?;
        if declared.pass.contains(name) && declared.set.contains_key(name) {
            return Err(KindsFileError::of_field(
                "environment",
                format!("{name} is both passed and set"),
            ));
        }
    }
    refuse_nul("environment", declared.set.values())?;
    let passed = declared
        .pass
        .into_iter()
        .filter_map(|name| Some((OsString::from(&name), environment(&name)?)));
    let set = declared
        .set
        .into_iter()
        .map(|(name, value)| (name.into(), value.into()));
    Ok(passed.chain(set).collect())
}

fn refuse_bad_variable_name(name: &str) -> Resolved<()> {
    let problem = if name.is_empty() || name.contains(['=', '\0']) {
        format!("{name:?} is not a name of a variable")
    } else if name.starts_with(RESERVED_ENVIRONMENT_PREFIX) {
        format!(
            "{name}: names under {RESERVED_ENVIRONMENT_PREFIX} are reserved for what Gantry tells the program"
        )
    } else {
        return Ok(());
    };
    Err(KindsFileError::of_field("environment", problem))
}

fn resolve_signal(name: &str) -> Resolved<Signal> {
    let known = NOTICE_SIGNALS.iter().find(|signal| signal.as_str() == name);
    known.copied().ok_or_else(|| {
        let names = NOTICE_SIGNALS.map(Signal::as_str).join(", ");
        KindsFileError::of_field("soft_deadline_signal", format!("must be one of {names}"))
    })
}

fn resolve_children_file(
    name: Option<String>,
    result_file: Option<&str>,
) -> Resolved<Option<String>> {
    const FIELD: &str = "children_file";
    if name.is_some() && name.as_deref() == result_file {
        return Err(KindsFileError::of_field(FIELD, "is the result file too"));
    }
    name.map(|name| resolve_scratch_file(FIELD, name))
        .transpose()
}

fn resolve_scratch_file(field: &'static str, name: String) -> Resolved<String> {
    let is_plain = matches!(
        Path::new(&name).components().collect::<Vec<_>>()[..],
        [Component::Normal(_)]
    ) && !name.contains(['/', '\0']);
    match name.as_str() {
        PAYLOAD_FILE_NAME => Err(KindsFileError::of_field(
            field,
            "is the name of the payload's file",
        )),
        PARENTS_FILE_NAME => Err(KindsFileError::of_field(
            field,
            "is the name of the parents' file",
        )),
        _ if !is_plain => Err(KindsFileError::of_field(
            field,
            "must be a plain file name; it lies in the scratch folder",
        )),
        _ => Ok(name),
    }
}

fn within<T: PartialOrd + std::fmt::Display>(
    field: &'static str,
    value: T,
    least: T,
    most: T,
) -> Resolved<T> {
    if value < least || value > most {
        return Err(KindsFileError::of_field(
            field,
            format!("is {value}; must be from {least} to {most}"),
        ));
    }
    Ok(value)
}

fn refuse_nul<'a>(
    field: &'static str,
    texts: impl IntoIterator<Item = &'a String>,
) -> Resolved<()> {
    if texts.into_iter().any(|text| text.contains('\0')) {
        return Err(KindsFileError::of_field(
            field,
            "a NUL character cannot be given to a program",
        ));
    }
    Ok(())
}
