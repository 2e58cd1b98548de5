//! The program `gantry-api`.

use std::process::ExitCode;

use gantry_api::ApiServer;
use gantry_settings::{ApiServiceSettings, from_process, start_error};
use tokio::signal::unix::{SignalKind, signal};

const PROGRAM: &str = "gantry-api";

fn main() -> ExitCode {
    if rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .is_err()
    {
        return start_error(PROGRAM, &"another TLS provider was installed before");
    }
    let settings: ApiServiceSettings = match from_process(PROGRAM) {
        Ok(settings) => settings,
        Err(status) => return status,
    };
    let environment = settings.environment.app_env;
    let telemetry = match gantry_telemetry::init(PROGRAM, environment, &settings.telemetry) {
        Ok(telemetry) => telemetry,
        Err(error) => return start_error(PROGRAM, &error),
    };
    let served = run(&settings);
    // Before the last word, so that nothing comes after it.
    drop(telemetry);
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => start_error(PROGRAM, &error),
    }
}

#[tokio::main]
async fn run(settings: &ApiServiceSettings) -> anyhow::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let server = ApiServer::bind(settings).await?;
    server
        .serve(async {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        })
        .await?;
    Ok(())
}
