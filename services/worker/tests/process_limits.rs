//! A program that takes too much fails alone.

#[path = "process_support/scripts.rs"]
mod scripts;

use gantry_worker::process::{ProgramOutcome, ResourceLimits};
use scripts::{run, script};

const MEBIBYTE: u64 = 1024 * 1024;

#[tokio::test]
async fn memory_beyond_the_limit_is_refused_to_the_program_alone() {
    let mut hog = script("exec dd if=/dev/zero of=/dev/null bs=1G count=1 2>&1");
    hog.limits.memory_limit_bytes = Some(256 * MEBIBYTE);
    let (lines, exit) = run(hog).await;
    assert_eq!(exit.outcome, ProgramOutcome::Exited(1));
    assert!(lines[0].text.contains("memory exhausted"), "{lines:?}");
    assert_eq!(
        run(script("exit 0")).await.1.outcome,
        ProgramOutcome::Exited(0)
    );
}

#[tokio::test]
async fn a_file_beyond_the_limit_ends_the_program() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    let mut program = script(&format!(
        "exec head -c 3000000 /dev/zero > {}",
        file.display()
    ));
    program.limits.file_size_limit_bytes = Some(MEBIBYTE);
    let (_, exit) = run(program).await;
    assert_eq!(
        exit.outcome,
        ProgramOutcome::Signalled(nix::sys::signal::Signal::SIGXFSZ as i32)
    );
    assert_eq!(file.metadata().expect("the file").len(), MEBIBYTE);
}

#[tokio::test]
async fn processor_time_beyond_the_limit_ends_the_program() {
    let mut program = script("while :; do :; done");
    program.limits.cpu_limit_seconds = Some(1);
    let (_, exit) = run(program).await;
    assert!(
        matches!(exit.outcome, ProgramOutcome::Signalled(_)),
        "{:?}",
        exit.outcome
    );
}

#[tokio::test]
async fn every_limit_is_in_force_before_the_program_begins() {
    let mut program = script("ulimit -c; ulimit -n; ulimit -t; ulimit -f; ulimit -v");
    program.limits = ResourceLimits {
        memory_limit_bytes: Some(512 * MEBIBYTE),
        file_size_limit_bytes: Some(2 * MEBIBYTE),
        open_files: 64,
        cpu_limit_seconds: Some(30),
    };
    let (lines, _) = run(program).await;
    let [core, files, seconds, blocks_of_512_bytes, kibibytes] =
        ["0", "64", "30", "4096", "524288"].map(str::to_owned);
    let texts: Vec<String> = lines.into_iter().map(|line| line.text).collect();
    assert_eq!(
        texts,
        [core, files, seconds, blocks_of_512_bytes, kibibytes]
    );
}

#[tokio::test]
async fn a_limit_too_small_for_any_program_fails_this_run_only() {
    let mut program = script("exit 0");
    program.limits.memory_limit_bytes = Some(1);
    let (_, exit) = run(program).await;
    assert!(
        !matches!(exit.outcome, ProgramOutcome::Exited(0)),
        "{:?}",
        exit.outcome
    );
    assert_eq!(
        run(script("exit 0")).await.1.outcome,
        ProgramOutcome::Exited(0)
    );
}
