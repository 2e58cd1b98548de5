//! After the removal no column of any table tells of the person.

use gantry_domain::{Role, UserId};
use gantry_store::DirectoryOutcome;

use super::World;
use crate::directory::{ada, joined, membership, own_space, owner_of};
use crate::fixture::tenant;

/// Where the person's id stays, and why it may: it is made of issuer and subject by a hash, and leads to nobody once those are
/// gone.
const ID_STAYS_IN: [(&str, &str); 4] = [
    ("audit_events.actor_id", "the same person did it"),
    ("audit_events.detail", "a profile became this person's"),
    ("audit_events.resource_id", "it was done to this person"),
    ("directory_entries.id", "nobody comes in under it again"),
];

/// The columns of all tables in which something matches, in the alphabet's order.
async fn columns_with(world: &World, pattern: &str) -> Vec<String> {
    let pattern = pattern.replace('\'', "''");
    let every_column = format!(
        "SELECT string_agg(format('SELECT %L AS place FROM %I WHERE %I::text ~* %L', table_name || '.' || column_name,
            table_name, column_name, '{pattern}'), ' UNION ALL ')
         FROM information_schema.columns JOIN information_schema.tables USING (table_schema, table_name)
         WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    );
    let every_column = world.provider.text(&every_column).await.unwrap();
    let places = format!(
        "SELECT string_agg(DISTINCT place, ' ' ORDER BY place) FROM ({every_column}) AS found"
    );
    let places = world.provider.text(&places).await.unwrap_or_default();
    places.split_whitespace().map(str::to_owned).collect()
}

/// Everything that can tell of Ada, in her own space, in a workspace of her own and in a tenant of others.
async fn leave_traces(world: &World) {
    let api = &world.fixture().api;
    let [shared, alone] = [tenant("shared"), tenant("alone")];
    let bob = UserId::for_subject("x", "bob");
    let scope = api.tenant(alone).on_behalf_of(&world.origin);
    scope.found("Ada's secret", ada()).await.unwrap();
    let sql = "
        INSERT INTO users (id, issuer, subject) VALUES ('{bob}', 'x', 'bob');
        INSERT INTO tenants (id, issuer, external_id) VALUES ('{shared}', 'gantry', 'shared');
        INSERT INTO memberships (tenant_id, user_id, role, source, accepted_at) VALUES
            ('{shared}', '{ada}', 'admin', 'gantry', now()), ('{shared}', '{bob}', 'owner', 'gantry', now());
        INSERT INTO profiles (id, tenant_id, email, email_folded, cohort)
        SELECT gen_random_uuid(), '{shared}', 'Ada@example.com', 'ada@example.com', 'default'";
    let fill = |sql: &str| {
        sql.replace("{ada}", &ada().to_string())
            .replace("{bob}", &bob.to_string())
            .replace("{own}", &own_space().to_string())
            .replace("{shared}", &shared.to_string())
            .replace("{alone}", &alone.to_string())
    };
    world.execute(&fill(sql)).await;
    // That profile becomes hers; one that another tenant registers later never does.
    world
        .provider
        .tell(2, owner_of("ada", "ada@example.com"))
        .await;
    world
        .provider
        .tell(2, joined("orgmem_1", Role::Member))
        .await;
    for tenant_id in [own_space(), alone, shared] {
        let job_id = world.job_in(tenant_id, ada()).await;
        world.run(job_id).await;
    }
    let pinged = world.job_in(shared, ada()).await;
    world.run(pinged).await;
    let sql = format!(
        "UPDATE jobs SET kind = 'system.ping', result = '{{\"created_by\": \"{{ada}}\"}}' WHERE id = '{pinged}'"
    );
    world.execute(&fill(&sql)).await;
    let cancelled = world.job_in(shared, bob).await;
    let sql = format!(
        "UPDATE jobs SET state = 'cancelled', finished_at = now(), queued_at = NULL, error =
            '{{\"message\": \"Cancelled by ada@example.com.\", \"detail\": {{\"cancelled_by\": \"{{ada}}\"}}}}'
         WHERE id = '{cancelled}'"
    );
    world.execute(&fill(&sql)).await;
    let sql = "
        INSERT INTO profiles (id, tenant_id, email, email_folded, cohort, created_at)
        SELECT gen_random_uuid(), '{bob}', 'Ada@example.com', 'ada@example.com', 'default', now() - interval '1 day';
        INSERT INTO api_keys (id, tenant_id, created_by, name, public_id, secret_digest, scopes, expires_at, revoked_by) VALUES
            ('{shared}', '{shared}', '{ada}', 'bright copper', 'aaaaaaaaaaaaaaaa', sha256('x'), '{jobs:read}',
                now() + interval '1 day', NULL),
            ('{own}', '{own}', '{ada}', 'bright copper', 'bbbbbbbbbbbbbbbb', sha256('x'), '{jobs:read}',
                now() + interval '1 day', NULL),
            ('{bob}', '{shared}', '{bob}', 'of Bob', 'cccccccccccccccc', sha256('x'), '{jobs:read}', now() + interval '1 day',
                '{ada}');
        INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by,
            expires_at, revoked_at, revoked_by, closed_at)
        SELECT id, id, '{q}', 'ada-laptop', id::text, sha256(id::text::bytea), sha256('x'), '{ada}', now() + interval '7 days',
            now(), '{ada}', now() - interval '1 hour'
        FROM unnest(ARRAY['{own}', '{alone}']::uuid[]) AS id;
        INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by, expires_at)
        VALUES ('{bob}', '{shared}', '{q}', 'rack 1', 'rack', sha256('rack'), sha256('x'), '{ada}', now() + interval '7 days');
        INSERT INTO workers (id, name, state, queues, kinds, concurrency, version, lease_expires_at, token_id, tenant_id)
        VALUES ('{own}', 'ada-laptop', 'stopped', '{q}', '{test.echo}', 1, '1', now(), '{own}', '{own}');
        INSERT INTO audit_events (id, tenant_id, actor_kind, actor_id, action, resource_id, source_address, detail) VALUES
            (gen_random_uuid(), '{shared}', 'person', '{ada}', 'api_key.created', '{shared}', '192.0.2.1',
                '{\"name\": \"bright copper\"}'),
            (gen_random_uuid(), '{own}', 'person', '{ada}', 'api_key.created', '{own}', '192.0.2.1',
                '{\"name\": \"bright copper\"}'),
            (gen_random_uuid(), '{shared}', 'api_key', '{shared}', 'job.cancelled', 'x', '192.0.2.1', '{}'),
            (gen_random_uuid(), '{shared}', 'worker', '{bob}', 'worker_token.renewed', '{bob}', '192.0.2.1', '{}');
        INSERT INTO tenant_queues (queue, tenant_id, claimed_by) VALUES ('q', '{shared}', '{ada}');
        INSERT INTO schedules (id, tenant_id, created_by, name, cron, time_zone, missed, kind, payload, queue, priority,
            max_attempts, timeout_seconds, next_run_at)
        VALUES (gen_random_uuid(), '{shared}', '{ada}', 'nightly', '0 0 * * *', 'UTC', 'skip', 'test.echo', '{}', 'default',
            'normal', 1, 60, now());
        INSERT INTO pauses (scope, subject, paused_by, paused_by_name) VALUES
            ('queue', 'q', '{ada}', 'ada@example.com'), ('user', '{ada}', '{bob}', 'Bob');
        INSERT INTO concurrency_limits (scope, subject, max_running, set_by) VALUES
            ('kind', 'test.echo', 5, '{ada}'), ('tenant', '{own}', 5, '{bob}');
        INSERT INTO tenant_retention (tenant_id, jobs_days, results_days, logs_days) VALUES ('{own}', 1, 1, 1);
        INSERT INTO idempotency_keys (tenant_id, key, request_hash, job_ids) VALUES ('{own}', 'ada', sha256('x'), '{}');
        INSERT INTO account_exports (job_id, user_id, tenant_id, entered_tenant_id)
        VALUES (gen_random_uuid(), '{ada}', '{own}', '{own}')";
    world.execute(&fill(sql)).await;
}

#[tokio::test]
async fn no_column_of_any_table_tells_of_a_removed_person() {
    let world = World::new().await;
    leave_traces(&world).await;
    world.ada().request_deletion().await.unwrap();
    // What was left is found, or the search would find nothing afterwards either.
    let traces = [
        r"\mada\M",
        "bright copper",
        "orgmem_1",
        r"192\.0\.2\.1",
        &own_space().to_string(),
        &tenant("alone").to_string(),
    ];
    for trace in traces {
        assert_ne!(columns_with(&world, trace).await, [""; 0], "{trace}");
    }
    world.let_days_pass(31).await;
    world.close().await;
    assert!(world.purge().await);
    for trace in traces {
        assert_eq!(columns_with(&world, trace).await, [""; 0], "{trace}");
    }
    let allowed = ID_STAYS_IN.map(|(place, _)| place);
    assert_eq!(columns_with(&world, &ada().to_string()).await, allowed);
    assert_eq!(world.count("api_keys").await, 1);
    assert_eq!(world.count("worker_tokens").await, 1);
}

#[tokio::test]
async fn a_late_notice_of_a_removed_persons_membership_leaves_nothing() {
    let world = World::new().await;
    world
        .provider
        .tell(2, joined("orgmem_1", Role::Member))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert!(world.purge().await);
    let mut elsewhere = membership("orgmem_2");
    elsewhere.organization.external_id = "org_other".to_owned();
    for late in [membership("orgmem_1"), elsewhere] {
        let event = gantry_domain::DirectoryEvent::MembershipDeleted(late);
        world.provider.tell(9, event).await;
    }
    let again = world
        .provider
        .tell(9, joined("orgmem_3", Role::Member))
        .await;
    assert_eq!(again, DirectoryOutcome::Outdated);
    assert_eq!(columns_with(&world, "orgmem").await, [""; 0]);
}

#[tokio::test]
async fn a_job_that_a_closed_persons_job_stages_is_nobodys() {
    let world = World::new().await;
    let parent = world.job_in(tenant("shared"), ada()).await;
    let run = world.start(parent, "test.echo").await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let child = gantry_domain::NewJob {
        created_by: ada(),
        ..crate::fixture::new_job(tenant("shared"))
    };
    let done = crate::fixture::completion(run);
    let workers = &world.fixture().workers;
    let children = [child];
    let staged = workers.complete_with_children(world.worker, &done, &children);
    staged.await.unwrap();
    assert!(world.purge().await);
    let nobodys = "jobs WHERE created_by = '00000000-0000-0000-0000-000000000000'";
    assert_eq!(world.count(nobodys).await, 2);
    assert_eq!(
        columns_with(&world, &ada().to_string()).await,
        ["audit_events.resource_id", "directory_entries.id"]
    );
}

#[tokio::test]
async fn a_profile_that_waits_for_someone_who_has_the_address_now_stays() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    assert_eq!(world.close().await, 1);
    // Whoever has her address now signs up, and a tenant registers a profile for it.
    world
        .provider
        .tell(40, owner_of("ada_again", "ADA@example.com"))
        .await;
    let waits = format!(
        "INSERT INTO profiles (id, tenant_id, email, email_folded, cohort)
         VALUES (gen_random_uuid(), '{}', 'ada@example.com', 'ada@example.com', 'default')",
        tenant("shared")
    );
    world.execute(&waits).await;
    assert!(world.purge().await);
    assert_eq!(world.count("profiles WHERE user_id IS NULL").await, 1);
}
