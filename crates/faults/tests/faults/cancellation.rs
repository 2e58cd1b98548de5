//! Cancelling what runs: one outcome, and nothing of the program is left.

use gantry_domain::JobState;
use gantry_faults::{Effect, is_alive, processes_working_below};
use gantry_testkit::eventually;

use crate::{LIMIT, installation};

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_races_with_completion_ends_in_one_outcome() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let labels: Vec<_> = (0..40).map(|number| format!("raced-{number}")).collect();
    let requests = labels
        .iter()
        .map(|label| Effect::new(label).printing(3).request());
    let ids = installation
        .calls
        .submit_all(&requests.collect::<Vec<_>>())
        .await;
    for (label, id) in labels.iter().zip(&ids) {
        installation.wait_for_runs(label, 1, LIMIT).await;
        installation.calls.cancel(*id).await;
    }
    let unfinished =
        "SELECT count(*) FROM jobs WHERE state NOT IN ('succeeded', 'failed', 'cancelled')";
    eventually(LIMIT, async || {
        match installation.database.number(unfinished).await {
            0 => Ok(()),
            unfinished => Err(unfinished),
        }
    })
    .await;
    let mut succeeded = Vec::new();
    for (label, id) in labels.iter().zip(ids) {
        match installation.calls.job(id).await.summary.state {
            JobState::Succeeded => succeeded.push(label.as_str()),
            JobState::Cancelled => {}
            state => panic!("{label} is {state}"),
        }
    }
    installation.assert_sound(&succeeded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_command_leaves_no_descendant_behind() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let effect = Effect::new("stubborn")
        .until(installation.gate("stubborn"))
        .ignoring_terminate()
        .with_grandchildren(2);
    let id = installation.calls.submit(&effect.request()).await;
    let scratch = installation.scratch();
    eventually(LIMIT, async || {
        let processes = processes_working_below(&scratch);
        if processes.len() == 3 {
            Ok(())
        } else {
            Err(processes)
        }
    })
    .await;

    installation.calls.cancel(id).await;
    let job = installation
        .wait_for_state(id, JobState::Cancelled, LIMIT)
        .await;

    assert_eq!(job.summary.attempt, 1);
    let mut left = processes_working_below(&scratch);
    left.retain(|pid| is_alive(*pid));
    assert_eq!(left, [0; 0]);
    installation.assert_sound(&[]).await;
}
