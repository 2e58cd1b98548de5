//! Schedules whose ticks lie on both sides of a change of the clocks fire once, whatever becomes of the workers.

use gantry_faults::Installation;
use gantry_testkit::eventually;
use serde_json::json;

use crate::{LIMIT, installation};

/// How many schedules there are of each policy.
const SCHEDULES: usize = 15;

#[tokio::test(flavor = "multi_thread")]
async fn ticks_around_a_change_of_the_clocks_fire_once_with_two_workers() {
    let mut installation = installation().start().await;
    let first = installation.start_worker();
    installation.start_worker();
    for number in 0..SCHEDULES {
        for missed in ["run_once", "skip"] {
            let schedule = json!({
                "name": format!("{missed}-{number}"), "cron": "30 2 * * *", "time_zone": "Europe/Berlin",
                "missed": missed, "kind": "system.ping", "payload": {}, "tags": [missed]
            });
            installation.calls.schedule(&schedule).await;
        }
    }

    // The night before clocks were put forward, when half past two did not exist.
    let_ticks_come(&installation, "'2026-03-28 01:30:00+00'").await;
    jobs_become(&installation, "run_once", SCHEDULES).await;
    jobs_become(&installation, "skip", 0).await;

    // A tick of this moment, with the worker killed that would fire it.
    installation.worker(first).kill().unwrap();
    let_ticks_come(&installation, "now()").await;
    jobs_become(&installation, "run_once", 2 * SCHEDULES).await;
    jobs_become(&installation, "skip", SCHEDULES).await;

    let elsewhere = "SELECT count(*) FROM schedules
        WHERE to_char(next_run_at AT TIME ZONE 'Europe/Berlin', 'HH24:MI') <> '02:30'
            OR next_run_at NOT BETWEEN now() AND now() + interval '25 hours'";
    assert_eq!(installation.database.number(elsewhere).await, 0);
    installation.assert_sound(&[]).await;
}

/// Lets the next tick of every schedule be at `time`, and waits until each has moved on.
async fn let_ticks_come(installation: &Installation, time: &str) {
    let update = format!("UPDATE schedules SET next_run_at = {time}");
    installation.database.execute(&update).await;
    eventually(LIMIT, async || {
        let due = "SELECT count(*) FROM schedules WHERE next_run_at <= now()";
        match installation.database.number(due).await {
            0 => Ok(()),
            due => Err(format!("{due} schedules are due")),
        }
    })
    .await;
}

/// Waits until the jobs of a policy's schedules have succeeded, of as many that there are.
async fn jobs_become(installation: &Installation, tag: &str, expected: usize) {
    let jobs = format!("SELECT count(*) FROM jobs WHERE '{tag}' = ANY (tags)");
    let unfinished = format!("{jobs} AND state <> 'succeeded'");
    eventually(LIMIT, async || {
        match installation.database.number(&unfinished).await {
            0 => Ok(()),
            unfinished => Err(format!("{unfinished} jobs go on")),
        }
    })
    .await;
    let expected = i64::try_from(expected).expect("a test makes few schedules");
    assert_eq!(installation.database.number(&jobs).await, expected, "{tag}");
}
