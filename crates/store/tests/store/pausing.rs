//! Pauses: no claim takes what is paused, the reconciler leaves it alone, and resumption finds what waits.

use chrono::{TimeDelta, Utc};
use gantry_domain::{NewJob, PauseSubject, TenantId, UserId};
use gantry_store::{CancelOutcome, PauseOutcome, PauseWish, Run, SignedIn};

use crate::fixture::{Fixture, by_someone, first_run, new_job, queue, tenant, user};

fn wish(subject: PauseSubject) -> PauseWish {
    PauseWish {
        subject,
        reason: None,
        paused_by: user("operator"),
        paused_by_name: "operator@example.org".to_owned(),
    }
}

/// A fixture whose tenant and person have signed in.
async fn fixture() -> Fixture {
    let fixture = Fixture::new().await;
    for (tenant_id, name) in [(fixture.tenant_id, "ada"), (tenant("other"), "bob")] {
        remember(&fixture, tenant_id, name).await;
    }
    fixture
}

async fn remember(fixture: &Fixture, tenant_id: TenantId, name: &str) {
    let signed_in = SignedIn {
        issuer: "https://issuer.test".to_owned(),
        tenant_id,
        tenant_external_id: name.to_owned(),
        user_id: user(name),
        subject: name.to_owned(),
        email: None,
    };
    fixture.api.remember(&signed_in).await.unwrap();
}

async fn pause(fixture: &Fixture, subject: &PauseSubject) {
    let outcome = fixture.api.operator().pause(&wish(subject.clone())).await;
    assert!(matches!(outcome.unwrap(), PauseOutcome::Paused(_)));
}

async fn resume(fixture: &Fixture, subject: &PauseSubject) -> bool {
    fixture.api.operator().resume(subject).await.unwrap()
}

/// One job in the queue, tenant and name that each sort of pause below is about, and one that none concerns.
async fn two_jobs(fixture: &Fixture) -> [Run; 2] {
    let paused = new_job(fixture.tenant_id);
    let other = NewJob {
        queue: "other".parse().unwrap(),
        created_by: user("bob"),
        ..new_job(tenant("other"))
    };
    [
        first_run(fixture.submit(paused).await),
        first_run(fixture.submit(other).await),
    ]
}

fn subjects(fixture: &Fixture) -> [PauseSubject; 3] {
    [
        PauseSubject::Queue(queue()),
        PauseSubject::Tenant(fixture.tenant_id),
        PauseSubject::User(user("ada")),
    ]
}

#[tokio::test]
async fn a_paused_queue_tenant_or_person_keeps_its_jobs_waiting_and_nobody_elses() {
    for sort in 0..3 {
        let fixture = fixture().await;
        let worker_id = fixture.worker().await;
        let runs = two_jobs(&fixture).await;
        let subject = &subjects(&fixture)[sort];
        pause(&fixture, subject).await;
        let kinds = [crate::fixture::kind()];
        let claimed = fixture.workers.claim(worker_id, &runs, &kinds).await;
        let claimed: Vec<Run> = claimed.unwrap().iter().map(|job| job.run).collect();
        assert_eq!(claimed, [runs[1]], "{subject:?}");

        assert!(resume(&fixture, subject).await);
        assert!(fixture.claim(worker_id, runs[0]).await.is_some());
    }
}

#[tokio::test]
async fn the_reconciler_rings_for_paused_jobs_only_after_their_resumption() {
    let fixture = fixture().await;
    fixture.worker().await;
    let run = fixture.queued().await;
    let (queue, soon) = (queue(), Utc::now() + TimeDelta::hours(1));
    for subject in subjects(&fixture) {
        pause(&fixture, &subject).await;
        let waiting = fixture.workers.waiting_since(&queue, soon, None, 10);
        assert_eq!(waiting.await.unwrap(), [], "{subject:?}");
        resume(&fixture, &subject).await;
        let waiting = fixture.workers.waiting_since(&queue, soon, None, 10);
        let waiting = waiting.await.unwrap();
        assert_eq!(waiting.len(), 1);
        assert_eq!(waiting[0].job_id, run.job_id);
    }
}

#[tokio::test]
async fn pausing_twice_keeps_the_first_pause_and_takes_a_new_reason() {
    let fixture = fixture().await;
    fixture.worker().await;
    let operator = fixture.api.operator();
    let subject = PauseSubject::Queue(queue());
    let with_reason = |reason: Option<&str>, name: &str| PauseWish {
        reason: reason.map(str::to_owned),
        paused_by: user(name),
        paused_by_name: name.to_owned(),
        ..wish(subject.clone())
    };
    let mut seen = Vec::new();
    for (reason, name) in [
        (Some("upgrade"), "ada"),
        (None, "bob"),
        (Some("longer upgrade"), "bob"),
    ] {
        let outcome = operator.pause(&with_reason(reason, name)).await.unwrap();
        let PauseOutcome::Paused(pause) = outcome else {
            panic!("{outcome:?}");
        };
        seen.push(pause);
    }
    let reasons: Vec<_> = seen.iter().map(|pause| pause.reason.as_deref()).collect();
    assert_eq!(
        reasons,
        [Some("upgrade"), Some("upgrade"), Some("longer upgrade")]
    );
    assert!(seen.iter().all(|pause| {
        pause.paused_at == seen[0].paused_at && pause.paused_by_name.as_deref() == Some("ada")
    }));
    assert_eq!(operator.pauses().await.unwrap(), [seen[2].clone()]);
    assert!(resume(&fixture, &subject).await);
    assert!(!resume(&fixture, &subject).await);
    assert_eq!(operator.pauses().await.unwrap(), []);
}

#[tokio::test]
async fn what_nobody_ever_named_cannot_be_paused() {
    let fixture = fixture().await;
    for subject in [
        PauseSubject::Queue("defualt".parse().unwrap()),
        PauseSubject::Tenant(tenant("nobody")),
        PauseSubject::User(UserId::for_subject("https://issuer.test", "nobody")),
    ] {
        let outcome = fixture.api.operator().pause(&wish(subject)).await.unwrap();
        assert_eq!(outcome, PauseOutcome::UnknownSubject);
    }
    // A job makes a queue known, wherever it waits.
    let known = PauseSubject::Queue(queue());
    fixture.queued().await;
    pause(&fixture, &known).await;
}

#[tokio::test]
async fn there_is_room_for_a_thousand_pauses() {
    let fixture = fixture().await;
    fixture
        .database
        .execute(
            "INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
             SELECT 'user', gen_random_uuid(), gen_random_uuid(), 'someone' FROM generate_series(1, 999)",
        )
        .await;
    pause(&fixture, &PauseSubject::User(user("ada"))).await;
    let outcome = fixture
        .api
        .operator()
        .pause(&wish(PauseSubject::User(user("bob"))))
        .await;
    assert_eq!(outcome.unwrap(), PauseOutcome::TooMany);
    // One that lasts already needs no room.
    pause(&fixture, &PauseSubject::User(user("ada"))).await;
}

#[tokio::test]
async fn the_end_of_what_runs_is_asked_for_once_and_in_parts() {
    let fixture = fixture().await;
    let worker_id = fixture.worker().await;
    let mut running = Vec::new();
    for _ in 0..3 {
        running.push(fixture.running(worker_id).await.job_id);
    }
    let waiting = fixture.queued().await.job_id;
    let elsewhere = fixture.submit(new_job(tenant("other"))).await;
    fixture
        .claim(worker_id, first_run(elsewhere))
        .await
        .unwrap();
    let subject = PauseSubject::Tenant(fixture.tenant_id);
    let mut told = Vec::new();
    loop {
        let part = fixture
            .api
            .operator()
            .cancel_running(&subject, &by_someone(), 2)
            .await
            .unwrap();
        if part.is_empty() {
            break;
        }
        assert!(part.len() <= 2);
        for (job_id, outcome) in part {
            assert!(matches!(outcome, CancelOutcome::Requested { .. }));
            told.push(job_id);
        }
    }
    told.sort();
    assert_eq!(told, running);
    for untouched in [waiting, elsewhere] {
        let row = fixture.row(untouched).await;
        assert!(row.contains("\"cancel_requested_at\": null"), "{row}");
    }
}

#[tokio::test]
async fn resumption_finds_those_that_wait_the_longest_and_nothing_that_is_paused_otherwise() {
    let fixture = fixture().await;
    let worker_id = fixture.worker().await;
    fixture.running(worker_id).await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        waiting.push(fixture.queued().await.job_id);
    }
    let bobs = NewJob {
        created_by: user("bob"),
        ..new_job(fixture.tenant_id)
    };
    fixture.submit(bobs).await;
    pause(&fixture, &PauseSubject::User(user("bob"))).await;
    let operator = fixture.api.operator();
    for subject in subjects(&fixture) {
        let all = operator.oldest_waiting(&subject, 10).await.unwrap();
        let all: Vec<_> = all.iter().map(|doorbell| doorbell.job_id).collect();
        assert_eq!(all, waiting, "{subject:?}");
        let first = operator.oldest_waiting(&subject, 1).await.unwrap();
        assert_eq!(first[0].job_id, waiting[0]);
    }
}
