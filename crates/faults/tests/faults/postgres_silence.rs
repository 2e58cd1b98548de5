//! Postgres is out of reach without saying so, out of connections, or refuses what it is told: no job is lost to that.

use gantry_domain::JobState;
use gantry_faults::{Effect, Installation, Link};
use gantry_testkit::eventually;
use reqwest::StatusCode;

use crate::{LIMIT, installation, ping, pings};

/// Holds up every change of a job that is there already.
const LOCK_JOBS: &str = "SELECT FROM jobs FOR NO KEY UPDATE";
/// Gives statements up soon, so that a test need not wait for long.
const IMPATIENT: (&str, &str) = ("GANTRY_DATABASE_STATEMENT_TIMEOUT_SECONDS", "1");
/// Postgres refuses to end or give back the runs of jobs whose label begins with `refused`, unless because of that.
const REFUSE_OUTCOMES: &str = "
    CREATE FUNCTION faults.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE check_violation USING MESSAGE = 'refused by the test';
    END
    $$;
    CREATE TRIGGER refuse BEFORE UPDATE ON jobs FOR EACH ROW
        WHEN (OLD.state = 'running' AND NEW.state <> 'running' AND NEW.payload ->> 'label' LIKE 'refused%'
            AND NEW.error ->> 'code' IS DISTINCT FROM 'outcome_refused')
        EXECUTE FUNCTION faults.refuse();
";

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connections_die_without_a_word_keeps_its_lease_and_its_jobs() {
    let mut installation = installation().with_default_leases().start().await;
    installation.start_caretaker();
    let link = Link::to(&installation.stack.database_url()).await;
    installation.start_worker_with(&[("DATABASE_URL", link.url()), IMPATIENT]);
    let effect = Effect::new("silenced").until(installation.gate("silenced"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("silenced", 1, LIMIT).await;

    link.silence();
    wait_for_a_whole_lease(&installation, "worker-2").await;
    installation.open_gate("silenced");
    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    let next = installation.calls.submit_all(&pings(20)).await;
    installation.wait_until_all_succeeded(&next, LIMIT).await;
    installation.assert_sound(&["silenced"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_whose_connections_die_without_a_word_says_so_and_goes_on() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let link = Link::to(&installation.stack.database_url()).await;
    installation
        .stack
        .restart_api_with(&[("DATABASE_URL", link.url()), IMPATIENT])
        .unwrap();
    // A connection that is checked as it is put back at that moment is not met; then another is tried.
    eventually(LIMIT, async || {
        installation.calls.submit(&ping()).await;
        link.silence();
        let (status, retry_after) = installation.calls.answer_to(&ping()).await;
        match (status, retry_after) {
            (StatusCode::SERVICE_UNAVAILABLE, Some(_)) => Ok(()),
            answer => Err(answer),
        }
    })
    .await;
    let id = eventually(LIMIT, async || {
        installation
            .calls
            .try_submit(&ping())
            .await
            .ok_or("refused")
    })
    .await;
    installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_connections_others_hold_costs_no_lease_and_is_answered_503() {
    let mut installation = installation().start().await;
    installation
        .stack
        .postgres()
        .restart_with_connection_limit(40)
        .unwrap();
    installation.stack.restart_api().unwrap();
    installation.start_worker();
    let effect = Effect::new("kept").until(installation.gate("kept"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs("kept", 1, LIMIT).await;

    let taken = installation
        .database
        .take_every_connection("gantry_api")
        .await;
    let (status, retry_after) = installation.calls.answer_to(&ping()).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(retry_after.is_some(), "the answer says when to come again");
    drop(taken);

    wait_for_a_whole_lease(&installation, "worker-1").await;
    eventually(LIMIT, async || {
        installation
            .calls
            .try_submit(&ping())
            .await
            .ok_or("refused")
    })
    .await;
    installation.open_gate("kept");
    installation.wait_until_all_succeeded(&[id], LIMIT).await;
    let costly = "SELECT count(*) FROM jobs WHERE attempt <> 1 OR losses <> 0";
    assert_eq!(installation.database.number(costly).await, 0);
    installation.assert_sound(&["kept"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_outcome_is_refused_fails_and_holds_up_no_other() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let submit = async |label: &str| {
        let effect = Effect::new(label).until(installation.gate("all")).failing();
        installation.calls.submit(&effect.request()).await
    };
    let refused = submit("refused").await;
    let others = [submit("other-1").await, submit("other-2").await];
    for label in ["refused", "other-1", "other-2"] {
        installation.wait_for_runs(label, 1, LIMIT).await;
    }
    installation.database.execute(REFUSE_OUTCOMES).await;
    installation.open_gate("all");

    let job = installation
        .wait_for_state(refused, JobState::Failed, LIMIT)
        .await;
    assert_eq!(job.summary.error.unwrap().code, "outcome_refused");
    for other in others {
        eventually(LIMIT, async || {
            let attempts = installation.calls.attempts(other).await;
            if attempts.len() > 1 {
                Ok(())
            } else {
                Err(attempts)
            }
        })
        .await;
    }
    installation.assert_sound(&["refused"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_told_to_stop_while_a_claim_is_unanswered_runs_what_it_brought() {
    let mut installation = installation().with_default_leases().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let id = installation.calls.submit(&ping()).await;
    let link = Link::to(&installation.stack.database_url()).await;

    // The commit is held up until its answer is sure to be lost.
    let held = installation.database.hold(LOCK_JOBS).await;
    let place = installation.start_worker_with(&[("DATABASE_URL", link.url())]);
    installation.wait_for_held_up("running", LIMIT).await;
    link.lose_answers();
    held.commit().await;
    installation
        .wait_for_state(id, JobState::Running, LIMIT)
        .await;
    installation.worker(place).terminate().unwrap();
    link.break_connections();

    let job = installation
        .wait_for_state(id, JobState::Succeeded, LIMIT)
        .await;
    assert_eq!((job.summary.attempt, job.summary.losses), (1, 0));
    let ended = installation.worker(place).wait_for_exit(LIMIT).unwrap();
    assert!(ended.success(), "{ended}");
    installation.assert_sound(&[]).await;
}

/// Waits until a worker has renewed its lease for longer than the lease it has now lasts.
async fn wait_for_a_whole_lease(installation: &Installation, worker: &str) {
    let of_worker = format!("FROM workers WHERE name = '{worker}'");
    let ends_at = format!("SELECT lease_expires_at {of_worker}");
    let ends_at = installation.database.text(&ends_at).await;
    let ends_at = ends_at.expect("the worker has registered");
    let is_past =
        format!("SELECT count(*) {of_worker} AND state = 'active' AND heartbeat_at > '{ends_at}'");
    eventually(LIMIT, async || {
        match installation.database.number(&is_past).await {
            0 => Err(format!(
                "{worker} has not renewed its lease after {ends_at}"
            )),
            _ => Ok(()),
        }
    })
    .await;
}
