//! An API dies between any two steps of what a client asked for.

use gantry_crash_points::CrashPoint;
use gantry_domain::{JobId, JobState};
use gantry_faults::{Effect, Installation, SignUp};
use reqwest::StatusCode;
use serde_json::json;

use super::{Story, points_of};
use crate::{LIMIT, installation, ping};

#[tokio::test(flavor = "multi_thread")]
async fn a_submission_repeated_under_its_key_makes_one_job_wherever_the_api_died() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let mut ids = Vec::new();
    for point in points_of(Story::Submission) {
        let (mut doomed, calls) = installation.start_doomed_api(point);
        let key = point.name();
        let accepted = calls.try_submit_under(key, &ping()).await;
        doomed.wait_until_dead(LIMIT).await;
        let again = installation.calls.try_submit_under(key, &ping()).await;
        let again = again.expect("the other API lives");
        assert!(accepted.is_none_or(|accepted| accepted == again), "{key}");
        ids.push(again);
    }
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    let jobs = installation.database.number("SELECT count(*) FROM jobs");
    assert_eq!(jobs.await, i64::try_from(ids.len()).unwrap());
    installation.assert_sound(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_for_a_client_happens_wherever_the_api_died() {
    let mut installation = installation().start().await;
    installation.start_worker();
    let mut cancelled = Vec::new();
    for point in points_of(Story::Cancellation) {
        cancelled.push(cancel_at(point, &installation).await);
    }
    let mut succeeding = Vec::new();
    for point in points_of(Story::Redrive) {
        succeeding.push(redrive_at(point, &installation).await);
    }
    for point in points_of(Story::ScheduleRun) {
        succeeding.push(run_schedule_at(point, &installation).await);
    }
    for point in points_of(Story::Resumption) {
        succeeding.push(resume_at(point, &installation).await);
    }
    for point in points_of(Story::Export) {
        let (mut doomed, calls) = installation.start_doomed_api(point);
        calls.try_get("users/me/export").await;
        doomed.wait_until_dead(LIMIT).await;
        succeeding.push(newest_job(&installation).await);
    }
    installation
        .wait_until_all_succeeded(&succeeding, LIMIT)
        .await;
    for id in cancelled {
        installation
            .wait_for_state(id, JobState::Cancelled, LIMIT)
            .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_that_is_told_again_has_one_profile_and_one_welcome_wherever_the_api_died() {
    let mut installation = installation().start().await;
    installation.start_worker();
    for point in points_of(Story::SignUp) {
        let sign_up = SignUp::of(point.name());
        let (mut doomed, calls) = installation.start_doomed_api(point);
        assert_eq!(calls.try_tell(&sign_up).await, None);
        doomed.wait_until_dead(LIMIT).await;
        let again = installation.calls.try_tell(&sign_up).await;
        assert_eq!(again, Some(StatusCode::OK));
    }
    let jobs = "SELECT string_agg(id::text, ' ') FROM jobs WHERE kind = 'email.send'";
    let jobs = installation.database.text(jobs).await.unwrap_or_default();
    let jobs: Vec<JobId> = jobs.split(' ').map(|id| id.parse().unwrap()).collect();
    let profiles = installation
        .database
        .number("SELECT count(*) FROM profiles");
    assert_eq!(profiles.await, i64::try_from(jobs.len()).unwrap());
    installation.wait_until_all_succeeded(&jobs, LIMIT).await;
}

/// A running job whose end was asked for.
async fn cancel_at(point: CrashPoint, installation: &Installation) -> JobId {
    let effect = Effect::new(point.name()).until(installation.gate("never"));
    let id = installation.calls.submit(&effect.request()).await;
    installation.wait_for_runs(point.name(), 1, LIMIT).await;
    let (mut doomed, calls) = installation.start_doomed_api(point);
    calls.try_post(&format!("jobs/{id}/cancel")).await;
    doomed.wait_until_dead(LIMIT).await;
    id
}

/// A cancelled job that was to be run again.
async fn redrive_at(point: CrashPoint, installation: &Installation) -> JobId {
    let mut request = ping();
    request["run_at"] = json!("9000-01-01T00:00:00Z");
    let id = installation.calls.submit(&request).await;
    installation.calls.cancel(id).await;
    let (mut doomed, calls) = installation.start_doomed_api(point);
    calls.try_post(&format!("jobs/{id}/retry")).await;
    doomed.wait_until_dead(LIMIT).await;
    id
}

/// A job that waited in a paused queue.
async fn resume_at(point: CrashPoint, installation: &Installation) -> JobId {
    installation.calls.pause_default_queue().await;
    let id = installation.calls.submit(&ping()).await;
    let (mut doomed, calls) = installation.start_doomed_api(point);
    calls.try_post("queues/default/resume").await;
    doomed.wait_until_dead(LIMIT).await;
    id
}

/// The job of a schedule that was to be run at once.
async fn run_schedule_at(point: CrashPoint, installation: &Installation) -> JobId {
    let schedule_id = installation
        .calls
        .create_yearly_schedule(point.name())
        .await;
    let (mut doomed, calls) = installation.start_doomed_api(point);
    calls
        .try_post(&format!("schedules/{schedule_id}/run"))
        .await;
    doomed.wait_until_dead(LIMIT).await;
    newest_job(installation).await
}

async fn newest_job(installation: &Installation) -> JobId {
    let newest = "SELECT id FROM jobs ORDER BY id DESC LIMIT 1";
    let id = installation.database.text(newest).await;
    id.and_then(|id| id.parse().ok())
        .expect("the job is committed")
}
