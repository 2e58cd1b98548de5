//! A program gets what it was promised and nothing else, and its end is told exactly.

#[path = "process_support/processes.rs"]
mod processes;
#[path = "process_support/scripts.rs"]
mod scripts;
#[path = "process_support/waiting.rs"]
mod waiting;

use gantry_worker::process::{
    OutputStream, ProcessError, Program, ProgramOutcome, STDIN_LIMIT_BYTES,
};
use nix::sys::signal::Signal;
use processes::eventually_gone;
use scripts::{guardian, run, script};

async fn output_of(text: &str) -> Vec<String> {
    let (lines, exit) = run(script(text)).await;
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0), "{lines:?}");
    lines.into_iter().map(|line| line.text).collect()
}

#[tokio::test]
async fn a_program_sees_only_the_environment_it_was_given() {
    let mut program = script("");
    program.executable = "/usr/bin/env".into();
    program.arguments = Vec::new();
    program.environment = vec![("GANTRY_JOB_ID".into(), "7".into())];
    let (lines, _) = run(program).await;
    assert_eq!(
        lines
            .iter()
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>(),
        ["GANTRY_JOB_ID=7"]
    );
}

#[tokio::test]
async fn it_inherits_no_open_file() {
    assert_eq!(output_of("ls /proc/$$/fd").await, ["0", "1", "2"]);
}

#[tokio::test]
async fn it_leads_a_session_and_a_group_of_its_own() {
    let fields = output_of("read -r status < /proc/$$/stat; echo $status").await;
    let fields: Vec<&str> = fields[0].split(' ').collect();
    let (process, group, session) = (fields[0], fields[4], fields[5]);
    assert_eq!((group, session), (process, process));
}

#[tokio::test]
async fn it_starts_in_its_working_folder_and_keeps_its_files_to_itself() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut program = script("pwd; umask");
    program.working_folder = folder.path().to_owned();
    let (lines, _) = run(program).await;
    assert_eq!(lines[0].text, folder.path().to_str().expect("a plain path"));
    assert_eq!(lines[1].text, "0077");
}

#[tokio::test]
async fn it_cannot_gain_privileges() {
    assert_eq!(
        output_of("grep NoNewPrivs /proc/self/status").await,
        ["NoNewPrivs:\t1"]
    );
}

#[tokio::test]
async fn it_blocks_no_signal_and_a_broken_pipe_ends_it() {
    let program = Program {
        executable: "/bin/grep".into(),
        arguments: ["-E", "^Sig(Blk|Ign)", "/proc/self/status"]
            .map(Into::into)
            .into(),
        ..script("")
    };
    let (lines, _) = run(program).await;
    let mask =
        |line: usize| u64::from_str_radix(&lines[line].text[8..], 16).expect("a mask of signals");
    assert_eq!(mask(0), 0);
    assert_eq!(mask(1) & 1 << (Signal::SIGPIPE as i32 - 1), 0);
}

#[tokio::test]
async fn it_reads_all_of_its_stdin() {
    let mut program = script("wc -c");
    program.stdin = vec![0; 3_000_000];
    let (lines, _) = run(program).await;
    assert_eq!(lines[0].text, "3000000");
}

#[tokio::test]
async fn it_need_not_read_its_stdin() {
    let mut program = script("exec 0<&-; echo unread");
    program.stdin = vec![b'x'; 3_000_000];
    let (lines, exit) = run(program).await;
    assert_eq!(lines[0].text, "unread");
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0));
}

#[tokio::test]
async fn more_stdin_than_the_limit_is_refused_before_anything_starts() {
    let mut program = script("true");
    program.stdin = vec![0; STDIN_LIMIT_BYTES + 1];
    let refused = guardian().start(program).await.expect_err("too much");
    assert!(matches!(refused, ProcessError::StdinTooLarge { .. }));
}

#[tokio::test]
async fn every_exit_code_is_told() {
    for code in [0, 1, 2, 3, 126, 127, 255] {
        let (_, exit) = run(script(&format!("exit {code}"))).await;
        assert_eq!(exit.outcome, ProgramOutcome::Exited(code));
        assert_eq!(exit.stop_reason, None);
    }
}

#[tokio::test]
async fn every_signal_is_told_even_one_without_a_name() {
    for signal in [6, 9, 11, 15, 40] {
        let (_, exit) = run(script(&format!("kill -{signal} $$"))).await;
        assert_eq!(exit.outcome, ProgramOutcome::Signalled(signal));
    }
}

#[tokio::test]
async fn what_it_used_is_told() {
    let (_, exit) = run(script("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done")).await;
    assert!(exit.cpu_seconds.expect("measured") > 0.0);
    assert!(exit.maximum_resident_bytes.expect("measured") > 100_000);
}

#[tokio::test]
async fn a_missing_program_a_missing_folder_and_a_folder_as_program_say_what_is_wrong() {
    let mut missing = script("");
    missing.executable = "/nowhere/pw.x".into();
    let mut astray = script("");
    astray.working_folder = "/nowhere".into();
    let mut folder = script("");
    folder.executable = "/tmp".into();
    for (program, part, answer) in [
        (missing, "start /nowhere/pw.x", "No such file"),
        (astray, "enter its working folder", "No such file"),
        (folder, "start /tmp", "Permission denied"),
    ] {
        let (lines, exit) = run(program).await;
        let ProgramOutcome::StartFailed(reason) = exit.outcome else {
            panic!("it started: {lines:?}")
        };
        assert!(reason.contains(part) && reason.contains(answer), "{reason}");
        assert_eq!(lines, []);
    }
}

#[tokio::test]
async fn the_two_streams_are_told_apart() {
    let (lines, _) = run(script("echo good; echo bad >&2")).await;
    let text_on = |stream| {
        lines
            .iter()
            .filter(|line| line.stream == stream)
            .map(|line| line.text.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(text_on(OutputStream::Stdout), ["good"]);
    assert_eq!(text_on(OutputStream::Stderr), ["bad"]);
}

#[tokio::test]
async fn its_end_is_the_end_of_the_run_even_when_a_background_process_holds_its_output() {
    let (lines, exit) = run(script("sleep 1000 & echo $!")).await;
    assert_eq!(exit.outcome, ProgramOutcome::Exited(0));
    eventually_gone(&lines[0].text).await;
}

#[tokio::test]
async fn a_program_that_closes_its_output_is_still_waited_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let (go, gone) = (folder.path().join("go"), folder.path().join("gone"));
    let mut running = guardian()
        .start(script(&format!(
            "exec >&- 2>&-; while ! [ -e {} ]; do sleep 0.01; done; > {}; exit 5",
            go.display(),
            gone.display()
        )))
        .await
        .expect("a guardian");
    assert_eq!(running.next_line().await, None);
    std::fs::write(&go, "").expect("written");
    assert_eq!(running.wait().await.outcome, ProgramOutcome::Exited(5));
    assert!(gone.exists());
}

#[tokio::test]
async fn orphans_that_end_early_do_not_end_the_run() {
    let lines =
        output_of("for i in 1 2 3; do (setsid sh -c 'kill -40 $$' &) ; done; sleep 0.05; echo end")
            .await;
    assert_eq!(lines, ["end"]);
}
