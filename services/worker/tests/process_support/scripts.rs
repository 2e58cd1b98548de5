//! What the tests of running programs share: shell scripts as programs.

use std::{path::Path, time::Duration};

use gantry_worker::process::{
    Guardian, OutputLine, Program, ProgramExit, ResourceLimits, RunningProgram, StopLadder,
};

/// Longer than any program of these tests needs to act on SIGTERM.
const GRACE: Duration = Duration::from_secs(60);

/// Guardians are the worker's own executable, as in production.
pub fn guardian() -> Guardian {
    Guardian::of_executable(Path::new(env!("CARGO_BIN_EXE_gantry-worker")))
}

/// A shell script with a path and nothing else, stopped by SIGTERM and then, after [`GRACE`], by SIGKILL.
pub fn script(text: &str) -> Program {
    Program {
        executable: "/bin/sh".into(),
        arguments: vec!["-c".into(), text.into()],
        environment: vec![("PATH".into(), "/usr/bin:/bin".into())],
        working_folder: "/".into(),
        stdin: Vec::new(),
        limits: ResourceLimits::default(),
        stop: StopLadder::terminate_then_kill(GRACE),
        lease: None,
    }
}

/// Runs a program to its end.
pub async fn run(program: Program) -> (Vec<OutputLine>, ProgramExit) {
    finish(guardian().start(program).await.expect("a guardian")).await
}

/// Reads all that is still to come of a running program.
pub async fn finish(mut running: RunningProgram) -> (Vec<OutputLine>, ProgramExit) {
    let mut lines = Vec::new();
    while let Some(line) = running.next_line().await {
        lines.push(line);
    }
    (lines, running.wait().await)
}
