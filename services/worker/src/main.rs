//! Entry point of `gantry-worker`.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use gantry_settings::{
    EnrollingSettings, WorkerServiceSettings, argument_or_variable, or_exit, parse, start_error,
};
use gantry_worker::enrolment::{Credentials, CredentialsError, enroll};
use gantry_worker::process::take_over_when_supervising;
use gantry_worker::{Shutdown, WorkerError};

mod assembly;

const PROGRAM: &str = "gantry-worker";
/// The command that lets this machine in; without it the worker is started.
const ENROLL: &str = "enroll";
/// Exit status when the token of this machine was not renewed in time.
const TOKEN_EXPIRED_STATUS: u8 = 3;
/// Exit status when the token of this machine was taken back.
const TOKEN_REVOKED_STATUS: u8 = 4;

fn main() -> ExitCode {
    // First of all: this executable is also the guardian and the launcher of the programs that a worker runs.
    if let Some(exit_code) = take_over_when_supervising() {
        return exit_code;
    }
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        return start_error(PROGRAM, &"another TLS provider was installed first");
    }
    let arguments: Vec<OsString> = env::args_os().skip(1).collect();
    match arguments.split_first() {
        Some((first, rest)) if first == ENROLL => enroll_machine(rest),
        _ => work(arguments),
    }
}

fn work(arguments: Vec<OsString>) -> ExitCode {
    let credentials = match given_credentials(&arguments) {
        Ok(credentials) => credentials,
        Err(error) => return start_error(PROGRAM, &error),
    };
    let parsed = parse(PROGRAM, arguments, |name| {
        variable(name, credentials.as_ref())
    });
    let settings: WorkerServiceSettings = match or_exit(PROGRAM, parsed) {
        Ok(settings) => settings,
        Err(exit_code) => return exit_code,
    };
    let telemetry =
        match gantry_telemetry::init(PROGRAM, settings.environment.app_env, &settings.telemetry) {
            Ok(telemetry) => telemetry,
            Err(error) => return start_error(PROGRAM, &error),
        };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return start_error(PROGRAM, &error),
    };
    let ended = runtime.block_on(run(&settings, credentials.as_ref()));
    runtime.shutdown_background();
    drop(telemetry);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let status = start_error(PROGRAM, &format!("{error:#}"));
            match error.downcast_ref::<WorkerError>() {
                Some(WorkerError::TokenExpired) => ExitCode::from(TOKEN_EXPIRED_STATUS),
                Some(WorkerError::TokenRevoked) => ExitCode::from(TOKEN_REVOKED_STATUS),
                _ => status,
            }
        }
    }
}

async fn run(
    settings: &WorkerServiceSettings,
    credentials: Option<&Credentials>,
) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let worker = assembly::worker(settings, credentials, shutdown).await?;
    worker.run().await?;
    Ok(())
}

/// What an enrolled machine works with; none for the operator's own workers.
fn given_credentials(arguments: &[OsString]) -> Result<Option<Credentials>, CredentialsError> {
    let file = argument_or_variable(
        "--worker-credentials-file",
        "GANTRY_WORKER_CREDENTIALS_FILE",
        arguments,
        |name| env::var_os(name),
    );
    file.map(|file| Credentials::read(Path::new(&file)))
        .transpose()
}

/// A setting's variable. Where servers are is for the credentials of an enrolled machine to say; which of its queues it
/// serves may be said here.
fn variable(name: &str, credentials: Option<&Credentials>) -> Option<OsString> {
    let Some(credentials) = credentials else {
        return env::var_os(name);
    };
    if let Some(value) = credentials.variable(name) {
        return Some(value);
    }
    let value = env::var_os(name).filter(|value| !value.is_empty());
    if name == "GANTRY_WORKER_QUEUES" {
        return value.or_else(|| Some(credentials.queue_list()));
    }
    value
}

fn enroll_machine(arguments: &[OsString]) -> ExitCode {
    let parsed = parse("gantry-worker enroll", arguments.to_vec(), |name| {
        env::var_os(name)
    });
    let settings: EnrollingSettings = match or_exit(PROGRAM, parsed) {
        Ok(settings) => settings,
        Err(exit_code) => return exit_code,
    };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return start_error(PROGRAM, &error),
    };
    match runtime.block_on(enroll(&settings)) {
        Ok(credentials) => {
            let queues = credentials.queue_list();
            println!(
                "This machine is enrolled for {}. Start its worker with GANTRY_WORKER_CREDENTIALS_FILE={}",
                queues.to_string_lossy(),
                settings.credentials_file.display()
            );
            ExitCode::SUCCESS
        }
        Err(error) => start_error(PROGRAM, &error),
    }
}
