//! Submitted: jobs come into being together or not at all.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use gantry_domain::{JobState, NewJob, Priority};
use gantry_store::ApiStore;

use crate::fixture::{Fixture, new_job, tenant, user};

#[tokio::test]
async fn a_new_job_is_queued_and_reads_back_as_it_was_given() {
    let fixture = Fixture::new().await;
    let job = NewJob {
        priority: Priority::High,
        payload: serde_json::json!({ "text": "ü\t\"'\\", "list": [1, 2.5, null], "nested": {} }),
        tags: vec!["b".to_owned(), "a, {\"}".to_owned()],
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        max_attempts: 7,
        timeout_seconds: 12,
        ..new_job(fixture.tenant_id)
    };
    let accepted = fixture
        .api
        .submit(std::slice::from_ref(&job))
        .await
        .unwrap();
    assert_eq!(accepted[0].state, JobState::Queued);
    let stored = fixture.job(job.id).await;
    let summary = stored.summary;
    assert_eq!(stored.payload, job.payload);
    assert_eq!(stored.result, None);
    assert_eq!(
        (summary.id, summary.tenant_id, summary.created_by),
        (job.id, job.tenant_id, job.created_by)
    );
    assert_eq!(
        (summary.kind, summary.queue, summary.priority),
        (job.kind, job.queue, job.priority)
    );
    assert_eq!(
        (summary.attempt, summary.max_attempts, summary.losses),
        (0, 7, 0)
    );
    assert_eq!(summary.timeout_seconds, 12);
    assert_eq!(summary.tags, job.tags);
    assert_eq!(
        summary.trace_id.as_deref(),
        Some("0af7651916cd43dd8448eb211c80319c")
    );
    assert_eq!(summary.created_at, accepted[0].created_at);
    assert_eq!(summary.run_at, accepted[0].run_at);
    assert_eq!(summary.run_at, summary.created_at);
    assert_eq!(
        (summary.error, summary.progress, summary.worker),
        (None, None, None)
    );
}

#[tokio::test]
async fn a_later_time_schedules_a_job_and_a_past_one_means_now() {
    let fixture = Fixture::new().await;
    let with_run_at = |run_at| NewJob {
        run_at: Some(run_at),
        ..new_job(fixture.tenant_id)
    };
    let later = (Utc::now() + TimeDelta::hours(1)).trunc_subsecs(6);
    let jobs = [
        with_run_at(later),
        with_run_at(DateTime::UNIX_EPOCH),
        with_run_at(DateTime::<Utc>::MIN_UTC + TimeDelta::days(40_000_000)),
        new_job(fixture.tenant_id),
    ];
    let accepted = fixture.api.submit(&jobs).await.unwrap();
    let states: Vec<_> = accepted.iter().map(|accepted| accepted.state).collect();
    assert_eq!(
        states,
        [
            JobState::Scheduled,
            JobState::Queued,
            JobState::Queued,
            JobState::Queued
        ]
    );
    assert_eq!(accepted[0].run_at, later);
    assert_eq!(accepted[1].run_at, accepted[1].created_at);
    assert_eq!(ApiStore::doorbells(&jobs, &accepted).len(), 3);
}

#[tokio::test]
async fn a_time_that_postgres_cannot_hold_is_as_late_as_it_can() {
    let fixture = Fixture::new().await;
    let jobs = [DateTime::<Utc>::MAX_UTC, DateTime::<Utc>::MIN_UTC].map(|run_at| NewJob {
        run_at: Some(run_at),
        ..new_job(fixture.tenant_id)
    });
    let accepted = fixture.api.submit(&jobs).await.unwrap();
    assert_eq!(accepted[0].state, JobState::Scheduled);
    assert_eq!(accepted[1].state, JobState::Queued);
}

#[tokio::test]
async fn the_jobs_of_several_tenants_share_one_batch_and_each_sees_its_own() {
    let fixture = Fixture::new().await;
    let jobs: Vec<_> = (0..1_000)
        .map(|number| NewJob {
            payload: serde_json::json!({ "number": number }),
            created_by: user(&format!("user-{}", number % 7)),
            ..new_job(tenant(&format!("tenant-{}", number % 3)))
        })
        .collect();
    let accepted = fixture.api.submit(&jobs).await.unwrap();
    let answered: Vec<_> = accepted.iter().map(|accepted| accepted.job_id).collect();
    let asked: Vec<_> = jobs.iter().map(|job| job.id).collect();
    assert_eq!(answered, asked, "the answers come in the order of the jobs");
    let doorbells = ApiStore::doorbells(&jobs, &accepted);
    assert_eq!(doorbells.len(), 1_000);
    assert!(doorbells.iter().all(|doorbell| doorbell.dispatch == 1));
    for job in [&jobs[0], &jobs[1], &jobs[999]] {
        let seen = fixture.api.tenant(job.tenant_id).find_job(job.id).await;
        assert_eq!(seen.unwrap().unwrap().payload, job.payload);
        let other = fixture.api.tenant(tenant("other")).find_job(job.id).await;
        assert_eq!(other.unwrap(), None);
    }
}

#[tokio::test]
async fn one_impossible_row_refuses_the_whole_batch() {
    let fixture = Fixture::new().await;
    let good = new_job(fixture.tenant_id);
    let bad = NewJob {
        max_attempts: 0,
        ..new_job(fixture.tenant_id)
    };
    fixture.api.submit(&[good, bad]).await.unwrap_err();
    assert_eq!(
        fixture.database.number("SELECT count(*) FROM jobs").await,
        0
    );
}

#[tokio::test]
async fn a_job_cannot_be_accepted_twice() {
    let fixture = Fixture::new().await;
    let job = new_job(fixture.tenant_id);
    fixture.submit(job.clone()).await;
    fixture.api.submit(&[job]).await.unwrap_err();
    assert_eq!(
        fixture.database.number("SELECT count(*) FROM jobs").await,
        1
    );
}

#[tokio::test]
async fn no_jobs_are_accepted_as_none() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.api.submit(&[]).await.unwrap(), []);
}
