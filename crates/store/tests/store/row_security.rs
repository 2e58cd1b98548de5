//! Row-level security: what each role sees and may write, by hand-made connections and through the stores' own pools.

use gantry_domain::{TenantId, WorkerId};
use gantry_store::SignedIn;
use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::fixture::{Fixture, by_someone, completion, failure, keyed, new_job, tenant, user};

/// Every table that belongs to tenants.
const TENANT_TABLES: [&str; 5] = [
    "tenants",
    "jobs",
    "job_attempts",
    "job_logs",
    "idempotency_keys",
];

/// Every table that row-level security holds.
const HELD_TABLES: [&str; 11] = [
    "tenants",
    "users",
    "jobs",
    "job_attempts",
    "job_logs",
    "idempotency_keys",
    "pauses",
    "concurrency_limits",
    "profiles",
    "directory_entries",
    "webhook_deliveries",
];

/// A connection that took a service's role, and stands in a door or in none.
pub async fn connection_as(fixture: &Fixture, role: &str, door: Option<&str>) -> PgConnection {
    let mut connection = fixture.database.connection().await;
    run(&mut connection, &format!("SET ROLE {role}"))
        .await
        .unwrap();
    if let Some(door) = door {
        run(&mut connection, &format!("SET app.door = '{door}'"))
            .await
            .unwrap();
    }
    connection
}

pub async fn run(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .map(drop)
}

/// How many rows an UPDATE or DELETE finds.
pub async fn found(connection: &mut PgConnection, sql: &str) -> sqlx::Result<u64> {
    let done = sqlx::raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await?;
    Ok(done.rows_affected())
}

pub async fn visible(connection: &mut PgConnection, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let row = sqlx::raw_sql(AssertSqlSafe(sql))
        .fetch_one(connection)
        .await;
    row.unwrap().get(0)
}

/// A row of every tenant table, for each of two tenants.
pub async fn two_tenants() -> (Fixture, [TenantId; 2]) {
    let fixture = Fixture::new().await;
    let tenants = [tenant("acme"), tenant("other")];
    let worker_id = fixture.worker().await;
    for (tenant_id, name) in tenants.into_iter().zip(["ada", "bob"]) {
        fixture
            .api
            .remember(&signed_in(tenant_id, name))
            .await
            .unwrap();
        let submission = keyed(new_job(tenant_id), "order-1");
        let job_id = submission.jobs[0].id;
        fixture.api.submit_keyed(&[submission]).await.unwrap();
        let run = crate::fixture::first_run(job_id);
        fixture.claim(worker_id, run).await.unwrap();
        let line = gantry_store::RunLogLine {
            run,
            line: crate::run_writes::line(1, 1),
        };
        fixture
            .workers
            .append_log(worker_id, &[line])
            .await
            .unwrap();
        fixture
            .workers
            .fail(worker_id, &[failure(run)])
            .await
            .unwrap();
    }
    for table in TENANT_TABLES {
        assert_eq!(fixture.count_of(table).await, 2, "{table}");
    }
    (fixture, tenants)
}

pub fn signed_in(tenant_id: TenantId, name: &str) -> SignedIn {
    SignedIn {
        issuer: "https://issuer.test".to_owned(),
        tenant_id,
        tenant_external_id: format!("organization of {name}"),
        user_id: user(name),
        subject: name.to_owned(),
        email: Some(format!("{name}@example.org")),
    }
}

#[tokio::test]
async fn nothing_is_visible_without_a_tenant_and_without_a_door() {
    let (fixture, _) = two_tenants().await;
    for role in ["gantry_api", "gantry_worker"] {
        let mut connection = connection_as(&fixture, role, None).await;
        for table in ["jobs", "job_attempts", "job_logs"] {
            assert_eq!(visible(&mut connection, table).await, 0, "{role} {table}");
        }
    }
    let mut api = connection_as(&fixture, "gantry_api", None).await;
    for table in ["tenants", "users", "idempotency_keys"] {
        assert_eq!(visible(&mut api, table).await, 0, "{table}");
    }
    let mut worker = connection_as(&fixture, "gantry_worker", None).await;
    for table in ["tenants", "users"] {
        run(&mut worker, &format!("SELECT FROM {table}"))
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn a_tenant_sees_its_own_rows_and_no_others() {
    let (fixture, tenants) = two_tenants().await;
    let mut connection = connection_as(&fixture, "gantry_api", None).await;
    for tenant_id in tenants {
        run(
            &mut connection,
            &format!("SET app.tenant_id = '{tenant_id}'"),
        )
        .await
        .unwrap();
        for table in TENANT_TABLES {
            assert_eq!(visible(&mut connection, table).await, 1, "{table}");
        }
        let jobs = format!("jobs WHERE tenant_id = '{tenant_id}'");
        assert_eq!(visible(&mut connection, &jobs).await, 1);
    }
    run(&mut connection, "SET app.tenant_id = ''")
        .await
        .unwrap();
    assert_eq!(visible(&mut connection, "jobs").await, 0);
}

#[tokio::test]
async fn a_tenant_neither_changes_nor_adds_rows_of_another() {
    let (fixture, [own, other]) = two_tenants().await;
    let mut connection = connection_as(&fixture, "gantry_api", None).await;
    run(&mut connection, &format!("SET app.tenant_id = '{own}'"))
        .await
        .unwrap();
    let all = "UPDATE jobs SET cancel_requested_at = now()";
    assert_eq!(found(&mut connection, all).await.unwrap(), 1);
    for denied in [
        "DELETE FROM idempotency_keys".to_owned(),
        "UPDATE idempotency_keys SET job_ids = '{}'".to_owned(),
        format!(
            "INSERT INTO idempotency_keys (tenant_id, key, request_hash, job_ids)
             VALUES ('{own}', 'order-2', sha256('a'), '{{}}')"
        ),
        format!("UPDATE jobs SET tenant_id = '{other}'"),
        "UPDATE jobs SET payload = '{}'".to_owned(),
        "UPDATE jobs SET worker_id = gen_random_uuid()".to_owned(),
        "DELETE FROM jobs".to_owned(),
        "DELETE FROM job_logs".to_owned(),
        "UPDATE job_attempts SET outcome = 'lost'".to_owned(),
        format!(
            "INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, queued_at, max_attempts,
                timeout_seconds, payload)
             VALUES (gen_random_uuid(), '{other}', gen_random_uuid(), 'a.b', 'q', 'low', 'queued', now(), 1, 1, '{{}}')"
        ),
        format!(
            "INSERT INTO job_attempts (job_id, attempt, tenant_id, worker_id, outcome, started_at)
             SELECT id, 9, '{other}', gen_random_uuid(), 'failed', now() FROM jobs"
        ),
    ] {
        run(&mut connection, &denied).await.expect_err(&denied);
    }
}

#[tokio::test]
async fn the_submit_door_adds_jobs_of_any_tenant_and_shows_none_that_were_there() {
    let (fixture, [own, _]) = two_tenants().await;
    let mut connection = connection_as(&fixture, "gantry_api", Some("submit")).await;
    let insert = format!(
        "INSERT INTO jobs (id, tenant_id, created_by, kind, queue, priority, state, queued_at, max_attempts,
            timeout_seconds, payload)
         VALUES (gen_random_uuid(), '{own}', gen_random_uuid(), 'a.b', 'q', 'low', 'queued', now(), 1, 1, '{{}}')"
    );
    run(&mut connection, &insert).await.unwrap();
    let insert = format!(
        "INSERT INTO idempotency_keys (tenant_id, key, request_hash, job_ids)
         VALUES ('{own}', 'order-2', sha256('a'), '{{}}')"
    );
    run(&mut connection, &insert).await.unwrap();
    for table in HELD_TABLES {
        assert_eq!(visible(&mut connection, table).await, 0, "{table}");
    }
    let change = "UPDATE jobs SET cancel_requested_at = now()";
    assert_eq!(found(&mut connection, change).await.unwrap(), 0);
}

#[tokio::test]
async fn the_identity_door_opens_tenants_and_users_only() {
    let (fixture, _) = two_tenants().await;
    let mut connection = connection_as(&fixture, "gantry_api", Some("identity")).await;
    for (table, count) in [
        ("tenants", 2),
        ("users", 2),
        ("jobs", 0),
        ("job_attempts", 0),
        ("job_logs", 0),
        ("idempotency_keys", 0),
    ] {
        assert_eq!(visible(&mut connection, table).await, count, "{table}");
    }
}

#[tokio::test]
async fn the_dispatch_door_opens_jobs_to_workers_only() {
    let (fixture, [own, _]) = two_tenants().await;
    let mut worker = connection_as(&fixture, "gantry_worker", Some("dispatch")).await;
    for table in ["jobs", "job_attempts", "job_logs"] {
        assert_eq!(visible(&mut worker, table).await, 2, "{table}");
    }
    for denied in [
        "UPDATE jobs SET payload = '{}'",
        "UPDATE jobs SET tenant_id = gen_random_uuid()",
        "UPDATE jobs SET cancel_requested_at = now()",
        "DELETE FROM job_attempts",
        "UPDATE job_logs SET text = ''",
        "SELECT FROM job_logs_default",
        "UPDATE tenant_retention SET jobs_days = 1",
        "SELECT FROM users",
        "SELECT job_ids FROM idempotency_keys",
        "UPDATE idempotency_keys SET created_at = now()",
    ] {
        run(&mut worker, denied).await.expect_err(denied);
    }
    for table in ["idempotency_keys", "jobs", "job_logs"] {
        let remove = format!("DELETE FROM {table}");
        assert_eq!(found(&mut worker, &remove).await.unwrap(), 0, "{table}");
    }
    let mut api = connection_as(&fixture, "gantry_api", Some("dispatch")).await;
    assert_eq!(visible(&mut api, "jobs").await, 0);
    assert_eq!(visible(&mut api, "idempotency_keys").await, 0);
    for door in ["submit", "identity", "another"] {
        let mut worker = connection_as(&fixture, "gantry_worker", Some(door)).await;
        run(&mut worker, &format!("SET app.tenant_id = '{own}'"))
            .await
            .unwrap();
        assert_eq!(visible(&mut worker, "jobs").await, 0, "{door}");
    }
}

/// A superuser is held by nothing, so the owner here is one without that power.
#[tokio::test]
async fn the_tables_owner_is_held_too() {
    let (fixture, _) = two_tenants().await;
    let owner = format!("{}_owner", fixture.database.name());
    let mut connection = fixture.database.connection().await;
    run(&mut connection, &format!("CREATE ROLE {owner}"))
        .await
        .unwrap();
    for table in HELD_TABLES {
        run(
            &mut connection,
            &format!("ALTER TABLE {table} OWNER TO {owner}"),
        )
        .await
        .unwrap();
    }
    run(&mut connection, &format!("SET ROLE {owner}"))
        .await
        .unwrap();
    for table in HELD_TABLES {
        assert_eq!(visible(&mut connection, table).await, 0, "{table}");
    }
    run(&mut connection, "RESET ROLE").await.unwrap();
    run(
        &mut connection,
        &format!("REASSIGN OWNED BY {owner} TO CURRENT_USER"),
    )
    .await
    .unwrap();
    run(&mut connection, &format!("DROP ROLE {owner}"))
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shared_pool_leaks_no_tenant_even_after_errors() {
    let fixture = Fixture::new().await;
    let worker_id = fixture.worker().await;
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..12 {
        let tenant_id = tenant(&format!("tenant-{number}"));
        let api = fixture.api.clone();
        let jobs = [new_job(tenant_id), new_job(tenant_id)];
        api.submit(&jobs).await.unwrap();
        tasks.spawn(async move {
            for _ in 0..20 {
                let scope = api.tenant(tenant_id);
                let seen = scope
                    .list_jobs(&Default::default(), None, 100)
                    .await
                    .unwrap();
                assert!(seen.iter().all(|job| job.tenant_id == tenant_id));
                assert_eq!(seen.len(), 2);
                // An integer out of range breaks the transaction off in the middle.
                let selection = gantry_store::LogSelection::Last {
                    attempt: Some(u32::MAX),
                    limit: u32::MAX,
                };
                let _ = scope.read_log(jobs[0].id, &selection).await;
                let again = [jobs[0].clone()];
                api.submit(&again)
                    .await
                    .expect_err("the job was submitted before");
                // One that is given up while it waits.
                let error = by_someone();
                let given_up = scope.cancel_job(jobs[1].id, &error);
                let _ = tokio::time::timeout(std::time::Duration::ZERO, given_up).await;
            }
        });
    }
    while let Some(joined) = tasks.join_next().await {
        joined.unwrap();
    }
    let unknown = fixture
        .api
        .tenant(TenantId::from_uuid(WorkerId::generate().as_uuid()));
    assert_eq!(
        unknown
            .list_jobs(&Default::default(), None, 100)
            .await
            .unwrap(),
        []
    );
    let run = fixture.running(worker_id).await;
    let done = [completion(run)];
    let written = fixture.workers.complete(worker_id, &done).await;
    assert_eq!(written.unwrap()[0].run, run);
}

#[tokio::test]
async fn who_signed_in_is_written_once_and_kept_up_to_date() {
    let fixture = Fixture::new().await;
    let ada = signed_in(tenant("acme"), "ada");
    fixture.api.remember(&ada).await.unwrap();
    let email = "SELECT email FROM users";
    assert_eq!(
        fixture.database.text(email).await.as_deref(),
        Some("ada@example.org")
    );
    let moved = SignedIn {
        email: Some("ada@example.net".to_owned()),
        ..ada.clone()
    };
    fixture.api.remember(&moved).await.unwrap();
    let silent = SignedIn { email: None, ..ada };
    let (one, other) = tokio::join!(fixture.api.remember(&silent), fixture.api.remember(&silent));
    one.unwrap();
    other.unwrap();
    assert_eq!(
        fixture.database.text(email).await.as_deref(),
        Some("ada@example.net")
    );
    assert_eq!(
        fixture.database.number("SELECT count(*) FROM users").await,
        1
    );
    assert_eq!(
        fixture
            .database
            .number("SELECT count(*) FROM tenants")
            .await,
        1
    );
}
