//! The fence: whoever is not the run that goes on, under a lease that holds, changes nothing.

use std::time::Duration;

use gantry_domain::WorkerId;
use gantry_store::{Run, RunLogLine, RunProgress};

use crate::fixture::{Fixture, by_someone, childless, completion, failure, final_failure, yielded};
use crate::run_writes::line;

/// Everything a worker can write for a run.
async fn try_everything(fixture: &Fixture, worker_id: WorkerId, run: Run) {
    let store = &fixture.workers;
    assert_eq!(
        store.complete(worker_id, &[completion(run)]).await.unwrap(),
        []
    );
    assert_eq!(store.fail(worker_id, &[failure(run)]).await.unwrap(), []);
    assert_eq!(
        store.fail(worker_id, &[final_failure(run)]).await.unwrap(),
        []
    );
    assert_eq!(
        store.release(worker_id, &[yielded(run, 3)]).await.unwrap(),
        []
    );
    let snoozed = store
        .snooze(worker_id, yielded(run, 3), Duration::ZERO)
        .await;
    assert_eq!(snoozed.unwrap(), None);
    let cancelled = store.mark_cancelled(worker_id, &[run], &by_someone()).await;
    assert_eq!(cancelled.unwrap(), []);
    let progress = RunProgress {
        run,
        progress: serde_json::json!({ "stale": true }),
    };
    assert_eq!(
        store.record_progress(worker_id, &[progress]).await.unwrap(),
        []
    );
    let line = RunLogLine {
        run,
        line: line(1, 1),
    };
    assert_eq!(store.append_log(worker_id, &[line]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_stale_worker_changes_nothing() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.request_cancel(run.job_id).await;
    fixture.end_lease(worker_id).await;
    let row = fixture.row(run.job_id).await;
    try_everything(&fixture, worker_id, run).await;
    assert_eq!(fixture.row(run.job_id).await, row);
    fixture.workers.sign_off(worker_id).await.unwrap();
    try_everything(&fixture, worker_id, run).await;
    assert_eq!(fixture.row(run.job_id).await, row);
}

#[tokio::test]
async fn another_worker_changes_nothing() {
    let fixture = Fixture::new().await;
    let (worker_id, other) = (fixture.worker().await, fixture.worker().await);
    let run = fixture.running(worker_id).await;
    fixture.request_cancel(run.job_id).await;
    let row = fixture.row(run.job_id).await;
    try_everything(&fixture, other, run).await;
    assert_eq!(fixture.row(run.job_id).await, row);
}

#[tokio::test]
async fn a_run_of_an_earlier_dispatch_changes_nothing_even_by_the_same_worker() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let stale = fixture.running(worker_id).await;
    fixture
        .workers
        .release(worker_id, &[yielded(stale, 0)])
        .await
        .unwrap();
    let run = fixture.current_run(stale.job_id).await;
    fixture.claim(worker_id, run).await.unwrap();
    fixture.request_cancel(run.job_id).await;
    let row = fixture.row(run.job_id).await;
    try_everything(&fixture, worker_id, stale).await;
    assert_eq!(fixture.row(run.job_id).await, row);
    let written = fixture
        .workers
        .complete(worker_id, &[completion(run)])
        .await;
    assert_eq!(written.unwrap(), [childless(run)]);
}
