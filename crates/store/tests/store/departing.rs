//! People take their data along and leave: who may ask, what is given, and what is left.

mod closing;
mod door;
mod exporting;
mod purging;
mod traces;
mod turns;
mod wishing;
mod workspaces;

use gantry_domain::{ActorKind, AuditOrigin, JobId, NewJob, TenantId, UserId, export_declaration};
use gantry_store::{NewWorker, PersonScope, Purge, Run};
use gantry_testkit::{DatabaseOwner, HeldTransaction};

use crate::directory::{Provider, ada, own_space, owner_of};
use crate::fixture::{Fixture, completion, declaration, kind, new_job, new_worker};

/// Ada, who has a profile, jobs of her own and in a tenant of others, and a worker that runs them.
struct World {
    provider: Provider,
    worker: gantry_domain::WorkerId,
    origin: AuditOrigin,
}

impl World {
    async fn new() -> Self {
        let provider = Provider::new().await;
        provider.tell(1, owner_of("ada", "ada@example.com")).await;
        let worker = gantry_domain::WorkerId::generate();
        let mut kinds = vec![declaration(kind()), export_declaration()];
        kinds.push(gantry_domain::EmailRequest::declaration());
        let registration = NewWorker {
            kinds,
            ..new_worker(worker)
        };
        let fixture = &provider.fixture;
        fixture.workers.register(&registration).await.unwrap();
        let origin = AuditOrigin {
            actor_kind: ActorKind::Person,
            actor_id: Some(ada().to_string()),
            source_address: Some([192, 0, 2, 1].into()),
            request_id: None,
        };
        Self {
            provider,
            worker,
            origin,
        }
    }

    fn fixture(&self) -> &Fixture {
        &self.provider.fixture
    }

    fn ada(&self) -> PersonScope<'_> {
        self.fixture().api.person(ada(), own_space(), &self.origin)
    }

    /// Writes a tenant of that issuer down.
    async fn tenant_of(&self, issuer: &str, tenant_id: TenantId) {
        let sql =
            "INSERT INTO tenants (id, issuer, external_id) VALUES ('{id}', '{issuer}', '{id}')";
        let sql = sql.replace("{id}", &tenant_id.to_string());
        self.execute(&sql.replace("{issuer}", issuer)).await;
    }

    async fn job_in(&self, tenant_id: TenantId, created_by: UserId) -> JobId {
        let job = NewJob {
            created_by,
            ..new_job(tenant_id)
        };
        self.fixture().submit(job).await
    }

    /// Lets a job of the kind run, with a line in its log.
    async fn start(&self, job_id: JobId, kind: &str) -> Run {
        let run = Run {
            job_id,
            dispatch: 1,
        };
        let workers = &self.fixture().workers;
        let kinds = [kind.parse().unwrap()];
        let claimed = workers.claim(self.worker, &[run], &kinds).await.unwrap();
        assert_eq!(claimed.len(), 1);
        let line = gantry_store::RunLogLine {
            run,
            line: crate::run_writes::line(1, 1),
        };
        workers.append_log(self.worker, &[line]).await.unwrap();
        run
    }

    async fn run(&self, job_id: JobId) {
        let run = self.start(job_id, "test.echo").await;
        let done = self
            .fixture()
            .workers
            .complete(self.worker, &[completion(run)])
            .await;
        assert_eq!(done.unwrap().len(), 1);
    }

    async fn execute(&self, sql: &str) {
        self.fixture().database.execute(sql).await;
    }

    /// Runs a statement and holds what it has locked.
    async fn hold(&self, sql: &str) -> HeldTransaction {
        let owner = DatabaseOwner::new(self.fixture().database.url());
        owner.hold(sql).await
    }

    async fn count(&self, sql: &str) -> i64 {
        self.provider
            .number(&format!("SELECT count(*) FROM {sql}"))
            .await
    }

    async fn let_days_pass(&self, days: u32) {
        self.execute(&format!(
            "UPDATE account_deletions SET requested_at = requested_at - interval '{days} days',
                cancellable_until = cancellable_until - interval '{days} days',
                purge_after = purge_after - interval '{days} days'"
        ))
        .await;
    }

    /// Closes what is due; says how many accounts.
    async fn close_due(&self) -> u32 {
        let workers = &self.fixture().workers;
        let mut closed = 0;
        while let Some(account) = workers.next_account_to_close().await.unwrap() {
            closed += u32::from(workers.close_account(account).await.unwrap());
        }
        closed
    }

    /// Closes what is due, and lets so much time pass that it may be removed.
    async fn close(&self) -> u32 {
        let closed = self.close_due().await;
        self.execute("UPDATE account_deletions SET closed_at = now() - interval '2 hours' WHERE closed_at IS NOT NULL")
            .await;
        closed
    }

    /// Removes a piece of the account whose turn it is; nothing when there is none.
    async fn purge_piece(&self, most: u32) -> Option<Purge> {
        let workers = &self.fixture().workers;
        let account = workers.next_account_to_purge().await.unwrap()?;
        Some(workers.purge_account_piece(account, most).await.unwrap())
    }

    /// Lets so much time pass that no statement writes lines of ended runs, and that everything is tried again.
    async fn let_minutes_pass(&self) {
        self.execute(
            "UPDATE jobs SET finished_at = finished_at - interval '10 minutes';
             UPDATE account_deletions SET next_try_at = now()",
        )
        .await;
    }

    /// Removes pieces until there is nothing more to remove; says whether an account is gone.
    async fn purge(&self) -> bool {
        self.let_minutes_pass().await;
        let mut is_gone = false;
        while let Some(piece) = self.purge_piece(2).await {
            is_gone |= piece == Purge::Purged;
        }
        is_gone
    }
}
