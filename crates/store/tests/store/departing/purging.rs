//! Removing what is a departed person's: when, and what is left.

use gantry_domain::UserId;
use gantry_store::{SignInOutcome, SignedIn};

use super::World;
use crate::directory::{ISSUER, ada, own_space, owner_of};
use crate::fixture::{completion, tenant};

#[tokio::test]
async fn nothing_of_a_departed_person_is_left_but_a_receipt() {
    let world = World::new().await;
    let stranger = UserId::for_subject(ISSUER, "bob");
    let acme = tenant("acme");
    for _ in 0..3 {
        let own = world.job_in(own_space(), ada()).await;
        world.run(own).await;
    }
    world.job_in(own_space(), ada()).await;
    let shared = world.job_in(acme, ada()).await;
    let others = world.job_in(acme, stranger).await;
    for job_id in [shared, others] {
        world.run(job_id).await;
    }
    world
        .execute(&format!(
            "UPDATE jobs SET error = '{{\"message\": \"Cancelled by ada@example.com.\", \"detail\": {{\"cancelled_by\": \"{}\"}}}}'
             WHERE id = '{others}'",
            ada()
        ))
        .await;
    let deletion = world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    assert_eq!(world.close().await, 1);
    assert!(world.purge().await);

    let whole = world
        .provider
        .text(
            "SELECT string_agg(row::text, ' ') FROM (
                SELECT to_jsonb(jobs) FROM jobs UNION ALL SELECT to_jsonb(users) FROM users
                UNION ALL SELECT to_jsonb(tenants) FROM tenants UNION ALL SELECT to_jsonb(profiles) FROM profiles
                UNION ALL SELECT to_jsonb(job_logs) FROM job_logs
                UNION ALL SELECT to_jsonb(deletion_receipts) FROM deletion_receipts
                UNION ALL SELECT to_jsonb(account_deletions) FROM account_deletions
            ) AS rows (row)",
        )
        .await
        .unwrap();
    for trace in ["ada@", "Ada", &ada().to_string(), &own_space().to_string()] {
        assert!(!whole.contains(trace), "{trace} in {whole}");
    }
    assert_eq!(world.count("jobs").await, 2);
    assert_eq!(world.count("job_logs").await, 2);
    let addresses = format!(
        "audit_events WHERE actor_id = '{}' AND source_address IS NOT NULL",
        ada()
    );
    assert_eq!(world.count(&addresses).await, 0);
    let receipt = format!("deletion_receipts WHERE id = '{}'", deletion.receipt_id);
    assert_eq!(world.count(&receipt).await, 1);
    let removed = world
        .provider
        .text("SELECT removed FROM deletion_receipts")
        .await;
    let removed: serde_json::Value = serde_json::from_str(&removed.unwrap()).unwrap();
    // The welcome was a job of her space, too.
    assert_eq!(removed["jobs"], 5);
    assert_eq!(removed["log_lines"], 3);
    assert_eq!(removed["names_in_jobs"], 2);
    assert_eq!(removed["profiles"], 1);
    assert_eq!(removed["accounts"], 1);
}

#[tokio::test]
async fn the_credential_of_a_purged_person_brings_nobody_back() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert!(world.purge().await);
    let signed_in = SignedIn {
        issuer: ISSUER.to_owned(),
        tenant_id: own_space(),
        tenant_external_id: "ada".to_owned(),
        user_id: ada(),
        subject: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    let outcome = world.fixture().api.remember(&signed_in).await.unwrap();
    assert_eq!(outcome, SignInOutcome::AccountDeleted);
    let again = world
        .provider
        .tell(9, owner_of("ada", "ada@example.com"))
        .await;
    assert_eq!(again, gantry_store::DirectoryOutcome::Outdated);
    assert_eq!(world.count("users").await, 0);
}

#[tokio::test]
async fn nothing_is_removed_before_its_time() {
    let world = World::new().await;
    world.job_in(own_space(), ada()).await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(29).await;
    assert_eq!(world.close().await, 0);
    assert!(!world.purge().await);
    world.let_days_pass(1).await;
    assert_eq!(world.close_due().await, 1);
    // Closed just now: a process may still let her in, and Redis still knows her.
    assert!(!world.purge().await);
    assert_eq!(world.count("users").await, 1);
    assert_eq!(world.count("jobs").await, 2);
}

#[tokio::test]
async fn what_runs_is_told_to_end_and_waited_for() {
    let world = World::new().await;
    let job_id = world.job_in(own_space(), ada()).await;
    let run = world.start(job_id, "test.echo").await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert!(!world.purge().await);
    let told = format!("jobs WHERE id = '{job_id}' AND cancel_requested_at IS NOT NULL");
    assert_eq!(world.count(&told).await, 1);
    let done = [completion(run)];
    let written = world.fixture().workers.complete(world.worker, &done).await;
    assert_eq!(written.unwrap().len(), 1);
    assert!(world.purge().await);
}

#[tokio::test]
async fn the_machines_of_a_departed_person_stop_and_nothing_names_who_let_them_in() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO tenant_queues (queue, tenant_id, claimed_by)
             VALUES ('own', '{own}', '{ada}'), ('shared', '{shared}', '{ada}');
             INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by, expires_at)
             SELECT gen_random_uuid(), tenant_id, ARRAY[queue], queue, queue, sha256(queue::bytea), sha256('x'), '{ada}',
                now() + interval '7 days'
             FROM tenant_queues;
             INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
             SELECT gen_random_uuid(), tenant_id, ARRAY[queue], sha256(queue::bytea), '{ada}', now() + interval '1 hour'
             FROM tenant_queues",
            own = own_space(),
            shared = tenant("shared"),
            ada = ada(),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let revoked = "SELECT string_agg(name, ' ') FROM worker_tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(world.provider.text(revoked).await.as_deref(), Some("own"));
    assert_eq!(world.count("enrol_tokens").await, 0);
    world
        .execute("UPDATE worker_tokens SET closed_at = now() - interval '1 hour' WHERE revoked_at IS NOT NULL")
        .await;
    assert!(world.purge().await);
    for table in ["worker_tokens", "tenant_queues"] {
        assert_eq!(world.count(table).await, 1, "{table}");
    }
    let named = format!(
        "(SELECT created_by AS who FROM worker_tokens UNION ALL SELECT claimed_by FROM tenant_queues) AS left_behind
         WHERE who = '{}'",
        ada()
    );
    assert_eq!(world.count(&named).await, 0);
}
