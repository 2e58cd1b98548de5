//! The wish to end an account, and taking it back.

use gantry_domain::DirectoryEvent;
use gantry_store::DeletionReturn;

use super::World;
use crate::directory::gone;

#[tokio::test]
async fn a_wish_can_be_taken_back_for_fourteen_days() {
    let world = World::new().await;
    let ada = world.ada();
    assert_eq!(ada.find_deletion().await.unwrap(), None);
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::NotRequested);
    let first = ada.request_deletion().await.unwrap();
    assert_eq!(ada.request_deletion().await.unwrap(), first);
    assert_eq!((first.purge_after - first.requested_at).num_days(), 30);
    let until = first.cancellable_until.unwrap();
    assert_eq!((until - first.requested_at).num_days(), 14);
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::Returned);
    assert_eq!(ada.find_deletion().await.unwrap(), None);

    ada.request_deletion().await.unwrap();
    world.let_days_pass(15).await;
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::TooLate);
    assert!(ada.find_deletion().await.unwrap().is_some());
}

#[tokio::test]
async fn an_account_that_the_provider_deleted_takes_the_same_road_without_return() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.provider.tell(5, gone("ada")).await;
    let back = world.ada().cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::TooLate);
    let bob = DirectoryEvent::UserDeleted {
        subject: "bob".to_owned(),
    };
    world.provider.tell(5, bob).await;
    // Nobody comes in any more, and yet everything is there for its grace.
    assert_eq!(world.close().await, 2);
    assert!(!world.purge().await);
    assert_eq!(world.count("users").await, 1);
    world.let_days_pass(31).await;
    assert!(world.purge().await);
    assert_eq!(world.count("users").await, 0);
    assert_eq!(world.count("deletion_receipts").await, 2);
}
