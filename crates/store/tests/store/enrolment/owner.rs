//! An owner of the schema as an installation should have one; the usual fixture's is a superuser, to whom nothing is denied.

use crate::fixture::Fixture;

/// Gives the schema to an owner who may make roles and is no superuser; answers their name.
pub async fn with_plain_owner(fixture: &Fixture) -> String {
    let owner = format!("{}_owner", fixture.database.name());
    fixture
        .database
        .execute(&format!(
            "CREATE ROLE {owner} CREATEROLE;
             GRANT gantry_api, gantry_worker TO {owner};
             DO $$ DECLARE thing record; BEGIN
                FOR thing IN SELECT oid::regclass AS name FROM pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') LOOP
                    EXECUTE format('ALTER TABLE %s OWNER TO {owner}', thing.name);
                END LOOP;
                FOR thing IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace LOOP
                    EXECUTE format('ALTER FUNCTION %s OWNER TO {owner}', thing.name);
                END LOOP;
             END $$"
        ))
        .await;
    owner
}

/// Takes the schema back; the role belongs to the server and would outlive the database.
pub async fn remove_owner(fixture: &Fixture, owner: &str) {
    let remove = format!(
        "REASSIGN OWNED BY {owner} TO CURRENT_USER; DROP OWNED BY {owner}; DROP ROLE {owner}"
    );
    fixture.database.execute(&remove).await;
}
