//! Due: scheduled jobs whose time has come are queued once each, under a new dispatch.

use std::time::Duration;

use chrono::{TimeDelta, Utc};
use gantry_domain::{JobState, NewJob};

use crate::fixture::{Fixture, new_job};

async fn scheduled(fixture: &Fixture, minutes: i64) -> gantry_domain::JobId {
    let job = NewJob {
        run_at: Some(Utc::now() + TimeDelta::minutes(minutes)),
        traceparent: Some("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_owned()),
        ..new_job(fixture.tenant_id)
    };
    fixture.submit(job).await
}

#[tokio::test]
async fn a_job_before_its_time_stays_scheduled() {
    let fixture = Fixture::new().await;
    let job_id = scheduled(&fixture, 5).await;
    assert_eq!(fixture.workers.enqueue_due(10).await.unwrap(), []);
    assert_eq!(fixture.state(job_id).await, JobState::Scheduled);
}

#[tokio::test]
async fn it_is_known_how_long_it_is_until_the_next_job_is_due() {
    let fixture = Fixture::new().await;
    assert_eq!(fixture.workers.upcoming().await.unwrap().job, None);
    scheduled(&fixture, 50).await;
    scheduled(&fixture, 5).await;
    let until = fixture.workers.upcoming().await.unwrap().job.unwrap();
    assert!((1..=300).contains(&until.as_secs()), "{until:?}");
    fixture.let_time_pass().await;
    let until = fixture.workers.upcoming().await.unwrap().job;
    assert_eq!(until, Some(Duration::ZERO));
}

#[tokio::test]
async fn a_due_job_is_queued_and_its_doorbell_can_be_claimed() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let job_id = scheduled(&fixture, 5).await;
    fixture.let_time_pass().await;
    let doorbells = fixture.workers.enqueue_due(10).await.unwrap();
    assert_eq!(doorbells.len(), 1);
    assert_eq!(doorbells[0].job_id, job_id);
    assert!(doorbells[0].traceparent.is_some());
    assert_eq!(fixture.state(job_id).await, JobState::Queued);
    assert_eq!(fixture.workers.enqueue_due(10).await.unwrap(), []);
    let run = fixture.current_run(job_id).await;
    assert_eq!(doorbells[0].dispatch, run.dispatch);
    assert_eq!(fixture.claim(worker_id, run).await.unwrap().attempt, 1);
}

#[tokio::test]
async fn the_longest_overdue_come_first_and_no_more_than_asked_for() {
    let fixture = Fixture::new().await;
    let mut waiting = Vec::new();
    for minutes in [30, 10, 20] {
        waiting.push((minutes, scheduled(&fixture, minutes).await));
    }
    fixture
        .database
        .execute("UPDATE jobs SET run_at = run_at - interval '1 hour'")
        .await;
    waiting.sort();
    for (_, job_id) in waiting {
        let doorbells = fixture.workers.enqueue_due(1).await.unwrap();
        assert_eq!(doorbells.len(), 1);
        assert_eq!(doorbells[0].job_id, job_id);
    }
}

#[tokio::test]
async fn two_sweeps_at_once_queue_each_job_once() {
    let fixture = Fixture::new().await;
    for _ in 0..40 {
        scheduled(&fixture, 5).await;
    }
    fixture.let_time_pass().await;
    let (one, other) = tokio::join!(
        fixture.workers.enqueue_due(100),
        fixture.workers.enqueue_due(100)
    );
    assert_eq!(one.unwrap().len() + other.unwrap().len(), 40);
    assert_eq!(
        fixture
            .database
            .number("SELECT count(*) FROM jobs WHERE dispatch = 2")
            .await,
        40
    );
}
