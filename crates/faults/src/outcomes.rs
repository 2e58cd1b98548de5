//! The judge of what was committed: an append-only table of every terminal state a job was ever given.

use gantry_testkit::DatabaseOwner;

/// Written by the database itself, in the transaction that ends the job, whoever ends it.
const RECORD_OUTCOMES: &str = "
    CREATE SCHEMA faults;
    CREATE TABLE faults.outcomes (
        position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        job_id uuid NOT NULL,
        state text NOT NULL,
        dispatch integer NOT NULL,
        worker_id uuid
    );
    CREATE FUNCTION faults.record_outcome() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO faults.outcomes (job_id, state, dispatch, worker_id)
        VALUES (NEW.id, NEW.state, NEW.dispatch, NEW.worker_id);
        RETURN NULL;
    END
    $$;
    CREATE TRIGGER record_outcome AFTER UPDATE ON jobs FOR EACH ROW
        WHEN (NEW.state IN ('succeeded', 'failed', 'cancelled')) EXECUTE FUNCTION faults.record_outcome();
";

/// Begins to record every outcome.
pub(crate) async fn record(database: &DatabaseOwner) {
    database.execute(RECORD_OUTCOMES).await;
}

/// How many jobs were given more than one outcome; none may.
pub(crate) async fn doubly_committed(database: &DatabaseOwner) -> i64 {
    database
        .number(
            "SELECT count(*) FROM (SELECT FROM faults.outcomes GROUP BY job_id HAVING count(*) > 1) AS doubled",
        )
        .await
}
