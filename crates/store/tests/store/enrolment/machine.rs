//! A machine that was let in, with the login that Postgres knows it by.

use std::time::Duration;

use gantry_domain::{
    ActorKind, AuditOrigin, EnrolToken, EnrolTokenId, QueueName, TenantId, WorkerId, WorkerTokenId,
};
use gantry_store::{
    ApiStore, ClaimedJob, EnrolOutcome, EnrolledWorker, MintOutcome, NewEnrolToken, NewWorker,
    NewWorkerToken, Run, SecretHash, WorkerStore,
};
use sqlx::{Connection, PgConnection};

use crate::fixture::{Fixture, kind, new_job, new_worker, options, user};

const PASSWORD: &str = "correct horse battery staple";
/// Of the password above, as any implementation of SCRAM-SHA-256 computes it.
const VERIFIER: &str = "SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$5uVcxEsM9g7qPWkT/Usq98S+VIB8ZwsV7h8MtqvDrsw=:w3JcoKUbh5ZrGRqalbS6V0TZabsE2hsOQi9C15FvDZk=";

/// A machine that was let in.
#[derive(Clone)]
pub struct Machine {
    pub token: EnrolledWorker,
    pub secret_hash: SecretHash,
    pub store: WorkerStore,
    url: String,
}

impl Machine {
    /// A machine of this tenant for one queue.
    pub async fn enrolled(fixture: &Fixture, tenant_id: TenantId, queue: &str) -> Self {
        let (_, enrol_hash) = mint(&fixture.api, tenant_id, queue).await;
        let token = new_worker_token();
        let secret_hash = token.secret_hash;
        let enrolled = fixture
            .api
            .enroll(&enrol_hash, &token, &by_a_machine())
            .await
            .unwrap();
        let EnrolOutcome::Enrolled(token) = enrolled else {
            panic!("{enrolled:?}");
        };
        let url = url_of(fixture.database.url(), &token.login);
        let store = WorkerStore::open_enrolled(&options(&url)).await.unwrap();
        Self {
            token,
            secret_hash,
            store,
            url,
        }
    }

    /// What a worker works with that starts now, on none of the connections that were there before.
    pub async fn new_store(&self) -> WorkerStore {
        WorkerStore::open_enrolled(&options(&self.url))
            .await
            .unwrap()
    }

    /// A connection that the machine's owner makes by hand.
    pub async fn connection(&self) -> PgConnection {
        self.try_to_connect().await.unwrap()
    }

    /// The same, where the login may be gone.
    pub async fn try_to_connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.url).await
    }

    /// A worker on the machine, for its queue and the usual kind.
    pub async fn worker(&self) -> WorkerId {
        let id = WorkerId::generate();
        let worker = NewWorker {
            queues: self.token.queues.clone(),
            ..new_worker(id)
        };
        self.store.register(&worker).await.unwrap();
        id
    }

    pub async fn claim(&self, worker_id: WorkerId, run: Run) -> Option<ClaimedJob> {
        let claimed = self.store.claim(worker_id, &[run], &[kind()]).await;
        claimed.unwrap().pop()
    }
}

/// A token for one queue, and its hash.
pub async fn mint(api: &ApiStore, tenant_id: TenantId, queue: &str) -> (EnrolToken, SecretHash) {
    let token = new_enrol_token(&[queue]);
    let hash = token.secret_hash;
    let minted = api.tenant(tenant_id).mint_enrol_token(&token).await;
    let MintOutcome::Minted(minted) = minted.unwrap() else {
        panic!("the queue is free");
    };
    (minted, hash)
}

pub fn new_enrol_token(queues: &[&str]) -> NewEnrolToken {
    NewEnrolToken {
        id: EnrolTokenId::generate(),
        queues: queues.iter().map(|queue| queue_named(queue)).collect(),
        secret_hash: random_hash(),
        created_by: user("ada"),
        lifetime: Duration::from_secs(3_600),
    }
}

pub fn new_worker_token() -> NewWorkerToken {
    NewWorkerToken {
        id: WorkerTokenId::generate(),
        name: "bench-7".to_owned(),
        secret_hash: random_hash(),
        redis_password_hash: random_hash(),
        password_verifier: VERIFIER.to_owned(),
    }
}

pub fn queue_named(name: &str) -> QueueName {
    name.parse().unwrap()
}

/// A queued job of this tenant in this queue.
pub async fn queued_in(fixture: &Fixture, tenant_id: TenantId, queue: &str) -> Run {
    let mut job = new_job(tenant_id);
    job.queue = queue_named(queue);
    crate::fixture::first_run(fixture.submit(job).await)
}

fn random_hash() -> SecretHash {
    let half = || *WorkerTokenId::generate().as_uuid().as_bytes();
    [half(), half()].concat().try_into().unwrap()
}

fn url_of(owner_url: &str, login: &str) -> String {
    let (_, server) = owner_url.split_once('@').unwrap();
    let password = PASSWORD.replace(' ', "%20");
    format!("postgres://{login}:{password}@{server}")
}

/// Whom the audit log names for what a machine asks for.
pub fn by_a_machine() -> AuditOrigin {
    AuditOrigin {
        actor_kind: ActorKind::Worker,
        actor_id: None,
        source_address: None,
        request_id: None,
    }
}
