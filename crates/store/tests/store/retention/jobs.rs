//! Jobs and their results: deleted after their tenant's period, and never before.

use gantry_domain::JobState;

use super::{Finished, periods};
use crate::fixture::{Fixture, tenant};
use crate::row_security::connection_as;

#[tokio::test]
async fn jobs_go_after_their_period_and_their_attempts_with_them() {
    let fixture = Fixture::new().await;
    let kept = Finished::days_ago(29).make(&fixture).await;
    for state in [JobState::Succeeded, JobState::Failed] {
        let over = Finished {
            state,
            ..Finished::days_ago(31)
        };
        let job_id = over.make(&fixture).await;
        let attempt = format!(
            "INSERT INTO job_attempts VALUES ('{job_id}', 7, '{}', gen_random_uuid(), 'lost', now())",
            fixture.tenant_id
        );
        fixture.database.execute(&attempt).await;
    }
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!((swept.jobs, swept.next), (2, None));
    assert_eq!(fixture.left().await, [kept]);
    assert_eq!(fixture.count_of("job_attempts").await, 0);
}

#[tokio::test]
async fn a_job_that_has_not_ended_is_never_deleted() {
    let fixture = Fixture::new().await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(400)
    };
    let running = running.make(&fixture).await;
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(swept.jobs, 0);
    assert_eq!(fixture.sweep_all_lines().await, 0);
    assert_eq!(fixture.left().await, [running]);
}

#[tokio::test]
async fn a_result_goes_before_its_job_and_the_job_says_so() {
    let fixture = Fixture::new().await;
    let over = Finished::days_ago(21).make(&fixture).await;
    let kept = Finished::days_ago(19).make(&fixture).await;
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!((swept.jobs, swept.results), (0, 1));
    let over = fixture.job(over).await;
    assert_eq!(
        (over.result, over.summary.state),
        (None, JobState::Succeeded)
    );
    assert!(over.result_deleted_at.is_some());
    let kept = fixture.job(kept).await;
    assert!(kept.result.is_some() && kept.result_deleted_at.is_none());
    let again = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(again.results, 0);
}

#[tokio::test]
async fn a_walk_along_the_jobs_goes_on_where_it_stopped() {
    let fixture = Fixture::new().await;
    for days_ago in [40, 39, 38, 25, 24] {
        Finished::days_ago(days_ago).make(&fixture).await;
    }
    let (mut after, mut deleted) = (None, Vec::new());
    loop {
        let swept = fixture
            .workers
            .sweep_jobs(after, periods(), 2)
            .await
            .unwrap();
        deleted.push((swept.jobs, swept.results));
        after = swept.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(deleted, [(2, 0), (1, 1), (0, 1)]);
}

#[tokio::test]
async fn each_tenant_can_have_periods_of_its_own() {
    let fixture = Fixture::new().await;
    fixture.partition_of(90).await;
    let (hasty, thorough) = (tenant("hasty"), tenant("thorough"));
    fixture.set_periods(hasty, 3, 2, 1).await;
    fixture.set_periods(thorough, 365, 365, 365).await;
    for tenant_id in [hasty, thorough] {
        Finished {
            tenant_id,
            lines: 2,
            ..Finished::days_ago(5)
        }
        .make(&fixture)
        .await;
    }
    let kept = Finished {
        tenant_id: thorough,
        lines: 2,
        ..Finished::days_ago(100)
    };
    let kept = kept.make(&fixture).await;
    assert_eq!(fixture.sweep_all_lines().await, 2);
    let swept = fixture
        .workers
        .sweep_jobs(None, periods(), 100)
        .await
        .unwrap();
    assert_eq!(swept.jobs, 1);
    assert!(fixture.left().await.contains(&kept));
    assert_eq!(fixture.count_of("job_logs").await, 4);
}

#[tokio::test]
async fn a_job_goes_only_when_no_line_of_it_is_left() {
    let fixture = Fixture::new().await;
    fixture.partition_of(5).await;
    Finished {
        lines: 7,
        ..Finished::days_ago(60)
    }
    .make(&fixture)
    .await;
    let sweep = || fixture.workers.sweep_jobs(None, periods(), 100);
    assert_eq!(sweep().await.unwrap().jobs, 0);
    assert_eq!(fixture.sweep_all_lines().await, 7);
    assert_eq!(sweep().await.unwrap().jobs, 1);
}

#[tokio::test]
async fn the_schema_itself_refuses_to_delete_what_is_not_past_its_period() {
    let fixture = Fixture::new().await;
    let strict = tenant("strict");
    fixture.set_periods(strict, 365, 365, 365).await;
    Finished {
        lines: 1,
        ..Finished::days_ago(0)
    }
    .make(&fixture)
    .await;
    Finished {
        tenant_id: strict,
        lines: 1,
        ..Finished::days_ago(100)
    }
    .make(&fixture)
    .await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(400)
    };
    running.make(&fixture).await;
    let with_lines = Finished {
        lines: 1,
        ..Finished::days_ago(2)
    };
    with_lines.make(&fixture).await;
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    let jobs = sqlx::query("DELETE FROM jobs").execute(&mut worker).await;
    assert_eq!(jobs.unwrap().rows_affected(), 0);
    let lines = sqlx::query("DELETE FROM job_logs")
        .execute(&mut worker)
        .await;
    assert_eq!(lines.unwrap().rows_affected(), 1);
    let jobs = sqlx::query("DELETE FROM jobs").execute(&mut worker).await;
    assert_eq!(jobs.unwrap().rows_affected(), 1);
}
