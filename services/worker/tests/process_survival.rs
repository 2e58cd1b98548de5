//! Nothing of a program survives its worker or its guardian, however they die.

#[path = "process_support/processes.rs"]
mod processes;
#[path = "process_support/scripts.rs"]
mod scripts;
#[path = "process_support/waiting.rs"]
mod waiting;

use std::{
    env, fs,
    path::Path,
    process::{Child, Command, Stdio},
};

use gantry_worker::process::ProgramOutcome;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use processes::{eventually_gone, is_running};
use scripts::{guardian, run, script};
use waiting::eventually;

const SCRIPT_OF_STAND_IN: &str = "GANTRY_TEST_SCRIPT_OF_STAND_IN";

/// Runs a program as a worker does. Other tests start this one alone, with a script of theirs, as the worker process
/// that they kill.
#[tokio::test]
async fn a_stand_in_for_the_worker_runs_a_program_to_its_end() {
    let text = env::var(SCRIPT_OF_STAND_IN).unwrap_or_else(|_| "exit 0".to_owned());
    let (_, exit) = run(script(&text)).await;
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0));
}

fn start_stand_in(text: &str) -> Child {
    Command::new(env::current_exe().expect("this test"))
        .args([
            "--exact",
            "a_stand_in_for_the_worker_runs_a_program_to_its_end",
        ])
        .env(SCRIPT_OF_STAND_IN, text)
        .stdout(Stdio::null())
        .spawn()
        .expect("a stand-in")
}

/// Waits until a script has written so many process ids to a file.
async fn process_ids(file: &Path, count: usize) -> Vec<String> {
    eventually("the script writes its process ids", || {
        let text = fs::read_to_string(file).ok()?;
        let ids: Vec<String> = text.lines().map(str::to_owned).collect();
        (text.ends_with('\n') && ids.len() == count).then_some(ids)
    })
    .await
}

/// The program, a child, one in another session, and one orphaned in another session; all deaf to SIGTERM and SIGHUP.
fn family(file: &Path) -> String {
    format!(
        "trap '' TERM HUP; exec 2>&1; file={}
         echo $$ >> $file
         sh -c 'echo $$ >> '$file'; sleep 1000; sleep 1000' &
         setsid sh -c 'echo $$ >> '$file'; sleep 1000; sleep 1000' &
         sh -c 'setsid sh -c \"echo \\$\\$ >> '$file'; sleep 1000; sleep 1000\" &'
         wait; wait",
        file.display()
    )
}

#[tokio::test]
async fn a_whole_family_dies_with_its_worker_at_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("process_ids");
    let mut worker = start_stand_in(&family(&file));
    let family = process_ids(&file, 4).await;
    worker.kill().expect("killed");
    worker.wait().expect("reaped");
    for process_id in &family {
        eventually_gone(process_id).await;
    }
}

#[tokio::test]
async fn a_program_dies_with_its_guardian_at_kill_9() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("process_ids");
    let text = format!(
        "trap '' TERM HUP; sleep 1000 & echo $! > {0}; echo $$ $PPID >> {0}; wait; wait",
        file.display()
    );
    let running = guardian().start(script(&text)).await.expect("a guardian");
    let ids = process_ids(&file, 2).await;
    let (program, guardian) = ids[1].split_once(' ').expect("two ids");
    kill(
        Pid::from_raw(guardian.parse().expect("a number")),
        Signal::SIGKILL,
    )
    .expect("killed");
    assert_eq!(running.wait().await.outcome, ProgramOutcome::GuardianLost);
    eventually_gone(program).await;
    eventually_gone(&ids[0]).await;
}

#[tokio::test]
async fn a_guardian_does_not_die_of_the_signals_that_end_a_worker_politely() {
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let text = format!(
        "echo $PPID; while ! [ -e {} ]; do sleep 0.01; done; exit 7",
        go.display()
    );
    let mut running = guardian().start(script(&text)).await.expect("a guardian");
    let guardian = running.next_line().await.expect("a line").text;
    for signal in [
        Signal::SIGTERM,
        Signal::SIGINT,
        Signal::SIGHUP,
        Signal::SIGQUIT,
    ] {
        kill(Pid::from_raw(guardian.parse().expect("a number")), signal).expect("sent");
    }
    fs::write(go, "").expect("written");
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(7));
}

#[tokio::test]
async fn a_guardian_ends_with_its_program() {
    let mut running = guardian()
        .start(script("echo $PPID; read -r line"))
        .await
        .expect("a guardian");
    let guardian = running.next_line().await.expect("a line").text;
    running.wait().await;
    assert!(!is_running(&guardian));
}

#[tokio::test]
async fn the_secrets_of_the_worker_are_not_in_the_environment_of_its_guardian() {
    let (lines, _) = run(script("tr '\\0' '\\n' < /proc/$PPID/environ; echo end")).await;
    assert_eq!(
        lines
            .iter()
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>(),
        ["end"]
    );
}
