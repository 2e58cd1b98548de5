//! What all requests of a process share.

use std::sync::Arc;

use gantry_auth::{Authenticator, Webhooks};
use gantry_domain::Cohorts;
use gantry_queue::{FeedHub, Queue};
use gantry_store::ApiStore;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::api_keys::KnownKeys;
use crate::client_address::TrustedProxies;
use crate::doorbells::Doorbells;
use crate::enrolment::{EnrolmentAddresses, EnrolmentUpkeep};
use crate::health::HealthMonitor;
use crate::kind_catalog::KindCatalog;
use crate::queue_owners::QueueOwners;
use crate::request_rates::RequestRates;
use crate::route_table::RouteTable;
use crate::sign_ins::SignIns;
use crate::startup::Startup;
use crate::submissions::Submissions;

/// What all requests of a process share.
pub struct Api {
    /// Postgres.
    pub store: ApiStore,
    /// Redis.
    pub queue: Queue,
    /// The live feed of every followed job.
    pub feed: FeedHub,
    /// Who may come in.
    pub authenticator: Authenticator,
    /// What the identity provider tells by itself.
    pub webhooks: Webhooks,
    /// The groups into which people are sorted.
    pub cohorts: Cohorts,
    /// Who came in lately.
    pub sign_ins: SignIns,
    /// What can be submitted.
    pub kinds: KindCatalog,
    /// Which queues belong to one tenant alone.
    pub queue_owners: QueueOwners,
    /// Where machines of tenants' own reach Postgres and Redis; none where they are not let in.
    pub enrolment_addresses: Option<EnrolmentAddresses>,
    /// What takes away what machines were given.
    pub enrolment_upkeep: EnrolmentUpkeep,
    /// Where jobs are handed in.
    pub submissions: Submissions,
    /// Whose word about a client's address is believed.
    pub trusted_proxies: TrustedProxies,
    /// The API keys that were found to be valid a moment ago.
    pub known_keys: KnownKeys,
    /// How many requests are answered; none when they are not counted.
    pub request_rates: Option<RequestRates>,
    /// Where workers are told of jobs.
    pub doorbells: Doorbells,
    /// Whether Postgres was reached since the start.
    pub startup: Startup,
    /// How Postgres and Redis are.
    pub health: HealthMonitor,
    /// Which routes there are.
    pub routes: RouteTable,
    /// One permit for each log follower that may still come.
    pub followers: Arc<Semaphore>,
    /// What a request may measure.
    pub limits: Limits,
    /// Cancelled when the process begins to stop.
    pub stopping: CancellationToken,
}

/// What a request may measure.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The largest body; a larger one is answered 413.
    pub body_bytes: usize,
    /// How many log followers one process serves; a further one is answered 503.
    pub followers: usize,
}
