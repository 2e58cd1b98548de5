//! Row-level security around tenants, members and the audit log, by hand-made connections.

use gantry_domain::{Role, TenantId};
use gantry_store::{MemberChange, SignedIn, TenantChange};
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::fixture::{Fixture, tenant, user};
use crate::row_security::{connection_as, run, visible};

/// Two tenants that people made: of `ann`, with `ben` as a member, and of `cleo`.
async fn two_tenants() -> (Fixture, TenantId, TenantId) {
    let fixture = Fixture::new().await;
    for name in ["ann", "ben", "cleo"] {
        let signed_in = SignedIn {
            issuer: "https://issuer.test".to_owned(),
            tenant_id: tenant(name),
            tenant_external_id: name.to_owned(),
            user_id: user(name),
            subject: name.to_owned(),
            email: None,
        };
        fixture.api.remember(&signed_in).await.unwrap();
    }
    let [first, second] = [TenantId::generate(), TenantId::generate()];
    for (id, owner) in [(first, "ann"), (second, "cleo")] {
        let founded = fixture.api.tenant(id).found("Ours", user(owner)).await;
        assert!(matches!(founded.unwrap(), TenantChange::Done(_)));
    }
    let added = fixture.api.tenant(first);
    let added = added.add_member(user("ben"), Role::Member, user("ann"));
    assert!(matches!(added.await.unwrap(), MemberChange::Done(_)));
    (fixture, first, second)
}

async fn set(connection: &mut PgConnection, setting: &str, value: impl std::fmt::Display) {
    run(connection, &format!("SET {setting} = '{value}'"))
        .await
        .unwrap();
}

async fn names(connection: &mut PgConnection, sql: &'static str) -> Vec<String> {
    let rows = sqlx::raw_sql(AssertSqlSafe(sql)).fetch_all(connection);
    rows.await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn every_table_with_a_tenant_is_held_for_everyone() {
    let fixture = Fixture::new().await;
    let mut owner = fixture.database.connection().await;
    let open = names(
        &mut owner,
        "SELECT relname::text FROM pg_class
         WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace
            AND (relname IN ('tenants', 'users') OR EXISTS (
                SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'tenant_id' AND NOT attisdropped))
            AND NOT (relrowsecurity AND relforcerowsecurity)",
    )
    .await;
    assert_eq!(open, Vec::<String>::new());
    let past_their_parent = names(
        &mut owner,
        "SELECT relname::text FROM pg_class JOIN pg_roles ON rolname LIKE 'gantry\\_%'
         WHERE relispartition AND relkind = 'r' AND NOT rolcanlogin
            AND has_table_privilege(pg_roles.oid, pg_class.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')",
    )
    .await;
    assert_eq!(past_their_parent, Vec::<String>::new());
    let too_mighty = names(
        &mut owner,
        "SELECT rolname::text FROM pg_roles
         WHERE rolname IN ('gantry_api', 'gantry_worker') AND (rolbypassrls OR rolsuper OR rolcanlogin)",
    )
    .await;
    assert_eq!(too_mighty, Vec::<String>::new());
}

#[tokio::test]
async fn a_person_sees_where_they_belong_and_nobody_else_there() {
    let (fixture, first, _) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    assert_eq!(visible(&mut api, "memberships").await, 0);
    set(&mut api, "app.person_id", user("ben")).await;
    assert_eq!(visible(&mut api, "memberships").await, 1);
    assert_eq!(visible(&mut api, "tenants").await, 1);
    let own = format!("tenants WHERE id = '{first}'");
    assert_eq!(visible(&mut api, &own).await, 1);
    for table in ["jobs", "users", "audit_events"] {
        assert_eq!(visible(&mut api, table).await, 0, "{table}");
    }
    // Being someone gives no right to change anything.
    let promoted = run(&mut api, "UPDATE memberships SET role = 'owner'").await;
    promoted.unwrap();
    let owners = "memberships WHERE role = 'owner'";
    assert_eq!(visible(&mut api, owners).await, 0);
}

#[tokio::test]
async fn a_tenant_chooses_its_own_members_only() {
    let (fixture, first, second) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    set(&mut api, "app.tenant_id", first).await;
    assert_eq!(visible(&mut api, "memberships").await, 2);
    assert_eq!(visible(&mut api, "users").await, 2);
    let insert = format!(
        "INSERT INTO memberships (tenant_id, user_id, role, source) VALUES ('{second}', '{}', 'owner', 'gantry')",
        user("ann")
    );
    run(&mut api, &insert).await.unwrap_err();
    run(
        &mut api,
        &format!("UPDATE memberships SET tenant_id = '{second}'"),
    )
    .await
    .unwrap_err();
}

#[tokio::test]
async fn a_tenant_is_made_under_the_chosen_id_and_never_in_a_providers_name() {
    let (fixture, first, second) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    let chosen = TenantId::generate();
    set(&mut api, "app.tenant_id", chosen).await;
    for (id, issuer) in [
        (chosen, "https://issuer.test"),
        (TenantId::generate(), "gantry"),
    ] {
        let sql = format!(
            "INSERT INTO tenants (id, issuer, external_id) VALUES ('{id}', '{issuer}', 'x')"
        );
        run(&mut api, &sql).await.unwrap_err();
    }
    // The identity provider's tenant, and another one.
    for (own, other) in [(tenant("ann"), second), (second, first)] {
        set(&mut api, "app.tenant_id", own).await;
        let sql = format!("UPDATE tenants SET name = 'Stolen' WHERE id = '{other}'");
        run(&mut api, &sql).await.unwrap();
    }
    set(&mut api, "app.tenant_id", tenant("ann")).await;
    run(&mut api, "UPDATE tenants SET name = 'Stolen'")
        .await
        .unwrap();
    let stolen = fixture
        .database
        .number("SELECT count(*) FROM tenants WHERE name = 'Stolen'")
        .await;
    assert_eq!(stolen, 0);
    let moved = format!("UPDATE tenants SET issuer = 'gantry' WHERE id = '{first}'");
    run(&mut api, &moved).await.unwrap_err();
}

#[tokio::test]
async fn each_door_changes_of_a_tenant_what_it_is_for() {
    let (fixture, first, _) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    set(&mut api, "app.tenant_id", first).await;
    run(&mut api, "UPDATE tenants SET tier = 'enterprise'")
        .await
        .unwrap_err();
    let mut operator = connection_as(&fixture, "gantry_api", Some("operate")).await;
    for change in ["name = 'Stolen'", "deleted_at = now()"] {
        run(&mut operator, &format!("UPDATE tenants SET {change}"))
            .await
            .unwrap_err();
    }
    let mut identity = connection_as(&fixture, "gantry_api", Some("identity")).await;
    run(&mut identity, "UPDATE tenants SET deleted_at = now()")
        .await
        .unwrap();
    let changed = "SELECT count(*) FROM tenants WHERE tier <> 'free' OR deleted_at IS NOT NULL OR name = 'Stolen'";
    assert_eq!(fixture.database.number(changed).await, 0);
    let made =
        "INSERT INTO tenants (id, issuer, external_id) VALUES (gen_random_uuid(), 'gantry', 'x')";
    run(&mut identity, made).await.unwrap_err();
}

#[tokio::test]
async fn what_the_identity_provider_says_of_members_it_alone_changes() {
    let (fixture, first, _) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    set(&mut api, "app.tenant_id", first).await;
    let forged = format!(
        "INSERT INTO memberships (tenant_id, user_id, role, source) VALUES ('{first}', '{}', 'owner', 'provider')",
        user("cleo")
    );
    run(&mut api, &forged).await.unwrap_err();
    let mut directory = connection_as(&fixture, "gantry_api", Some("directory")).await;
    run(&mut directory, &forged).await.unwrap_err();
    fixture
        .database
        .execute("UPDATE memberships SET source = 'provider'")
        .await;
    for sql in [
        "UPDATE memberships SET role = 'viewer'",
        "DELETE FROM memberships",
    ] {
        run(&mut api, sql).await.unwrap();
    }
    let kept = "SELECT count(*) FROM memberships WHERE role <> 'viewer'";
    assert_eq!(fixture.database.number(kept).await, 3);
}

#[tokio::test]
async fn a_tenants_lists_read_its_own_rows_by_an_index() {
    let (fixture, first, _) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    set(&mut api, "app.tenant_id", first).await;
    run(&mut api, "SET enable_seqscan = off").await.unwrap();
    for (sql, index) in [
        (
            "EXPLAIN SELECT * FROM audit_events WHERE tenant_id = current_tenant_id() ORDER BY id DESC LIMIT 50",
            "audit_events_of_tenant",
        ),
        (
            "EXPLAIN SELECT * FROM profiles WHERE tenant_id = current_tenant_id() ORDER BY id DESC LIMIT 50",
            "profiles_of_tenant",
        ),
        (
            "EXPLAIN SELECT * FROM memberships WHERE tenant_id = current_tenant_id() ORDER BY user_id LIMIT 50",
            "memberships_pkey",
        ),
    ] {
        let plan = names(&mut api, sql).await.join("\n");
        let by_tenant = plan.contains(index) && plan.contains("Index Cond: (tenant_id");
        assert!(by_tenant, "{plan}");
    }
}

#[tokio::test]
async fn the_audit_log_is_added_to_by_the_tenant_it_concerns_and_changed_by_nobody() {
    let (fixture, first, second) = two_tenants().await;
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    set(&mut api, "app.tenant_id", first).await;
    assert_eq!(visible(&mut api, "audit_events").await, 2);
    for other in [format!("'{second}'"), "NULL".to_owned()] {
        let sql = format!(
            "INSERT INTO audit_events (id, tenant_id, actor_kind, action, resource_id)
             VALUES (gen_random_uuid(), {other}, 'gantry', 'tenant.deleted', 'x')"
        );
        run(&mut api, &sql).await.unwrap_err();
    }
    for sql in [
        "UPDATE audit_events SET actor_id = 'nobody'",
        "DELETE FROM audit_events",
        "TRUNCATE audit_events",
    ] {
        run(&mut api, sql).await.unwrap_err();
    }
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    run(&mut worker, "SELECT FROM audit_events")
        .await
        .unwrap_err();
    let backdated = format!(
        "INSERT INTO audit_events (id, tenant_id, actor_kind, action, resource_id, at)
         VALUES (gen_random_uuid(), '{first}', 'gantry', 'tenant.deleted', 'x', now() - interval '1 year')"
    );
    run(&mut api, &backdated).await.unwrap_err();
}
