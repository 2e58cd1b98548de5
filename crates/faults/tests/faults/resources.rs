//! A job that takes more than there is, of memory, of log, or of disk, harms no other and not its worker.

use std::fs;

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

    let end = LOG_ATTEMPT_LIMIT_LINES - 1_000;
    let lines = followed_lines(&installation, many, Some(format!("1.{end}"))).await;
    let (last, printed) = lines.split_last().unwrap();
    assert_eq!(last["stream"], "gantry");
    assert!(
        last["text"]
            .as_str()
            .unwrap()
            .starts_with(LOG_TRUNCATED_TEXT)
    );
    assert_eq!(printed.len(), 1_000);
    for (line, number) in printed.iter().zip(end + 1..) {
        assert_eq!(line["text"], format!("line {number}"));
    }
    let printed =
        format!("SELECT count(*) FROM job_logs WHERE job_id = '{many}' AND text = 'line ' || seq");
    let printed = installation.database.number(&printed).await;
    assert_eq!(printed, i64::try_from(LOG_ATTEMPT_LIMIT_LINES).unwrap());

    let lines = followed_lines(&installation, long, None).await;
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

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_without_room_on_its_disk_fails_what_needs_some_and_runs_the_rest() {
    let mut installation = installation().start().await;
    let worker = installation.start_worker();
    let unwritten = Effect::new("unwritten").writing_to("/dev/full");
    let unwritten = installation.calls.submit(&once(unwritten.request())).await;
    let job = installation
        .wait_for_state(unwritten, JobState::Failed, LIMIT)
        .await;
    assert_eq!(job.summary.error.unwrap().code, "exit_code");

    let (scratch, away) = (installation.scratch(), installation.gate("away"));
    fs::rename(&scratch, &away).unwrap();
    fs::write(&scratch, "no folder can be made in this").unwrap();
    let homeless = Effect::new("homeless").request();
    let homeless = installation.calls.submit(&homeless).await;
    let job = installation
        .wait_for_state(homeless, JobState::Scheduled, LIMIT)
        .await;
    let error = job.summary.error.unwrap();
    assert!(error.message.contains("scratch"), "{error:?}");
    let others = installation.calls.submit_all(&pings(20)).await;
    installation.wait_until_all_succeeded(&others, LIMIT).await;

    fs::remove_file(&scratch).unwrap();
    fs::rename(&away, &scratch).unwrap();
    installation
        .wait_until_all_succeeded(&[homeless], LIMIT)
        .await;
    assert_eq!(installation.worker(worker).exit_status().unwrap(), None);
    installation.assert_sound(&["homeless"]).await;
}

/// Follows a log to its end, behind this line if one is named, and returns its lines.
async fn followed_lines(
    installation: &Installation,
    id: JobId,
    mut last_event_id: Option<String>,
) -> Vec<Value> {
    let mut events = installation
        .calls
        .follow(id, last_event_id.as_deref())
        .await;
    let mut lines = Vec::new();
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
