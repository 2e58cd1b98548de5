//! Postgres goes away under running jobs: what was committed stands, and what was not is done again.

use gantry_domain::JobState;
use gantry_faults::{Effect, Link};
use gantry_testkit::eventually;

use crate::{LIMIT, installation, ping, pings};

/// Holds up every change of a job that is there already.
const LOCK_JOBS: &str = "SELECT FROM jobs FOR NO KEY UPDATE";

#[tokio::test(flavor = "multi_thread")]
async fn jobs_that_run_and_settle_survive_a_restart_and_a_crash_of_postgres() {
    let mut installation = installation().with_default_leases().start().await;
    installation.start_worker();
    installation.start_worker();
    let labels: Vec<_> = (0..20).map(|number| format!("settled-{number}")).collect();
    let effects = labels
        .iter()
        .map(|label| Effect::new(label).printing(25).request());
    let ids = [
        installation.calls.submit_all(&pings(500)).await,
        installation
            .calls
            .submit_all(&effects.collect::<Vec<_>>())
            .await,
        installation.calls.submit_all(&pings(500)).await,
    ]
    .concat();
    installation.wait_for_runs(&labels[0], 1, LIMIT).await;

    installation.stack.postgres().restart().unwrap();
    installation.wait_for_runs(&labels[10], 1, LIMIT).await;
    installation.stack.postgres().kill().unwrap();
    installation.stack.postgres().restart().unwrap();

    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    installation.assert_sound(&labels).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_answered_outlives_a_crash_of_postgres_at_that_moment() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let mut ids = Vec::new();
    for _ in 0..5 {
        // No worker is about whose commit would write the submission down with its own.
        let id = eventually(LIMIT, || async {
            let accepted = installation.calls.try_submit(&ping()).await;
            accepted.ok_or("the API has not found its database again")
        });
        ids.push(id.await);
        installation.stack.postgres().kill().unwrap();
        installation.stack.postgres().restart().unwrap();
    }
    installation.start_worker();
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_claim_was_committed_and_never_answered_runs_in_the_same_attempt() {
    let mut installation = installation().with_default_leases().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let id = installation.calls.submit(&ping()).await;
    let link = Link::to(&installation.stack.database_url()).await;

    // The commit is held up until its answer is sure to be lost.
    let held = installation.database.hold(LOCK_JOBS).await;
    installation.start_worker_with(&[("DATABASE_URL", link.url())]);
    installation.wait_for_held_up("running", LIMIT).await;
    link.lose_answers();
    held.commit().await;
    installation
        .wait_for_state(id, JobState::Running, LIMIT)
        .await;
    link.break_connections();

    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_cut_off_from_postgres_stops_its_work_before_another_starts_it() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let link = Link::to(&installation.stack.database_url()).await;
    let cut_off = installation.start_worker_with(&[("DATABASE_URL", link.url())]);
    let effect = Effect::new("cut-off").until(installation.gate("cut-off"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("cut-off", 1, LIMIT).await;
    installation.start_worker();

    link.cut();
    installation.wait_for_runs("cut-off", 2, LIMIT).await;
    installation.wait_for_readiness(cut_off, false, LIMIT).await;
    link.mend();
    installation.wait_for_readiness(cut_off, true, LIMIT).await;
    installation.open_gate("cut-off");

    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!(job.summary.worker.as_deref(), Some("worker-3"));
    assert_eq!(job.summary.losses, 1);
    installation.assert_sound(&["cut-off"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_whose_commit_was_never_answered_is_committed_once() {
    let mut installation = installation().with_default_leases().start().await;
    let link = Link::to(&installation.stack.database_url()).await;
    installation.start_worker_with(&[("DATABASE_URL", link.url())]);
    let effect = Effect::new("settled").until(installation.gate("settled"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("settled", 1, LIMIT).await;

    // The commit is held up until its answer is sure to be lost.
    let held = installation.database.hold(LOCK_JOBS).await;
    installation.open_gate("settled");
    installation.wait_for_held_up("succeeded", LIMIT).await;
    link.lose_answers();
    held.commit().await;
    installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    link.break_connections();

    let next = installation.calls.submit(&ping()).await;
    installation
        .wait_for_state(next, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!(installation.calls.job(id).await.summary.attempt, 1);
    installation.assert_sound(&["settled"]).await;
}
