//! A new version takes over from an old one, one process after the other, on a schema that fits both or only one.

use std::fs;

use gantry_domain::JobId;
use gantry_faults::Effect;
use gantry_testkit::eventually;

use crate::{LIMIT, installation, ping, pings};

/// How many clients submit while the processes are replaced.
const CLIENTS: usize = 4;
/// How many jobs each of them submits.
const KEYS: usize = 100;

/// What a later version might add.
const LATER_MIGRATION: &str = "
    ALTER TABLE jobs ADD COLUMN later text;
    CREATE INDEX jobs_later ON jobs (later);
    ALTER TABLE job_logs ADD COLUMN later text;
    ALTER TABLE job_attempts ADD COLUMN later text;
    ALTER TABLE kinds ADD COLUMN later text;
    ALTER TABLE workers ADD COLUMN later text;
    ALTER TABLE schedules ADD COLUMN later text;
    CREATE TABLE later (id uuid PRIMARY KEY);
    INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_later', 0);
";

/// What is read from a running installation.
const READ: [&str; 6] = [
    "jobs",
    "kinds",
    "workers",
    "schedules",
    "users/me",
    "health",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_deploy_under_load_costs_no_attempt() {
    let mut installation = installation().start().await;
    let old = [installation.start_worker(), installation.start_worker()];
    let mut ids = Vec::new();
    let labels: Vec<_> = (0..12).map(|number| format!("deploy-{number}")).collect();
    for label in &labels {
        let effect = Effect::new(label).printing(25);
        ids.push(installation.calls.submit(&effect.request()).await);
    }
    let clients: Vec<_> = (0..CLIENTS)
        .map(|client| {
            let calls = installation.calls.clone();
            tokio::spawn(async move {
                let mut accepted: Vec<JobId> = Vec::new();
                while accepted.len() < KEYS {
                    let key = format!("client-{client}-{}", accepted.len());
                    accepted.extend(calls.try_submit_under(&key, &ping()).await);
                }
                accepted
            })
        })
        .collect();
    for place in old {
        installation.start_worker();
        installation.worker(place).terminate().unwrap();
        let ended = installation.worker(place).wait_for_exit(LIMIT).unwrap();
        assert!(ended.success(), "{ended}");
    }
    installation.stack.restart_api().unwrap();
    for client in clients {
        ids.extend(client.await.unwrap());
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let costly = "SELECT count(*) FROM jobs WHERE attempt <> 1 OR losses <> 0";
    assert_eq!(installation.database.number(costly).await, 0);
    let labels: Vec<_> = labels.iter().map(String::as_str).collect();
    installation.assert_sound(&labels).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn services_go_on_when_a_later_version_adds_to_their_schema() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let held = Effect::new("held").until(installation.gate("held"));
    let held = installation.calls.submit(&held.request()).await;
    installation.wait_for_runs("held", 1, LIMIT).await;
    let before = installation.calls.submit_all(&pings(100)).await;
    installation.wait_until_all_succeeded(&before, LIMIT).await;
    read_everything(&installation.calls, held).await;

    installation.database.execute(LATER_MIGRATION).await;
    read_everything(&installation.calls, held).await;
    installation.open_gate("held");
    let mut after = installation.calls.submit_all(&pings(100)).await;
    after.push(held);
    installation.wait_until_all_succeeded(&after, LIMIT).await;
    installation.stack.restart_api().unwrap();
    installation.start_worker();
    read_everything(&installation.calls, held).await;
    installation.assert_sound(&["held"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_waits_for_a_schema_that_lacks_what_it_writes() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let id = installation.calls.submit(&ping()).await;
    installation.stack.migrate_down().unwrap();

    let place = installation.stack.launch_worker_with(&[]).unwrap();
    let log = installation.worker(place).log_path();
    eventually(LIMIT, async || {
        let told = fs::read_to_string(&log).unwrap();
        if told.contains("gantry-migrate up") {
            Ok(())
        } else {
            Err(told)
        }
    })
    .await;
    installation.wait_for_readiness(place, false, LIMIT).await;
    // Asked of the database: the API that runs here is too new for this schema as well.
    let state = format!("SELECT state FROM jobs WHERE id = '{id}'");
    let state = installation.database.text(&state).await;
    assert_eq!(state.as_deref(), Some("queued"));

    installation.stack.migrate_up().unwrap();
    installation.wait_until_all_succeeded(&[id], LIMIT).await;
    installation.wait_for_readiness(place, true, LIMIT).await;
    installation.assert_sound(&[]).await;
}

/// Reads, on connections that have read it before, what an API can be asked for.
async fn read_everything(calls: &gantry_faults::Calls, id: JobId) {
    let of_job = ["", "/logs", "/attempts"].map(|part| format!("jobs/{id}{part}"));
    let paths = READ.map(str::to_owned).into_iter().chain(of_job);
    for path in paths {
        // More often than there are connections.
        for _ in 0..12 {
            calls.read(&path).await;
        }
    }
}
