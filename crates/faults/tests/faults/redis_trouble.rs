//! Redis is full, away under load, or repeats itself: jobs are accepted, and each runs once.

use std::fs;
use std::path::Path;

use gantry_devkit::PrivateRedis;
use gantry_domain::{JobId, JobState};
use gantry_faults::{Effect, Installation, Link};
use gantry_testkit::eventually;

use crate::{LIMIT, installation, ping, pings};

/// How many jobs are submitted while Redis is away.
const AWAY_JOBS: usize = 400;
/// How often one process may ask an absent Redis for a connection while these are submitted: far above what the growing
/// pauses between tries come to, far below what any loop without them would reach.
const AWAY_CONNECTIONS: usize = 100;
/// How many warnings one process may give about it.
const AWAY_WARNINGS: usize = 20;

#[tokio::test(flavor = "multi_thread")]
async fn a_full_redis_holds_up_no_submission_and_is_emptied() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let held = Effect::new("held").until(installation.gate("held"));
    let held = installation.calls.submit(&held.request()).await;
    installation.wait_for_runs("held", 1, LIMIT).await;
    let mut ids = installation.calls.submit_all(&pings(1_000)).await;

    let redis = installation.stack.redis();
    assert_eq!(redis.command("CONFIG SET maxmemory 1").unwrap(), "+OK");
    let refusal = redis.command("XADD probe * full 1").unwrap();
    assert!(refusal.starts_with("-OOM"), "{refusal}");
    let accepted = installation.calls.submit_all(&pings(500)).await;
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.open_gate("held");
    installation
        .wait_for_state(held, JobState::Succeeded, LIMIT)
        .await;
    doorbells_become(installation.stack.redis(), 0).await;

    let redis = installation.stack.redis();
    assert_eq!(redis.command("CONFIG SET maxmemory 0").unwrap(), "+OK");
    ids.extend(accepted);
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&["held"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_without_redis_try_again_now_and_then_and_say_so_rarely() {
    let mut installation = installation().start().await;
    let redis_url = installation.stack.redis_url();
    let api = Link::to(&redis_url).await;
    let worker = Link::to(&redis_url).await;
    let quiet = ("RUST_LOG", "warn");
    installation
        .stack
        .restart_api_with(&[("REDIS_URL", api.url()), quiet])
        .unwrap();
    let place = installation.start_worker_with(&[("REDIS_URL", worker.url()), quiet]);

    installation.stack.redis().kill().unwrap();
    let connections = || [api.connections(), worker.connections()];
    let before = connections();
    let mut ids: Vec<JobId> = Vec::new();
    for _ in 0..AWAY_JOBS {
        ids.push(installation.calls.submit(&ping()).await);
    }
    eventually(LIMIT, async || {
        // By then the pauses of all its loops have grown.
        let tries = worker.connections() - before[1];
        if tries >= 10 { Ok(()) } else { Err(tries) }
    })
    .await;
    for (after, before) in connections().into_iter().zip(before) {
        assert!(after - before < AWAY_CONNECTIONS, "{before} to {after}");
    }
    let logs = [
        installation.stack.api().log_path(),
        installation.worker(place).log_path(),
    ];
    for log in logs {
        let warnings = count_lines(&log);
        assert!(warnings < AWAY_WARNINGS, "{warnings} in {}", log.display());
    }
    installation.stack.redis().restart().unwrap();
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn doorbells_that_ring_again_after_they_were_acknowledged_run_nothing_twice() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let mut ids = installation.calls.submit_all(&pings(1_000)).await;
    let effect = Effect::new("replayed").request();
    ids.push(installation.calls.submit(&effect).await);
    ids.extend(installation.calls.submit_all(&pings(1_000)).await);
    doorbells_become(installation.stack.redis(), ids.len()).await;
    let redis = installation.stack.redis();
    run_script(
        redis,
        "for _, key in ipairs(redis.call('KEYS', 'gantry:*work*')) do redis.call('COPY', key, 'kept:' .. key) end",
    );

    installation.start_worker();
    installation.start_worker();
    replay(installation.stack.redis());
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    replay(installation.stack.redis());
    doorbells_become(installation.stack.redis(), 0).await;

    assert_eq!(installation.effects().runs_of("replayed").len(), 1);
    assert_eq!(begun_more_than_once(&installation).await, 0);
    installation.assert_sound(&["replayed"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn scripts_that_redis_forgets_under_load_hold_up_nothing() {
    let mut installation = installation().start().await;
    installation.start_worker();
    installation.start_worker();
    let mut ids = Vec::new();
    for _ in 0..20 {
        ids.extend(installation.calls.submit_all(&pings(50)).await);
        let flushed = installation.stack.redis().command("SCRIPT FLUSH");
        assert_eq!(flushed.unwrap(), "+OK");
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    assert_eq!(begun_more_than_once(&installation).await, 0);
    installation.assert_sound(&[]).await;
}

async fn begun_more_than_once(installation: &Installation) -> i64 {
    let count = "SELECT count(*) FROM jobs WHERE attempt <> 1 OR losses <> 0";
    installation.database.number(count).await
}

/// Rings all over again.
fn replay(redis: &PrivateRedis) {
    run_script(
        redis,
        "for _, key in ipairs(redis.call('KEYS', 'kept:*')) do \
         for _, entry in ipairs(redis.call('XRANGE', key, '-', '+')) do \
         redis.call('XADD', string.sub(key, 6), '*', unpack(entry[2])) end end",
    );
}

/// Waits until the work streams hold so many entries.
async fn doorbells_become(redis: &PrivateRedis, expected: usize) {
    eventually(LIMIT, async || {
        let length = run_script(
            redis,
            "local length = 0 \
             for _, key in ipairs(redis.call('KEYS', 'gantry:*work*')) do \
             if redis.call('TYPE', key).ok == 'stream' then length = length + redis.call('XLEN', key) end end \
             return length",
        );
        if length == format!(":{expected}") {
            Ok(())
        } else {
            Err(length)
        }
    })
    .await;
}

fn run_script(redis: &PrivateRedis, script: &str) -> String {
    let answer = redis
        .command(&format!("EVAL \"{script}\" 0"))
        .expect("Redis answers");
    assert!(!answer.starts_with('-'), "{answer}");
    answer
}

fn count_lines(log: &Path) -> usize {
    fs::read_to_string(log)
        .expect("a service writes its log")
        .lines()
        .count()
}
