//! Log lines: a partition is dropped when all its lines are past their period; until then they are deleted one by one.

use gantry_domain::JobState;
use gantry_store::PartitionDrop;

use super::Finished;
use crate::fixture::{Fixture, tenant};
use crate::run_writes::lines;

/// Whatever their number: a line that were deleted by itself would set the trigger off.
#[tokio::test]
async fn a_partition_whose_lines_are_all_past_their_period_is_dropped_without_deleting_a_line() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    for _ in 0..3 {
        Finished {
            lines: 1_000,
            ..Finished::days_ago(15)
        }
        .make(&fixture)
        .await;
    }
    fixture
        .database
        .execute(&format!(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN RAISE EXCEPTION 'a line was deleted by itself'; END $$;
             CREATE TRIGGER refuse BEFORE DELETE ON {partition} FOR EACH ROW EXECUTE FUNCTION refuse()"
        ))
        .await;
    assert!(fixture.range_of(&partition).await.is_some());
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
    assert_eq!(fixture.count_of("job_logs").await, 0);
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Absent
    );
}

#[tokio::test]
async fn a_partition_is_held_by_one_job_that_is_to_keep_its_lines() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    Finished {
        lines: 1,
        ..Finished::days_ago(15)
    }
    .make(&fixture)
    .await;
    let thorough = tenant("thorough");
    let holder = Finished {
        tenant_id: thorough,
        lines: 1,
        ..Finished::days_ago(15)
    };
    holder.make(&fixture).await;
    fixture.set_periods(thorough, 30, 30, 20).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Held
    );
    assert_eq!(fixture.sweep_all_lines().await, 1);
    fixture.set_periods(thorough, 30, 30, 5).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
}

#[tokio::test]
async fn a_partition_is_held_by_a_job_that_still_runs_and_takes_its_lines() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let running = Finished {
        state: JobState::Running,
        lines: 1,
        ..Finished::days_ago(15)
    };
    running.make(&fixture).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Held
    );
    assert_eq!(fixture.sweep_all_lines().await, 0);
}

#[tokio::test]
async fn a_partition_that_others_read_is_left_for_later_and_keeps_nobody_waiting() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let mut reader = fixture.database.connection().await;
    let read = sqlx::raw_sql("BEGIN; SELECT count(*) FROM job_logs")
        .execute(&mut reader)
        .await;
    read.unwrap();
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Busy
    );
    sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
}

/// Days that have only begun, or will, are no matter of retention, whatever a tenant's period.
#[tokio::test]
async fn a_partition_of_today_is_never_dropped() {
    let fixture = Fixture::new().await;
    assert_eq!(
        fixture.drop_partition("job_logs_first").await,
        PartitionDrop::Held
    );
}

#[tokio::test]
async fn a_job_that_is_run_again_after_its_partition_went_has_somewhere_to_write() {
    let fixture = Fixture::new().await;
    let partition = fixture.partition_of(15).await;
    let failed = Finished {
        state: JobState::Failed,
        lines: 3,
        ..Finished::days_ago(15)
    };
    let job_id = failed.make(&fixture).await;
    assert_eq!(
        fixture.drop_partition(&partition).await,
        PartitionDrop::Dropped
    );
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(job_id).await.unwrap();
    let worker_id = fixture.worker().await;
    let run = fixture.current_run(job_id).await;
    fixture.claim(worker_id, run).await.unwrap();
    let lines = lines(run, 2, 1..=2);
    for stored in [2, 0] {
        let appended = fixture.workers.append_log(worker_id, &lines).await;
        assert_eq!(appended.unwrap(), stored);
    }
    assert_eq!(fixture.count_of("job_logs_default").await, 2);
}

/// A log page must not look into the partitions of other days.
#[tokio::test]
async fn reading_a_job_s_log_looks_into_one_partition() {
    let fixture = Fixture::new().await;
    let job_id = Finished {
        lines: 5,
        ..Finished::days_ago(0)
    }
    .make(&fixture)
    .await;
    let mut connection = fixture.database.connection().await;
    let plan: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
        "EXPLAIN SELECT text FROM job_logs WHERE job_id = '{job_id}' AND (attempt, seq) > (1, 2) ORDER BY attempt, seq LIMIT 9"
    )))
    .fetch_all(&mut connection)
    .await
    .unwrap();
    let scanned: Vec<_> = plan
        .iter()
        .filter(|line| line.contains("job_logs_"))
        .collect();
    assert_eq!(scanned.len(), 1, "{plan:#?}");
    assert!(scanned[0].contains("job_logs_first"), "{plan:#?}");
}
