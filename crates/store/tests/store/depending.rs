//! Jobs that wait for other jobs: what they wait for, and what becomes of them when it ends.

mod races;

use chrono::{TimeDelta, Utc};
use gantry_domain::{Dependency, JobId, JobState, NewJob, OnParentFailure};
use gantry_store::{Run, SubmitOutcome, UnknownParent};

use crate::fixture::{
    Fixture, by_someone, completion, failure, final_failure, first_run, keyed, new_job, tenant,
    unique_job, unkeyed,
};

fn child_of(fixture: &Fixture, parents: &[JobId]) -> NewJob {
    NewJob {
        parents: parents.to_vec(),
        ..new_job(fixture.tenant_id)
    }
}

fn lenient_child_of(fixture: &Fixture, parents: &[JobId]) -> NewJob {
    NewJob {
        on_parent_failure: OnParentFailure::Run,
        ..child_of(fixture, parents)
    }
}

async fn accept(fixture: &Fixture, job: NewJob) -> JobId {
    let id = job.id;
    let outcome = fixture.api.submit_dependent(&unkeyed(vec![job])).await;
    assert!(matches!(outcome.unwrap().0, SubmitOutcome::Accepted(_)));
    id
}

/// Completes runs as a worker does, and tells the children; says who was queued.
async fn complete(
    fixture: &Fixture,
    worker_id: gantry_domain::WorkerId,
    runs: &[Run],
) -> Vec<JobId> {
    let completions: Vec<_> = runs.iter().copied().map(completion).collect();
    let ended = fixture.workers.complete(worker_id, &completions).await;
    let parents: Vec<_> = ended
        .unwrap()
        .iter()
        .map(|ended| ended.run.job_id)
        .collect();
    let settled = fixture.workers.settle_dependencies(&parents).await;
    settled
        .unwrap()
        .doorbells
        .iter()
        .map(|doorbell| doorbell.job_id)
        .collect()
}

#[tokio::test]
async fn a_job_waits_until_all_its_parents_have_succeeded() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (first, second) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    let child = accept(&fixture, child_of(&fixture, &[first.job_id, second.job_id])).await;

    assert_eq!(complete(&fixture, worker_id, &[first]).await, []);
    let waiting = fixture.job(child).await;
    assert_eq!(waiting.summary.state, JobState::Scheduled);
    assert_eq!(waiting.summary.waiting_for, 1);
    assert_eq!(waiting.summary.run_at, waiting.summary.created_at);
    let dependency = |run: Run, outcome| Dependency {
        job_id: run.job_id,
        outcome,
    };
    assert_eq!(
        waiting.depends_on,
        [
            dependency(first, Some(JobState::Succeeded)),
            dependency(second, None)
        ]
    );

    assert_eq!(complete(&fixture, worker_id, &[second]).await, [child]);
    let released = fixture.job(child).await;
    assert_eq!(released.summary.state, JobState::Queued);
    assert_eq!(released.summary.waiting_for, 0);
    let run = fixture.current_run(child).await;
    assert!(fixture.claim(worker_id, run).await.is_some());
}

#[tokio::test]
async fn a_completion_says_whether_anybody_waits() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let (alone, parent) = (
        fixture.running(worker_id).await,
        fixture.running(worker_id).await,
    );
    accept(&fixture, child_of(&fixture, &[parent.job_id])).await;
    for (run, has_children) in [(alone, false), (parent, true)] {
        let ended = fixture
            .workers
            .complete(worker_id, &[completion(run)])
            .await;
        assert_eq!(ended.unwrap()[0].has_children, has_children);
    }
}

#[tokio::test]
async fn no_sweep_for_due_jobs_comes_upon_a_job_that_waits_for_others() {
    let fixture = Fixture::new().await;
    let parent = fixture.queued().await.job_id;
    let child = accept(&fixture, child_of(&fixture, &[parent])).await;
    assert_eq!(fixture.workers.enqueue_due(10).await.unwrap(), []);
    assert_eq!(fixture.state(child).await, JobState::Scheduled);
}

#[tokio::test]
async fn a_time_of_its_own_is_honoured_after_the_parents() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let run_at = Utc::now() + TimeDelta::hours(1);
    let child = NewJob {
        run_at: Some(run_at),
        ..child_of(&fixture, &[parent.job_id])
    };
    let child = accept(&fixture, child).await;
    let shown = |job: gantry_domain::Job| job.summary.run_at.timestamp();
    assert_eq!(shown(fixture.job(child).await), run_at.timestamp());

    assert_eq!(complete(&fixture, worker_id, &[parent]).await, []);
    let job = fixture.job(child).await;
    assert_eq!(job.summary.state, JobState::Scheduled);
    assert_eq!(job.summary.waiting_for, 0);
    assert_eq!(shown(job), run_at.timestamp());
    fixture.let_time_pass().await;
    let due = fixture.workers.enqueue_due(10).await.unwrap();
    assert_eq!(due[0].job_id, child);
}

#[tokio::test]
async fn parents_that_have_succeeded_before_count_at_once() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    complete(&fixture, worker_id, &[parent]).await;
    let child = child_of(&fixture, &[parent.job_id]);
    let (outcome, doorbells) = fixture
        .api
        .submit_dependent(&unkeyed(vec![child]))
        .await
        .unwrap();
    let SubmitOutcome::Accepted(accepted) = outcome else {
        panic!("not accepted: {outcome:?}");
    };
    assert_eq!(accepted[0].state, JobState::Queued);
    let run = fixture.current_run(accepted[0].job_id).await;
    assert_eq!(doorbells[0].dispatch, run.dispatch);
    assert!(fixture.claim(worker_id, run).await.is_some());
}

#[tokio::test]
async fn a_failed_parent_cancels_its_children_and_theirs() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let child = accept(&fixture, child_of(&fixture, &[parent.job_id])).await;
    let grandchild = accept(&fixture, child_of(&fixture, &[child])).await;
    let failed = fixture
        .workers
        .fail(worker_id, &[final_failure(parent)])
        .await;
    assert!(failed.unwrap()[0].has_children);
    let settled = fixture.workers.settle_dependencies(&[parent.job_id]).await;
    assert_eq!(settled.unwrap().cancelled, [child, grandchild]);
    for (id, blamed) in [(child, parent.job_id), (grandchild, child)] {
        let job = fixture.job(id).await;
        assert_eq!(job.summary.state, JobState::Cancelled);
        let error = job.summary.error.unwrap();
        assert_eq!(error.code, "parent_failed");
        assert_eq!(error.detail.unwrap()["parent"], blamed.to_string());
    }
}

#[tokio::test]
async fn a_job_that_runs_all_the_same_runs_when_all_have_ended() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let failing = fixture.running(worker_id).await;
    let cancelled = fixture.queued().await.job_id;
    let child = accept(
        &fixture,
        lenient_child_of(&fixture, &[failing.job_id, cancelled]),
    )
    .await;
    fixture
        .workers
        .fail(worker_id, &[final_failure(failing)])
        .await
        .unwrap();
    let settle = || async {
        let parents = [failing.job_id, cancelled];
        fixture.workers.settle_dependencies(&parents).await.unwrap()
    };
    assert_eq!(settle().await.doorbells, []);
    fixture.request_cancel(cancelled).await;
    assert_eq!(settle().await.doorbells[0].job_id, child);
    let outcomes: Vec<_> = fixture
        .job(child)
        .await
        .depends_on
        .iter()
        .map(|parent| parent.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Some(JobState::Failed), Some(JobState::Cancelled)]
    );
}

#[tokio::test]
async fn a_retry_of_a_parent_is_not_its_end() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let parent = fixture.running(worker_id).await;
    let child = accept(&fixture, child_of(&fixture, &[parent.job_id])).await;
    fixture
        .workers
        .fail(worker_id, &[failure(parent)])
        .await
        .unwrap();
    let settled = fixture.workers.settle_dependencies(&[parent.job_id]).await;
    assert_eq!(settled.unwrap(), Default::default());
    assert_eq!(fixture.state(child).await, JobState::Scheduled);
}

#[tokio::test]
async fn a_child_of_a_parent_that_failed_before_is_cancelled_with_its_submission() {
    let fixture = Fixture::new().await;
    let parent = fixture.queued().await.job_id;
    fixture.request_cancel(parent).await;
    let child = accept(&fixture, child_of(&fixture, &[parent])).await;
    assert_eq!(fixture.state(child).await, JobState::Cancelled);
    let lenient = accept(&fixture, lenient_child_of(&fixture, &[parent])).await;
    assert_eq!(fixture.state(lenient).await, JobState::Queued);
}

#[tokio::test]
async fn parents_that_are_unknown_or_another_tenants_are_named_and_nothing_is_accepted() {
    let fixture = Fixture::new().await;
    let known = fixture.queued().await.job_id;
    let foreign = fixture.submit(new_job(tenant("other"))).await;
    let jobs = vec![
        new_job(fixture.tenant_id),
        child_of(&fixture, &[known, foreign, JobId::generate()]),
    ];
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let (outcome, _) = fixture.api.submit_dependent(&unkeyed(jobs)).await.unwrap();
    let unknown = |parent| UnknownParent { job: 1, parent };
    assert_eq!(
        outcome,
        SubmitOutcome::UnknownParents(vec![unknown(1), unknown(2)])
    );
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(scope.find_jobs(&ids).await.unwrap(), []);
}

#[tokio::test]
async fn a_job_can_wait_for_an_earlier_one_of_its_submission_only() {
    let fixture = Fixture::new().await;
    let first = new_job(fixture.tenant_id);
    let second = child_of(&fixture, &[first.id]);
    let backwards = vec![second.clone(), first.clone()];
    let (outcome, _) = fixture
        .api
        .submit_dependent(&unkeyed(backwards))
        .await
        .unwrap();
    assert!(matches!(outcome, SubmitOutcome::UnknownParents(_)));

    let forwards = unkeyed(vec![first.clone(), second.clone()]);
    let (outcome, doorbells) = fixture.api.submit_dependent(&forwards).await.unwrap();
    assert!(matches!(outcome, SubmitOutcome::Accepted(_)));
    assert_eq!(doorbells.len(), 1);
    let worker_id = fixture.worker().await;
    let run = fixture
        .claim(worker_id, first_run(first.id))
        .await
        .unwrap()
        .run;
    assert_eq!(complete(&fixture, worker_id, &[run]).await, [second.id]);
}

#[tokio::test]
async fn keys_hold_for_jobs_that_wait() {
    let fixture = Fixture::new().await;
    let parent = fixture.queued().await.job_id;
    let request = keyed(child_of(&fixture, &[parent]), "once");
    let repeated = keyed(child_of(&fixture, &[parent]), "once");
    let outcome = fixture.api.submit_dependent(&request).await.unwrap().0;
    assert!(matches!(outcome, SubmitOutcome::Accepted(_)));
    let outcome = fixture.api.submit_dependent(&repeated).await.unwrap().0;
    assert_eq!(outcome, SubmitOutcome::RequestKeyUsed);

    let unique = |key| NewJob {
        parents: vec![parent],
        ..unique_job(fixture.tenant_id, key)
    };
    accept(&fixture, unique("one")).await;
    let outcome = fixture
        .api
        .submit_dependent(&unkeyed(vec![unique("one")]))
        .await;
    assert_eq!(outcome.unwrap().0, SubmitOutcome::UniqueKeysTaken(vec![0]));
}

#[tokio::test]
async fn a_person_can_end_a_job_that_waits_and_have_it_run_at_once() {
    let fixture = Fixture::new().await;
    let parent = fixture.queued().await.job_id;
    let child = accept(&fixture, child_of(&fixture, &[parent])).await;
    fixture.request_cancel(child).await;
    assert_eq!(fixture.state(child).await, JobState::Cancelled);
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.redrive_job(child).await.unwrap();
    let job = fixture.job(child).await;
    assert_eq!(job.summary.state, JobState::Queued);
    assert_eq!(job.summary.waiting_for, 0);
    // Its parent's end means nothing to it any more.
    scope.cancel_job(parent, &by_someone()).await.unwrap();
    let settled = scope.settle_dependencies([parent].into_iter()).await;
    assert_eq!(settled.unwrap(), Default::default());
    assert_eq!(fixture.state(child).await, JobState::Queued);
}

#[tokio::test]
async fn cancelled_children_of_a_redriven_parent_stay_cancelled() {
    let fixture = Fixture::new().await;
    let parent = fixture.queued().await.job_id;
    let child = accept(&fixture, child_of(&fixture, &[parent])).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.cancel_job(parent, &by_someone()).await.unwrap();
    let settled = scope.settle_dependencies([parent].into_iter()).await;
    assert_eq!(settled.unwrap().cancelled, [child]);
    scope.redrive_job(parent).await.unwrap();
    let worker_id = fixture.worker().await;
    let run = fixture.current_run(parent).await;
    let run = fixture.claim(worker_id, run).await.unwrap().run;
    assert_eq!(complete(&fixture, worker_id, &[run]).await, []);
    assert_eq!(fixture.state(child).await, JobState::Cancelled);
}
