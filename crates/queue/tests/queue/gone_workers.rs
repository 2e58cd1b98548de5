//! Clearing up after workers that are gone.

use gantry_domain::{Priority, WorkerId};

use crate::fixture::{Fixture, doorbell, doorbell_at, queue_name, read_all};

#[tokio::test]
async fn a_forgotten_worker_leaves_neither_name_nor_pending_doorbells() {
    let fixture = Fixture::new().await;
    let (gone, alive) = (WorkerId::generate(), WorkerId::generate());
    let rung: Vec<_> = (0..1_200).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    fixture
        .queue
        .ring(&[doorbell_at(Priority::High)])
        .await
        .unwrap();
    read_all(&mut fixture.reader_of(gone), 1_101).await;
    read_all(&mut fixture.reader_of(alive), 100).await;
    let mut known = [gone, alive];
    known.sort();
    assert_eq!(
        fixture.queue.known_workers(&queue_name()).await.unwrap(),
        known
    );
    fixture
        .queue
        .forget_worker(&queue_name(), gone)
        .await
        .unwrap();
    assert_eq!(
        fixture.queue.known_workers(&queue_name()).await.unwrap(),
        [alive]
    );
    assert_eq!(fixture.left().await, (100, 100));
}

#[tokio::test]
async fn a_worker_that_left_very_much_behind_is_forgotten_in_several_turns() {
    let fixture = Fixture::new().await;
    let gone = WorkerId::generate();
    let rung: Vec<_> = (0..10_500).map(|_| doorbell()).collect();
    fixture.queue.ring(&rung).await.unwrap();
    read_all(&mut fixture.reader_of(gone), rung.len()).await;
    let queue = queue_name();
    let forget = || fixture.queue.forget_worker(&queue, gone);
    let known = || fixture.queue.known_workers(&queue);
    forget().await.unwrap();
    assert_eq!(fixture.left().await, (500, 500));
    assert_eq!(known().await.unwrap(), [gone]);
    forget().await.unwrap();
    assert_eq!(fixture.left().await, (0, 0));
    assert_eq!(known().await.unwrap(), []);
}

#[tokio::test]
async fn a_worker_or_a_queue_that_nobody_knows_is_easily_forgotten() {
    let fixture = Fixture::new().await;
    assert_eq!(
        fixture.queue.known_workers(&queue_name()).await.unwrap(),
        []
    );
    let nobody = WorkerId::generate();
    fixture
        .queue
        .forget_worker(&queue_name(), nobody)
        .await
        .unwrap();
    fixture.queue.ring(&[doorbell()]).await.unwrap();
    assert_eq!(
        fixture.queue.known_workers(&queue_name()).await.unwrap(),
        []
    );
    fixture
        .queue
        .forget_worker(&queue_name(), nobody)
        .await
        .unwrap();
    read_all(&mut fixture.reader(), 1).await;
    fixture
        .queue
        .forget_worker(&queue_name(), nobody)
        .await
        .unwrap();
    assert_eq!(
        fixture
            .queue
            .known_workers(&queue_name())
            .await
            .unwrap()
            .len(),
        1
    );
}
