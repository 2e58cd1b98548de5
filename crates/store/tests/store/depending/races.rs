//! Released once, when the last parent has ended, whoever ends, submits or dies when.

use gantry_domain::JobState;
use gantry_testkit::DatabaseOwner;

use super::{accept, child_of, complete, lenient_child_of};
use crate::fixture::{Fixture, completion, unkeyed};

#[tokio::test]
async fn of_two_parents_that_end_at_once_the_last_releases_the_child() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    for _ in 0..20 {
        let (first, second) = (
            fixture.running(worker_id).await,
            fixture.running(worker_id).await,
        );
        let child = accept(&fixture, child_of(&fixture, &[first.job_id, second.job_id])).await;
        let (one, other) = ([first], [second]);
        let (one, other) = tokio::join!(
            complete(&fixture, worker_id, &one),
            complete(&fixture, worker_id, &other)
        );
        assert_eq!([one, other].concat(), [child]);
        assert_eq!(fixture.state(child).await, JobState::Queued);
    }
}

#[tokio::test]
async fn a_parent_that_ends_while_its_child_is_submitted_is_not_missed() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    for _ in 0..20 {
        let parent = fixture.running(worker_id).await;
        let child = child_of(&fixture, &[parent.job_id]);
        let child_id = child.id;
        let ending = async {
            let ended = fixture
                .workers
                .complete(worker_id, &[completion(parent)])
                .await
                .unwrap();
            if ended[0].has_children {
                let told = fixture.workers.settle_dependencies(&[parent.job_id]).await;
                told.unwrap();
            }
        };
        tokio::join!(accept(&fixture, child), ending);
        assert_eq!(fixture.state(child_id).await, JobState::Queued);
    }
}

#[tokio::test]
async fn a_completion_waits_for_the_submission_that_holds_the_parent() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let submit = format!(
        "BEGIN; UPDATE jobs SET has_children = true WHERE id = '{}'",
        parent.job_id
    );
    let owner = DatabaseOwner::new(fixture.database.url());
    let submitting = owner.hold(&submit).await;
    let completions = [completion(parent)];
    let ending = fixture.workers.complete(worker_id, &completions);
    let submission = async {
        fixture.wait_for_a_lock().await;
        submitting.commit().await;
    };
    let (ended, ()) = tokio::join!(ending, submission);
    assert!(ended.unwrap()[0].has_children);
}

#[tokio::test]
async fn children_whose_parents_end_went_unsaid_are_found_again() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (ended, deleted, living) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    let child = accept(&fixture, child_of(&fixture, &[ended.job_id])).await;
    let orphan = accept(&fixture, lenient_child_of(&fixture, &[deleted.job_id])).await;
    accept(&fixture, child_of(&fixture, &[living.job_id])).await;
    let completions = [completion(ended), completion(deleted)];
    fixture
        .workers
        .complete(worker_id, &completions)
        .await
        .unwrap();
    let delete = format!("DELETE FROM jobs WHERE id = '{}'", deleted.job_id);
    fixture.database.execute(&delete).await;

    let mut untold = fixture.workers.untold_parents(10).await.unwrap();
    untold.sort();
    assert_eq!(untold, [ended.job_id, deleted.job_id]);
    fixture.workers.settle_dependencies(&untold).await.unwrap();
    assert_eq!(fixture.state(child).await, JobState::Queued);
    assert_eq!(fixture.state(orphan).await, JobState::Queued);
    assert_eq!(fixture.workers.untold_parents(10).await.unwrap(), []);
}

#[tokio::test]
async fn more_children_than_one_step_takes_are_all_told() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let children: Vec<_> = (0..1_001)
        .map(|_| child_of(&fixture, &[parent.job_id]))
        .collect();
    let submission = unkeyed(children);
    fixture.api.submit_dependent(&submission).await.unwrap();
    assert_eq!(complete(&fixture, worker_id, &[parent]).await.len(), 1_001);
}
