//! The door of the identity provider's notices: what it writes, and what it leaves alone.

use crate::directory::{Provider, own_space, person};
use crate::row_security::{connection_as, found, run, visible};

#[tokio::test]
async fn the_directory_door_links_what_waits_and_moves_nothing_that_is_somebodys() {
    let provider = Provider::new().await;
    provider
        .tell(1, crate::directory::changed(person("ada")))
        .await;
    let fixture = &provider.fixture;
    let waiting = "INSERT INTO profiles (id, tenant_id, email, email_folded, cohort)
        VALUES (gen_random_uuid(), gen_random_uuid(), 'b@c', 'b@c', 'default')";
    fixture.database.execute(waiting).await;
    let mut door = connection_as(fixture, "gantry_api", Some("directory")).await;
    let link = "UPDATE profiles SET user_id = gen_random_uuid(), linked_at = now()";
    assert_eq!(found(&mut door, link).await.unwrap(), 1);
    assert_eq!(found(&mut door, link).await.unwrap(), 0);
    for denied in [
        waiting,
        "UPDATE profiles SET tenant_id = gen_random_uuid()",
        "INSERT INTO tenants (id, issuer, external_id) VALUES (gen_random_uuid(), 'gantry', 'x')",
        "INSERT INTO memberships (tenant_id, user_id, role, source)
         SELECT tenants.id, users.id, 'owner', 'gantry' FROM tenants, users",
        "INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, queued_at, max_attempts,
            timeout_seconds, payload)
         VALUES (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'system.ping', 'default', 'low', 'queued',
            now(), 1, 1, '{}')",
        "INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
         SELECT 'tenant', id::text, id, 'x' FROM tenants",
        "INSERT INTO pauses (scope, subject, paused_by, paused_by_name)
         VALUES ('queue', 'default', gen_random_uuid(), 'x')",
        "DELETE FROM directory_entries",
        "DELETE FROM webhook_deliveries",
        "INSERT INTO audit_events (id, actor_kind, action, resource_id)
         VALUES (gen_random_uuid(), 'person', 'member.added', 'x')",
    ] {
        run(&mut door, denied).await.expect_err(denied);
    }
    for hidden in ["jobs", "job_logs", "audit_events"] {
        assert_eq!(visible(&mut door, hidden).await, 0, "{hidden}");
    }
    for out_of_reach in [
        "DELETE FROM pauses",
        "DELETE FROM profiles",
        "UPDATE profiles SET email = 'x@y', email_folded = 'x@y'",
    ] {
        let changed = found(&mut door, out_of_reach).await.unwrap();
        assert_eq!(changed, 0, "{out_of_reach}");
    }
}

#[tokio::test]
async fn a_tenant_registers_profiles_that_wait_and_no_others() {
    let provider = Provider::new().await;
    let mut tenant = connection_as(&provider.fixture, "gantry_api", None).await;
    let enter = format!("SET app.tenant_id = '{}'", own_space());
    run(&mut tenant, &enter).await.unwrap();
    let insert = |tenant: &str, user: &str, linked_at: &str| {
        format!(
            "INSERT INTO profiles (id, tenant_id, user_id, linked_at, email, email_folded, cohort)
             VALUES (gen_random_uuid(), {tenant}, {user}, {linked_at}, 'a@b', 'a@b', 'default')"
        )
    };
    let own = format!("'{}'", own_space());
    for denied in [
        insert(&own, "gen_random_uuid()", "now()"),
        insert("gen_random_uuid()", "NULL", "NULL"),
    ] {
        run(&mut tenant, &denied).await.expect_err(&denied);
    }
    run(&mut tenant, &insert(&own, "NULL", "NULL"))
        .await
        .unwrap();
    for table in ["directory_entries", "webhook_deliveries"] {
        assert_eq!(visible(&mut tenant, table).await, 0, "{table}");
    }
    for door in ["identity", "submit", "operate"] {
        let mut other = connection_as(&provider.fixture, "gantry_api", Some(door)).await;
        assert_eq!(visible(&mut other, "profiles").await, 0, "{door}");
    }
    let mut worker = connection_as(&provider.fixture, "gantry_worker", Some("dispatch")).await;
    for denied in ["SELECT FROM profiles", "SELECT FROM directory_entries"] {
        run(&mut worker, denied).await.expect_err(denied);
    }
}
