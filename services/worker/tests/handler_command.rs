//! A command kind: what its program is given, what is made of its output, and how every ending is judged.

#[path = "handler_support/bench.rs"]
mod bench;
#[path = "handler_support/commands.rs"]
mod commands;
#[path = "handler_command/dependencies.rs"]
mod dependencies;
#[path = "process_support/processes.rs"]
mod processes;
#[path = "process_support/waiting.rs"]
mod waiting;
#[path = "handler_command/word_count_example.rs"]
mod word_count_example;
#[path = "handler_support/worker_in_process.rs"]
mod worker_in_process;

use bench::Bench;
use commands::{KIND, handler, shell};
use gantry_domain::{Job, JobState, LOG_LINE_LIMIT_BYTES, LogStream, NewJob};
use gantry_worker::handlers::RESULT_FILE_LIMIT_BYTES;
use processes::eventually_gone;
use serde_json::{Value, json};
use worker_in_process::failure;

/// Runs one job of a kind whose script and further fields are given.
async fn run(script: &str, fields: &str) -> (Bench, Job) {
    run_with(script, fields, json!({})).await
}

async fn run_with(script: &str, fields: &str, payload: Value) -> (Bench, Job) {
    let bench = Bench::create().await;
    let worker = bench
        .start_worker(handler(&shell(script, fields), &bench))
        .await;
    let job = bench.run(bench.job(KIND, payload)).await;
    worker.stop().await;
    bench.scratch_is_removed().await;
    (bench, job)
}

async fn log_of(bench: &Bench, job: &Job) -> Vec<(LogStream, String)> {
    let lines = bench.log(job.summary.id).await;
    lines
        .into_iter()
        .map(|line| (line.stream, line.text))
        .collect()
}

fn on_stdout(texts: &[&str]) -> Vec<(LogStream, String)> {
    texts
        .iter()
        .map(|text| (LogStream::Stdout, (*text).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_program_without_result_file_succeeds_with_its_exit_code() {
    let (_bench, job) = run("true", "").await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!(job.result, Some(json!({ "exit_code": 0 })));
}

#[tokio::test]
async fn the_payload_is_on_stdin_and_in_a_private_file() {
    let script = "cat; echo; cat \"$GANTRY_PAYLOAD_FILE\"; echo; stat -c %a payload.json";
    let (bench, job) = run_with(script, "", json!({ "name": "Ada" })).await;
    let payload = r#"{"name":"Ada"}"#;
    assert_eq!(
        log_of(&bench, &job).await,
        on_stdout(&[payload, payload, "600"])
    );
}

#[tokio::test]
async fn a_program_sees_what_it_was_promised_and_nothing_else() {
    let fields = "environment = { set = { HOME = '/home/of-its-own' } }";
    let (bench, job) = run("env | sort; pwd", fields).await;
    let scratch = std::fs::canonicalize(bench.scratch.path()).expect("a folder");
    let worker_folder = format!("{}/worker-", scratch.display());
    let id = job.summary.id.to_string();
    let log = log_of(&bench, &job).await;
    let folder = log.last().expect("a line").1.clone();
    assert!(
        folder.starts_with(&worker_folder) && folder.contains(&id),
        "{folder}"
    );
    let told = [
        "GANTRY_ATTEMPT=1".to_owned(),
        format!("GANTRY_JOB_ID={id}"),
        format!("GANTRY_PAYLOAD_FILE={folder}/payload.json"),
        format!("GANTRY_SCRATCH={folder}"),
        "HOME=/home/of-its-own".to_owned(),
        // The shell's own.
        format!("PWD={folder}"),
        format!("TMPDIR={folder}"),
        folder.clone(),
    ];
    assert_eq!(log, on_stdout(&told.each_ref().map(String::as_str)));
}

#[tokio::test]
async fn both_streams_are_in_the_log_each_in_its_order() {
    let script = "for i in 1 2 3 4 5 6 7 8 9; do echo out $i; echo error $i >&2; done";
    let (bench, job) = run(script, "").await;
    let log = log_of(&bench, &job).await;
    for (stream, word) in [(LogStream::Stdout, "out"), (LogStream::Stderr, "error")] {
        let lines = log.iter().filter(|line| line.0 == stream);
        let expected: Vec<_> = (1..=9).map(|i| (stream, format!("{word} {i}"))).collect();
        assert_eq!(lines.cloned().collect::<Vec<_>>(), expected);
    }
}

#[tokio::test]
async fn a_line_of_100_megabytes_is_cut_and_says_so() {
    let (bench, job) = run(
        "head -c 100000000 /dev/zero | tr '\\0' x; echo; echo after",
        "",
    )
    .await;
    let log = log_of(&bench, &job).await;
    assert_eq!(log.len(), 2);
    assert!(log[0].1.len() <= LOG_LINE_LIMIT_BYTES && log[0].1.ends_with("x … (cut)"));
    assert_eq!(log[1].1, "after");
    assert_eq!(job.summary.state, JobState::Succeeded);
}

#[tokio::test]
async fn lines_that_match_the_pattern_become_progress_while_the_program_runs() {
    let bench = Bench::create().await;
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let fields = format!(
        "environment = {{ set = {{ GO = '{}' }} }}
         progress_pattern = '^(?<percent>[0-9]+)% (?<message>.*)$'",
        go.display()
    );
    let script =
        "echo '40% of the way'; until [ -e \"$GO\" ]; do /bin/sleep 0.05; done; echo '100% done'";
    let worker = bench
        .start_worker(handler(&shell(script, &fields), &bench))
        .await;
    let job_id = bench.submit(bench.job(KIND, json!({}))).await;
    let running = bench
        .job_when(job_id, |job| job.summary.progress.is_some())
        .await;
    assert_eq!(running.summary.state, JobState::Running);
    let progress = json!({ "percent": 40, "message": "of the way" });
    assert_eq!(running.summary.progress, Some(progress));
    std::fs::write(&go, "").expect("written");
    let ended = bench.ended(job_id).await;
    let progress = json!({ "percent": 100, "message": "done" });
    assert_eq!(ended.summary.progress, Some(progress));
    worker.stop().await;
}

#[tokio::test]
async fn the_result_file_is_the_result() {
    let script = "printf '{\"answer\": [42, null]}' > result.json";
    let (_bench, job) = run(script, "result_file = 'result.json'").await;
    assert_eq!(job.result, Some(json!({ "answer": [42, null] })));
}

#[tokio::test]
async fn a_result_file_that_cannot_be_used_fails_the_job() {
    let too_large = RESULT_FILE_LIMIT_BYTES + 1;
    let cases = [
        ("true".to_owned(), "result_missing"),
        ("echo no JSON > result.json".to_owned(), "result_invalid"),
        (
            "ln -s payload.json result.json".to_owned(),
            "result_invalid",
        ),
        ("mkfifo result.json".to_owned(), "result_invalid"),
        ("mkdir result.json".to_owned(), "result_invalid"),
        (
            format!("head -c {too_large} /dev/zero > result.json"),
            "result_too_large",
        ),
    ];
    for (script, code) in cases {
        let (_bench, job) = run(&script, "result_file = 'result.json'").await;
        let (state, found, message) = failure(&job);
        assert_eq!((state, found), (JobState::Failed, code), "{script}");
        assert!(message.contains("result.json"), "{message}");
    }
}

#[tokio::test]
async fn an_exit_code_that_asks_for_it_is_retried() {
    let bench = Bench::create().await;
    let kind = shell("echo no luck >&2; exit 75", "exit_codes = { retry = [75] }");
    let worker = bench.start_worker(handler(&kind, &bench)).await;
    let job_id = bench
        .submit(NewJob {
            max_attempts: 2,
            ..bench.job(KIND, json!({}))
        })
        .await;
    let job = bench
        .job_when(job_id, |job| job.summary.error.is_some())
        .await;
    let message = "sh ended with exit code 75; last on stderr: no luck";
    assert_eq!(failure(&job), (JobState::Scheduled, "exit_code", message));
    let detail = job.summary.error.expect("an error").detail.expect("more");
    assert_eq!(detail["exit_code"], 75);
    worker.stop().await;
}

#[tokio::test]
async fn an_exit_code_that_is_final_ends_the_job() {
    let bench = Bench::create().await;
    let kind = shell("exit 64", "exit_codes = { final = [64] }");
    let worker = bench.start_worker(handler(&kind, &bench)).await;
    let job = bench
        .run(NewJob {
            max_attempts: 5,
            ..bench.job(KIND, json!({}))
        })
        .await;
    let message = "sh ended with exit code 64";
    assert_eq!(failure(&job), (JobState::Failed, "exit_code", message));
    assert_eq!(job.summary.attempt, 1);
    worker.stop().await;
}

#[tokio::test]
async fn a_signal_is_told_apart_from_an_exit_code() {
    let (_bench, job) = run("kill -9 $$", "").await;
    let message = "sh was ended by SIGKILL (9), most often because the machine ran out of memory";
    assert_eq!(failure(&job), (JobState::Failed, "signalled", message));
    let detail = job.summary.error.expect("an error").detail.expect("more");
    assert_eq!(detail["signal"], 9);
}

#[tokio::test]
async fn a_program_that_cannot_be_started_ends_the_job_for_good() {
    let bench = Bench::create().await;
    let folder = tempfile::tempdir().expect("a folder");
    let kind = commands::kind_of_a_program_that_goes_away(folder.path());
    let worker = bench.start_worker(handler(&kind, &bench)).await;
    let job = bench
        .run(NewJob {
            max_attempts: 5,
            ..bench.job(KIND, json!({}))
        })
        .await;
    let (state, code, message) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "program_not_started"));
    assert!(message.contains("No such file"), "{message}");
    worker.stop().await;
}

#[tokio::test]
async fn only_the_last_lines_on_stderr_are_told_and_not_all_of_them() {
    let script = "for i in 1 2 3 4 5 6 7; do echo line $i >&2; done; head -c 5000 /dev/zero | tr '\\0' x >&2; exit 1";
    let (_bench, job) = run(script, "").await;
    let (_, _, message) = failure(&job);
    assert!(
        message.contains("line 4 | line 5 | line 6 | line 7 | xxx"),
        "{message}"
    );
    assert!(
        !message.contains("line 3") && message.len() < 500,
        "{message}"
    );
}

#[tokio::test]
async fn memory_beyond_the_limit_is_refused_to_the_program() {
    // `tail` holds a line without end in memory.
    let script = "head -c 2000000000 /dev/zero | tail -n 1 > /dev/null";
    let (_bench, job) = run(script, "").await;
    let (state, code, message) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "exit_code"));
    assert!(message.contains("memory exhausted"), "{message}");
}

#[tokio::test]
async fn a_payload_that_does_not_fit_the_schema_is_refused_with_each_fault() {
    let fields = "payload_schema = { type = 'object', required = ['name'], \
                  properties = { age = { type = 'integer' } } }";
    let (bench, job) = run_with("echo started", fields, json!({ "age": "old" })).await;
    let (state, code, message) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "invalid_payload"));
    assert!(
        message.contains("and 1 more") && !message.contains('\n'),
        "{message}"
    );
    let detail = job.summary.error.clone().expect("an error").detail;
    let errors = detail.expect("more")["errors"].clone();
    let mut paths: Vec<_> = errors
        .as_array()
        .expect("a list")
        .iter()
        .map(|error| error["path"].clone())
        .collect();
    paths.sort_by_key(Value::to_string);
    assert_eq!(paths, [json!(""), json!("/age")]);
    assert!(bench.log(job.summary.id).await.is_empty());
}

#[tokio::test]
async fn a_cancelled_job_leaves_nothing_running() {
    let bench = Bench::create().await;
    let script = "echo pid $$; /bin/sleep 600 & echo pid $!; wait";
    let worker = bench
        .start_worker(handler(&shell(script, ""), &bench))
        .await;
    let job_id = bench.submit(bench.job(KIND, json!({}))).await;
    let processes = commands::processes_told(&bench, job_id, 2).await;
    bench.cancel(job_id).await;
    let job = bench.ended(job_id).await;
    assert_eq!(job.summary.state, JobState::Cancelled);
    for process in processes {
        eventually_gone(&process).await;
    }
    bench.scratch_is_removed().await;
    worker.stop().await;
}

#[tokio::test]
async fn output_on_the_way_to_the_end_is_still_logged_and_success_then_does_not_count() {
    let bench = Bench::create().await;
    let script =
        "trap 'echo cleaning up; exit 0' TERM; echo pid $$; while :; do /bin/sleep 0.05; done";
    let worker = bench
        .start_worker(handler(&shell(script, ""), &bench))
        .await;
    let job_id = bench.submit(bench.job(KIND, json!({}))).await;
    commands::processes_told(&bench, job_id, 1).await;
    bench.cancel(job_id).await;
    let job = bench.ended(job_id).await;
    assert_eq!(job.summary.state, JobState::Cancelled);
    let log = log_of(&bench, &job).await;
    assert_eq!(log.last().expect("lines").1, "cleaning up");
    worker.stop().await;
}

#[tokio::test]
async fn a_job_out_of_time_is_stopped_and_says_so() {
    let bench = Bench::create().await;
    let worker = bench
        .start_worker(handler(
            &shell("echo pid $$; exec /bin/sleep 600", ""),
            &bench,
        ))
        .await;
    let job_id = bench
        .submit(NewJob {
            timeout_seconds: 1,
            ..bench.job(KIND, json!({}))
        })
        .await;
    let processes = commands::processes_told(&bench, job_id, 1).await;
    let job = bench.ended(job_id).await;
    let (state, code, _) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "deadline_exceeded"));
    eventually_gone(&processes[0]).await;
    worker.stop().await;
}

#[tokio::test]
async fn a_worker_that_stops_gives_the_job_back_for_another_to_finish() {
    let bench = Bench::create().await;
    let folder = tempfile::tempdir().expect("a folder");
    let go = folder.path().join("go");
    let script =
        "echo pid $$; until [ -e \"$GO\" ]; do /bin/sleep 0.05; done; echo attempt $GANTRY_ATTEMPT";
    let fields = format!("environment = {{ set = {{ GO = '{}' }} }}", go.display());
    let kind = shell(script, &fields);
    let first = bench.start_worker(handler(&kind, &bench)).await;
    let job_id = bench.submit(bench.job(KIND, json!({}))).await;
    let processes = commands::processes_told(&bench, job_id, 1).await;
    first.stop().await;
    eventually_gone(&processes[0]).await;
    assert_eq!(bench.look_at(job_id).await.summary.state, JobState::Queued);
    let second = bench.start_worker(handler(&kind, &bench)).await;
    std::fs::write(&go, "").expect("written");
    let job = bench.ended(job_id).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    let log = log_of(&bench, &job).await;
    assert_eq!(log.last().expect("lines").1, "attempt 1");
    second.stop().await;
}
