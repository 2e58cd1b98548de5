//! The statements of the README that take from machines' logins what Postgres gives every login.

use gantry_domain::Role;
use gantry_store::TenantChange;

use super::machine::{Machine, by_a_machine, queued_in};
use super::owner::{remove_owner, with_plain_owner};
use crate::fixture::{Fixture, completion, kind, tenant, user};
use crate::row_security::{run, signed_in};

const README: &str = include_str!("../../../README.md");

/// What a superuser is told to run, for this database and its owner.
fn statements(database: &str, owner: &str) -> String {
    let (_, told) = README
        .split_once("superuser runs once in the database:\n\n```sql\n")
        .unwrap();
    let (sql, _) = told.split_once("```").unwrap();
    sql.replace("DATABASE gantry", &format!("DATABASE {database}"))
        .replace("my_owner", owner)
}

#[tokio::test]
async fn with_them_everything_works_but_what_machines_are_to_be_kept_from() {
    let fixture = Fixture::new().await;
    let owner = with_plain_owner(&fixture).await;
    let narrow = statements(fixture.database.name(), &owner);
    fixture.database.execute(&narrow).await;
    let tenant_id = fixture.tenant_id;

    // The API takes turns for each person.
    let home = tenant("home");
    fixture.api.remember(&signed_in(home, "ada")).await.unwrap();
    let scope = fixture.api.tenant(tenant_id);
    let founded = scope.found("Acme", user("ada")).await.unwrap();
    assert!(
        matches!(&founded, TenantChange::Done(tenant) if tenant.role == Role::Owner),
        "{founded:?}"
    );
    let origin = by_a_machine();
    let ada = fixture.api.person(user("ada"), home, &origin);
    ada.ask_for_export(home).await.unwrap();

    // Workers take turns under a limit.
    let one = format!(
        "INSERT INTO concurrency_limits VALUES ('kind', '{}', 1, gen_random_uuid())",
        kind()
    );
    fixture.database.execute(&one).await;
    let operators = fixture.worker().await;
    let first = [completion(fixture.running(operators).await)];
    assert_eq!(fixture.claim(operators, fixture.queued().await).await, None);
    let ended = fixture.workers.complete(operators, &first).await;
    assert_eq!(ended.unwrap().len(), 1);
    fixture
        .database
        .execute("DELETE FROM concurrency_limits")
        .await;

    // A machine takes turns when it registers, with the owner's rights.
    let machine = Machine::enrolled(&fixture, tenant_id, "own-gpu").await;
    let worker_id = machine.worker().await;
    let own = queued_in(&fixture, tenant_id, "own-gpu").await;
    machine.claim(worker_id, own).await.unwrap();
    let ended = machine.store.complete(worker_id, &[completion(own)]).await;
    assert_eq!(ended.unwrap().len(), 1);
    let mut hand = machine.connection().await;
    for denied in [
        "SELECT pg_advisory_lock(1)",
        "SELECT pg_advisory_xact_lock(1)",
        "SELECT pg_try_advisory_lock_shared(1)",
        "SELECT pg_advisory_lock(1, 1)",
        "SELECT pg_try_advisory_xact_lock(1, 1)",
        "CREATE TEMPORARY TABLE anything ()",
        "SELECT lo_creat(-1)",
    ] {
        run(&mut hand, denied).await.expect_err(denied);
    }
    drop(hand);

    // Migrations take turns as the owner.
    let mut migrating = fixture.database.connection().await;
    let turn = format!("SET ROLE {owner}; SELECT pg_advisory_xact_lock(1)");
    run(&mut migrating, &turn).await.unwrap();
    remove_owner(&fixture, &owner).await;
}
