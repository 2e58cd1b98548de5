//! All jobs that match are redriven or cancelled, a bounded number at a time, and no others.

use gantry_domain::{JobId, JobState, NewJob};
use gantry_store::{BulkMode, CancelOutcome, JobFilter, RunLogLine};

use crate::fixture::{
    Fixture, by_someone, final_failure, first_run, new_job, tenant, unique_job, unkeyed, user,
};

fn failed_as(code: &str) -> JobFilter {
    JobFilter {
        states: vec![JobState::Failed],
        error_code: Some(code.to_owned()),
        ..JobFilter::default()
    }
}

async fn fail_all(fixture: &Fixture, jobs: &[NewJob], code: &str) {
    let worker_id = fixture.worker().await;
    fixture.submit_keyed(unkeyed(jobs.to_vec())).await;
    for job in jobs {
        let run = first_run(job.id);
        fixture.claim(worker_id, run).await.unwrap();
        let mut failure = final_failure(run);
        failure.error.code = code.to_owned();
        fixture.workers.fail(worker_id, &[failure]).await.unwrap();
    }
}

async fn redrive(fixture: &Fixture, filter: &JobFilter, limit: u32) -> (usize, Vec<JobId>, bool) {
    let scope = fixture.api.tenant(fixture.tenant_id);
    let done = scope
        .redrive_jobs(filter, limit, BulkMode::Apply)
        .await
        .unwrap();
    let mut changed: Vec<JobId> = done
        .changed
        .iter()
        .map(|doorbell| doorbell.job_id)
        .collect();
    changed.sort();
    (done.matched, changed, done.has_more)
}

#[tokio::test]
async fn failed_jobs_are_listed_and_redriven_by_their_error_code() {
    let fixture = Fixture::new().await;
    let broken = [new_job(fixture.tenant_id), new_job(fixture.tenant_id)];
    let slow = [new_job(fixture.tenant_id)];
    fail_all(&fixture, &broken, "broken").await;
    fail_all(&fixture, &slow, "deadline_exceeded").await;
    fail_all(&fixture, &[new_job(tenant("other"))], "broken").await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let listed = scope
        .list_jobs(&failed_as("broken"), None, 10)
        .await
        .unwrap();
    let listed: Vec<JobId> = listed.iter().map(|job| job.id).collect();
    assert_eq!(listed, [broken[1].id, broken[0].id]);

    let filter = failed_as("broken");
    let dry = scope.redrive_jobs(&filter, 10, BulkMode::DryRun).await;
    assert_eq!(dry.unwrap().matched, 2);
    assert_eq!(fixture.state(broken[0].id).await, JobState::Failed);

    let ids = broken.map(|job| job.id).to_vec();
    assert_eq!(
        redrive(&fixture, &failed_as("broken"), 10).await,
        (2, ids, false)
    );
    assert_eq!(fixture.state(slow[0].id).await, JobState::Failed);
    assert_eq!(
        redrive(&fixture, &failed_as("broken"), 10).await,
        (0, vec![], false)
    );
    let queued = "jobs WHERE state = 'queued'";
    assert_eq!(
        fixture.count_of(queued).await,
        2,
        "none of the other tenant"
    );
}

#[tokio::test]
async fn a_bounded_number_is_changed_at_a_time_the_oldest_first() {
    let fixture = Fixture::new().await;
    let jobs: Vec<NewJob> = (0..5).map(|_| new_job(fixture.tenant_id)).collect();
    let ids: Vec<JobId> = jobs.iter().map(|job| job.id).collect();
    fail_all(&fixture, &jobs, "broken").await;
    let filter = failed_as("broken");
    assert_eq!(
        redrive(&fixture, &filter, 2).await,
        (2, ids[..2].to_vec(), true)
    );
    assert_eq!(
        redrive(&fixture, &filter, 2).await,
        (2, ids[2..4].to_vec(), true)
    );
    assert_eq!(
        redrive(&fixture, &filter, 2).await,
        (1, ids[4..].to_vec(), false)
    );
}

#[tokio::test]
async fn of_several_with_one_unique_key_the_newest_runs_again() {
    let fixture = Fixture::new().await;
    let jobs: Vec<NewJob> = (0..3)
        .map(|_| unique_job(fixture.tenant_id, "nightly"))
        .collect();
    for job in &jobs {
        fail_all(&fixture, std::slice::from_ref(job), "broken").await;
    }
    let other = unique_job(fixture.tenant_id, "weekly");
    fail_all(&fixture, std::slice::from_ref(&other), "broken").await;
    let expected = vec![jobs[2].id, other.id];
    let filter = failed_as("broken");
    assert_eq!(redrive(&fixture, &filter, 10).await, (4, expected, false));
    assert_eq!(redrive(&fixture, &filter, 10).await, (0, vec![], false));
}

#[tokio::test]
async fn waiting_jobs_end_at_once_and_running_ones_are_told() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let running = fixture.running(worker_id).await;
    let waiting = fixture.queued().await;
    let others = NewJob {
        created_by: user("bob"),
        ..new_job(fixture.tenant_id)
    };
    let others = fixture.submit(others).await;
    let filter = JobFilter {
        created_by: Some(user("ada")),
        ..JobFilter::default()
    };
    let scope = fixture.api.tenant(fixture.tenant_id);
    let cancel = async || {
        let error = by_someone();
        let done = scope.cancel_jobs(&filter, &error, 10, BulkMode::Apply);
        let mut done = done.await.unwrap();
        done.changed.sort_by_key(|(job_id, _)| *job_id);
        done
    };
    let done = cancel().await;
    assert_eq!((done.matched, done.has_more), (2, false));
    let told = CancelOutcome::Requested {
        worker_id,
        dispatch: running.dispatch,
    };
    let expected = [
        (running.job_id, told),
        (waiting.job_id, CancelOutcome::Cancelled),
    ];
    assert_eq!(done.changed, expected);
    assert_eq!(fixture.state(others).await, JobState::Queued);
    assert_eq!(cancel().await.matched, 0, "it was asked for before");
    let line = RunLogLine {
        run: running,
        line: crate::run_writes::line(1, 1),
    };
    let written = fixture.workers.append_log(worker_id, &[line]).await;
    assert_eq!(
        written.unwrap(),
        1,
        "a running job runs until it has stopped"
    );
}
