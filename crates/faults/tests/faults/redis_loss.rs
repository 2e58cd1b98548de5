//! Redis is a doorbell: losing all of it loses no job.

use gantry_domain::JobState;
use gantry_faults::{Effect, Link};
use gantry_testkit::eventually;

use crate::{LIMIT, installation, ping, pings};

#[tokio::test(flavor = "multi_thread")]
async fn queued_jobs_survive_a_flush_before_any_worker_looks() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let mut ids = Vec::new();
    for _ in 0..10 {
        ids.extend(installation.calls.submit_all(&pings(1_000)).await);
    }
    installation.stack.redis().flush().unwrap();
    installation.start_worker();
    installation.wait_until_all_succeeded(&ids, 3 * LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queued_jobs_survive_a_flush_while_workers_run_them() {
    let mut installation = installation().start().await;
    installation.start_worker();
    installation.start_worker();
    let mut ids = installation.calls.submit_all(&pings(1000)).await;
    installation.stack.redis().flush().unwrap();
    ids.extend(installation.calls.submit_all(&pings(1000)).await);
    installation.stack.redis().flush().unwrap();
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_comes_back_empty_under_load_loses_no_job() {
    let mut installation = installation().start().await;
    installation.start_worker();
    installation.start_worker();
    let mut ids = installation.calls.submit_all(&pings(1000)).await;
    installation.stack.redis().restart_empty().unwrap();
    ids.extend(installation.calls.submit_all(&pings(1000)).await);
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_submitted_while_redis_is_down_are_accepted_and_run_when_it_is_back() {
    let mut installation = installation().start().await;
    installation.start_worker();
    installation.stack.redis().kill().unwrap();
    let mut ids = installation.calls.submit_all(&pings(100)).await;
    for _ in 0..20 {
        ids.push(installation.calls.submit(&ping()).await);
    }
    installation.stack.redis().restart().unwrap();
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn entries_that_are_no_doorbells_are_removed_and_hold_up_nothing() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let before = installation.calls.submit(&ping()).await;
    installation
        .wait_for_state(before, JobState::Succeeded, LIMIT)
        .await;
    // A stream of another tenant's shard than that of the jobs: the worker reads them all.
    let stream = "gantry:{default}:work:normal:0";
    let redis = installation.stack.redis();
    for fields in [
        "nonsense 1",
        "v 99 job x dispatch 1",
        "v 1 job not-a-job dispatch 1",
        "v 1 job 00000000-0000-7000-8000-000000000000 dispatch -1",
        "v 1 job 00000000-0000-7000-8000-000000000000 dispatch 1",
    ] {
        redis.command(&format!("XADD {stream} * {fields}")).unwrap();
    }
    let after = installation.calls.submit(&ping()).await;
    installation
        .wait_for_state(after, JobState::Succeeded, LIMIT)
        .await;
    let redis = installation.stack.redis();
    eventually(LIMIT, async || {
        let length = redis.command(&format!("XLEN {stream}")).unwrap();
        if length == ":0" { Ok(()) } else { Err(length) }
    })
    .await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_cut_off_from_redis_ends_its_jobs_and_is_not_ready() {
    let mut installation = installation().start().await;
    let link = Link::to(&installation.stack.redis_url()).await;
    let cut_off = installation.start_worker_with(&[("REDIS_URL", link.url())]);
    let effect = Effect::new("cut-off").until(installation.gate("cut-off"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("cut-off", 1, LIMIT).await;

    link.cut();
    installation.wait_for_readiness(cut_off, false, LIMIT).await;
    installation.open_gate("cut-off");
    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!(job.summary.attempt, 1);

    link.mend();
    installation.wait_for_readiness(cut_off, true, LIMIT).await;
    let next = installation.calls.submit(&ping()).await;
    installation
        .wait_for_state(next, JobState::Succeeded, LIMIT)
        .await;
    installation.assert_sound(&["cut-off"]).await;
}
