//! Concurrency limits: kept by several workers, and by what is left of them.

use gantry_faults::{Effect, Installation};

use crate::{LIMIT, installation};

/// A kind can be limited once a worker has announced it.
async fn wait_for_kind(installation: &mut Installation, worker: usize) {
    installation.wait_for_readiness(worker, true, LIMIT).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_over_a_limit_all_run_and_never_more_than_it_at_once() {
    let mut installation = installation().start().await;
    let first = installation.start_worker();
    installation.start_worker();
    wait_for_kind(&mut installation, first).await;
    installation.calls.limit_effects(2).await;
    let labels: Vec<String> = (0..30).map(|number| format!("job-{number}")).collect();
    let labels: Vec<&str> = labels.iter().map(String::as_str).collect();
    let requests: Vec<_> = labels
        .iter()
        .map(|label| Effect::new(label).printing(5).request())
        .collect();

    let ids = installation.calls.submit_all(&requests).await;

    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let most = installation.effects().most_at_once();
    assert!(most <= 2, "{most} jobs ran at once");
    installation.assert_sound(&labels).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_places_of_a_killed_worker_come_back() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let killed = installation.start_worker();
    wait_for_kind(&mut installation, killed).await;
    installation.calls.limit_effects(1).await;
    let gate = installation.gate("held");
    let held = Effect::new("held").until(gate).request();
    let held = installation.calls.submit(&held).await;
    installation.wait_for_runs("held", 1, LIMIT).await;
    let waiting = Effect::new("waiting").request();
    let waiting = installation.calls.submit(&waiting).await;
    installation.start_worker();

    installation.worker(killed).kill().unwrap();
    installation.open_gate("held");

    installation
        .wait_until_all_succeeded(&[held, waiting], LIMIT)
        .await;
    assert_eq!(installation.effects().most_at_once(), 1);
    installation.assert_sound(&["held", "waiting"]).await;
}
