//! What a machine of a tenant's own may write: for its own queues, and in range.

use gantry_domain::{JobState, RetentionPeriods};

use super::world::{World, world};
use crate::fixture::tenant;
use crate::row_security::run;

#[tokio::test]
async fn a_machine_announces_nothing_and_registers_for_nothing_but_its_own_queues() {
    let world = world().await;
    let World {
        fixture, machine, ..
    } = &world;
    let mut hand = machine.connection().await;
    let worker = |columns: &str, values: &str| {
        format!(
            "INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at{columns})
             VALUES (gen_random_uuid(), {values})"
        )
    };
    let usual = "'bench', 'active', '{own-gpu}', '{test.echo}', 1, '1', now() + interval '10 s'";
    for denied in [
        "UPDATE kinds SET queue = 'own-gpu'".to_owned(),
        "INSERT INTO kinds SELECT * FROM kinds".to_owned(),
        "DELETE FROM pauses".to_owned(),
        "INSERT INTO maintenance_leases VALUES ('maintenance', gen_random_uuid(), 'infinity')"
            .to_owned(),
        "INSERT INTO jobs SELECT * FROM jobs".to_owned(),
        "DELETE FROM jobs".to_owned(),
        "DELETE FROM workers".to_owned(),
        worker("", &usual.replace("own-gpu", "default")),
        worker("", &usual.replace("own-gpu", "own-gpu,default")),
        worker("", &usual.replace("{own-gpu}", "{}")),
        worker("", &usual.replace("{own-gpu}", "{{own-gpu},{own-gpu}}")),
        worker("", &usual.replace("{own-gpu}", "[5:5]={own-gpu}")),
        worker("", &usual.replace("{test.echo}", "[0:0]={test.echo}")),
        worker("", &usual.replace("test.echo", "never.announced")),
        worker("", &usual.replace("10 s", "2 hours")),
        worker("", &usual.replace("now() + interval '10 s'", "'infinity'")),
        worker("", &usual.replace("'bench'", "repeat('x', 65)")),
        worker(", token_id", &format!("{usual}, gen_random_uuid()")),
        worker(", tenant_id", &format!("{usual}, '{}'", tenant("other"))),
    ] {
        run(&mut hand, &denied).await.expect_err(&denied);
    }
    run(&mut hand, &worker("", usual)).await.unwrap();
    let row = "SELECT count(*) FROM workers WHERE token_id IS NOT NULL AND tenant_id IS NOT NULL";
    assert_eq!(fixture.database.number(row).await, 1);
    for denied in [
        "UPDATE workers SET lease_expires_at = 'infinity', heartbeat_at = now()",
        "UPDATE workers SET lease_expires_at = now() + interval '2 hours', heartbeat_at = now()",
        "UPDATE workers SET queues = '{default}'",
        "UPDATE workers SET token_id = NULL",
    ] {
        run(&mut hand, denied).await.expect_err(denied);
    }
}

#[tokio::test]
async fn a_machine_registers_a_hundred_workers_within_an_hour_and_no_more() {
    let world = world().await;
    let mut hand = world.machine.connection().await;
    let register = |workers: u32| {
        format!(
            "INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at)
             SELECT gen_random_uuid(), 'bench', 'active', '{{own-gpu}}', '{{test.echo}}', 1, '1', now() + interval '10 s'
             FROM generate_series(1, {workers})"
        )
    };
    run(&mut hand, &register(101))
        .await
        .expect_err("with one statement");
    run(&mut hand, &register(100)).await.unwrap();
    run(&mut hand, &register(1))
        .await
        .expect_err("with one more");
    let age =
        "UPDATE workers SET started_at = now() - interval '2 hours' WHERE token_id IS NOT NULL";
    world.fixture.database.execute(age).await;
    run(&mut hand, &register(1)).await.unwrap();
}

/// Their leases are over, and they leave nothing behind but rows.
#[tokio::test]
async fn of_workers_that_a_machine_has_registered_a_hundred_are_kept() {
    let world = world().await;
    let World {
        fixture, machine, ..
    } = &world;
    machine.worker().await;
    let ended = "INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, started_at, lease_expires_at, token_id)
        SELECT gen_random_uuid(), 'bench', 'lost', '{}', '{}', 1, '1', now() - interval '3 hours', now() - interval '2 hours', id
        FROM worker_tokens, generate_series(1, 103)";
    fixture.database.execute(ended).await;
    let periods = RetentionPeriods::new(30, 20, 10).unwrap();
    let forget = async || {
        let forgotten = fixture.workers.forget_ended_workers(periods, 2);
        forgotten.await.unwrap()
    };
    assert_eq!([forget().await, forget().await, forget().await], [2, 1, 0]);
    assert_eq!(fixture.count_of("workers").await, 102);
}

/// The maintenance calculates with these columns for everyone's jobs in one statement, and others read them.
#[tokio::test]
async fn a_machine_writes_no_value_that_breaks_the_statements_of_others() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    let mut hand = machine.connection().await;
    for denied in [
        "losses = 2147483647",
        "attempt = 2147483647",
        "attempt = -1",
        "dispatch = 2147483647",
        "dispatch = -5",
        "log_seq = 9223372036854775807",
        "run_at = 'infinity'",
        "run_at = '-infinity'",
        "queued_at = 'infinity'",
        "started_at = '-infinity'",
        "state = 'failed', error = '{\"code\": \"x\", \"message\": \"x\"}', finished_at = 'infinity'",
        "state = 'failed', error = '[]', finished_at = now()",
        "state = 'failed', error = '{\"code\": 1, \"message\": \"x\"}', finished_at = now()",
        "state = 'succeeded', result = to_jsonb(repeat('x', 9000000)), finished_at = now()",
        "progress = to_jsonb(repeat('x', 70000))",
        "worker_id = gen_random_uuid()",
        "worker_id = NULL, state = 'queued'",
        "payload = '{}'",
        "tenant_id = gen_random_uuid()",
        "queue = 'default'",
        "kind = 'a.b'",
        "cancel_requested_at = NULL",
        "has_children = false",
        "waiting_for = 1",
    ] {
        let denied = format!("UPDATE jobs SET {denied}");
        run(&mut hand, &denied).await.expect_err(&denied);
    }
    let log = |attempt: &str, seq: &str, at: &str, text: &str| {
        format!(
            "INSERT INTO job_logs (job_id, attempt, seq, tenant_id, at, stream, level, text)
             SELECT id, {attempt}, {seq}, tenant_id, {at}, 'stdout', 'info', {text} FROM jobs"
        )
    };
    for denied in [
        log("2", "1", "now()", "''"),
        log("1", "2000000", "now()", "''"),
        log("1", "1", "'infinity'", "''"),
        log("1", "1", "now()", "repeat('x', 70000)"),
    ] {
        run(&mut hand, &denied).await.expect_err(&denied);
    }
    run(&mut hand, &log("1", "1", "now()", "'x'"))
        .await
        .unwrap();
    // An attempt that has its history already is rescued all the same.
    let attempt =
        "INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at)
        SELECT id, attempt, tenant_id, worker_id, 'failed', started_at FROM jobs";
    run(&mut hand, attempt).await.unwrap();
    fixture.end_lease(worker_id).await;
    let rescued = fixture.workers.rescue_lost(10).await.unwrap();
    assert_eq!(rescued.len(), 1);
    assert_eq!(rescued[0].state, JobState::Queued);
}
