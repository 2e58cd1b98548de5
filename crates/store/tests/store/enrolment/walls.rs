//! What a machine of a tenant's own can reach in Postgres, by the worker's statements and by statements made by hand.

use std::time::Duration;

use gantry_domain::{JobState, WorkerId, WorkerState};
use gantry_store::{FreedPlace, LeaseRenewal, RunLogLine};
use sqlx::PgConnection;

use super::machine::{Machine, queued_in};
use super::world::{World, world};
use crate::fixture::{LEASE, by_someone, completion, failure, kind, queue, tenant, user, yielded};
use crate::row_security::{found, run, visible};
use crate::run_writes::line;

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

/// It could mark as many of its own jobs running as it likes.
#[tokio::test]
async fn a_machine_takes_no_place_of_a_kind_from_anybody_else() {
    let world = world().await;
    let World {
        fixture,
        machine,
        own,
        elsewhere,
        ..
    } = &world;
    let one = format!(
        "INSERT INTO concurrency_limits VALUES ('kind', '{}', 1, gen_random_uuid())",
        kind()
    );
    fixture.database.execute(&one).await;
    let worker_id = machine.worker().await;
    machine.claim(worker_id, *own).await.unwrap();
    let operators = fixture.worker().await;
    let crowd = async || {
        let operator = fixture.api.operator();
        let crowd = operator.crowd(&queue(), &kind(), fixture.tenant_id).await;
        crowd.unwrap().kind_running
    };
    assert_eq!(crowd().await, 0);
    fixture.claim(operators, *elsewhere).await.unwrap();
    assert_eq!(crowd().await, 1);
    let next = queued_in(fixture, tenant("other"), "default").await;
    assert_eq!(fixture.claim(operators, next).await, None);
    fixture
        .workers
        .complete(operators, &[completion(*elsewhere)])
        .await
        .unwrap();
    let places = [FreedPlace {
        tenant_id: fixture.tenant_id,
        kind: kind(),
    }];
    let rung = fixture.workers.next_for_places(&places).await.unwrap();
    assert_eq!(rung.len(), 1);
    fixture.claim(operators, next).await.unwrap();
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
        "SELECT shut_enrolled_login(gen_random_uuid())",
        "SELECT drop_enrolled_login(gen_random_uuid())",
        "SELECT end_enrolled_sessions(gen_random_uuid())",
        "SELECT end_enrolled_transactions('0 s')",
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
async fn nothing_with_the_owners_rights_is_anyones_but_what_tells_a_login_of_itself() {
    let world = world().await;
    let open = "SELECT string_agg(proname, ' ' ORDER BY proname) FROM pg_proc
        WHERE prosecdef AND pronamespace = 'public'::regnamespace AND has_function_privilege('public', oid, 'EXECUTE')";
    assert_eq!(
        world.fixture.database.text(open).await.as_deref(),
        Some("enrolled_queues enrolled_tenant_id enrolled_token_id")
    );
    let mut connection = world.machine.connection().await;
    run(&mut connection, "CREATE TEMP TABLE own (token_id uuid)")
        .await
        .unwrap();
    let borrowed = "CREATE TRIGGER borrowed BEFORE INSERT ON own
        FOR EACH ROW EXECUTE FUNCTION public.refuse_too_many_registrations()";
    run(&mut connection, borrowed).await.expect_err(borrowed);
}
