//! What goes with a person: their own space, and tenants in which nobody else has ever acted.

use gantry_domain::{JobState, TenantId, UserId, WorkerTokenId};
use gantry_store::{EnrolOutcome, NewWorkerToken, TenantStanding};

use super::World;
use crate::directory::{ada, gone, own_space};
use crate::fixture::{completion, tenant};

/// A tenant that Ada made, with a machine, a schedule, a member who never came, and a name.
async fn workspace(world: &World) -> TenantId {
    let tenant_id = tenant("workspace");
    let scope = world.fixture().api.tenant(tenant_id);
    scope.found("Ada's secret", ada()).await.unwrap();
    fill(world, tenant_id).await;
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject) VALUES ('{bob}', 'x', 'bob');
             INSERT INTO memberships (tenant_id, user_id, role, source)
             VALUES ('{tenant_id}', '{bob}', 'member', 'gantry')",
            bob = UserId::for_subject("x", "bob"),
        ))
        .await;
    tenant_id
}

/// Makes a schedule, a machine and an invitation for one.
async fn fill(world: &World, tenant_id: TenantId) {
    let sql = "
        INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue, priority,
            max_attempts, timeout_seconds, next_run_at)
        VALUES (gen_random_uuid(), '{tenant}', '{ada}', 'nightly', '0 0 * * *', 'UTC', 'skip', 'test.echo', '{}', 'default',
            'normal', 1, 60, now());
        INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by, expires_at)
        VALUES ('{tenant}', '{tenant}', '{q}', 'laptop', '{tenant}', sha256('{tenant}'), sha256('x'), '{ada}',
            now() + interval '7 days');
        INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at, token_id, tenant_id)
        VALUES ('{tenant}', 'laptop', 'active', '{q}', '{test.echo}', 1, '1', now() + interval '1 hour', '{tenant}', '{tenant}');
        INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
        VALUES (gen_random_uuid(), '{tenant}', '{q}', sha256('{tenant}'), '{ada}', now() + interval '1 hour')";
    let sql = sql.replace("{tenant}", &tenant_id.to_string());
    world
        .execute(&sql.replace("{ada}", &ada().to_string()))
        .await;
}

async fn state(world: &World, job_id: gantry_domain::JobId) -> Option<String> {
    let sql = format!("SELECT state FROM jobs WHERE id = '{job_id}'");
    world.provider.text(&sql).await
}

async fn ends_with_its_only_member(world: World) {
    let tenant_id = workspace(&world).await;
    let running = world.job_in(tenant_id, ada()).await;
    let run = world.start(running, "test.echo").await;
    let waiting = world.job_in(tenant_id, ada()).await;
    world.let_days_pass(31).await;
    world.close().await;
    let of = |table: &str| format!("{table} WHERE tenant_id = '{tenant_id}'");
    for table in ["schedules", "enrol_tokens"] {
        assert_eq!(world.count(&of(table)).await, 0, "{table}");
    }
    for stopped in [
        format!("tenants WHERE id = '{tenant_id}' AND deleted_at IS NOT NULL"),
        format!("pauses WHERE scope = 'tenant' AND subject = '{tenant_id}'"),
        format!("{} AND revoked_at IS NOT NULL", of("worker_tokens")),
        format!("{} AND state = 'stopped'", of("workers")),
        format!(
            "{} AND state = 'running' AND cancel_requested_at IS NOT NULL",
            of("jobs")
        ),
    ] {
        assert_eq!(world.count(&stopped).await, 1, "{stopped}");
    }
    assert_eq!(
        state(&world, waiting).await.as_deref(),
        Some(JobState::Cancelled.as_str())
    );
    // What runs is waited for, and then the machine.
    assert!(!world.purge().await);
    let done = [completion(run)];
    world
        .fixture()
        .workers
        .complete(world.worker, &done)
        .await
        .unwrap();
    assert!(!world.purge().await);
    world
        .execute("UPDATE worker_tokens SET closed_at = now() - interval '1 hour'")
        .await;
    assert!(world.purge().await);
    for table in [
        "jobs",
        "job_logs",
        "worker_tokens",
        "audit_events",
        "memberships",
    ] {
        assert_eq!(world.count(&of(table)).await, 0, "{table}");
    }
    let left = format!("tenants WHERE id = '{tenant_id}'");
    assert_eq!(world.count(&left).await, 0);
}

#[tokio::test]
async fn a_tenant_in_which_nobody_else_ever_acted_goes_with_who_leaves() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    ends_with_its_only_member(world).await;
}

#[tokio::test]
async fn a_tenant_in_which_nobody_else_ever_acted_goes_with_whom_the_provider_deleted() {
    let world = World::new().await;
    world.provider.tell(5, gone("ada")).await;
    ends_with_its_only_member(world).await;
}

#[tokio::test]
async fn nothing_of_the_own_space_begins_after_the_closing() {
    let world = World::new().await;
    let waiting = world.job_in(own_space(), ada()).await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert_eq!(state(&world, waiting).await.as_deref(), Some("cancelled"));
    let paused = format!(
        "pauses WHERE scope = 'tenant' AND subject = '{}'",
        own_space()
    );
    assert_eq!(world.count(&paused).await, 1);
    // What a run in its last moments staged, after somebody resumed the tenant, ends with its removal.
    world.execute("DELETE FROM pauses").await;
    let staged = world.job_in(own_space(), ada()).await;
    world.start(staged, "test.echo").await;
    assert!(!world.purge().await);
    let told = format!("jobs WHERE id = '{staged}' AND cancel_requested_at IS NOT NULL");
    assert_eq!(world.count(&told).await, 1);
    assert_eq!(world.count(&paused).await, 1);
}

#[tokio::test]
async fn what_somebody_made_who_was_let_in_beyond_the_closing_goes_too() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close_due().await;
    fill(&world, own_space()).await;
    let tenant_id = tenant("late");
    let scope = world.fixture().api.tenant(tenant_id);
    scope.found("Late", ada()).await.unwrap();
    world.job_in(tenant_id, ada()).await;
    let shared = tenant("shared");
    let job_id = world.job_in(shared, ada()).await;
    world
        .execute(&format!(
            "INSERT INTO tenants (id, issuer, external_id) VALUES ('{shared}', 'x', 'shared');
             INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at)
             VALUES (gen_random_uuid(), '{shared}', '{ada}', 'late', 'abcdefghijklmnop', sha256('x'), '{{jobs:read}}',
                now() + interval '1 day');
             UPDATE account_deletions SET closed_at = now() - interval '2 hours' WHERE closed_at IS NOT NULL",
            ada = ada(),
        ))
        .await;
    // Ten minutes later it is all closed once more.
    assert_eq!(world.close_due().await, 1);
    assert_eq!(world.close_due().await, 0);
    for open in [
        "schedules",
        "memberships",
        "worker_tokens WHERE revoked_at IS NULL",
        "api_keys WHERE revoked_at IS NULL",
        "tenants WHERE issuer = 'gantry' AND deleted_at IS NULL",
    ] {
        assert_eq!(world.count(open).await, 0, "{open}");
    }
    // A machine of hers may be logged in still.
    assert!(!world.purge().await);
    world
        .execute("UPDATE worker_tokens SET closed_at = now() - interval '1 hour'")
        .await;
    assert!(world.purge().await);
    for table in [
        "schedules",
        "memberships",
        "worker_tokens",
        "api_keys",
        "users",
    ] {
        let others = if table == "users" {
            " WHERE issuer <> 'x'"
        } else {
            ""
        };
        assert_eq!(world.count(&format!("{table}{others}")).await, 0, "{table}");
    }
    assert_eq!(world.count("tenants").await, 1);
    assert_eq!(world.count("jobs").await, 1);
    let anonymous = format!(
        "jobs WHERE id = '{job_id}' AND created_by = '00000000-0000-0000-0000-000000000000'"
    );
    assert_eq!(world.count(&anonymous).await, 1);
}

#[tokio::test]
async fn what_somebody_made_between_the_closings_and_the_removal_goes_too() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let tenant_id = tenant("late");
    let scope = world.fixture().api.tenant(tenant_id);
    scope.found("Late", ada()).await.unwrap();
    assert!(world.purge().await);
    for table in ["memberships", "tenants", "users"] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
}

#[tokio::test]
async fn no_machine_is_let_in_by_who_is_gone() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO tenant_queues (queue, tenant_id, claimed_by) VALUES ('q', '{own}', '{ada}');
             INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
             VALUES (gen_random_uuid(), '{own}', '{{q}}', '\\x{hash}', '{ada}', now() + interval '1 hour');
             UPDATE directory_entries SET deleted_at = now() WHERE kind = 'user'",
            own = own_space(),
            ada = ada(),
            hash = "07".repeat(32),
        ))
        .await;
    let machine = NewWorkerToken {
        id: WorkerTokenId::generate(),
        name: "laptop".to_owned(),
        secret_hash: [1; 32],
        redis_password_hash: [2; 32],
        password_verifier: format!("SCRAM-SHA-256$4096:AAAA${0}:{0}", "AAAA"),
    };
    let enrolling = world
        .fixture()
        .api
        .enroll(&[7; 32], &machine, &world.origin);
    assert_eq!(enrolling.await.unwrap(), EnrolOutcome::Refused);
    assert_eq!(world.count("worker_tokens").await, 0);
}

#[tokio::test]
async fn a_machine_that_holds_its_job_and_its_row_keeps_no_account_open() {
    let world = World::new().await;
    fill(&world, own_space()).await;
    let job_id = world.job_in(own_space(), ada()).await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    let rows = format!(
        "SELECT FROM workers WHERE token_id IS NOT NULL FOR UPDATE; SELECT FROM jobs WHERE id = '{job_id}' FOR UPDATE"
    );
    let held = world.hold(&rows).await;
    assert_eq!(world.close().await, 1);
    let revoked = "worker_tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(world.count(revoked).await, 1);
    assert_eq!(state(&world, job_id).await.as_deref(), Some("queued"));
    held.commit().await;
    assert_eq!(world.close_due().await, 1);
    assert_eq!(state(&world, job_id).await.as_deref(), Some("cancelled"));
}

#[tokio::test]
async fn whoever_first_acts_while_the_tenant_goes_comes_too_late() {
    let world = World::new().await;
    let tenant_id = workspace(&world).await;
    let going = world
        .hold(&format!(
            "SELECT FROM tenants WHERE id = '{tenant_id}' FOR UPDATE;
             UPDATE tenants SET deleted_at = now() WHERE id = '{tenant_id}'"
        ))
        .await;
    let api = world.fixture().api.clone();
    let first_act = tokio::spawn(async move {
        let bob = UserId::for_subject("x", "bob");
        api.tenant(tenant_id).standing_of(bob).await
    });
    world.fixture().wait_for_a_lock().await;
    going.commit().await;
    let standing = first_act.await.unwrap().unwrap();
    assert_eq!(standing, TenantStanding::Stranger);
    let came = format!(
        "memberships WHERE tenant_id = '{tenant_id}' AND accepted_at IS NOT NULL AND role = 'member'"
    );
    assert_eq!(world.count(&came).await, 0);
}
