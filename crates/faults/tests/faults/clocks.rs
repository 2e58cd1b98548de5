//! Processes whose clocks are ten minutes off, each in its own way, work together as if they were right.

use gantry_devkit::system_packages::fake_time_library;
use gantry_domain::JobState;
use gantry_faults::Effect;
use serde_json::json;

use crate::{LIMIT, installation, ping, pings};

#[tokio::test(flavor = "multi_thread")]
async fn processes_whose_clocks_are_ten_minutes_off_run_everything_once_and_in_time() {
    let library = fake_time_library()
        .expect("libfaketime is missing: run `cargo xtask test`, which installs it");
    let library = library.to_str().expect("a plain path");
    let clock = |shift: &'static str| {
        [
            ("LD_PRELOAD", library),
            ("FAKETIME", shift),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ]
    };
    let mut installation = installation().start().await;
    installation
        .stack
        .restart_api_with(&clock("+600s"))
        .unwrap();
    installation.start_worker_with(&clock("+600s"));
    installation.start_worker_with(&clock("-600s"));

    let later = installation
        .database
        .text("SELECT to_char(now() + interval '3 seconds', 'YYYY-MM-DD\"T\"HH24:MI:SSOF\":00\"')");
    let mut scheduled = ping();
    scheduled["run_at"] = json!(later.await);
    let scheduled = installation.calls.submit(&scheduled).await;
    let schedule = json!({
        "name": "each-minute", "cron": "* * * * *", "kind": "system.ping", "payload": {}
    });
    installation.calls.schedule(&schedule).await;
    let labels = ["clock-1", "clock-2", "clock-3", "clock-4"];
    let mut ids = installation.calls.submit_all(&pings(200)).await;
    for label in labels {
        let effect = Effect::new(label).printing(25);
        ids.push(installation.calls.submit(&effect.request()).await);
    }
    ids.push(scheduled);
    installation.wait_until_all_succeeded(&ids, LIMIT).await;

    let shifted = "SELECT count(*) FROM job_logs WHERE abs(extract(epoch FROM at - now())) > 300";
    assert!(
        installation.database.number(shifted).await > 0,
        "the clocks are off"
    );
    for (what, count) in [
        (
            "begun more than once",
            "FROM jobs WHERE attempt <> 1 OR losses <> 0",
        ),
        ("begun too soon", "FROM jobs WHERE started_at < run_at"),
        (
            "schedules that are not due within a minute",
            "FROM schedules WHERE next_run_at NOT BETWEEN now() - interval '1 minute' AND now() + interval '1 minute'",
        ),
    ] {
        let count = format!("SELECT count(*) {count}");
        assert_eq!(installation.database.number(&count).await, 0, "{what}");
    }
    let job = installation.calls.job(scheduled).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    installation.assert_sound(&labels).await;
}
