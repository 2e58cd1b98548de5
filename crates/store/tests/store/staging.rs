//! Jobs that a run stages: there together with its result, or not at all; and what a run reads of its parents.

use std::time::Duration;

use gantry_domain::{JobFailure, JobId, JobState, NewJob};
use gantry_store::{PARENTS_PAGE_ITEMS, StagedCompletion};

use crate::fixture::{
    Fixture, by_someone, completion, final_failure, new_job, queue, tenant, unkeyed,
};

#[tokio::test]
async fn staged_jobs_come_with_the_result_and_once() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let first = new_job(fixture.tenant_id);
    let second = NewJob {
        parents: vec![first.id, run.job_id],
        ..new_job(fixture.tenant_id)
    };
    let children = [first.clone(), second.clone()];
    let send = || {
        let store = fixture.workers.clone();
        let children = children.clone();
        async move {
            store
                .complete_with_children(worker_id, &completion(run), &children)
                .await
                .unwrap()
        }
    };
    let StagedCompletion::Committed { ended, doorbells } = send().await else {
        panic!("not committed");
    };
    assert_eq!(ended.run, run);
    let rung: Vec<JobId> = doorbells.iter().map(|doorbell| doorbell.job_id).collect();
    assert_eq!(rung, [first.id]);
    assert_eq!(fixture.state(run.job_id).await, JobState::Succeeded);
    assert_eq!(fixture.state(second.id).await, JobState::Scheduled);
    assert_eq!(fixture.job(second.id).await.summary.waiting_for, 1);
    // As after an answer that was lost.
    assert_eq!(send().await, StagedCompletion::Stale);
    assert_eq!(fixture.count_of("jobs").await, 3);
}

#[tokio::test]
async fn a_stale_workers_staged_jobs_never_appear() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    fixture.end_lease(worker_id).await;
    let row = fixture.row(run.job_id).await;
    let children = [new_job(fixture.tenant_id)];
    let sent = fixture
        .workers
        .complete_with_children(worker_id, &completion(run), &children)
        .await;
    assert_eq!(sent.unwrap(), StagedCompletion::Stale);
    assert_eq!(fixture.row(run.job_id).await, row);
    assert_eq!(fixture.count_of("jobs").await, 1);
}

#[tokio::test]
async fn a_parent_of_another_tenant_leaves_the_run_as_it_was() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let foreign = fixture.submit(new_job(tenant("other"))).await;
    let child = NewJob {
        parents: vec![foreign],
        ..new_job(fixture.tenant_id)
    };
    let sent = fixture
        .workers
        .complete_with_children(worker_id, &completion(run), &[child])
        .await;
    assert!(matches!(sent.unwrap(), StagedCompletion::UnknownParents(_)));
    assert_eq!(fixture.state(run.job_id).await, JobState::Running);
    assert_eq!(fixture.count_of("jobs").await, 2);
}

#[tokio::test]
async fn a_run_reads_what_came_of_its_parents_in_their_order() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (good, bad) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    let child = NewJob {
        parents: vec![bad.job_id, good.job_id],
        on_parent_failure: gantry_domain::OnParentFailure::Run,
        ..new_job(fixture.tenant_id)
    };
    let id = child.id;
    fixture
        .api
        .submit_dependent(&unkeyed(vec![child]))
        .await
        .unwrap();
    let store = &fixture.workers;
    store.fail(worker_id, &[final_failure(bad)]).await.unwrap();
    store
        .complete(worker_id, &[completion(good)])
        .await
        .unwrap();
    store
        .settle_dependencies(&[bad.job_id, good.job_id])
        .await
        .unwrap();
    let run = fixture.current_run(id).await;
    assert!(fixture.claim(worker_id, run).await.unwrap().has_parents);

    let parents = store.parent_results(id, None).await.unwrap();
    assert_eq!(parents.len(), 2);
    assert_eq!(parents[0].job_id, bad.job_id);
    assert_eq!(parents[0].outcome, JobState::Failed);
    assert_eq!(
        parents[0].error,
        Some(JobFailure::new("broken", "it broke"))
    );
    assert_eq!(parents[1].result, Some(completion(good).result));
    assert_eq!(
        store.parent_results(id, Some(0)).await.unwrap(),
        parents[1..]
    );
    assert_eq!(store.parent_results(id, Some(1)).await.unwrap(), []);
    let delete = format!("DELETE FROM jobs WHERE id = '{}'", good.job_id);
    fixture.database.execute(&delete).await;
    let left = store.parent_results(id, Some(0)).await.unwrap();
    assert_eq!(left[0].outcome, JobState::Succeeded);
    assert_eq!(left[0].result, None);
}

#[tokio::test]
async fn a_page_of_parents_is_bounded_in_number_and_size() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parents: Vec<NewJob> = (0..101).map(|_| new_job(fixture.tenant_id)).collect();
    let ids: Vec<JobId> = parents.iter().map(|job| job.id).collect();
    fixture.api.submit(&parents).await.unwrap();
    let child = NewJob {
        parents: ids.clone(),
        ..new_job(fixture.tenant_id)
    };
    let id = child.id;
    fixture
        .api
        .submit_dependent(&unkeyed(vec![child]))
        .await
        .unwrap();
    fixture
        .database
        .execute(&format!(
            "UPDATE jobs SET state = 'succeeded', attempt = 1, worker_id = '{worker_id}', started_at = now(),
                queued_at = NULL, finished_at = now(), result = '1' WHERE state = 'queued'"
        ))
        .await;
    let store = &fixture.workers;
    store.settle_dependencies(&ids).await.unwrap();
    let first = store.parent_results(id, None).await.unwrap();
    assert_eq!(first.len(), PARENTS_PAGE_ITEMS as usize);
    let last = first.last().map(|parent| parent.position);
    assert_eq!(store.parent_results(id, last).await.unwrap().len(), 1);

    // Each has nearly half a page.
    fixture
        .database
        .execute(
            "UPDATE jobs SET result = to_jsonb(repeat('x', 4000000)) WHERE state = 'succeeded'",
        )
        .await;
    assert_eq!(store.parent_results(id, None).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_worker_finds_a_kind_that_another_has_announced() {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let found = fixture.workers.find_kind(&crate::fixture::kind()).await;
    assert_eq!(found.unwrap().unwrap().queue, queue());
    let unknown = "test.unknown".parse().unwrap();
    assert_eq!(fixture.workers.find_kind(&unknown).await.unwrap(), None);
}

#[tokio::test]
async fn a_snooze_or_release_that_meets_a_wish_to_end_leaves_the_children_to_the_maintenance() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let child = NewJob {
        parents: vec![parent.job_id],
        ..new_job(fixture.tenant_id)
    };
    let child_id = child.id;
    fixture
        .api
        .submit_dependent(&unkeyed(vec![child]))
        .await
        .unwrap();
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope
        .cancel_job(parent.job_id, &by_someone())
        .await
        .unwrap();
    let yielded = crate::fixture::yielded(parent, 0);
    let hour = Duration::from_secs(3_600);
    fixture
        .workers
        .snooze(worker_id, yielded, hour)
        .await
        .unwrap();
    let untold = fixture.workers.untold_parents(10).await.unwrap();
    assert_eq!(untold, [parent.job_id]);
    fixture.workers.settle_dependencies(&untold).await.unwrap();
    assert_eq!(fixture.state(child_id).await, JobState::Cancelled);
}
