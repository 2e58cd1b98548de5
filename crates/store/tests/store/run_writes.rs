//! What a run writes while it goes on: log lines and progress, fenced and safe to send again.

use chrono::{DateTime, Utc};
use gantry_domain::{LogCursor, LogLevel, LogLine, LogStream};
use gantry_store::{LogSelection, Run, RunLogLine, RunProgress};
use serde_json::json;

use crate::fixture::{Fixture, by_someone, childless, completion, failure, yielded};

pub fn line(attempt: u32, seq: u64) -> LogLine {
    LogLine {
        attempt,
        seq,
        at: DateTime::<Utc>::UNIX_EPOCH,
        stream: LogStream::Stdout,
        level: LogLevel::Info,
        text: format!("line {attempt}.{seq}"),
    }
}

pub fn lines(run: Run, attempt: u32, seqs: impl IntoIterator<Item = u64>) -> Vec<RunLogLine> {
    let line = |seq| RunLogLine {
        run,
        line: line(attempt, seq),
    };
    seqs.into_iter().map(line).collect()
}

const ALL: LogSelection = LogSelection::After {
    cursor: LogCursor::START,
    attempt: None,
    limit: 1_000,
};

async fn stored(fixture: &Fixture, run: Run, selection: LogSelection) -> Vec<String> {
    let scope = fixture.api.tenant(fixture.tenant_id);
    let lines = scope.read_log(run.job_id, &selection).await.unwrap();
    lines.iter().map(|line| line.cursor().to_string()).collect()
}

#[tokio::test]
async fn a_line_reads_back_as_it_was_written() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let line = LogLine {
        stream: LogStream::Gantry,
        level: LogLevel::Warn,
        text: "tab\t, quote\", brace}, ü, \u{1b}[31m and \\N".to_owned(),
        at: DateTime::from_timestamp_micros(1_700_000_000_123_456).unwrap(),
        ..line(1, 1)
    };
    let written = RunLogLine {
        run,
        line: line.clone(),
    };
    assert_eq!(
        fixture
            .workers
            .append_log(worker_id, &[written])
            .await
            .unwrap(),
        1
    );
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(scope.read_log(run.job_id, &ALL).await.unwrap(), [line]);
}

#[tokio::test]
async fn lines_sent_again_are_stored_once() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let append = |lines: Vec<RunLogLine>| {
        let store = fixture.workers.clone();
        async move { store.append_log(worker_id, &lines).await.unwrap() }
    };
    assert_eq!(append(lines(run, 1, 1..=3)).await, 3);
    assert_eq!(append(lines(run, 1, 1..=5)).await, 2);
    assert_eq!(
        append([lines(run, 1, 6..=6), lines(run, 1, 6..=6)].concat()).await,
        1
    );
    assert_eq!(append(Vec::new()).await, 0);
    assert_eq!(
        stored(&fixture, run, ALL).await,
        ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6"]
    );
}

#[tokio::test]
async fn of_one_batch_the_lines_of_live_runs_are_stored() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (live, ended) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    fixture
        .workers
        .complete(worker_id, &[completion(ended)])
        .await
        .unwrap();
    let batch = [lines(live, 1, 1..=2), lines(ended, 1, 1..=2)].concat();
    assert_eq!(
        fixture.workers.append_log(worker_id, &batch).await.unwrap(),
        2
    );
    assert_eq!(stored(&fixture, live, ALL).await, ["1.1", "1.2"]);
    assert_eq!(stored(&fixture, ended, ALL).await, [""; 0]);
}

#[tokio::test]
async fn a_log_is_read_by_cursor_attempt_and_from_its_end() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .append_log(worker_id, &lines(run, 1, 1..=4))
        .await
        .unwrap();
    fixture
        .workers
        .fail(worker_id, &[failure(run)])
        .await
        .unwrap();
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(1).await.unwrap();
    let second = fixture.current_run(run.job_id).await;
    let claimed = fixture.claim(worker_id, second).await.unwrap();
    assert_eq!((claimed.attempt, claimed.last_log_seq), (2, 0));
    fixture
        .workers
        .append_log(worker_id, &lines(second, 2, 1..=3))
        .await
        .unwrap();

    let after = |cursor: &str, attempt, limit| LogSelection::After {
        cursor: cursor.parse().unwrap(),
        attempt,
        limit,
    };
    let last = |attempt, limit| LogSelection::Last { attempt, limit };
    for (selection, expected) in [
        (after("1.3", None, 10), vec!["1.4", "2.1", "2.2", "2.3"]),
        (after("1.3", None, 2), vec!["1.4", "2.1"]),
        (after("1.99", None, 10), vec!["2.1", "2.2", "2.3"]),
        (after("0.0", Some(1), 10), vec!["1.1", "1.2", "1.3", "1.4"]),
        (after("2.3", None, 10), vec![]),
        (after("2147483647.9223372036854775807", None, 10), vec![]),
        (last(None, 4), vec!["1.4", "2.1", "2.2", "2.3"]),
        (last(Some(1), 2), vec!["1.3", "1.4"]),
        (last(Some(7), 2), vec![]),
        (last(None, 0), vec![]),
    ] {
        assert_eq!(
            stored(&fixture, run, selection).await,
            expected,
            "{selection:?}"
        );
    }
}

/// A run that was given back shares its attempt number with the next one, whatever happens between the two.
#[tokio::test]
async fn the_lines_of_a_run_given_back_are_followed_not_overwritten() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .append_log(worker_id, &lines(run, 1, 1..=2))
        .await
        .unwrap();
    fixture
        .workers
        .release(worker_id, &[yielded(run, 2)])
        .await
        .unwrap();
    fixture.request_cancel(run.job_id).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(run.job_id).await.unwrap();
    let again = fixture.current_run(run.job_id).await;
    let claimed = fixture.claim(worker_id, again).await.unwrap();
    assert_eq!((claimed.attempt, claimed.last_log_seq), (1, 2));
    let written = fixture
        .workers
        .append_log(worker_id, &lines(again, 1, 3..=3))
        .await;
    assert_eq!(written.unwrap(), 1);
    assert_eq!(stored(&fixture, again, ALL).await, ["1.1", "1.2", "1.3"]);
}

#[tokio::test]
async fn each_new_attempt_numbers_its_lines_from_one() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture
        .workers
        .release(worker_id, &[yielded(run, 7)])
        .await
        .unwrap();
    let again = fixture.current_run(run.job_id).await;
    fixture.claim(worker_id, again).await.unwrap();
    fixture.request_cancel(run.job_id).await;
    let marked = fixture
        .workers
        .mark_cancelled(worker_id, &[again], &by_someone())
        .await;
    assert_eq!(marked.unwrap(), [childless(again)]);
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(run.job_id).await.unwrap();
    let claimed = fixture
        .claim(worker_id, fixture.current_run(run.job_id).await)
        .await
        .unwrap();
    assert_eq!((claimed.attempt, claimed.last_log_seq), (2, 0));
}

#[tokio::test]
async fn the_last_report_is_the_jobs_progress_until_the_next_run() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    for step in 1..=2 {
        let report = RunProgress {
            run,
            progress: json!({ "step": step }),
        };
        let written = fixture.workers.record_progress(worker_id, &[report]).await;
        assert_eq!(written.unwrap(), [run]);
    }
    assert_eq!(
        fixture.job(run.job_id).await.summary.progress,
        Some(json!({ "step": 2 }))
    );
    fixture
        .workers
        .release(worker_id, &[yielded(run, 0)])
        .await
        .unwrap();
    fixture
        .claim(worker_id, fixture.current_run(run.job_id).await)
        .await
        .unwrap();
    assert_eq!(fixture.job(run.job_id).await.summary.progress, None);
}
