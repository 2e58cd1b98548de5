//! At most one live job of a tenant's kind carries a unique key.

use gantry_domain::{JobState, NewJob};
use gantry_store::{ApiStore, RedriveOutcome, SubmitOutcome, UniqueKey};
use tokio::task::JoinSet;

use crate::fixture::{
    Fixture, childless, completion, final_failure, first_run, kind, new_job, options, tenant,
    unique_job, unkeyed,
};

async fn redrive(fixture: &Fixture, job: &NewJob) -> RedriveOutcome {
    let scope = fixture.api.tenant(job.tenant_id);
    scope.redrive_job(job.id).await.unwrap()
}

#[tokio::test]
async fn a_key_is_held_while_its_job_is_scheduled_queued_or_running_and_free_after() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let holder = NewJob {
        run_at: Some(chrono::Utc::now() + chrono::TimeDelta::hours(1)),
        ..unique_job(fixture.tenant_id, "nightly")
    };
    fixture.submit_keyed(unkeyed(vec![holder.clone()])).await;
    let stored = fixture.job(holder.id).await.summary;
    assert_eq!(stored.unique_key.as_deref(), Some("nightly"));
    let try_again = async || {
        let twin = unique_job(fixture.tenant_id, "nightly");
        fixture.submit_keyed(unkeyed(vec![twin])).await
    };
    let taken = SubmitOutcome::UniqueKeysTaken(vec![0]);
    assert_eq!(try_again().await, taken, "scheduled");
    fixture.let_time_pass().await;
    fixture.workers.enqueue_due(1).await.unwrap();
    assert_eq!(try_again().await, taken, "queued");
    let run = fixture.current_run(holder.id).await;
    fixture.claim(worker_id, run).await.unwrap();
    assert_eq!(try_again().await, taken, "running");
    let unique = UniqueKey {
        kind: kind(),
        key: "nightly".to_owned(),
    };
    let scope = fixture.api.tenant(fixture.tenant_id);
    let holders = scope
        .unique_key_holders(std::slice::from_ref(&unique))
        .await;
    assert_eq!(holders.unwrap()[&unique], holder.id);

    let done = [completion(run)];
    let done = fixture.workers.complete(worker_id, &done).await;
    assert_eq!(done.unwrap(), [childless(run)]);
    assert!(matches!(try_again().await, SubmitOutcome::Accepted(_)));
}

#[tokio::test]
async fn another_tenant_kind_or_key_is_free() {
    let fixture = Fixture::new().await;
    let job = unique_job(fixture.tenant_id, "nightly");
    let free = vec![
        job.clone(),
        unique_job(tenant("other"), "nightly"),
        NewJob {
            kind: "test.other".parse().unwrap(),
            ..unique_job(fixture.tenant_id, "nightly")
        },
        unique_job(fixture.tenant_id, "Nightly"),
        new_job(fixture.tenant_id),
        new_job(fixture.tenant_id),
    ];
    let outcome = fixture.submit_keyed(unkeyed(free)).await;
    assert!(matches!(outcome, SubmitOutcome::Accepted(accepted) if accepted.len() == 6));
    let other = fixture.api.tenant(tenant("another"));
    let unique = UniqueKey {
        kind: kind(),
        key: "nightly".to_owned(),
    };
    assert!(
        other
            .unique_key_holders(&[unique])
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_taken_key_refuses_the_whole_request_and_no_other_one() {
    let fixture = Fixture::new().await;
    let tenant_id = fixture.tenant_id;
    let holder = unique_job(tenant_id, "b");
    fixture.submit_keyed(unkeyed(vec![holder])).await;
    let several = unkeyed(vec![
        unique_job(tenant_id, "a"),
        unique_job(tenant_id, "b"),
        new_job(tenant_id),
    ]);
    let single = unkeyed(vec![unique_job(tenant_id, "b")]);
    let free = unkeyed(vec![unique_job(tenant_id, "c")]);

    let shared = [single, free];
    let outcomes = fixture.api.submit_keyed(&shared).await.unwrap().unwrap();
    assert_eq!(outcomes[0], SubmitOutcome::UniqueKeysTaken(vec![0]));
    assert!(matches!(outcomes[1], SubmitOutcome::Accepted(_)));

    let shared = [several.clone(), unkeyed(vec![new_job(tenant_id)])];
    let entangled = fixture.api.submit_keyed(&shared).await.unwrap();
    assert_eq!(
        entangled, None,
        "one of them could only be accepted in part"
    );
    assert_eq!(fixture.count_of("jobs").await, 2);
    let outcome = fixture.submit_keyed(several).await;
    assert_eq!(outcome, SubmitOutcome::UniqueKeysTaken(vec![1]));
    assert_eq!(fixture.count_of("jobs").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_at_once_exactly_one_is_accepted() {
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
        let mut submissions = ["a", "b", "c"].map(|key| unkeyed(vec![unique_job(tenant_id, key)]));
        submissions.rotate_left(number % 3);
        requests.spawn(async move {
            let outcomes = store.submit_keyed(&submissions).await.unwrap().unwrap();
            let won = outcomes
                .iter()
                .filter(|outcome| matches!(outcome, SubmitOutcome::Accepted(_)));
            won.count()
        });
    }
    let won: usize = requests.join_all().await.into_iter().sum();
    assert_eq!(won, 3);
    assert_eq!(fixture.count_of("jobs").await, 3);
}

#[tokio::test]
async fn an_ended_job_whose_key_another_holds_is_not_run_again_until_that_ends() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let ended = unique_job(fixture.tenant_id, "nightly");
    fixture.submit_keyed(unkeyed(vec![ended.clone()])).await;
    let run = first_run(ended.id);
    fixture.claim(worker_id, run).await.unwrap();
    let failed = fixture.workers.fail(worker_id, &[final_failure(run)]).await;
    assert_eq!(failed.unwrap()[0].state, JobState::Failed);

    let holder = unique_job(fixture.tenant_id, "nightly");
    fixture.submit_keyed(unkeyed(vec![holder.clone()])).await;
    assert_eq!(
        redrive(&fixture, &ended).await,
        RedriveOutcome::UniqueKeyTaken {
            live_job_id: Some(holder.id)
        }
    );
    fixture.request_cancel(holder.id).await;
    assert!(matches!(
        redrive(&fixture, &ended).await,
        RedriveOutcome::Queued(_)
    ));
    assert_eq!(
        redrive(&fixture, &holder).await,
        RedriveOutcome::UniqueKeyTaken {
            live_job_id: Some(ended.id)
        }
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_redrive_and_a_submission_at_once_leave_one_live_job() {
    let fixture = Fixture::new().await;
    for round in 0..20 {
        let key = format!("round-{round}");
        let ended = unique_job(fixture.tenant_id, &key);
        fixture.submit_keyed(unkeyed(vec![ended.clone()])).await;
        fixture.request_cancel(ended.id).await;
        let twin = unkeyed(vec![unique_job(fixture.tenant_id, &key)]);
        tokio::join!(redrive(&fixture, &ended), fixture.submit_keyed(twin));
        let live = format!("jobs WHERE unique_key = '{key}' AND state = 'queued'");
        assert_eq!(fixture.count_of(&live).await, 1);
    }
}
