//! A program is stopped step by step, and at the last step nothing of it is left.

#[path = "process_support/processes.rs"]
mod processes;
#[path = "process_support/scripts.rs"]
mod scripts;
#[path = "process_support/waiting.rs"]
mod waiting;

use std::time::Duration;

use gantry_worker::process::{Program, ProgramOutcome, RunningProgram, StopLadder, StopReason};
use processes::eventually_gone;
use scripts::{finish, guardian, run, script};
use tokio::{sync::watch, time::Instant};
use waiting::DEADLINE;

const SIGTERM: i32 = 15;
const SIGKILL: i32 = 9;

/// The grace of a step that the program is known to ignore.
const SHORT: Duration = Duration::from_millis(50);

/// Starts a program and waits for its first line, by which it says that it is ready.
async fn start_and_wait_for_first_line(program: Program) -> (RunningProgram, String) {
    let mut running = guardian().start(program).await.expect("a guardian");
    let line = running.next_line().await.expect("a first line");
    (running, line.text)
}

#[tokio::test]
async fn a_program_without_handler_ends_at_sigterm() {
    let (running, _) = start_and_wait_for_first_line(script("echo ready; exec sleep 1000")).await;
    running.stop(StopReason::Cancelled);
    let exit = running.wait().await;
    assert_eq!(exit.outcome, ProgramOutcome::Signalled(SIGTERM));
    assert_eq!(exit.stop_reason, Some(StopReason::Cancelled));
}

#[tokio::test]
async fn what_a_program_says_while_it_stops_is_heard() {
    let text = "trap 'echo goodbye; exit 4' TERM; echo ready; while :; do sleep 0.01; done";
    let (running, _) = start_and_wait_for_first_line(script(text)).await;
    running.stop(StopReason::DeadlinePassed);
    let (lines, exit) = finish(running).await;
    assert_eq!(lines.last().expect("a line").text, "goodbye");
    assert_eq!(exit.outcome, ProgramOutcome::Exited(4));
}

#[tokio::test]
async fn a_program_that_ignores_sigterm_ends_by_sigkill_with_its_children_wherever_they_went() {
    let text = "trap '' TERM; sleep 1000 & echo $!; (setsid sleep 1000 & echo $!) & wait; wait";
    let mut program = script(text);
    program.stop = StopLadder::terminate_then_kill(SHORT);
    let (mut running, child) = start_and_wait_for_first_line(program).await;
    let escaped = running.next_line().await.expect("a second line").text;
    running.stop(StopReason::Cancelled);
    assert_eq!(
        running.wait().await.outcome,
        ProgramOutcome::Signalled(SIGKILL)
    );
    eventually_gone(&child).await;
    eventually_gone(&escaped).await;
}

#[tokio::test]
async fn the_whole_group_is_asked_not_only_the_program() {
    let text = "sh -c \"trap 'echo child asked; exit' TERM; echo ready; while :; do sleep 0.01; done\" & \
                trap 'wait; exit 0' TERM; wait; wait";
    let (running, _) = start_and_wait_for_first_line(script(text)).await;
    running.stop(StopReason::Cancelled);
    let (lines, exit) = finish(running).await;
    assert_eq!(lines.last().expect("a line").text, "child asked");
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0));
}

#[tokio::test]
async fn a_stop_file_is_tried_before_any_signal() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("run.EXIT");
    let text = format!(
        "trap 'exit 99' TERM; echo ready; while ! [ -e {0} ]; do sleep 0.01; done; exit 2",
        file.display()
    );
    let mut program = script(&text);
    program.stop = program.stop.after_creating(file, DEADLINE);
    let (running, _) = start_and_wait_for_first_line(program).await;
    running.stop(StopReason::Cancelled);
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(2));
}

#[tokio::test]
async fn a_stop_file_that_is_ignored_or_impossible_is_followed_by_signals() {
    let folder = tempfile::tempdir().expect("a folder");
    for file in [
        folder.path().join("ignored"),
        folder.path().join("nowhere/impossible"),
    ] {
        let mut program = script("echo ready; exec sleep 1000");
        program.stop = program.stop.after_creating(file, SHORT);
        let (running, _) = start_and_wait_for_first_line(program).await;
        running.stop(StopReason::Cancelled);
        assert_eq!(
            running.wait().await.outcome,
            ProgramOutcome::Signalled(SIGTERM)
        );
    }
}

#[tokio::test]
async fn a_lost_lease_kills_at_once_even_in_the_middle_of_the_ladder() {
    let (running, _) =
        start_and_wait_for_first_line(script("trap '' TERM; echo ready; sleep 1000; sleep 1000"))
            .await;
    running.stop(StopReason::Cancelled);
    running.stop(StopReason::LeaseLost);
    let exit = running.wait().await;
    assert_eq!(exit.outcome, ProgramOutcome::Signalled(SIGKILL));
    assert_eq!(exit.stop_reason, Some(StopReason::LeaseLost));
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_kills_without_the_worker_doing_anything() {
    let (_lease, renewals) = watch::channel(Instant::now() + SHORT);
    let mut program = script("trap '' TERM; echo $$; sleep 1000; sleep 1000");
    program.lease = Some(renewals);
    let (_, exit) = run(program).await;
    assert_eq!(exit.outcome, ProgramOutcome::Signalled(SIGKILL));
    assert_eq!(exit.stop_reason, Some(StopReason::LeaseLost));
}

#[tokio::test]
async fn a_lease_that_is_renewed_lets_the_program_run() {
    let first_lease_ends_at = Instant::now() + Duration::from_secs(3);
    let (lease, renewals) = watch::channel(first_lease_ends_at);
    let mut program = script("echo ready; read -r answer < \"$GANTRY_TEST_FIFO\"; echo $answer");
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    program
        .environment
        .push(("GANTRY_TEST_FIFO".into(), fifo.clone().into()));
    program.lease = Some(renewals);
    let (running, _) = start_and_wait_for_first_line(program).await;
    lease
        .send(Instant::now() + DEADLINE)
        .expect("the guardian listens");
    tokio::time::sleep_until(first_lease_ends_at + SHORT).await;
    std::fs::write(&fifo, "still here\n").expect("the program reads");
    let (lines, exit) = finish(running).await;
    assert_eq!(lines[0].text, "still here");
    assert_eq!(
        (exit.outcome, exit.stop_reason),
        (ProgramOutcome::Exited(0), None)
    );
}

#[tokio::test]
async fn a_program_that_nobody_waits_for_any_more_is_killed() {
    let (running, process_id) =
        start_and_wait_for_first_line(script("trap '' TERM; echo $$; sleep 1000; sleep 1000"))
            .await;
    drop(running);
    eventually_gone(&process_id).await;
}

#[tokio::test]
async fn it_can_be_stopped_from_elsewhere_while_its_output_is_read() {
    let (running, _) = start_and_wait_for_first_line(script("echo ready; exec sleep 1000")).await;
    let stop = running.stop_handle();
    let reader = tokio::spawn(finish(running));
    stop.stop(StopReason::WorkerStopping);
    let (_, exit) = reader.await.expect("read to the end");
    assert_eq!(exit.stop_reason, Some(StopReason::WorkerStopping));
}
