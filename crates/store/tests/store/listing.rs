//! Lists: newest first, by filter and cursor, within one tenant.

use std::collections::BTreeSet;

use gantry_domain::{JobId, JobState, JobSummary, NewJob};
use gantry_store::JobFilter;

use crate::fixture::{Fixture, completion, first_run, new_job, tenant, user};

async fn list(fixture: &Fixture, filter: &JobFilter) -> Vec<JobSummary> {
    let scope = fixture.api.tenant(fixture.tenant_id);
    scope.list_jobs(filter, None, 100).await.unwrap()
}

async fn ids(fixture: &Fixture, filter: JobFilter) -> BTreeSet<JobId> {
    list(fixture, &filter)
        .await
        .iter()
        .map(|job| job.id)
        .collect()
}

#[tokio::test]
async fn pages_follow_each_other_newest_first_without_gap_or_repeat() {
    let fixture = Fixture::new().await;
    let jobs: Vec<_> = (0..25).map(|_| new_job(fixture.tenant_id)).collect();
    fixture.api.submit(&jobs).await.unwrap();
    fixture.submit(new_job(tenant("other"))).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    let (mut seen, mut before) = (Vec::new(), None);
    loop {
        let page = scope
            .list_jobs(&JobFilter::default(), before, 7)
            .await
            .unwrap();
        seen.extend(page.iter().map(|job| job.id));
        before = page.last().map(|job| job.id);
        if page.len() < 7 {
            break;
        }
    }
    let mut expected: Vec<_> = jobs.iter().map(|job| job.id).collect();
    expected.sort();
    expected.reverse();
    assert_eq!(seen, expected);
}

#[tokio::test]
async fn each_filter_narrows_and_all_of_them_hold_together() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let plain = fixture.submit(new_job(fixture.tenant_id)).await;
    let other_kind = NewJob {
        kind: "test.other".parse().unwrap(),
        ..new_job(fixture.tenant_id)
    };
    let other_kind = fixture.submit(other_kind).await;
    let other_queue = NewJob {
        queue: "gpu".parse().unwrap(),
        created_by: user("bob"),
        tags: vec!["it's 100% \"odd\", {no}".to_owned(), "b".to_owned()],
        ..new_job(fixture.tenant_id)
    };
    let other_queue = fixture.submit(other_queue).await;
    fixture.claim(worker_id, first_run(plain)).await.unwrap();
    fixture
        .workers
        .complete(worker_id, &[completion(first_run(plain))])
        .await
        .unwrap();

    let all = JobFilter::default;
    let states = |states: &[JobState]| JobFilter {
        states: states.to_vec(),
        ..all()
    };
    let tag = |tag: &str| JobFilter {
        tag: Some(tag.to_owned()),
        ..all()
    };
    let by = |name| JobFilter {
        created_by: Some(user(name)),
        ..all()
    };
    let kind = JobFilter {
        kind: Some("test.other".parse().unwrap()),
        ..all()
    };
    let queue = JobFilter {
        queue: Some("gpu".parse().unwrap()),
        ..all()
    };
    let every_one = [plain, other_kind, other_queue];
    let two = [JobState::Succeeded, JobState::Queued];
    for (filter, expected) in [
        (all(), &every_one[..]),
        (states(&[JobState::Succeeded]), &[plain]),
        (states(&two), &every_one),
        (states(&[JobState::Failed]), &[]),
        (kind.clone(), &[other_kind]),
        (queue.clone(), &[other_queue]),
        (tag("it's 100% \"odd\", {no}"), &[other_queue]),
        (tag("b"), &[other_queue]),
        (tag("B"), &[]),
        (by("bob"), &[other_queue]),
        (by("ada"), &[plain, other_kind]),
        (
            JobFilter {
                tag: Some("b".to_owned()),
                ..queue.clone()
            },
            &[other_queue],
        ),
        (
            JobFilter {
                tag: Some("b".to_owned()),
                ..kind
            },
            &[],
        ),
        (
            JobFilter {
                states: vec![JobState::Succeeded],
                ..queue
            },
            &[],
        ),
    ] {
        let expected: BTreeSet<_> = expected.iter().copied().collect();
        assert_eq!(ids(&fixture, filter.clone()).await, expected, "{filter:?}");
    }
}

#[tokio::test]
async fn a_summary_says_the_same_as_the_whole_job() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let run = fixture.running(worker_id).await;
    let job = fixture.job(run.job_id).await;
    assert_eq!(
        list(&fixture, &JobFilter::default()).await,
        std::slice::from_ref(&job.summary)
    );
    let scope = fixture.api.tenant(fixture.tenant_id);
    let summary = scope.find_job_summary(run.job_id).await.unwrap();
    assert_eq!(summary, Some(job.summary));
    assert_eq!(
        scope.find_job_summary(JobId::generate()).await.unwrap(),
        None
    );
}
