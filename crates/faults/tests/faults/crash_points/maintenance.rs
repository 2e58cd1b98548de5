//! A worker that does the maintenance dies between any two steps of a duty; whoever does it next takes it from there.

use gantry_crash_points::CrashPoint;
use gantry_domain::JobId;
use gantry_faults::{Effect, Installation};

use super::{Story, points_of};
use crate::{LIMIT, installation, ping};

/// The shortest lease, because each of those who do the maintenance waits for the end of the last one's.
const SHORT_LEASE: (&str, &str) = ("GANTRY_WORKER_LEASE_TTL_SECONDS", "2");

/// One after another, so that each finds what the last one left half done.
#[tokio::test(flavor = "multi_thread")]
async fn a_duty_is_done_by_the_next_worker_wherever_the_last_one_died() {
    let mut installation = installation().start().await;
    let announcer = installation.start_worker();
    installation.worker(announcer).stop().unwrap();
    let mut jobs = 0;
    let mut labels = Vec::new();
    for point in points_of(Story::Maintenance) {
        match point {
            CrashPoint::DueJobsQueued => jobs += due_job(&installation).await,
            CrashPoint::SchedulesFired => jobs += due_schedule(&installation).await,
            CrashPoint::LostJobsQueued | CrashPoint::LostJobsRung => {
                jobs += lost_job(&mut installation, point.name()).await;
                labels.push(point.name());
            }
            // Nobody was told of the jobs above, and the workers above are gone.
            _ => {}
        }
        let mut doomed = installation.start_doomed_worker(point, 1, &[SHORT_LEASE]);
        doomed.wait_until_dead(LIMIT).await;
    }
    installation.start_worker();
    let ids = "SELECT string_agg(id::text, ' ') FROM jobs";
    let ids = installation.database.text(ids).await.unwrap_or_default();
    let ids: Vec<JobId> = ids.split(' ').map(|id| id.parse().unwrap()).collect();
    assert_eq!(ids.len(), jobs);
    installation.wait_until_all_succeeded(&ids, LIMIT).await;
    installation.assert_sound(&labels).await;
}

/// Makes one job whose time has come.
async fn due_job(installation: &Installation) -> usize {
    let mut request = ping();
    request["run_at"] = serde_json::json!("9000-01-01T00:00:00Z");
    installation.calls.submit(&request).await;
    let due = "UPDATE jobs SET run_at = now() WHERE state = 'scheduled'";
    installation.database.execute(due).await;
    1
}

/// Makes a schedule whose tick has come, for one job.
async fn due_schedule(installation: &Installation) -> usize {
    installation.calls.create_yearly_schedule("yearly").await;
    let due = "UPDATE schedules SET next_run_at = now()";
    installation.database.execute(due).await;
    1
}

/// Makes one job, and kills the worker that runs it.
async fn lost_job(installation: &mut Installation, label: &str) -> usize {
    let effect = Effect::new(label).until(installation.gate(label));
    installation.calls.submit(&effect.request()).await;
    let worker = installation.start_worker();
    installation.wait_for_runs(label, 1, LIMIT).await;
    let killed = installation.worker(worker).kill();
    killed.expect("the worker can be killed");
    installation.open_gate(label);
    1
}
