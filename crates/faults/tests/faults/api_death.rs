//! The API dies: what it had accepted runs, and who followed goes on where they were.

use gantry_domain::JobId;
use gantry_faults::{Effect, StreamedEvent};

use crate::{LIMIT, installation, ping};

/// How many clients submit while the API dies.
const CLIENTS: usize = 8;
/// How many jobs each of them submits where it repeats what was not answered.
const KEYS: usize = 100;
/// How many lines the followed job prints: five seconds of them at least.
const LINES: u32 = 250;

#[tokio::test(flavor = "multi_thread")]
async fn every_job_that_a_dying_api_accepted_runs() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let mut ids = Vec::new();
    for _ in 0..3 {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let calls = installation.calls.clone();
                tokio::spawn(async move {
                    let mut accepted: Vec<JobId> = Vec::new();
                    while let Some(id) = calls.try_submit(&ping()).await {
                        accepted.push(id);
                    }
                    accepted
                })
            })
            .collect();
        installation.wait_for_jobs(ids.len() + 100, LIMIT).await;
        installation.stack.api().kill().unwrap();
        for client in clients {
            ids.extend(client.await.unwrap());
        }
        installation.stack.restart_api().unwrap();
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_that_its_client_repeats_after_the_api_died_before_its_commit_makes_one_job() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let warm_up = installation.calls.submit(&ping()).await;
    let held = installation
        .database
        .hold("LOCK TABLE jobs IN SHARE MODE")
        .await;
    let calls = installation.calls.clone();
    let first = tokio::spawn(async move { calls.try_submit_under("order-1", &ping()).await });
    installation.wait_for_held_up_submission(LIMIT).await;
    installation.stack.api().kill().unwrap();
    assert_eq!(first.await.unwrap(), None);
    held.commit().await;

    installation.stack.restart_api().unwrap();
    let request = ping();
    let again = installation.calls.try_submit_under("order-1", &request);
    let job_id = again.await.expect("the API lives");
    let repeated = installation.calls.try_submit_under("order-1", &request);
    assert_eq!(repeated.await, Some(job_id));
    installation
        .wait_until_all_succeeded(&[warm_up, job_id], LIMIT)
        .await;
    let jobs = installation.database.number("SELECT count(*) FROM jobs");
    assert_eq!(jobs.await, 2);
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_key_makes_one_job_however_often_the_api_dies_under_its_clients() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let mut clients = Vec::new();
    for client in 0..CLIENTS {
        let calls = installation.calls.clone();
        clients.push(tokio::spawn(async move {
            let mut accepted: Vec<JobId> = Vec::new();
            while accepted.len() < KEYS {
                let key = format!("client-{client}-{}", accepted.len());
                accepted.extend(calls.try_submit_under(&key, &ping()).await);
            }
            accepted
        }));
    }
    for deaths in 1..=3 {
        let count = deaths * CLIENTS * KEYS / 4;
        installation.wait_for_jobs(count, LIMIT).await;
        installation.stack.api().kill().unwrap();
        installation.stack.restart_api().unwrap();
    }
    let mut ids = Vec::new();
    for client in clients {
        ids.extend(client.await.unwrap());
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let jobs = installation.database.number("SELECT count(*) FROM jobs");
    assert_eq!(jobs.await, i64::try_from(CLIENTS * KEYS).unwrap());
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_goes_on_after_the_api_died_without_gap_or_repeat() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let effect = Effect::new("followed").printing(LINES);
    let id = installation.calls.submit(&effect.request()).await;
    let mut texts = Vec::new();
    let mut last_event_id = None;
    for lines_until_death in [50, 100] {
        let mut events = installation
            .calls
            .follow(id, last_event_id.as_deref())
            .await;
        while texts.len() < lines_until_death {
            let event = events.next().await.expect("the API lives");
            last_event_id = event.id.clone().or(last_event_id);
            texts.extend(printed(&event));
        }
        installation.stack.api().kill().unwrap();
        // What had been sent before the end still arrives.
        while let Some(event) = events.next().await {
            last_event_id = event.id.clone().or(last_event_id);
            texts.extend(printed(&event));
        }
        installation.stack.restart_api().unwrap();
    }
    let mut events = installation
        .calls
        .follow(id, last_event_id.as_deref())
        .await;
    let mut end = None;
    while let Some(event) = events.next().await {
        texts.extend(printed(&event));
        if event.name == "end" {
            end = Some(event.data);
        }
    }

    let expected: Vec<_> = (1..=LINES).map(|number| format!("line {number}")).collect();
    assert_eq!(texts, expected);
    assert_eq!(end.unwrap()["state"], "succeeded");
    installation.assert_sound(&["followed"]).await;
}

/// What the program itself printed.
fn printed(event: &StreamedEvent) -> Option<String> {
    let is_printed = event.name == "line" && event.data["stream"] == "stdout";
    is_printed.then(|| event.data["text"].as_str().unwrap_or_default().to_owned())
}
