//! What an export gives, and to whom.

use gantry_domain::{ExportPart, ExportSection, JobId, JobState, NewJob, TenantId, UserId};
use gantry_store::{Completion, ExportJob};
use serde_json::json;

use super::World;
use crate::directory::{ISSUER, ada, own_space};
use crate::fixture::{new_job, tenant};

#[tokio::test]
async fn an_export_gives_a_person_what_is_theirs_and_nothing_of_others() {
    let world = World::new().await;
    let own = world.job_in(own_space(), ada()).await;
    let shared = world.job_in(tenant("acme"), ada()).await;
    let others = world
        .job_in(tenant("acme"), UserId::for_subject(ISSUER, "bob"))
        .await;
    for job_id in [own, shared, others] {
        world.run(job_id).await;
    }
    let asked = world.ada().ask_for_export().await.unwrap();
    assert_eq!(asked.doorbells.len(), 1);
    let again = world.ada().ask_for_export().await.unwrap();
    assert_eq!((again.job_id, again.doorbells.len()), (asked.job_id, 0));

    let workers = &world.fixture().workers;
    let early = workers
        .account_export_page(asked.job_id, ExportSection::Account, None)
        .await;
    early.expect_err("the job does not run yet");
    let run = world.start(asked.job_id, "people.export").await;
    let mut found = Vec::new();
    for section in ExportSection::ALL {
        let mut after = None;
        loop {
            let page = workers
                .account_export_page(asked.job_id, *section, after.as_deref())
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place.clone());
            let items = page.into_iter().filter_map(|placed| placed.item);
            found.extend(items.map(|item| (*section, item)));
        }
    }
    let of = |section| {
        let items = found.iter().filter(move |(of, _)| *of == section);
        items.map(|(_, item)| item.clone()).collect::<Vec<_>>()
    };
    assert_eq!(of(ExportSection::Account)[0]["email"], "ada@example.com");
    assert_eq!(of(ExportSection::Profiles)[0]["cohort"], "default");
    let jobs = of(ExportSection::Jobs);
    // The welcome, hers, and the one in the tenant of others.
    assert_eq!(jobs.len(), 3);
    assert_eq!(of(ExportSection::Logs).len(), 2);
    assert_eq!(of(ExportSection::AuditEvents).len(), 1);
    let whole = json!(found.iter().map(|(_, item)| item).collect::<Vec<_>>()).to_string();
    assert!(!whole.contains(&others.to_string()));

    let part = ExportPart {
        items: Vec::new(),
        has_more: false,
    };
    let done = Completion {
        run,
        result: json!(part),
    };
    workers.complete(world.worker, &[done]).await.unwrap();
    let parts = world.ada().export_jobs(asked.job_id).await.unwrap();
    let expected = ExportJob {
        job_id: asked.job_id,
        state: JobState::Succeeded,
    };
    assert_eq!(parts, [expected]);
    let read = world.ada().export_part(asked.job_id).await.unwrap();
    assert_eq!(read, Some(part));
    let bob = UserId::for_subject(ISSUER, "bob");
    let space = TenantId::for_person(ISSUER, "bob");
    let stranger = world.fixture().api.person(bob, space, &world.origin);
    assert_eq!(stranger.export_jobs(asked.job_id).await.unwrap(), []);
    assert_eq!(stranger.export_part(asked.job_id).await.unwrap(), None);
}

#[tokio::test]
async fn a_job_that_nobody_asked_for_as_an_export_is_given_nothing() {
    let world = World::new().await;
    // One that was handed in like any other, in a tenant of others or in her own space.
    for tenant_id in [tenant("acme"), own_space()] {
        let job = NewJob {
            created_by: ada(),
            kind: "people.export".parse().unwrap(),
            payload: json!({"export": JobId::generate(), "section": "account"}),
            ..new_job(tenant_id)
        };
        let job_id = world.fixture().submit(job).await;
        world.start(job_id, "people.export").await;
        let page = world
            .fixture()
            .workers
            .account_export_page(job_id, ExportSection::Account, None)
            .await;
        page.expect_err("nobody asked for it");
    }
}
