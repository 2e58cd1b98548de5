//! Building a worker from its options and handlers, and running it.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gantry_domain::{QueueName, RetentionPeriods};
use gantry_queue::{EvictionPolicy, Queue, QueueError, QueueOptions};
use gantry_store::{StoreError, StoreOptions, WorkerStore};

use crate::backoff::Backoff;
use crate::enrolment::{Credentials, EndedToken, TokenKeeper};
use crate::health::{Pulse, listen, serve};
use crate::registry::{DuplicateKind, Registry};
use crate::session::{SessionEnd, SessionParts, run_session};
use crate::shutdown::Urgency;
use crate::staging::KindBook;
use crate::{Handler, Shutdown};

/// How a worker behaves.
#[derive(Debug, Clone)]
pub struct WorkerOptions {
    /// The name operators see.
    pub name: String,
    /// The queues it takes jobs from.
    pub queues: Vec<QueueName>,
    /// How many jobs it runs at once.
    pub concurrency: usize,
    /// How long its lease lasts without renewal.
    pub lease_ttl: Duration,
    /// How often it renews the lease.
    pub heartbeat_interval: Duration,
    /// How long running jobs get to end after the wish to stop.
    pub drain_timeout: Duration,
    /// Where its health endpoints listen.
    pub http_addr: SocketAddr,
}

/// Why a worker did not start, or ended without being asked.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// Two handlers claim the same kind.
    #[error(transparent)]
    DuplicateKind(#[from] DuplicateKind),
    /// No handler was registered.
    #[error("no handler is registered: a worker without kinds has nothing to do")]
    NoKinds,
    /// The health address cannot be listened on.
    #[error("GANTRY_WORKER_HTTP_ADDR {address} cannot be listened on: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system answered.
        source: std::io::Error,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Redis cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
    /// Redis would throw away streams when its memory is full.
    #[error(
        "Redis has maxmemory-policy {0}, which can throw away queues: set it to noeviction (CONFIG SET maxmemory-policy noeviction)"
    )]
    Evicts(String),
    /// The token of this machine was taken back.
    #[error(
        "the worker token of this machine was revoked: it may run no jobs any more, and those it ran are taken over by others"
    )]
    TokenRevoked,
    /// The token of this machine was not renewed in time.
    #[error(
        "the worker token of this machine has expired: enrol the machine anew with `gantry-worker enroll`"
    )]
    TokenExpired,
    /// The API cannot be asked at all.
    #[error("the worker token cannot be kept: {0}")]
    TokenKeeping(String),
}

impl From<EndedToken> for WorkerError {
    fn from(ended: EndedToken) -> Self {
        match ended {
            EndedToken::Expired => Self::TokenExpired,
            EndedToken::Revoked => Self::TokenRevoked,
        }
    }
}

/// Gathers the handlers of a worker.
pub struct WorkerBuilder {
    options: WorkerOptions,
    retention: RetentionPeriods,
    credentials: Option<Credentials>,
    registry: Registry,
}

/// A worker that is ready to run.
pub struct Worker {
    parts: SessionParts,
    /// On a machine of a tenant's own.
    keeper: Option<TokenKeeper>,
}

impl WorkerBuilder {
    /// A worker without handlers.
    pub fn new(options: WorkerOptions) -> Self {
        Self {
            options,
            retention: RetentionPeriods::default(),
            credentials: None,
            registry: Registry::default(),
        }
    }

    /// How long finished jobs of tenants without periods of their own are kept, where this worker does the maintenance.
    #[must_use]
    pub fn retention(mut self, periods: RetentionPeriods) -> Self {
        self.retention = periods;
        self
    }

    /// Lets it work as the machine of a tenant's own that has these credentials.
    #[must_use]
    pub fn enrolled(mut self, credentials: Credentials) -> Self {
        self.credentials = Some(credentials);
        self
    }

    /// Adds the handler of one kind.
    ///
    /// # Errors
    /// Another handler claims the same kind.
    pub fn handler(self, handler: impl Handler) -> Result<Self, WorkerError> {
        self.shared_handler(Arc::new(handler))
    }

    /// Adds the handler of one kind, made elsewhere.
    ///
    /// # Errors
    /// Another handler claims the same kind.
    pub fn shared_handler(mut self, handler: Arc<dyn Handler>) -> Result<Self, WorkerError> {
        self.registry.register(handler)?;
        Ok(self)
    }

    /// Prepares the connections; nothing is connected yet.
    ///
    /// # Errors
    /// There is no handler, or a URL cannot be understood.
    pub async fn build(
        self,
        store: &StoreOptions,
        queue: &QueueOptions,
        shutdown: Shutdown,
    ) -> Result<Worker, WorkerError> {
        if self.registry.names().is_empty() {
            return Err(WorkerError::NoKinds);
        }
        let store = match self.credentials {
            Some(_) => WorkerStore::open_enrolled(store).await?,
            None => WorkerStore::open(store).await?,
        };
        let keeper = self.credentials.map(TokenKeeper::new).transpose();
        Ok(Worker {
            keeper: keeper.map_err(WorkerError::TokenKeeping)?,
            parts: SessionParts {
                options: self.options,
                retention: self.retention,
                kinds: KindBook::new(store.clone()),
                store,
                queue: Queue::open(queue)?,
                registry: self.registry,
                pulse: Pulse::default(),
                shutdown,
            },
        })
    }
}

impl Worker {
    /// Runs until it is asked to stop and nothing of it is left. A lost lease ends its jobs, not the worker: it begins
    /// anew under another id.
    ///
    /// # Errors
    /// The health address is taken, Postgres or Redis is set up so that the worker must not use it, or the token of an
    /// enrolled machine has ended.
    pub async fn run(self) -> Result<(), WorkerError> {
        let address = self.parts.options.http_addr;
        let listener = listen(address)
            .await
            .map_err(|source| WorkerError::Listen { address, source })?;
        if let Ok(address) = listener.local_addr() {
            tracing::info!(%address, "health endpoints: /livez and /readyz");
        }
        let serving = tokio::spawn(serve(listener, self.parts.pulse.clone()));
        let ended = self.run_sessions().await;
        serving.abort();
        ended
    }

    async fn run_sessions(self) -> Result<(), WorkerError> {
        let Some(keeper) = self.keeper.clone() else {
            return self.run_sessions_until_stopped().await;
        };
        let shutdown = self.parts.shutdown.clone();
        let queue = self.parts.queue.clone();
        let mut working = std::pin::pin!(self.run_sessions_until_stopped());
        tokio::select! {
            ended = &mut working => ended,
            ended = keeper.keep(&queue) => {
                // Nothing that its jobs do has any effect any more.
                shutdown.request_at_once();
                working.await?;
                Err(ended.into())
            }
        }
    }

    async fn run_sessions_until_stopped(self) -> Result<(), WorkerError> {
        if !self.wait_for_servers().await? {
            return Ok(());
        }
        let mut backoff = Backoff::new();
        loop {
            let end = run_session(self.parts.clone()).await;
            if end == SessionEnd::Stopped || self.parts.shutdown.urgency() >= Urgency::Drain {
                return Ok(());
            }
            if let Some(ended) = self.ended_token().await {
                return Err(ended.into());
            }
            if end == SessionEnd::NotRegistered {
                tokio::select! {
                    () = backoff.pause() => {}
                    () = self.parts.shutdown.at_least(Urgency::Drain) => return Ok(()),
                }
            }
        }
    }

    /// How the token of an enrolled machine has ended, if it has.
    async fn ended_token(&self) -> Option<EndedToken> {
        match &self.keeper {
            Some(keeper) => keeper.ended(&self.parts.store).await,
            None => None,
        }
    }

    /// Waits until Postgres and Redis answer and are set up as they must be; false when the worker is to stop
    /// meanwhile.
    async fn wait_for_servers(&self) -> Result<bool, WorkerError> {
        let mut backoff = Backoff::new();
        loop {
            let problem = match self.check_servers().await {
                Ok(()) => return Ok(true),
                Err(
                    error @ (WorkerError::Store(
                        StoreError::Unavailable(_)
                        | StoreError::SchemaMissing
                        | StoreError::SchemaBehind { .. },
                    )
                    | WorkerError::Queue(_)),
                ) => error,
                Err(error) => return Err(error),
            };
            if let Some(ended) = self.ended_token().await {
                return Err(ended.into());
            }
            tracing::warn!(error = %problem, "waiting to start");
            tokio::select! {
                () = backoff.pause() => {}
                () = self.parts.shutdown.at_least(Urgency::Drain) => return Ok(false),
            }
        }
    }

    async fn check_servers(&self) -> Result<(), WorkerError> {
        self.parts.store.check().await?;
        if self.keeper.is_some() {
            // Redis does not tell it more than that it is there.
            return Ok(self.parts.queue.ping().await?);
        }
        match self.parts.queue.eviction_policy().await? {
            EvictionPolicy::Refuses => Ok(()),
            EvictionPolicy::Evicts(policy) => Err(WorkerError::Evicts(policy)),
            EvictionPolicy::Unknown => {
                tracing::warn!(
                    "Redis does not tell its maxmemory-policy; make sure that it is noeviction"
                );
                Ok(())
            }
        }
    }
}
