//! `people.export`: an archive of any size, in parts of which each is small enough.

#[path = "handler_support/bench.rs"]
#[expect(dead_code, reason = "tests of longer jobs use more of it")]
mod bench;
#[path = "handler_support/worker_in_process.rs"]
#[expect(dead_code, reason = "tests of longer jobs use more of it")]
mod worker_in_process;

use bench::{Bench, LIMIT};
use gantry_domain::{
    ActorKind, AuditOrigin, EXPORT_KIND, ExportPart, ExportSection, JobState, NewJob, TenantId,
    UserId,
};
use gantry_store::SignedIn;
use gantry_testkit::eventually;
use gantry_worker::handlers::PeopleExport;
use serde_json::json;
use worker_in_process::failure;

const ISSUER: &str = "https://issuer.test";

/// Writes down who is to ask.
async fn sign_in(bench: &Bench) -> (UserId, TenantId) {
    let (user_id, own_space) = (
        UserId::for_subject(ISSUER, "ada"),
        TenantId::for_person(ISSUER, "ada"),
    );
    let signed_in = SignedIn {
        issuer: ISSUER.to_owned(),
        tenant_id: own_space,
        tenant_external_id: "ada".to_owned(),
        user_id,
        subject: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    bench.api.remember(&signed_in).await.expect("remembered");
    (user_id, own_space)
}

#[tokio::test]
async fn a_large_archive_is_gathered_part_by_part_and_each_item_once() {
    let bench = Bench::create().await;
    let (user_id, own_space) = sign_in(&bench).await;
    for number in 0..10 {
        let job = NewJob {
            created_by: user_id,
            ..bench.job(
                "test.other",
                json!({"number": number, "text": "x".repeat(300_000)}),
            )
        };
        bench.submit(job).await;
    }
    let origin = AuditOrigin {
        actor_kind: ActorKind::Person,
        actor_id: None,
        source_address: None,
        request_id: None,
    };
    let sql = "INSERT INTO tenants (id, issuer, external_id) VALUES ('{id}', 'https://issuer.test', 'acme')";
    let sql = sql.replace("{id}", &bench.tenant_id.to_string());
    bench.database.execute(&sql).await;
    let person = bench.api.person(user_id, own_space, &origin);
    let asked = person.ask_for_export(bench.tenant_id).await.expect("asked");
    bench.queue.ring(&asked.doorbells).await.expect("rung");
    let worker = bench.start_worker(PeopleExport).await;
    let parts = eventually(LIMIT, || async {
        let mut parts: Vec<ExportPart> = Vec::new();
        for job in person.export_jobs(asked.job_id).await.expect("an answer") {
            let part = person.export_part(job.job_id).await.expect("an answer");
            parts.extend(part);
        }
        match parts.last() {
            Some(last) if !last.has_more => Ok(parts),
            _ => Err(parts.len()),
        }
    })
    .await;
    worker.stop().await;
    assert!(parts.len() > 2, "{} parts", parts.len());
    let items: Vec<_> = parts.iter().flat_map(|part| &part.items).collect();
    let jobs = items
        .iter()
        .filter(|item| item.section == ExportSection::Jobs);
    let mut numbers: Vec<_> = jobs
        .filter_map(|item| item.item["payload"]["number"].as_i64())
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let account = items
        .iter()
        .find(|item| item.section == ExportSection::Account);
    assert_eq!(
        account.expect("the account").item["email"],
        "ada@example.com"
    );
}

#[tokio::test]
async fn a_job_that_nobody_asked_for_as_an_export_gathers_nothing() {
    let bench = Bench::create().await;
    let (user_id, own_space) = sign_in(&bench).await;
    let place = json!({"export": gantry_domain::JobId::generate(), "section": "account"});
    let worker = bench.start_worker(PeopleExport).await;
    let job = bench
        .run(NewJob {
            created_by: user_id,
            ..bench.job(EXPORT_KIND, place)
        })
        .await;
    worker.stop().await;
    let (state, code, _) = failure(&job);
    assert_eq!((state, code), (JobState::Failed, "handler_error"));
    assert_eq!(job.result, None);
    assert_ne!(job.summary.tenant_id, own_space);
}
