//! What an export gives, and to whom.

use gantry_domain::{ExportPart, ExportSection, JobId, JobState, NewJob, TenantId, UserId};
use gantry_store::{Completion, ExportJob};
use serde_json::{Value, json};

use super::World;
use crate::directory::{ISSUER, ada, own_space};
use crate::fixture::{new_job, tenant};

/// Everything that an export's running job is given.
async fn gathered(world: &World, job_id: JobId) -> Vec<(ExportSection, Value)> {
    let mut found = Vec::new();
    for section in ExportSection::ALL {
        let mut after: Option<String> = None;
        loop {
            let page = world
                .fixture()
                .workers
                .account_export_page(job_id, *section, after.as_deref())
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some(last.place.clone());
            let items = page.into_iter().filter_map(|placed| placed.item);
            found.extend(items.map(|item| (*section, item)));
        }
    }
    found
}

fn of_section(found: &[(ExportSection, Value)], section: ExportSection) -> Vec<Value> {
    let items = found.iter().filter(|(of, _)| *of == section);
    items.map(|(_, item)| item.clone()).collect()
}

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
    // The organization for which her token vouches as she asks.
    world.tenant_of("x", tenant("acme")).await;
    let asked = world.ada().ask_for_export(tenant("acme")).await.unwrap();
    assert_eq!(asked.doorbells.len(), 1);
    let again = world.ada().ask_for_export(own_space()).await.unwrap();
    assert_eq!((again.job_id, again.doorbells.len()), (asked.job_id, 0));

    let workers = &world.fixture().workers;
    let early = workers
        .account_export_page(asked.job_id, ExportSection::Account, None)
        .await;
    early.expect_err("the job does not run yet");
    let run = world.start(asked.job_id, "people.export").await;
    let found = gathered(&world, asked.job_id).await;
    let of = |section| of_section(&found, section);
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

#[tokio::test]
async fn of_tenants_that_a_person_may_enter_no_longer_an_export_tells_only_that_jobs_were_there() {
    let world = World::new().await;
    let [current, former, deleted] = ["current", "former", "deleted"].map(tenant);
    for tenant_id in [current, former, deleted] {
        world.tenant_of("gantry", tenant_id).await;
        let job_id = world.job_in(tenant_id, ada()).await;
        world.run(job_id).await;
    }
    let sql = "
        INSERT INTO memberships (tenant_id, user_id, role, source) VALUES
            ('{current}', '{ada}', 'member', 'gantry'), ('{deleted}', '{ada}', 'member', 'gantry');
        UPDATE tenants SET deleted_at = now() WHERE id = '{deleted}';
        INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue, priority,
            max_attempts, timeout_seconds, next_run_at)
        SELECT gen_random_uuid(), id, '{ada}', 'nightly', '0 0 * * *', 'UTC', 'skip', 'test.echo', '{\"secret\": 1}', 'default',
            'normal', 1, 60, now()
        FROM tenants WHERE issuer = 'gantry';
        INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by, expires_at)
        SELECT id, id, '{q}', 'rack', id::text, sha256(id::text::bytea), sha256('x'), '{ada}', now() + interval '7 days'
        FROM tenants WHERE issuer = 'gantry';
        INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at)
        VALUES ('{key}', '{former}', '{ada}', 'key', 'aaaaaaaaaaaaaaaa', sha256('x'), '{jobs:read}', now() + interval '1 day');
        INSERT INTO audit_events (id, tenant_id, actor_kind, actor_id, action, resource_id)
        SELECT gen_random_uuid(), id, 'worker', id::text, 'worker_token.renewed', id::text FROM tenants WHERE issuer = 'gantry';
        DELETE FROM audit_events WHERE actor_kind = 'person';
        INSERT INTO audit_events (id, tenant_id, actor_kind, actor_id, action, resource_id)
        VALUES (gen_random_uuid(), '{former}', 'api_key', '{key}', 'job.cancelled', 'x')";
    let filled = [
        ("{ada}", ada().to_string()),
        ("{key}", own_space().to_string()),
        ("{current}", current.to_string()),
        ("{former}", former.to_string()),
        ("{deleted}", deleted.to_string()),
    ];
    let sql = filled.iter().fold(sql.to_owned(), |sql, (name, value)| {
        sql.replace(name, value)
    });
    world.execute(&sql).await;
    let asked = world.ada().ask_for_export(former).await.unwrap();
    // Handed in after the export was asked for, and so no part of it.
    let later = world.job_in(current, ada()).await;
    world.start(asked.job_id, "people.export").await;
    let found = gathered(&world, asked.job_id).await;
    for section in [ExportSection::Jobs, ExportSection::Schedules] {
        let mut whole = Vec::new();
        for item in of_section(&found, section) {
            if item["tenant_id"] == own_space().to_string() {
                continue;
            }
            assert!(item["id"].is_string() && item["created_at"].is_string());
            if item.get("payload").is_some() {
                whole.push(item["tenant_id"].clone());
            }
        }
        assert_eq!(whole, [json!(current)], "{section}");
        let bare = of_section(&found, section).len();
        assert_eq!(bare, if section == ExportSection::Jobs { 4 } else { 3 });
    }
    let logs = of_section(&found, ExportSection::Logs);
    assert_eq!(logs.len(), 1);
    assert_eq!(logs[0]["tenant_id"], json!(current));
    let done = of_section(&found, ExportSection::AuditEvents);
    let mut done: Vec<_> = done.iter().map(|entry| entry["action"].clone()).collect();
    done.sort_by_key(Value::to_string);
    assert_eq!(
        done,
        [
            json!("account.exported"),
            json!("job.cancelled"),
            json!("worker_token.renewed")
        ]
    );
    let text = json!(found.iter().map(|(_, item)| item).collect::<Vec<_>>()).to_string();
    assert!(!text.contains(&later.to_string()));
}
