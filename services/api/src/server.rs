//! Starts the API, serves, and stops without losing what it accepted.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpServer;
use actix_web::web::Data;
use gantry_auth::{Authenticator, Webhooks};
use gantry_domain::{CohortName, Cohorts, InvalidName};
use gantry_queue::{FeedHub, Queue, QueueOptions};
use gantry_settings::{ApiServiceSettings, ProfileSettings};
use gantry_store::{ApiStore, StoreOptions};
use secrecy::ExposeSecret;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::api::{Api, Limits};
use crate::api_keys::KnownKeys;
use crate::application::{Blueprint, DocumentText, application, document};
use crate::client_address::TrustedProxies;
use crate::doorbells::Doorbells;
use crate::enrolment::{EnrolmentAddresses, EnrolmentUpkeep};
use crate::error::ServeError;
use crate::health::HealthMonitor;
use crate::identity::auth_config;
use crate::kind_catalog::KindCatalog;
use crate::middleware::ProcessRuntime;
use crate::queue_owners::QueueOwners;
use crate::request_rates::RequestRates;
use crate::route_table::RouteTable;
use crate::sign_ins::SignIns;
use crate::silent_clients::break_when_silent;
use crate::startup::Startup;
use crate::submissions::Submissions;

/// How long a client may take for the head of a request; after that it is answered 408 and cut off.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection on which nothing is asked is kept. A stop waits for those that are kept.
const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// The API, listening and not serving yet.
pub struct ApiServer {
    listener: TcpListener,
    address: SocketAddr,
    blueprint: Blueprint,
    /// Ends the writing of submissions, and the ringing after it.
    closing: Closing,
    drain_timeout: Duration,
    silence_limit: Duration,
}

/// Who may come in, and what is told of them.
struct Identity {
    authenticator: Authenticator,
    webhooks: Webhooks,
    cohorts: Cohorts,
}

/// The tasks that outlive the last request, in the order in which they end.
struct Closing {
    submissions: CancellationToken,
    writing: JoinHandle<()>,
    doorbells: CancellationToken,
    ringing: JoinHandle<()>,
}

impl ApiServer {
    /// Checks the settings and listens. Postgres and Redis need not be there yet.
    ///
    /// # Errors
    /// A setting cannot be used; the text names it.
    pub async fn bind(settings: &ApiServiceSettings) -> Result<Self, ServeError> {
        let identity = auth_config(settings);
        let authenticator = Authenticator::new(&identity)?;
        let store = ApiStore::open(&StoreOptions {
            database_url: settings.database.url.expose_secret().to_owned(),
            max_connections: settings.database.max_connections,
            statement_timeout: settings.database.statement_timeout(),
            behind_transaction_pooler: !settings.database.statement_cache.is_on(),
        })
        .await?;
        let queue = Queue::open(&QueueOptions {
            redis_url: settings.redis.url.expose_secret().to_owned(),
            key_prefix: settings.redis.prefix.clone(),
            machine_of: None,
        })?;
        let (listener, address) = listen(settings.http.addr)?;
        let identity = Identity {
            authenticator,
            webhooks: Webhooks::new(&identity)?,
            cohorts: cohorts(&settings.profiles)?,
        };
        let document = document();
        let routes = RouteTable::of(&document);
        let document =
            DocumentText::of(&document).map_err(|cause| ServeError::Server(cause.into()))?;
        let (api, closing) = assemble(settings, identity, store, queue, routes);
        Ok(Self {
            listener,
            address,
            blueprint: Blueprint {
                document: Data::new(document),
                api: Data::new(api),
                runtime: Data::new(ProcessRuntime::current()),
                hsts_seconds: settings.http.hsts_seconds,
                allowed_origins: settings.http.cors_allowed_origins().to_vec(),
                reports_errors: settings.telemetry.sentry_dsn.is_some(),
            },
            closing,
            drain_timeout: settings.http.drain_timeout(),
            silence_limit: settings.http.silence_limit(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `stop` comes; then takes no new connection, ends the log streams, finishes the open requests and
    /// writes what was accepted, all within the drain timeout.
    ///
    /// # Errors
    /// The database login is not held by row-level security, or the server ended by itself.
    pub async fn serve(self, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
        let api = self.blueprint.api.clone();
        let blueprint = self.blueprint;
        let silence_limit = self.silence_limit;
        let server = HttpServer::new(move || application(&blueprint))
            // Before it listens, or it would not hold for this address.
            .on_connect(move |connection, _| break_when_silent(connection, silence_limit))
            .listen(self.listener)
            .map_err(ServeError::Server)?
            .client_request_timeout(HEAD_TIMEOUT)
            .keep_alive(KEEP_ALIVE)
            // A client that hangs up is noticed at once, not at the next line of its log.
            .h1_allow_half_closed(false)
            .shutdown_timeout(self.drain_timeout.as_secs())
            .disable_signals()
            .run();
        let handle = server.handle();
        let mut serving = tokio::spawn(server);
        tracing::info!(address = %self.address, "the API listens");

        let outcome = tokio::select! {
            ended = &mut serving => return Err(ServeError::Server(ended_early(ended))),
            refused = unfit(&api) => Err(refused),
            () = stop => Ok(()),
        };
        tracing::info!("the API stops");
        api.stopping.cancel();
        let drained = timeout(self.drain_timeout, async {
            handle.stop(true).await;
            self.closing.close().await;
        });
        if drained.await.is_err() {
            tracing::warn!("the drain timeout has passed; what is still open is cut off");
        }
        outcome
    }
}

impl Closing {
    async fn close(self) {
        for (token, task) in [
            (self.submissions, self.writing),
            (self.doorbells, self.ringing),
        ] {
            token.cancel();
            if let Err(error) = task.await {
                tracing::error!(%error, "a task did not end well");
            }
        }
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), ServeError> {
    let listened = TcpListener::bind(address)
        .and_then(|listener| Ok((listener.local_addr()?, listener)))
        .map_err(|cause| ServeError::Address { address, cause })?;
    Ok((listened.1, listened.0))
}

/// The cohorts of the settings.
fn cohorts(settings: &ProfileSettings) -> Result<Cohorts, ServeError> {
    let names = settings.cohorts().iter().map(|name| name.parse());
    let names: Vec<CohortName> = names
        .collect::<Result<_, _>>()
        .map_err(|error: InvalidName| ServeError::Cohorts(error.to_string()))?;
    Cohorts::new(names).ok_or_else(|| ServeError::Cohorts("must name one at least".to_owned()))
}

fn assemble(
    settings: &ApiServiceSettings,
    identity: Identity,
    store: ApiStore,
    queue: Queue,
    routes: RouteTable,
) -> (Api, Closing) {
    let startup = Startup::default();
    let closing = CancellationToken::new();
    let closing_doorbells = CancellationToken::new();
    let (doorbells, ringing) = Doorbells::start(queue.clone(), closing_doorbells.clone());
    let (submissions, writing) =
        Submissions::start(store.clone(), doorbells.clone(), closing.clone());
    let limits = Limits {
        body_bytes: settings.http.body_limit_bytes,
        followers: settings.http.follower_limit,
    };
    let api = Api {
        feed: FeedHub::start(&queue),
        authenticator: identity.authenticator,
        webhooks: identity.webhooks,
        cohorts: identity.cohorts,
        sign_ins: SignIns::default(),
        kinds: KindCatalog::new(store.clone()),
        queue_owners: QueueOwners::new(store.clone()),
        enrolment_addresses: EnrolmentAddresses::of(settings),
        enrolment_upkeep: EnrolmentUpkeep::start(store.clone(), queue.clone(), startup.clone()),
        submissions,
        doorbells,
        trusted_proxies: TrustedProxies::new(settings.http.trusted_proxies()),
        known_keys: KnownKeys::default(),
        request_rates: request_rates(settings, &queue),
        health: HealthMonitor::new(store.clone(), queue.clone(), startup.clone()),
        startup,
        routes,
        followers: Arc::new(Semaphore::new(limits.followers)),
        limits,
        stopping: CancellationToken::new(),
        store,
        queue,
    };
    let closing = Closing {
        submissions: closing,
        writing,
        doorbells: closing_doorbells,
        ringing,
    };
    (api, closing)
}

/// Counted where the settings say so. They refuse rates that the counting could not hold.
fn request_rates(settings: &ApiServiceSettings, queue: &Queue) -> Option<RequestRates> {
    settings
        .rate_limits
        .are_on(settings.environment.app_env)
        .then(|| RequestRates::new(&settings.rate_limits, queue))
        .flatten()
}

/// Returns only when waiting for Postgres is of no use.
async fn unfit(api: &Api) -> ServeError {
    match api.startup.complete(&api.store, &api.queue).await {
        Ok(()) => std::future::pending().await,
        Err(error) => ServeError::Database(error),
    }
}

fn ended_early(ended: Result<std::io::Result<()>, tokio::task::JoinError>) -> std::io::Error {
    match ended {
        Ok(Ok(())) => std::io::Error::other("it stopped without being told to"),
        Ok(Err(error)) => error,
        Err(error) => std::io::Error::other(error),
    }
}
