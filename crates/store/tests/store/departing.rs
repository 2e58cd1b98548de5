//! People take their data along and leave: who may ask, what is given, and what is left.

mod door;
mod exporting;

use gantry_domain::{
    ActorKind, AuditOrigin, DirectoryEvent, JobId, NewJob, TenantId, UserId, export_declaration,
};
use gantry_store::{DeletionReturn, NewWorker, PersonScope, Purge, Run, SignInOutcome, SignedIn};

use crate::directory::{ISSUER, Provider, ada, gone, own_space, owner_of};
use crate::fixture::{Fixture, completion, declaration, kind, new_job, new_worker, tenant};

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

    async fn close(&self) -> u32 {
        let workers = &self.fixture().workers;
        let closed = workers.close_due_accounts().await.unwrap();
        self.execute("UPDATE account_deletions SET closed_at = closed_at - interval '2 hours'")
            .await;
        closed
    }

    /// Removes pieces until there is nothing more to remove; says whether an account is gone.
    async fn purge(&self) -> bool {
        let mut is_gone = false;
        loop {
            let piece = self.fixture().workers.purge_account_piece(2).await;
            match piece.unwrap() {
                Purge::Working => {}
                Purge::Purged => is_gone = true,
                Purge::Idle => return is_gone,
            }
        }
    }
}

#[tokio::test]
async fn nothing_of_a_departed_person_is_left_but_a_receipt() {
    let world = World::new().await;
    let stranger = UserId::for_subject(ISSUER, "bob");
    let acme = tenant("acme");
    for _ in 0..3 {
        let own = world.job_in(own_space(), ada()).await;
        world.run(own).await;
    }
    world.job_in(own_space(), ada()).await;
    let shared = world.job_in(acme, ada()).await;
    let others = world.job_in(acme, stranger).await;
    for job_id in [shared, others] {
        world.run(job_id).await;
    }
    world
        .execute(&format!(
            "UPDATE jobs SET error = '{{\"message\": \"Cancelled by ada@example.com.\", \"detail\": {{\"cancelled_by\": \"{}\"}}}}'
             WHERE id = '{others}'",
            ada()
        ))
        .await;
    let deletion = world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    assert_eq!(world.close().await, 1);
    assert!(world.purge().await);

    let whole = world
        .provider
        .text(
            "SELECT string_agg(row::text, ' ') FROM (
                SELECT to_jsonb(jobs) FROM jobs UNION ALL SELECT to_jsonb(users) FROM users
                UNION ALL SELECT to_jsonb(tenants) FROM tenants UNION ALL SELECT to_jsonb(profiles) FROM profiles
                UNION ALL SELECT to_jsonb(job_logs) FROM job_logs
                UNION ALL SELECT to_jsonb(deletion_receipts) FROM deletion_receipts
                UNION ALL SELECT to_jsonb(account_deletions) FROM account_deletions
            ) AS rows (row)",
        )
        .await
        .unwrap();
    for trace in ["ada@", "Ada", &ada().to_string(), &own_space().to_string()] {
        assert!(!whole.contains(trace), "{trace} in {whole}");
    }
    assert_eq!(world.count("jobs").await, 2);
    assert_eq!(world.count("job_logs").await, 2);
    let addresses = format!(
        "audit_events WHERE actor_id = '{}' AND source_address IS NOT NULL",
        ada()
    );
    assert_eq!(world.count(&addresses).await, 0);
    let receipt = format!("deletion_receipts WHERE id = '{}'", deletion.receipt_id);
    assert_eq!(world.count(&receipt).await, 1);
    let removed = world
        .provider
        .text("SELECT removed FROM deletion_receipts")
        .await;
    let removed: serde_json::Value = serde_json::from_str(&removed.unwrap()).unwrap();
    // The welcome was a job of her space, too.
    assert_eq!(removed["jobs"], 5);
    assert_eq!(removed["log_lines"], 3);
    assert_eq!(removed["names_in_jobs"], 2);
    assert_eq!(removed["profiles"], 1);
    assert_eq!(removed["accounts"], 1);
}

#[tokio::test]
async fn the_credential_of_a_purged_person_brings_nobody_back() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert!(world.purge().await);
    let signed_in = SignedIn {
        issuer: ISSUER.to_owned(),
        tenant_id: own_space(),
        tenant_external_id: "ada".to_owned(),
        user_id: ada(),
        subject: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    let outcome = world.fixture().api.remember(&signed_in).await.unwrap();
    assert_eq!(outcome, SignInOutcome::AccountDeleted);
    let again = world
        .provider
        .tell(9, owner_of("ada", "ada@example.com"))
        .await;
    assert_eq!(again, gantry_store::DirectoryOutcome::Outdated);
    assert_eq!(world.count("users").await, 0);
}

#[tokio::test]
async fn nothing_is_removed_before_its_time() {
    let world = World::new().await;
    world.job_in(own_space(), ada()).await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(29).await;
    assert_eq!(world.close().await, 0);
    assert!(!world.purge().await);
    world.let_days_pass(1).await;
    let workers = &world.fixture().workers;
    assert_eq!(workers.close_due_accounts().await.unwrap(), 1);
    // Closed just now: a process may still let her in, and Redis still knows her.
    assert!(!world.purge().await);
    assert_eq!(world.count("users").await, 1);
    assert_eq!(world.count("jobs").await, 2);
}

#[tokio::test]
async fn what_runs_is_told_to_end_and_waited_for() {
    let world = World::new().await;
    let job_id = world.job_in(own_space(), ada()).await;
    let run = world.start(job_id, "test.echo").await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    assert!(!world.purge().await);
    let told = format!("jobs WHERE id = '{job_id}' AND cancel_requested_at IS NOT NULL");
    assert_eq!(world.count(&told).await, 1);
    let done = [completion(run)];
    let written = world.fixture().workers.complete(world.worker, &done).await;
    assert_eq!(written.unwrap().len(), 1);
    assert!(world.purge().await);
}

#[tokio::test]
async fn a_wish_can_be_taken_back_for_fourteen_days() {
    let world = World::new().await;
    let ada = world.ada();
    assert_eq!(ada.find_deletion().await.unwrap(), None);
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::NotRequested);
    let first = ada.request_deletion().await.unwrap();
    assert_eq!(ada.request_deletion().await.unwrap(), first);
    assert_eq!((first.purge_after - first.requested_at).num_days(), 30);
    let until = first.cancellable_until.unwrap();
    assert_eq!((until - first.requested_at).num_days(), 14);
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::Returned);
    assert_eq!(ada.find_deletion().await.unwrap(), None);

    ada.request_deletion().await.unwrap();
    world.let_days_pass(15).await;
    let back = ada.cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::TooLate);
    assert!(ada.find_deletion().await.unwrap().is_some());
}

#[tokio::test]
async fn an_account_that_the_provider_deleted_takes_the_same_road_without_return() {
    let world = World::new().await;
    world.ada().request_deletion().await.unwrap();
    world.provider.tell(5, gone("ada")).await;
    let back = world.ada().cancel_deletion().await.unwrap();
    assert_eq!(back, DeletionReturn::TooLate);
    let bob = DirectoryEvent::UserDeleted {
        subject: "bob".to_owned(),
    };
    world.provider.tell(5, bob).await;
    // Nobody comes in any more, and yet everything is there for its grace.
    assert_eq!(world.close().await, 2);
    assert!(!world.purge().await);
    assert_eq!(world.count("users").await, 1);
    world.let_days_pass(31).await;
    assert!(world.purge().await);
    assert_eq!(world.count("users").await, 0);
    assert_eq!(world.count("deletion_receipts").await, 2);
}

#[tokio::test]
async fn a_tenant_that_a_departed_person_alone_belonged_to_is_closed() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject) VALUES ('{bob}', 'x', 'bob');
             INSERT INTO tenants (id, issuer, external_id)
             VALUES ('{alone}', 'gantry', 'alone'), ('{both}', 'gantry', 'both');
             INSERT INTO memberships (tenant_id, user_id, role, source) VALUES
                ('{alone}', '{ada}', 'owner', 'gantry'), ('{both}', '{ada}', 'owner', 'gantry'),
                ('{both}', '{bob}', 'member', 'gantry')",
            bob = UserId::for_subject("x", "bob"),
            ada = ada(),
            alone = tenant("alone"),
            both = tenant("both"),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let closed = "SELECT string_agg(external_id, ' ') FROM tenants WHERE deleted_at IS NOT NULL";
    assert_eq!(world.provider.text(closed).await.as_deref(), Some("alone"));
    let left = format!("memberships WHERE user_id = '{}'", ada());
    assert_eq!(world.count(&left).await, 0);
}

#[tokio::test]
async fn a_tenant_whose_last_owner_departs_is_owned_by_whoever_belonged_to_it_the_longest() {
    let world = World::new().await;
    let [old, new, admin] = ["old", "new", "admin"].map(|name| UserId::for_subject("x", name));
    world
        .execute(&format!(
            "INSERT INTO users (id, issuer, subject)
             VALUES ('{old}', 'x', 'old'), ('{new}', 'x', 'new'), ('{admin}', 'x', 'admin');
             INSERT INTO tenants (id, issuer, external_id)
             VALUES ('{led}', 'gantry', 'led'), ('{plain}', 'gantry', 'plain');
             INSERT INTO memberships (tenant_id, user_id, role, source, created_at) VALUES
                ('{led}', '{ada}', 'owner', 'gantry', now()), ('{led}', '{old}', 'member', 'gantry', now() - interval '9 days'),
                ('{led}', '{admin}', 'admin', 'gantry', now()),
                ('{plain}', '{ada}', 'owner', 'gantry', now()), ('{plain}', '{new}', 'member', 'gantry', now()),
                ('{plain}', '{old}', 'member', 'gantry', now() - interval '9 days')",
            ada = ada(),
            led = tenant("led"),
            plain = tenant("plain"),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    for (name, heir) in [("led", admin), ("plain", old)] {
        let owners = format!(
            "SELECT string_agg(user_id::text, ' ') FROM memberships WHERE role = 'owner' AND tenant_id = '{}'",
            tenant(name)
        );
        let owners = world.provider.text(&owners).await;
        assert_eq!(owners.as_deref(), Some(&*heir.to_string()), "{name}");
    }
    let told = "audit_events WHERE action = 'member.role_changed' AND actor_kind = 'gantry'
        AND substr(id::text, 15, 1) = '7' AND substr(id::text, 20, 1) IN ('8', '9', 'a', 'b')";
    assert_eq!(world.count(told).await, 2);
}

#[tokio::test]
async fn the_machines_of_a_departed_person_stop_and_nothing_names_who_let_them_in() {
    let world = World::new().await;
    world
        .execute(&format!(
            "INSERT INTO tenant_queues (queue, tenant_id, claimed_by)
             VALUES ('own', '{own}', '{ada}'), ('shared', '{shared}', '{ada}');
             INSERT INTO worker_tokens (id, tenant_id, queues, name, login, secret_hash, redis_password_hash, created_by, expires_at)
             SELECT gen_random_uuid(), tenant_id, ARRAY[queue], queue, queue, sha256(queue::bytea), sha256('x'), '{ada}',
                now() + interval '7 days'
             FROM tenant_queues;
             INSERT INTO enrol_tokens (id, tenant_id, queues, secret_hash, created_by, expires_at)
             SELECT gen_random_uuid(), tenant_id, ARRAY[queue], sha256(queue::bytea), '{ada}', now() + interval '1 hour'
             FROM tenant_queues",
            own = own_space(),
            shared = tenant("shared"),
            ada = ada(),
        ))
        .await;
    world.ada().request_deletion().await.unwrap();
    world.let_days_pass(31).await;
    world.close().await;
    let revoked = "SELECT string_agg(name, ' ') FROM worker_tokens WHERE revoked_at IS NOT NULL";
    assert_eq!(world.provider.text(revoked).await.as_deref(), Some("own"));
    assert_eq!(world.count("enrol_tokens").await, 0);
    world
        .execute("UPDATE worker_tokens SET closed_at = now() WHERE revoked_at IS NOT NULL")
        .await;
    assert!(world.purge().await);
    for table in ["worker_tokens", "tenant_queues"] {
        assert_eq!(world.count(table).await, 1, "{table}");
    }
    let named = format!(
        "(SELECT created_by AS who FROM worker_tokens UNION ALL SELECT claimed_by FROM tenant_queues) AS left_behind
         WHERE who = '{}'",
        ada()
    );
    assert_eq!(world.count(&named).await, 0);
}
