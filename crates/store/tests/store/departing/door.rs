//! The functions that read and remove what is a person's: who may call them, and whose rights they need.

use gantry_domain::ExportSection;

use super::World;
use crate::directory::{ada, own_space};
use crate::fixture::completion;
use crate::row_security::{connection_as, found, run};

#[tokio::test]
async fn the_services_gain_nothing_by_naming_the_door_of_the_functions() {
    let world = World::new().await;
    for role in ["gantry_api", "gantry_worker"] {
        let mut connection = connection_as(world.fixture(), role, Some("account")).await;
        for table in ["jobs", "users", "profiles", "account_deletions"] {
            let sql = format!("DELETE FROM {table}");
            if let Ok(found) = found(&mut connection, &sql).await {
                assert_eq!(found, 0, "{role} {table}");
            }
        }
        let note = format!("SELECT note_removed('{}', 'x', 1)", ada());
        run(&mut connection, &note).await.expect_err(&note);
    }
    let mut api = connection_as(world.fixture(), "gantry_api", None).await;
    for denied in [
        "SELECT next_account_to_close()",
        "SELECT close_account(gen_random_uuid())",
        "SELECT next_account_to_purge()",
        "SELECT purge_account_piece(gen_random_uuid(), 1)",
    ] {
        run(&mut api, denied).await.expect_err(denied);
    }
    let enter = format!("SET app.person_id = '{}'", ada());
    run(&mut api, &enter).await.unwrap();
    for denied in [
        format!(
            "INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, purge_after)
             VALUES ('{}', '{}', 'person', now())",
            ada(),
            own_space()
        ),
        format!(
            "INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, purge_after)
             VALUES (gen_random_uuid(), '{}', 'person', now() + interval '31 days')",
            own_space()
        ),
        "UPDATE account_deletions SET purge_after = now()".to_owned(),
    ] {
        run(&mut api, &denied).await.expect_err(&denied);
    }
}

/// A superuser is held by nothing, so the owner here is one without that power.
#[tokio::test]
async fn an_owner_without_power_over_the_server_can_let_people_leave() {
    let world = World::new().await;
    let job_id = world.job_in(own_space(), ada()).await;
    world.run(job_id).await;
    let asked = world.ada().ask_for_export(own_space()).await.unwrap();
    let running = world.start(asked.job_id, "people.export").await;
    let owner = format!("{}_owner", world.fixture().database.name());
    let mut connection = world.fixture().database.connection().await;
    run(
        &mut connection,
        &format!(
            "CREATE ROLE {owner}; GRANT gantry_api, gantry_worker TO {owner};
             DO $$
             DECLARE
                 name text;
             BEGIN
                 FOR name IN SELECT relname FROM pg_class
                     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') LOOP
                     EXECUTE format('ALTER TABLE %I OWNER TO {owner}', name);
                 END LOOP;
                 FOR name IN SELECT oid::regprocedure::text FROM pg_proc
                     WHERE pronamespace = 'public'::regnamespace LOOP
                     EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', name);
                 END LOOP;
             END
             $$"
        ),
    )
    .await
    .unwrap();
    let workers = &world.fixture().workers;
    let account = workers
        .account_export_page(asked.job_id, ExportSection::Account, None)
        .await;
    assert_eq!(account.unwrap().len(), 1);
    let done = [completion(running)];
    let written = workers.complete(world.worker, &done).await;
    assert_eq!(written.unwrap().len(), 1);
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    assert_eq!(world.close().await, 1);
    assert!(world.purge().await);
    for table in ["users", "jobs", "job_logs", "profiles", "account_deletions"] {
        assert_eq!(world.count(table).await, 0, "{table}");
    }
    assert_eq!(world.count("deletion_receipts").await, 1);
    let end = format!(
        "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}"
    );
    run(&mut connection, &end).await.unwrap();
}
