//! A worker dies, freezes or leaves: others end its jobs, and nothing of it is left.

use gantry_domain::{AttemptOutcome, JobId, JobState, failure_code};
use gantry_faults::{Effect, Installation, is_alive, processes_working_below};
use gantry_testkit::eventually;
use serde_json::json;

use crate::{LIMIT, installation};

const AL001: &str = include_str!("../../../quantum-espresso/inputs/al001_slab_fixed_relax.in");
const AL001_ENERGY_RY: f64 = -16.608_050_185_911_04;
const ENERGY_TOLERANCE_RY: f64 = 1e-6;

async fn outcomes(installation: &Installation, id: JobId) -> Vec<AttemptOutcome> {
    let attempts = installation.calls.attempts(id).await;
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_calculation_whose_worker_is_killed_ends_with_the_same_energy_elsewhere() {
    let mut installation = installation().with_default_leases().start().await;
    let workers = [installation.start_worker(), installation.start_worker()];
    let calculation = json!({ "kind": "qe.relax.v1", "payload": { "input": AL001 } });
    let id = installation.calls.submit(&calculation).await;
    let running = eventually(LIMIT, async || {
        let job = installation.calls.job(id).await.summary;
        job.progress
            .and(job.worker)
            .ok_or("no ionic step is done yet")
    })
    .await;
    let programs = processes_working_below(&installation.scratch());
    assert!(!programs.is_empty(), "pw.x runs in the job's folder");
    let [killed, left] = if installation.worker(workers[0]).name() == running {
        workers
    } else {
        [workers[1], workers[0]]
    };
    installation.worker(killed).kill().unwrap();

    eventually(LIMIT, async || {
        let alive = programs.iter().find(|pid| is_alive(**pid));
        alive.map_or(Ok(()), Err)
    })
    .await;
    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;

    let result = job.result.unwrap();
    let energy_ry = result["total_energy_ry"].as_f64().unwrap();
    assert!(
        (energy_ry - AL001_ENERGY_RY).abs() < ENERGY_TOLERANCE_RY,
        "{energy_ry}"
    );
    assert_eq!(result["converged"], true);
    assert_eq!(
        job.summary.worker.as_deref(),
        Some(installation.worker(left).name())
    );
    assert_eq!(
        outcomes(&installation, id).await,
        [AttemptOutcome::Lost, AttemptOutcome::Succeeded]
    );
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_frozen_past_its_lease_commits_nothing_and_its_program_is_killed() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let frozen = installation.start_worker();
    let effect = Effect::new("frozen").until(installation.gate("frozen"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("frozen", 1, LIMIT).await;
    let programs = processes_working_below(&installation.scratch());
    installation.start_worker();

    installation.worker(frozen).freeze().unwrap();
    installation.wait_for_runs("frozen", 2, LIMIT).await;
    assert!(!programs.iter().any(|pid| is_alive(*pid)));
    installation.worker(frozen).thaw().unwrap();
    // Back under a new id, it has noticed that its lease was lost.
    let registrations = "SELECT count(*) FROM workers WHERE name = 'worker-2'";
    eventually(LIMIT, async || {
        match installation.database.number(registrations).await {
            2 => Ok(()),
            registrations => Err(registrations),
        }
    })
    .await;
    installation.open_gate("frozen");

    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!(job.summary.worker.as_deref(), Some("worker-3"));
    assert_eq!(
        outcomes(&installation, id).await,
        [AttemptOutcome::Lost, AttemptOutcome::Succeeded]
    );
    installation.assert_sound(&["frozen"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_ends_its_jobs_first() {
    let mut installation = installation().start().await;
    let leaving = installation.start_worker();
    let effect = Effect::new("drained").until(installation.gate("drained"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("drained", 1, LIMIT).await;

    installation.worker(leaving).terminate().unwrap();
    installation.open_gate("drained");
    let status = installation.worker(leaving).wait_for_exit(LIMIT).unwrap();

    assert!(status.success(), "{status}");
    let job = installation.calls.job(id).await;
    assert_eq!(job.summary.state, JobState::Succeeded);
    assert_eq!(job.summary.attempt, 1);
    installation.assert_sound(&["drained"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_gives_back_what_takes_too_long_at_no_cost() {
    let mut installation = installation().start().await;
    let leaving = installation.start_worker_with(&[("GANTRY_WORKER_DRAIN_TIMEOUT_SECONDS", "0")]);
    let labels = ["one", "two", "three"];
    let gate = installation.gate("given-back");
    let requests = labels.map(|label| Effect::new(label).until(gate.clone()).request());
    let ids = installation.calls.submit_all(&requests).await;
    for label in labels {
        installation.wait_for_runs(label, 1, LIMIT).await;
    }
    installation.start_worker();

    installation.worker(leaving).terminate().unwrap();
    let status = installation.worker(leaving).wait_for_exit(LIMIT).unwrap();
    assert!(status.success(), "{status}");
    installation.open_gate("given-back");

    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    for id in ids {
        let job = installation.calls.job(id).await.summary;
        assert_eq!((job.attempt, job.losses), (1, 0));
        assert_eq!(job.worker.as_deref(), Some("worker-2"));
        assert_eq!(
            outcomes(&installation, id).await,
            [AttemptOutcome::Succeeded]
        );
    }
    installation.assert_sound(&labels).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_three_workers_did_not_survive_is_parked_as_poison() {
    let mut installation = installation().start().await;
    installation.start_caretaker();
    let effect = Effect::new("poison").until(installation.gate("poison"));
    let id = installation.calls.submit(&effect.request()).await;
    for run in 1..=3 {
        let victim = installation.start_worker();
        installation.wait_for_runs("poison", run, LIMIT).await;
        installation.worker(victim).kill().unwrap();
    }

    let job = installation
        .wait_for_state(id, JobState::Failed, LIMIT)
        .await;

    assert_eq!(job.summary.error.unwrap().code, failure_code::POISON);
    assert_eq!(job.summary.losses, 3);
    assert_eq!(outcomes(&installation, id).await, [AttemptOutcome::Lost; 3]);
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_kind_that_no_living_worker_runs_waits_for_one_that_does() {
    let mut installation = installation().start().await;
    let knowing = installation.start_worker();
    installation.worker(knowing).stop().unwrap();
    let other_kinds = installation.other_kinds_file();
    installation.start_worker_with(&[("GANTRY_KINDS_FILE", &other_kinds)]);
    let waiting = installation
        .calls
        .submit(&Effect::new("waiting").request())
        .await;
    let behind = installation.calls.submit(&crate::ping()).await;
    installation
        .wait_for_state(behind, JobState::Succeeded, LIMIT)
        .await;
    let job = installation.calls.job(waiting).await.summary;
    assert_eq!((job.state, job.attempt), (JobState::Queued, 0));

    installation.start_worker();

    installation
        .wait_for_state(waiting, JobState::Succeeded, LIMIT)
        .await;
    installation.assert_sound(&["waiting"]).await;
}
