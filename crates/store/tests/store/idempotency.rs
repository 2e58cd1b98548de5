//! A request that carries an idempotency key makes its jobs once, however often and from wherever it comes.

use gantry_domain::NewJob;
use gantry_store::{ApiStore, KeyedSubmission, RequestKey, SubmitOutcome};
use tokio::task::JoinSet;

use crate::fixture::{Fixture, keyed, new_job, options, tenant, unique_job, unkeyed};

#[tokio::test]
async fn the_first_request_under_a_key_makes_its_job_and_a_second_one_none() {
    let fixture = Fixture::new().await;
    let job = new_job(fixture.tenant_id);
    let first = fixture.submit_keyed(keyed(job.clone(), "order-1")).await;
    assert!(matches!(first, SubmitOutcome::Accepted(accepted) if accepted[0].job_id == job.id));

    let again = keyed(new_job(fixture.tenant_id), "order-1");
    let again = fixture.submit_keyed(again).await;
    assert_eq!(again, SubmitOutcome::RequestKeyUsed);
    assert_eq!(fixture.count_of("jobs").await, 1);
    let scope = fixture.api.tenant(fixture.tenant_id);
    let key = "order-1".parse().unwrap();
    let kept = scope.find_request(&key).await.unwrap().unwrap();
    assert_eq!(
        (kept.request_hash, kept.job_ids),
        (vec![7; 32], vec![job.id])
    );
}

#[tokio::test]
async fn each_tenant_has_keys_of_its_own() {
    let fixture = Fixture::new().await;
    let other = tenant("other");
    for tenant_id in [fixture.tenant_id, other] {
        let outcome = fixture.submit_keyed(keyed(new_job(tenant_id), "order-1"));
        assert!(matches!(outcome.await, SubmitOutcome::Accepted(_)));
    }
    let key = "order-2".parse().unwrap();
    fixture.submit_keyed(keyed(new_job(other), "order-2")).await;
    let scope = fixture.api.tenant(fixture.tenant_id);
    assert_eq!(scope.find_request(&key).await.unwrap(), None);
}

#[tokio::test]
async fn requests_with_and_without_keys_share_a_commit_and_each_has_its_own_outcome() {
    let fixture = Fixture::new().await;
    let tenant_id = fixture.tenant_id;
    let earlier = keyed(new_job(tenant_id), "used-before");
    fixture.submit_keyed(earlier).await;
    let submissions = [
        keyed(new_job(tenant_id), "new"),
        keyed(new_job(tenant_id), "used-before"),
        unkeyed(vec![new_job(tenant_id), new_job(tenant("other"))]),
        keyed(new_job(tenant_id), "new"),
    ];
    let outcomes = fixture.api.submit_keyed(&submissions).await.unwrap();
    let outcomes = outcomes.expect("none is accepted in part");
    let accepted = |outcome: &SubmitOutcome| match outcome {
        SubmitOutcome::Accepted(accepted) => accepted.len(),
        _ => 0,
    };
    assert_eq!(
        outcomes.iter().map(accepted).collect::<Vec<_>>(),
        [1, 0, 2, 0]
    );
    assert_eq!(outcomes[1], SubmitOutcome::RequestKeyUsed);
    assert_eq!(outcomes[3], SubmitOutcome::RequestKeyUsed);
    assert_eq!(fixture.count_of("jobs").await, 4);
}

#[tokio::test]
async fn a_request_that_made_no_job_leaves_its_key_free() {
    let fixture = Fixture::new().await;
    let tenant_id = fixture.tenant_id;
    let holder = unique_job(tenant_id, "nightly");
    fixture.submit_keyed(unkeyed(vec![holder.clone()])).await;
    let refused = keyed(unique_job(tenant_id, "nightly"), "order-1");
    let outcome = fixture.submit_keyed(refused).await;
    assert_eq!(outcome, SubmitOutcome::UniqueKeysTaken(vec![0]));
    assert_eq!(fixture.count_of("idempotency_keys").await, 0);

    fixture.request_cancel(holder.id).await;
    let outcome = fixture.submit_keyed(keyed(unique_job(tenant_id, "nightly"), "order-1"));
    assert!(matches!(outcome.await, SubmitOutcome::Accepted(_)));
}

#[tokio::test]
async fn a_refused_row_leaves_the_key_free() {
    let fixture = Fixture::new().await;
    let bad = NewJob {
        max_attempts: 0,
        ..new_job(fixture.tenant_id)
    };
    let refused = fixture.api.submit_keyed(&[keyed(bad, "order-1")]).await;
    refused.unwrap_err();
    assert_eq!(fixture.count_of("idempotency_keys").await, 0);
}

#[tokio::test]
async fn a_request_answered_by_a_job_that_was_there_is_remembered_too() {
    let fixture = Fixture::new().await;
    let holder = fixture.queued().await.job_id;
    let submission = KeyedSubmission {
        jobs: Vec::new(),
        batch_id: None,
        request_key: Some(RequestKey {
            tenant_id: fixture.tenant_id,
            key: "order-1".parse().unwrap(),
            request_hash: [1; 32],
            job_ids: vec![holder],
        }),
    };
    let outcome = fixture.submit_keyed(submission.clone()).await;
    assert_eq!(outcome, SubmitOutcome::Accepted(Vec::new()));
    let outcome = fixture.submit_keyed(submission).await;
    assert_eq!(outcome, SubmitOutcome::RequestKeyUsed);
}

/// Fifty API processes, as far as the database can tell.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_requests_at_once_under_one_key_one_makes_its_job() {
    let fixture = Fixture::new().await;
    let mut stores = Vec::new();
    for _ in 0..5 {
        let store = ApiStore::open(&options(fixture.database.url())).await;
        stores.push(store.unwrap());
    }
    let mut requests = JoinSet::new();
    for number in 0..50 {
        let store: ApiStore = stores[number % 5].clone();
        let tenant_id = fixture.tenant_id;
        // Others' requests are in the same transactions, in either order.
        let mut submissions = vec![
            keyed(new_job(tenant_id), "contested"),
            keyed(new_job(tenant_id), &format!("own-{number}")),
            keyed(new_job(tenant_id), "also-contested"),
        ];
        if number % 2 == 0 {
            submissions.reverse();
        }
        requests.spawn(async move {
            let outcomes = store.submit_keyed(&submissions).await.unwrap().unwrap();
            let won = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, SubmitOutcome::Accepted(_)));
            won.count()
        });
    }
    let won: usize = requests.join_all().await.into_iter().sum();
    assert_eq!(won, 52);
    assert_eq!(fixture.count_of("jobs").await, 52);
    assert_eq!(fixture.count_of("idempotency_keys").await, 52);
}

#[tokio::test]
async fn keys_are_forgotten_after_a_day_a_few_at_a_time() {
    let fixture = Fixture::new().await;
    for number in 0..5 {
        let key = format!("order-{number}");
        let submission = keyed(new_job(fixture.tenant_id), &key);
        fixture.submit_keyed(submission).await;
    }
    let forget = async |limit| {
        fixture
            .workers
            .forget_idempotency_keys(limit)
            .await
            .unwrap()
    };
    assert_eq!(forget(10).await, 0);
    fixture
        .database
        .execute(
            "UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'
             WHERE key <> 'order-4'",
        )
        .await;
    assert_eq!(forget(3).await, 3);
    assert_eq!(forget(3).await, 1);
    assert_eq!(fixture.count_of("jobs").await, 5);
    let again = fixture.submit_keyed(keyed(new_job(fixture.tenant_id), "order-0"));
    assert!(matches!(again.await, SubmitOutcome::Accepted(_)));
    let again = fixture.submit_keyed(keyed(new_job(fixture.tenant_id), "order-4"));
    assert_eq!(again.await, SubmitOutcome::RequestKeyUsed);
}
