//! No account, however large or troublesome, and no stream of others' jobs holds the removal of accounts up.

use gantry_domain::{DirectoryEvent, UserId};
use gantry_store::Purge;

use super::World;
use crate::directory::{ISSUER, ada, own_space};
use crate::fixture::tenant;

/// Bob, whom the provider has deleted too, and whose grace is over as Ada's.
async fn two_departed() -> World {
    let world = World::new().await;
    for subject in ["ada", "bob"] {
        let gone = DirectoryEvent::UserDeleted {
            subject: subject.to_owned(),
        };
        world.provider.tell(5, gone).await;
    }
    world.let_days_pass(31).await;
    world
}

fn bob() -> UserId {
    UserId::for_subject(ISSUER, "bob")
}

#[tokio::test]
async fn jobs_that_never_cease_do_not_make_a_removal_endless() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    world.let_minutes_pass().await;
    for _ in 0..50 {
        world.job_in(tenant("acme"), bob()).await;
        if world.purge_piece(1).await == Some(Purge::Purged) {
            return;
        }
    }
    panic!("the account was not removed in 50 pieces");
}

#[tokio::test]
async fn a_piece_deals_with_the_oldest_jobs_alone() {
    let world = World::new().await;
    world.execute("DELETE FROM jobs").await;
    for _ in 0..3 {
        let own = world.job_in(own_space(), ada()).await;
        world.run(own).await;
    }
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    world.let_minutes_pass().await;
    for _ in 0..2 {
        assert_eq!(world.purge_piece(1).await, Some(Purge::Working));
    }
    assert_eq!(world.count("job_logs").await, 2);
    assert_eq!(world.count("jobs").await, 2);
}

#[tokio::test]
async fn accounts_take_turns() {
    let world = two_departed().await;
    for _ in 0..9 {
        world.job_in(own_space(), ada()).await;
    }
    assert_eq!(world.close().await, 2);
    world.let_minutes_pass().await;
    // Ada's space alone would take ten.
    let mut pieces = 0;
    while world.count("deletion_receipts").await == 0 {
        assert!(world.purge_piece(1).await.is_some());
        pieces += 1;
        assert!(pieces < 10, "Bob still waits");
    }
    assert!(world.purge().await);
    assert_eq!(world.count("deletion_receipts").await, 2);
}

#[tokio::test]
async fn an_account_that_cannot_be_closed_keeps_no_other_open() {
    let world = two_departed().await;
    let key = "INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue,
            priority, max_attempts, timeout_seconds, next_run_at)
        VALUES (gen_random_uuid(), gen_random_uuid(), '{ada}', 'nightly', '0 0 * * *', 'UTC', 'skip', 'test.echo', '{}', 'default',
            'normal', 1, 60, now() + interval '1 day')";
    world
        .execute(&key.replace("{ada}", &ada().to_string()))
        .await;
    let held = world.hold("SELECT FROM schedules FOR UPDATE").await;
    let workers = &world.fixture().workers;
    let mut outcomes = Vec::new();
    while let Some(account) = workers.next_account_to_close().await.unwrap() {
        let closed = workers.close_account(account).await;
        outcomes.push((account == bob(), closed.is_ok_and(|closed| closed)));
    }
    outcomes.sort_unstable();
    assert_eq!(outcomes, [(false, false), (true, true)]);
    held.commit().await;
    world.let_minutes_pass().await;
    assert_eq!(world.close_due().await, 1);
}

#[tokio::test]
async fn an_account_that_cannot_be_removed_keeps_no_other() {
    let world = two_departed().await;
    assert_eq!(world.close().await, 2);
    world.let_minutes_pass().await;
    let held = world.hold("SELECT FROM users FOR UPDATE").await;
    let workers = &world.fixture().workers;
    let mut failed = 0;
    while let Some(account) = workers.next_account_to_purge().await.unwrap() {
        let piece = workers.purge_account_piece(account, 100).await;
        failed += u32::from(piece.is_err());
    }
    assert_eq!(failed, 1);
    assert_eq!(world.count("deletion_receipts").await, 1);
    let noted = "account_deletions WHERE failed_tries = 1 AND next_try_at > now()";
    assert_eq!(world.count(noted).await, 1);
    held.commit().await;
    assert!(world.purge().await);
}
