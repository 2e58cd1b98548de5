//! Entry point of `gantry-worker`.

use std::process::ExitCode;

use gantry_settings::{WorkerServiceSettings, from_process, start_error};
use gantry_worker::Shutdown;
use gantry_worker::process::take_over_when_supervising;

mod assembly;

const PROGRAM: &str = "gantry-worker";

fn main() -> ExitCode {
    // First of all: this executable is also the guardian and the launcher of the programs that a worker runs.
    if let Some(exit_code) = take_over_when_supervising() {
        return exit_code;
    }
    let settings = match from_process::<WorkerServiceSettings>(PROGRAM) {
        Ok(settings) => settings,
        Err(exit_code) => return exit_code,
    };
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        return start_error(PROGRAM, &"another TLS provider was installed first");
    }
    let telemetry =
        match gantry_telemetry::init(PROGRAM, settings.environment.app_env, &settings.telemetry) {
            Ok(telemetry) => telemetry,
            Err(error) => return start_error(PROGRAM, &error),
        };
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => return start_error(PROGRAM, &error),
    };
    let ended = runtime.block_on(run(&settings));
    runtime.shutdown_background();
    drop(telemetry);
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => start_error(PROGRAM, &format!("{error:#}")),
    }
}

async fn run(settings: &WorkerServiceSettings) -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let worker = assembly::worker(settings, shutdown).await?;
    worker.run().await?;
    Ok(())
}
