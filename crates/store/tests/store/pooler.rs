//! Behind a transaction pooler: logins of the services' own, and no state kept between transactions.

mod stand_in;

use std::time::Duration;

use gantry_domain::{JobState, WorkerState};
use gantry_store::{ApiStore, LeaseRenewal, SignedIn, StoreError, StoreOptions, WorkerStore};
use sqlx::AssertSqlSafe;

use crate::fixture::{
    Fixture, LEASE, by_someone, completion, failure, first_run, kind, new_job, new_worker, options,
    tenant, user, yielded,
};
use stand_in::StandIn;

/// A login for each service, which belong to the whole server and are removed at the test's end.
struct Logins {
    names: Vec<String>,
}

impl Logins {
    /// Makes one login for each role, and gives it its door if it needs one always.
    async fn make(fixture: &Fixture) -> Self {
        let mut names = Vec::new();
        for (role, door) in [("gantry_api", "submit"), ("gantry_worker", "dispatch")] {
            // The random part alone: names are cut off at 63 characters.
            let (_, random) = fixture.database.name().rsplit_once('_').unwrap();
            let name = format!("{role}_{random}");
            let sql = format!(
                "CREATE ROLE {name} LOGIN PASSWORD 'for-this-test' IN ROLE {role};
                 ALTER ROLE {name} SET app.door = '{door}'"
            );
            fixture.database.execute(&sql).await;
            names.push(name);
        }
        Self { names }
    }

    fn options(&self, fixture: &Fixture, index: usize, port: u16) -> StoreOptions {
        let login = &self.names[index];
        let database = fixture.database.name();
        StoreOptions {
            behind_transaction_pooler: true,
            ..options(&format!(
                "postgres://{login}:for-this-test@127.0.0.1:{port}/{database}"
            ))
        }
    }

    async fn remove(self, fixture: &Fixture) {
        for name in self.names {
            let mut connection = fixture.database.connection().await;
            let end = format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{name}'; DROP ROLE {name}"
            );
            sqlx::raw_sql(AssertSqlSafe(end))
                .execute(&mut connection)
                .await
                .unwrap();
        }
    }
}

/// `host:port` of the test server.
fn server_of(fixture: &Fixture) -> String {
    let (_, server) = fixture.database.url().split_once('@').unwrap();
    server.split('/').next().unwrap().to_owned()
}

#[tokio::test]
async fn everything_works_where_a_session_lasts_for_one_transaction() {
    let fixture = Fixture::new().await;
    let logins = Logins::make(&fixture).await;
    let pooler = StandIn::start(server_of(&fixture)).await;
    let api = ApiStore::open(&logins.options(&fixture, 0, pooler.port))
        .await
        .unwrap();
    let workers = WorkerStore::open(&logins.options(&fixture, 1, pooler.port))
        .await
        .unwrap();
    api.check().await.unwrap();
    workers.check().await.unwrap();
    api.ping().await.unwrap();

    let signed_in = SignedIn {
        issuer: "https://issuer.test".to_owned(),
        tenant_id: fixture.tenant_id,
        tenant_external_id: "acme".to_owned(),
        user_id: user("ada"),
        subject: "ada".to_owned(),
        email: None,
    };
    api.remember(&signed_in).await.unwrap();
    let jobs: Vec<_> = (0..5).map(|_| new_job(fixture.tenant_id)).collect();
    api.submit(&jobs).await.unwrap();
    let worker = new_worker(gantry_domain::WorkerId::generate());
    workers.register(&worker).await.unwrap();
    let runs: Vec<_> = jobs.iter().map(|job| first_run(job.id)).collect();
    let claimed = workers.claim(worker.id, &runs, &[kind()]).await.unwrap();
    assert_eq!(claimed.len(), 5);
    let scope = api.tenant(fixture.tenant_id);
    scope.cancel_job(jobs[3].id, &by_someone()).await.unwrap();
    workers
        .complete(worker.id, &[completion(runs[0])])
        .await
        .unwrap();
    workers.fail(worker.id, &[failure(runs[1])]).await.unwrap();
    workers
        .release(worker.id, &[yielded(runs[2], 0)])
        .await
        .unwrap();
    workers
        .mark_cancelled(worker.id, &[runs[3]], &by_someone())
        .await
        .unwrap();
    workers
        .snooze(worker.id, yielded(runs[4], 0), Duration::ZERO)
        .await
        .unwrap();
    let renewal = workers
        .renew_lease(worker.id, WorkerState::Active, LEASE)
        .await
        .unwrap();
    assert_eq!(renewal, LeaseRenewal::Renewed(Vec::new()));
    assert_eq!(workers.enqueue_due(10).await.unwrap().len(), 2);
    assert_eq!(workers.rescue_lost(10).await.unwrap(), []);
    let states = [
        JobState::Succeeded,
        JobState::Queued,
        JobState::Queued,
        JobState::Cancelled,
        JobState::Queued,
    ];
    for (job, state) in jobs.iter().zip(states) {
        assert_eq!(
            scope.find_job(job.id).await.unwrap().unwrap().summary.state,
            state
        );
    }
    assert_eq!(
        scope
            .list_jobs(&Default::default(), None, 10)
            .await
            .unwrap()
            .len(),
        5
    );
    let other = api.tenant(tenant("other"));
    assert_eq!(
        other
            .list_jobs(&Default::default(), None, 10)
            .await
            .unwrap(),
        []
    );
    assert_eq!(api.kinds().await.unwrap().len(), 1);
    assert_eq!(api.tenant(tenant("acme")).workers().await.unwrap().len(), 1);
    logins.remove(&fixture).await;
}

#[tokio::test]
async fn a_login_that_can_see_every_tenants_rows_is_refused() {
    let fixture = Fixture::new().await;
    let superuser = StoreOptions {
        behind_transaction_pooler: true,
        ..options(fixture.database.url())
    };
    for check in [
        ApiStore::open(&superuser).await.unwrap().check().await,
        WorkerStore::open(&superuser).await.unwrap().check().await,
    ] {
        let error = check.unwrap_err();
        assert!(
            matches!(error, StoreError::RowSecurityInactive { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_login_without_the_services_role_is_refused() {
    let fixture = Fixture::new().await;
    let logins = Logins::make(&fixture).await;
    let (_, server) = fixture.database.url().split_once('@').unwrap();
    let [api, worker] = [0, 1].map(|index| StoreOptions {
        behind_transaction_pooler: true,
        ..options(&format!(
            "postgres://{}:for-this-test@{server}",
            logins.names[index]
        ))
    });
    let exchanged = [
        ApiStore::open(&worker).await.unwrap().check().await,
        WorkerStore::open(&api).await.unwrap().check().await,
    ];
    logins.remove(&fixture).await;
    for check in exchanged {
        let error = check.unwrap_err();
        assert!(
            matches!(error, StoreError::RowSecurityInactive { .. }),
            "{error:?}"
        );
    }
}

#[tokio::test]
async fn a_worker_whose_login_has_no_door_is_refused() {
    let fixture = Fixture::new().await;
    let logins = Logins::make(&fixture).await;
    let shut = format!("ALTER ROLE {} RESET app.door", logins.names[1]);
    fixture.database.execute(&shut).await;
    let pooler = StandIn::start(server_of(&fixture)).await;
    let workers = WorkerStore::open(&logins.options(&fixture, 1, pooler.port))
        .await
        .unwrap();
    let check = workers.check().await;
    logins.remove(&fixture).await;
    let error = check.unwrap_err();
    assert!(error.to_string().contains("app.door"), "{error}");
}
