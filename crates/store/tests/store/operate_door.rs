//! The door of operators: what it shows, and the little that it changes.

use crate::fixture::{childless, completion};
use crate::row_security::{connection_as, found, run, two_tenants, visible};

#[tokio::test]
async fn the_operate_door_shows_what_lives_and_only_asks_for_the_end_of_what_runs() {
    let (fixture, [own, other]) = two_tenants().await;
    let worker_id = fixture.worker().await;
    let running = fixture.running(worker_id).await.job_id;
    fixture.queued().await;
    let ended = fixture.running(worker_id).await;
    let written = fixture
        .workers
        .complete(worker_id, &[completion(ended)])
        .await;
    assert_eq!(written.unwrap(), [childless(ended)]);
    let mut operator = connection_as(&fixture, "gantry_api", Some("operate")).await;
    for (table, count) in [
        // Two that failed and wait for a retry, one that runs and one that waits; the one that ended is not seen.
        ("jobs", 4),
        ("tenants", 2),
        ("users", 2),
        ("job_attempts", 0),
        ("job_logs", 0),
        ("idempotency_keys", 0),
    ] {
        assert_eq!(visible(&mut operator, table).await, count, "{table}");
    }
    let cancel = "UPDATE jobs SET cancel_requested_at = now()";
    assert_eq!(found(&mut operator, cancel).await.unwrap(), 1);
    let row = fixture.row(running).await;
    assert!(!row.contains("\"cancel_requested_at\": null"), "{row}");
    for denied in [
        "UPDATE jobs SET cancel_requested_at = NULL",
        "UPDATE jobs SET state = 'cancelled', finished_at = now()",
        "UPDATE tenants SET external_id = ''",
        "INSERT INTO tenants (id, issuer, external_id) VALUES (gen_random_uuid(), '', '')",
        "INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
         VALUES ('tenant', 'no id', gen_random_uuid(), 'someone')",
    ] {
        run(&mut operator, denied).await.expect_err(denied);
    }
    let rename = "UPDATE users SET email = ''";
    assert_eq!(found(&mut operator, rename).await.unwrap(), 0);

    for tenant_id in [own, other] {
        let pause = format!(
            "INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
             VALUES ('tenant', '{tenant_id}', gen_random_uuid(), 'someone')"
        );
        run(&mut operator, &pause).await.unwrap();
    }
    let move_on = "UPDATE pauses SET paused_at = now()";
    run(&mut operator, move_on).await.expect_err(move_on);
    let mut tenant = connection_as(&fixture, "gantry_api", None).await;
    assert_eq!(visible(&mut tenant, "pauses").await, 0);
    run(&mut tenant, &format!("SET app.tenant_id = '{own}'"))
        .await
        .unwrap();
    assert_eq!(visible(&mut tenant, "pauses").await, 1);
    let end = "DELETE FROM pauses";
    assert_eq!(found(&mut tenant, end).await.unwrap(), 0);
    let limits = format!(
        "INSERT INTO concurrency_limits (scope, subject, max_running, set_by)
         SELECT 'tenant', unnest(ARRAY['{own}', '{other}', 'default']), 1, gen_random_uuid()"
    );
    run(&mut tenant, &limits).await.expect_err(&limits);
    run(&mut operator, &limits).await.unwrap();
    assert_eq!(visible(&mut tenant, "concurrency_limits").await, 2);
    let raise = "UPDATE concurrency_limits SET max_running = 9";
    assert_eq!(found(&mut tenant, raise).await.unwrap(), 0);
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    assert_eq!(visible(&mut worker, "pauses").await, 2);
    assert_eq!(visible(&mut worker, "concurrency_limits").await, 3);
    for denied in [end, raise, "SELECT reason FROM pauses"] {
        run(&mut worker, denied).await.expect_err(denied);
    }
    let mut worker = connection_as(&fixture, "gantry_worker", Some("operate")).await;
    assert_eq!(visible(&mut worker, "jobs").await, 0);
}
