//! Jobs that wait for others, read what came of them, and stage further ones: the whole way through a worker.

use gantry_domain::{EMAIL_KIND, Job, JobId, JobState, NewJob, OnParentFailure, RetryDelays};
use gantry_store::{KeyedSubmission, SubmitOutcome};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::commands::{KIND, handler, shell};
use crate::worker_in_process::failure;

/// Hands in jobs of which some wait for others, as the API does.
async fn submit(bench: &Bench, jobs: Vec<NewJob>) {
    let submission = KeyedSubmission {
        jobs,
        batch_id: None,
        request_key: None,
    };
    let (outcome, doorbells) = bench
        .api
        .submit_dependent(&submission)
        .await
        .expect("accepted");
    assert!(matches!(outcome, SubmitOutcome::Accepted(_)), "{outcome:?}");
    bench.queue.ring(&doorbells).await.expect("rung");
}

fn child(bench: &Bench, payload: Value, parents: &[JobId]) -> NewJob {
    NewJob {
        parents: parents.to_vec(),
        ..bench.job(KIND, payload)
    }
}

/// Every job of the tenant but those known, oldest first.
async fn others(bench: &Bench, known: &[JobId]) -> Vec<JobId> {
    let filter = gantry_store::JobFilter::default();
    let jobs = bench.api.tenant(bench.tenant_id);
    let jobs = jobs.list_jobs(&filter, None, 100).await.expect("an answer");
    let ids = jobs.iter().rev().map(|job| job.id);
    ids.filter(|id| !known.contains(id)).collect()
}

const FAIL_ON_REQUEST: &str = r#"
    grep -q fail "$GANTRY_PAYLOAD_FILE" && exit 64
    cp "${GANTRY_PARENTS_FILE:-$GANTRY_PAYLOAD_FILE}" result.json
"#;
const FIELDS: &str = "result_file = 'result.json'\nexit_codes = { final = [64] }";

#[tokio::test]
async fn a_command_reads_the_results_of_its_parents() {
    let bench = Bench::create().await;
    let worker = bench
        .start_worker(handler(&shell(FAIL_ON_REQUEST, FIELDS), &bench))
        .await;
    let first = bench.job(KIND, json!({"number": 1}));
    let failing = bench.job(KIND, json!("fail"));
    let last = NewJob {
        on_parent_failure: OnParentFailure::Run,
        ..child(&bench, json!({}), &[first.id, failing.id])
    };
    let (first_id, failing_id, last_id) = (first.id, failing.id, last.id);
    submit(&bench, vec![first, failing, last]).await;
    let job = bench.ended(last_id).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    let told = job.result.expect("a result");
    assert_eq!(told[0]["job_id"], json!(first_id));
    assert_eq!(told[0]["outcome"], "succeeded");
    assert_eq!(told[0]["result"], json!({"number": 1}));
    assert_eq!(told[1]["job_id"], json!(failing_id));
    assert_eq!(told[1]["outcome"], "failed");
    assert_eq!(told[1]["result"], Value::Null);
    assert_eq!(told[1]["error"]["code"], "exit_code");
    worker.stop().await;
}

#[tokio::test]
async fn a_chain_runs_link_by_link_and_ends_with_the_link_that_fails() {
    let bench = Bench::create().await;
    let worker = bench
        .start_worker(handler(&shell(FAIL_ON_REQUEST, FIELDS), &bench))
        .await;
    let first = bench.job(KIND, json!(1));
    let second = child(&bench, json!("fail"), &[first.id]);
    let third = child(&bench, json!(3), &[second.id]);
    let fourth = child(&bench, json!(4), &[third.id]);
    let ids = [&first, &second, &third, &fourth].map(|job| job.id);
    submit(&bench, vec![first, second, third, fourth]).await;
    let mut states = Vec::new();
    for id in ids {
        states.push(bench.ended(id).await.summary.state);
    }
    use JobState::{Cancelled, Failed, Succeeded};
    assert_eq!(states, [Succeeded, Failed, Cancelled, Cancelled]);
    worker.stop().await;
}

/// Runs a script that may stage jobs of its own kind; those have the payload `{}`, and end at once.
async fn run_staging(lines: &str) -> (Bench, Job, Vec<JobId>) {
    let bench = Bench::create().await;
    let script = format!(
        "grep -q stage \"$GANTRY_PAYLOAD_FILE\" || exit 0\ncat > \"$GANTRY_CHILDREN_FILE\" <<'END'\n{lines}\nEND\n\
         grep -q fail \"$GANTRY_PAYLOAD_FILE\" && exit 64; true"
    );
    let kind = shell(
        &script,
        "children_file = 'children.jsonl'\nexit_codes = { final = [64] }",
    );
    let worker = bench.start_worker(handler(&kind, &bench)).await;
    let job = bench.run(bench.job(KIND, json!("stage"))).await;
    let children = others(&bench, &[job.summary.id]).await;
    for id in &children {
        bench.ended(*id).await;
    }
    worker.stop().await;
    (bench, job, children)
}

#[tokio::test]
async fn jobs_that_a_command_leaves_behind_come_with_its_result() {
    let lines = format!(
        "{}\n\n{}",
        json!({"kind": KIND, "payload": {"number": 1}, "tags": ["staged"]}),
        json!({"kind": KIND, "payload": {"number": 2}, "depends_on": [{"item": 0}]}),
    );
    let (bench, job, children) = run_staging(&lines).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    let mut jobs = Vec::new();
    for id in children {
        jobs.push(bench.look_at(id).await);
    }
    assert_eq!(jobs.len(), 2);
    for (number, child) in (1..).zip(&jobs) {
        assert_eq!(child.payload, json!({"number": number}));
        assert_eq!(child.summary.state, JobState::Succeeded);
        assert_eq!(child.summary.tenant_id, job.summary.tenant_id);
        assert_eq!(child.summary.created_by, job.summary.created_by);
    }
    assert_eq!(jobs[0].summary.tags, ["staged"]);
    assert_eq!(jobs[1].depends_on[0].job_id, jobs[0].summary.id);
}

#[tokio::test]
async fn a_job_that_cannot_be_staged_fails_the_run_and_none_is_submitted() {
    let good = json!({"kind": KIND, "payload": {}}).to_string();
    let cases = [
        ("{".to_owned(), "line 2 of children.jsonl"),
        (
            json!({"kind": KIND, "payload": {}, "more": 1}).to_string(),
            "line 2 of children.jsonl: unknown field",
        ),
        (
            json!({"kind": KIND, "payload": {}, "max_attempts": 0}).to_string(),
            "job 2 in children.jsonl: max_attempts must be from 1 to 100",
        ),
        (
            json!({"kind": KIND, "payload": {}, "depends_on": [{"item": 1}]}).to_string(),
            "job 2 in children.jsonl: depends_on names the staged job 1",
        ),
        (
            json!({"kind": KIND, "payload": {}, "depends_on": [JobId::generate()]}).to_string(),
            "depends on a job that its tenant does not have",
        ),
    ];
    for (bad, told) in cases {
        let (_bench, job, children) = run_staging(&format!("{good}\n{bad}")).await;
        let (state, code, message) = failure(&job);
        assert_eq!(
            (state, code),
            (JobState::Failed, "child_refused"),
            "{message}"
        );
        assert!(message.contains(told), "{message}");
        assert_eq!(children, []);
    }
}

#[tokio::test]
async fn a_job_s_own_delays_hold_before_its_retries() {
    let bench = Bench::create().await;
    let worker = bench
        .start_worker(handler(&shell("exit 1", ""), &bench))
        .await;
    let at_once = RetryDelays {
        base_seconds: 0,
        max_seconds: 0,
    };
    let job = bench.job(KIND, json!({}));
    let id = job.id;
    let submission = KeyedSubmission {
        jobs: vec![NewJob {
            max_attempts: 3,
            retry: Some(at_once),
            ..job
        }],
        batch_id: None,
        request_key: None,
    };
    // The kind waits half a minute before the first retry alone, longer than this test may take for both.
    bench
        .api
        .submit_keyed(&[submission])
        .await
        .expect("accepted");
    let job = bench.ended(id).await;
    assert_eq!(job.summary.state, JobState::Failed);
    assert_eq!(job.summary.attempt, 3);
    assert_eq!(job.summary.retry, Some(at_once));
    let error = job.summary.error.expect("an error");
    assert_eq!(error.code, "exit_code");
    worker.stop().await;
}

#[tokio::test]
async fn a_command_is_told_that_its_time_is_running_out_and_may_end_well() {
    let bench = Bench::create().await;
    let script = "trap 'echo 7 > result.json; exit 0' USR1\nwhile true; do sleep 0.1; done";
    let kind = shell(
        script,
        "result_file = 'result.json'\nsoft_deadline_signal = 'SIGUSR1'",
    );
    let worker = bench.start_worker(handler(&kind, &bench)).await;
    let job = bench
        .run(NewJob {
            timeout_seconds: 10,
            ..bench.job(KIND, json!({}))
        })
        .await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!(job.result, Some(json!(7)));
    let log = bench.log(job.summary.id).await;
    let told = "the attempt's time is running out: SIGUSR1 was sent";
    assert!(log.iter().any(|line| line.text == told), "{log:?}");
    worker.stop().await;
}

#[tokio::test]
async fn no_command_asks_for_what_only_the_service_asks_for() {
    let welcome = json!({"template": "welcome", "profile_id": JobId::generate()});
    let line = json!({"kind": EMAIL_KIND, "payload": welcome});
    let (_bench, job, children) = run_staging(&line.to_string()).await;
    let (state, code, message) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "child_refused"));
    assert!(message.contains(EMAIL_KIND), "{message}");
    assert_eq!(children, []);
}
