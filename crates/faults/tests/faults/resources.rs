//! A job that takes more than there is, of memory, of log, or of disk, harms no other and not its worker.

use gantry_domain::{
    JobId, JobState, LOG_ATTEMPT_LIMIT_LINES, LOG_LINE_LIMIT_BYTES, LOG_TRUNCATED_TEXT,
};
use gantry_faults::{Effect, Installation, StreamedEvent, peak_memory_mib};
use serde_json::{Value, json};

use crate::{LIMIT, installation, pings};

const MANY_LINES: u64 = 1_000_000;
const LONG_LINE_BYTES: u64 = 100 * 1024 * 1024;
/// More than a service may ever hold while such a log passes through it: a fraction of what passes.
const MEMORY_LIMIT_MIB: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_takes_more_memory_than_it_may_ends_alone() {
    let mut installation = installation().start().await;
    let worker = installation.start_worker();
    let pid = installation.worker(worker).pid();
    let neighbour = Effect::new("neighbour").until(installation.gate("neighbour"));
    let neighbour = installation.calls.submit(&neighbour.request()).await;
    installation.wait_for_runs("neighbour", 1, LIMIT).await;

    // The test kind may have 512 MiB.
    let greedy = Effect::new("greedy").holding_memory(2_048);
    let greedy = installation.calls.submit(&once(greedy.request())).await;
    let job = installation
        .wait_for_state(greedy, JobState::Failed, LIMIT)
        .await;
    assert_eq!(job.summary.losses, 0);
    assert_eq!(installation.worker(worker).exit_status().unwrap(), None);
    assert!(peak_memory_mib(pid) < MEMORY_LIMIT_MIB);

    installation.open_gate("neighbour");
    installation
        .wait_for_state(neighbour, JobState::Succeeded, LIMIT)
        .await;
    installation.assert_sound(&["neighbour"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_million_lines_and_a_line_of_a_hundred_megabytes_pass_in_bounded_memory() {
    let mut installation = installation().start().await;
    let worker = installation.start_worker();
    let submit = async |effect: Effect| installation.calls.submit(&effect.request()).await;
    let many = submit(Effect::new("many").printing_at_once(MANY_LINES)).await;
    let long = submit(Effect::new("long").printing_a_line_of(LONG_LINE_BYTES)).await;

    let lines = followed_lines(&installation, many).await;
    let stored = usize::try_from(LOG_ATTEMPT_LIMIT_LINES).unwrap();
    assert_eq!(lines.len(), stored + 1);
    let (last, printed) = lines.split_last().unwrap();
    assert_eq!(last["stream"], "gantry");
    assert!(
        last["text"]
            .as_str()
            .unwrap()
            .starts_with(LOG_TRUNCATED_TEXT)
    );
    for (line, number) in printed.iter().zip(1..) {
        assert_eq!(line["text"], format!("line {number}"));
    }
    let count = format!("SELECT count(*) FROM job_logs WHERE job_id = '{many}'");
    let count = installation.database.number(&count).await;
    assert_eq!(count, i64::try_from(lines.len()).unwrap());

    let lines = followed_lines(&installation, long).await;
    let length = lines[0]["text"].as_str().unwrap().len();
    assert!(length <= LOG_LINE_LIMIT_BYTES, "{length}");
    installation
        .wait_until_all_succeeded(&[many, long], LIMIT)
        .await;
    let pids = [
        installation.stack.api().pid(),
        installation.worker(worker).pid(),
    ];
    for pid in pids {
        let peak = peak_memory_mib(pid);
        assert!(peak < MEMORY_LIMIT_MIB, "{peak} MiB");
    }
    let next = installation.calls.submit_all(&pings(10)).await;
    installation.wait_until_all_succeeded(&next, LIMIT).await;
    installation.assert_sound(&["many", "long"]).await;
}

/// Follows a log to its end and returns its lines.
async fn followed_lines(installation: &Installation, id: JobId) -> Vec<Value> {
    let mut events = installation.calls.follow(id, None).await;
    let mut lines = Vec::new();
    let mut last_event_id = None;
    loop {
        match events.next().await {
            Some(StreamedEvent { name, data, id }) => {
                last_event_id = id.or(last_event_id);
                match name.as_str() {
                    "line" => lines.push(data),
                    "end" => return lines,
                    _ => {}
                }
            }
            // Told that it lagged, a follower goes on behind the last line.
            None => {
                events = installation
                    .calls
                    .follow(id, last_event_id.as_deref())
                    .await
            }
        }
    }
}

/// Without another attempt.
fn once(mut request: Value) -> Value {
    request["max_attempts"] = json!(1);
    request
}
