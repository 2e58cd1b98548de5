//! What a machine of a tenant's own can reach in Postgres, by the worker's statements and by statements made by hand.

use std::time::Duration;

use gantry_domain::{JobState, TenantId, WorkerId, WorkerState};
use gantry_store::{LeaseRenewal, RunLogLine};
use sqlx::PgConnection;

use super::machine::{Machine, queued_in};
use crate::fixture::{
    Fixture, LEASE, by_someone, completion, failure, kind, new_job, tenant, user, yielded,
};
use crate::row_security::{found, run, visible};
use crate::run_writes::line;

/// The machine of one tenant, with a job that waits in its queue; and jobs of the tenant and of another elsewhere.
struct World {
    fixture: Fixture,
    machine: Machine,
    own: gantry_store::Run,
    elsewhere: gantry_store::Run,
    others: gantry_store::Run,
}

async fn world() -> World {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    World {
        own: queued_in(&fixture, fixture.tenant_id, "own-gpu").await,
        elsewhere: queued_in(&fixture, fixture.tenant_id, "default").await,
        others: queued_in(&fixture, tenant("other"), "own-gpu").await,
        machine,
        fixture,
    }
}

async fn number(connection: &mut PgConnection, sql: &str) -> i64 {
    visible(connection, &format!("({sql}) AS rows")).await
}

#[tokio::test]
async fn a_machine_runs_the_jobs_of_its_queues_as_any_worker_does() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    machine.store.check().await.unwrap();
    let worker_id = machine.worker().await;
    let claimed = machine.claim(worker_id, *own).await.unwrap();
    assert_eq!(claimed.tenant_id, fixture.tenant_id);
    let lines = [RunLogLine {
        run: *own,
        line: line(1, 1),
    }];
    assert_eq!(
        machine.store.append_log(worker_id, &lines).await.unwrap(),
        1
    );
    assert_eq!(
        machine.store.append_log(worker_id, &lines).await.unwrap(),
        0
    );
    let progress = gantry_store::RunProgress {
        run: *own,
        progress: serde_json::json!({"step": 1}),
    };
    assert_eq!(
        machine
            .store
            .record_progress(worker_id, &[progress])
            .await
            .unwrap(),
        [*own]
    );
    let failed = machine
        .store
        .fail(worker_id, &[failure(*own)])
        .await
        .unwrap();
    assert_eq!(failed[0].state, JobState::Scheduled);
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(10).await.unwrap();

    let again = fixture.current_run(own.job_id).await;
    machine.claim(worker_id, again).await.unwrap();
    let released = machine
        .store
        .release(worker_id, &[yielded(again, 0)])
        .await
        .unwrap();
    assert_eq!(released.len(), 1);
    let again = fixture.current_run(own.job_id).await;
    machine.claim(worker_id, again).await.unwrap();
    assert_eq!(
        machine
            .store
            .already_claimed(worker_id, &[again])
            .await
            .unwrap()
            .len(),
        1
    );
    machine
        .store
        .snooze(worker_id, yielded(again, 0), Duration::from_secs(9))
        .await
        .unwrap()
        .unwrap();
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(10).await.unwrap();

    let last = fixture.current_run(own.job_id).await;
    machine.claim(worker_id, last).await.unwrap();
    fixture.request_cancel(own.job_id).await;
    let renewal = machine
        .store
        .renew_lease(worker_id, WorkerState::Active, LEASE)
        .await
        .unwrap();
    assert!(matches!(renewal, LeaseRenewal::Renewed(requests) if requests.len() == 1));
    let ended = machine
        .store
        .complete(worker_id, &[completion(last)])
        .await
        .unwrap();
    assert_eq!(ended[0].run, last);
    let next = queued_in(fixture, fixture.tenant_id, "own-gpu").await;
    machine.claim(worker_id, next).await.unwrap();
    fixture.request_cancel(next.job_id).await;
    let ended = machine
        .store
        .mark_cancelled(worker_id, &[next], &by_someone())
        .await
        .unwrap();
    assert_eq!(ended[0].run, next);
    machine.store.sign_off(worker_id).await.unwrap();
    let renewal = machine
        .store
        .renew_lease(worker_id, WorkerState::Active, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
}

#[tokio::test]
async fn a_machine_takes_jobs_under_limits_and_none_that_are_paused() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let worker_id = machine.worker().await;
    let second = queued_in(fixture, fixture.tenant_id, "own-gpu").await;
    fixture
        .database
        .execute(&format!(
            "INSERT INTO concurrency_limits VALUES ('kind', '{}', 1, gen_random_uuid());
             INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
             VALUES ('user', '{}', gen_random_uuid(), 'ada')",
            kind(),
            user("ada"),
        ))
        .await;
    assert_eq!(
        machine.claim(worker_id, *own).await,
        None,
        "its submitter is paused"
    );
    fixture.database.execute("DELETE FROM pauses").await;
    let both = machine
        .store
        .claim(worker_id, &[*own, second], &[kind()])
        .await;
    assert_eq!(both.unwrap().len(), 1);
}

#[tokio::test]
async fn a_machine_sees_the_jobs_of_its_queues_and_nothing_else() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        elsewhere,
        others,
    } = &world;
    let mut hand = machine.connection().await;
    assert_eq!(visible(&mut hand, "jobs").await, 1);
    assert_eq!(
        number(
            &mut hand,
            &format!("SELECT FROM jobs WHERE id = '{}'", own.job_id)
        )
        .await,
        1
    );
    assert_eq!(visible(&mut hand, "workers").await, 0);
    let worker_id = machine.worker().await;
    assert_eq!(visible(&mut hand, "workers").await, 1);
    for run in [elsewhere, others] {
        assert_eq!(machine.claim(worker_id, *run).await, None);
    }
    assert_eq!(number(&mut hand, "SELECT id FROM worker_tokens").await, 1);
    fixture
        .database
        .execute(
            "INSERT INTO pauses (scope, subject, paused_by, paused_by_name) VALUES
                ('queue', 'default', gen_random_uuid(), 'ada'), ('user', gen_random_uuid()::text, gen_random_uuid(), 'ada'),
                ('tenant', gen_random_uuid()::text, gen_random_uuid(), 'ada');
             INSERT INTO concurrency_limits VALUES ('tenant', gen_random_uuid()::text, 1, gen_random_uuid())",
        )
        .await;
    for table in [
        "SELECT scope FROM pauses",
        "SELECT scope FROM concurrency_limits",
    ] {
        assert_eq!(number(&mut hand, table).await, 0, "{table}");
    }
    for denied in [
        "SELECT FROM users",
        "SELECT FROM tenants",
        "SELECT FROM memberships",
        "SELECT FROM audit_events",
        "SELECT FROM schedules",
        "SELECT FROM batches",
        "SELECT FROM idempotency_keys",
        "SELECT FROM tenant_retention",
        "SELECT FROM tenant_queues",
        "SELECT FROM enrol_tokens",
        "SELECT FROM maintenance_leases",
        "SELECT text FROM job_logs",
        "SELECT FROM job_logs_default",
        "SELECT error FROM job_attempts",
        "SELECT reason FROM pauses",
        "SELECT paused_by_name FROM pauses",
        "SELECT secret_hash FROM worker_tokens",
        "SELECT redis_password_hash FROM worker_tokens",
        "SELECT make_enrolled_login(gen_random_uuid(), 'x')",
        "SELECT drop_enrolled_login(gen_random_uuid())",
        "SELECT make_job_log_partitions()",
        "SET ROLE gantry_worker",
        "SET ROLE gantry_api",
        "SET SESSION AUTHORIZATION postgres",
    ] {
        run(&mut hand, denied).await.expect_err(denied);
    }
}

#[tokio::test]
async fn no_setting_of_the_session_opens_anything() {
    let world = world().await;
    let mut hand = world.machine.connection().await;
    for setting in [
        format!("SET app.tenant_id = '{}'", tenant("other")),
        "SET app.door = 'dispatch'".to_owned(),
        "SET app.door = 'operate'".to_owned(),
        "SET app.door = 'claim'; SET app.claimed_queue = 'default'".to_owned(),
        "SET row_security = on".to_owned(),
        "SET ROLE gantry_enrolled".to_owned(),
    ] {
        run(&mut hand, &setting).await.unwrap();
        assert_eq!(visible(&mut hand, "jobs").await, 1, "{setting}");
    }
    let role_alone =
        crate::row_security::connection_as(&world.fixture, "gantry_enrolled", Some("dispatch"));
    let mut role_alone = role_alone.await;
    for table in ["jobs", "workers"] {
        assert_eq!(visible(&mut role_alone, table).await, 0, "{table}");
    }
}

/// Another worker's id is not a secret; knowing it must gain nothing.
#[tokio::test]
async fn a_machine_touches_no_run_of_another_worker() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        elsewhere,
        ..
    } = &world;
    let neighbour = Machine::enrolled(fixture, fixture.tenant_id, "own-gpu").await;
    let neighbour_worker = neighbour.worker().await;
    neighbour.claim(neighbour_worker, *own).await.unwrap();
    let operators = fixture.worker().await;
    fixture.claim(operators, *elsewhere).await.unwrap();
    let worker_id = machine.worker().await;
    for forged in [neighbour_worker, operators, WorkerId::generate()] {
        let done = [completion(*own), completion(*elsewhere)];
        assert_eq!(machine.store.complete(forged, &done).await.unwrap(), []);
        assert_eq!(
            machine.store.fail(forged, &[failure(*own)]).await.unwrap(),
            []
        );
        let renewal = machine
            .store
            .renew_lease(forged, WorkerState::Active, LEASE)
            .await;
        assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
        machine.store.sign_off(forged).await.unwrap();
        let lines = [RunLogLine {
            run: *own,
            line: line(1, 1),
        }];
        assert_eq!(machine.store.append_log(forged, &lines).await.unwrap(), 0);
    }
    let mut hand = machine.connection().await;
    let taken = format!(
        "UPDATE jobs SET worker_id = '{worker_id}' WHERE id = '{}'",
        own.job_id
    );
    assert_eq!(found(&mut hand, &taken).await.unwrap(), 0);
    let attempt = format!(
        "INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at)
         SELECT id, attempt, tenant_id, worker_id, 'failed', started_at FROM jobs WHERE id = '{}'",
        own.job_id
    );
    run(&mut hand, &attempt)
        .await
        .expect_err("an attempt of another worker");
    assert_eq!(
        neighbour
            .store
            .complete(neighbour_worker, &[completion(*own)])
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        fixture
            .workers
            .complete(operators, &[completion(*elsewhere)])
            .await
            .unwrap()
            .len(),
        1
    );
    let ended = format!("UPDATE jobs SET result = '1' WHERE id = '{}'", own.job_id);
    assert_eq!(
        found(&mut hand, &ended).await.unwrap(),
        0,
        "what has ended stays as it is"
    );
}

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
    fixture
        .database
        .execute("INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at, token_id)
            SELECT gen_random_uuid(), 'bench', 'stopped', '{}', '{}', 1, '1', now(), id FROM worker_tokens,
                generate_series(1, 1000)")
        .await;
    run(&mut hand, &worker("", usual))
        .await
        .expect_err("a flood of registrations");
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

#[tokio::test]
async fn a_revoked_machine_finds_nothing_and_its_jobs_are_taken_over_at_once() {
    ends_at_once(async |fixture, machine| {
        let scope = fixture.api.tenant(fixture.tenant_id);
        scope
            .revoke_worker_token(machine.token.id, user("ada"))
            .await
            .unwrap();
        assert!(fixture.workers.mark_lost_workers().await.unwrap());
        let rescued = fixture.workers.rescue_lost(10).await.unwrap();
        assert_eq!(rescued.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn a_machine_whose_token_has_expired_finds_nothing() {
    ends_at_once(async |fixture, _| {
        let expire = "UPDATE worker_tokens SET expires_at = now() - interval '1 s'";
        fixture.database.execute(expire).await;
    })
    .await;
}

/// Neither a statement of the worker, nor one made by hand, nor a transaction that was begun before.
async fn ends_at_once(end: impl AsyncFnOnce(&Fixture, &Machine)) {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        ..
    } = &world;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    queued_in(fixture, fixture.tenant_id, "own-gpu").await;
    let mut open = machine.connection().await;
    run(
        &mut open,
        "BEGIN; UPDATE jobs SET progress = '1' WHERE state = 'running'; SAVEPOINT before",
    )
    .await
    .unwrap();
    run(&mut open, "ROLLBACK; BEGIN; SELECT FROM jobs")
        .await
        .unwrap();
    let mut frozen = machine.connection().await;
    run(&mut frozen, "BEGIN ISOLATION LEVEL REPEATABLE READ")
        .await
        .unwrap();
    assert_eq!(
        visible(&mut frozen, "jobs").await,
        0,
        "only what sees each commit sees anything"
    );

    end(fixture, machine).await;
    for connection in [&mut open, &mut frozen] {
        assert_eq!(visible(connection, "jobs").await, 0);
        assert_eq!(
            found(connection, "UPDATE jobs SET progress = '2'")
                .await
                .unwrap(),
            0
        );
        assert_eq!(
            found(connection, "UPDATE workers SET heartbeat_at = now()")
                .await
                .unwrap(),
            0
        );
    }
    let renewal = machine
        .store
        .renew_lease(worker_id, WorkerState::Active, LEASE)
        .await;
    assert_eq!(renewal.unwrap(), LeaseRenewal::Lost);
    assert_eq!(
        machine
            .store
            .complete(worker_id, &[completion(*own)])
            .await
            .unwrap(),
        []
    );
    let lines = [RunLogLine {
        run: *own,
        line: line(1, 1),
    }];
    assert_eq!(
        machine.store.append_log(worker_id, &lines).await.unwrap(),
        0
    );
    let again = crate::fixture::new_worker(WorkerId::generate());
    machine.store.register(&again).await.unwrap_err();
}

/// Each machine has a login of its own, so none is at another's mercy.
#[tokio::test]
async fn a_machine_neither_reads_nor_ends_the_sessions_of_another() {
    let fixture = Fixture::new().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    let neighbour = Machine::enrolled(&fixture, tenant("other"), "their-gpu").await;
    let mut session = neighbour.connection().await;
    let mut hand = machine.connection().await;
    let login = &neighbour.token.login;
    let readable =
        format!("SELECT FROM pg_stat_activity WHERE usename = '{login}' AND query NOT LIKE '<%'");
    assert_eq!(number(&mut hand, &readable).await, 0);
    for denied in [
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{login}'"),
        format!("ALTER ROLE {login} PASSWORD 'x'"),
        format!("SET ROLE {login}"),
        "ALTER ROLE gantry_enrolled SET statement_timeout = 1".to_owned(),
        "CREATE TABLE public.anything ()".to_owned(),
    ] {
        run(&mut hand, &denied).await.expect_err(&denied);
    }
    run(&mut session, "SELECT 1").await.unwrap();
}

/// The usual fixture's owner is a superuser, to whom nothing is denied; an installation's should not be.
#[tokio::test]
async fn an_owner_without_superuser_rights_lets_machines_in_and_puts_them_out() {
    let fixture = Fixture::new().await;
    let owner = format!("{}_owner", fixture.database.name());
    fixture
        .database
        .execute(&format!(
            "CREATE ROLE {owner} CREATEROLE;
             GRANT gantry_api, gantry_worker TO {owner};
             DO $$ DECLARE thing record; BEGIN
                FOR thing IN SELECT oid::regclass AS name FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') LOOP
                    EXECUTE format('ALTER TABLE %s OWNER TO {owner}', thing.name);
                END LOOP;
                FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
                    EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', thing.name);
                END LOOP;
             END $$"
        ))
        .await;
    let tenant_id: TenantId = fixture.tenant_id;
    fixture.worker().await;
    let machine = Machine::enrolled(&fixture, tenant_id, "own-gpu").await;
    let own = queued_in(&fixture, tenant_id, "own-gpu").await;
    fixture.submit(new_job(tenant_id)).await;
    let worker_id = machine.worker().await;
    let mut hand = machine.connection().await;
    assert_eq!(visible(&mut hand, "jobs").await, 1);
    machine.claim(worker_id, own).await.unwrap();
    let ended = machine.store.complete(worker_id, &[completion(own)]).await;
    assert_eq!(ended.unwrap().len(), 1);
    let scope = fixture.api.tenant(tenant_id);
    scope
        .revoke_worker_token(machine.token.id, user("ada"))
        .await
        .unwrap();
    assert_eq!(visible(&mut hand, "jobs").await, 0);
    let ended = fixture
        .api
        .ended_worker_tokens(Duration::ZERO, 10)
        .await
        .unwrap();
    assert!(fixture.api.close_worker_token(ended[0]).await.unwrap());
    fixture
        .database
        .execute(&format!(
            "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}"
        ))
        .await;
}
