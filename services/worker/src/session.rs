//! One life of a worker under one lease, from its registration to its good-bye or its loss.

use std::sync::Arc;
use std::time::Duration;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::{RetentionPeriods, WorkerId};
use gantry_queue::{DoorbellReader, Queue, SignalReader};
use gantry_store::{NewWorker, Run, WorkerStore};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use crate::StopReason;
use crate::backoff::Backoff;
use crate::builder::WorkerOptions;
use crate::execute::Executor;
use crate::fetch::Fetcher;
use crate::health::Pulse;
use crate::journal::journal;
use crate::lease::{LeaseKeeper, LeaseTimes};
use crate::maintenance::Maintainer;
use crate::registry::Registry;
use crate::run_counter::RunCounter;
use crate::runs::Runs;
use crate::settle::settler;
use crate::shutdown::{Shutdown, Urgency};
use crate::staging::KindBook;

/// How long jobs that are handed back may take to stop their programs.
const HAND_BACK_TIMEOUT: Duration = Duration::from_secs(90);

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionEnd {
    /// It was asked to stop, and nothing of it is left.
    Stopped,
    /// Its lease was lost; the worker may begin another under a new id.
    LeaseLost,
    /// An enrolled machine could not register; its token may have ended.
    NotRegistered,
}

/// What sessions of one worker share.
#[derive(Clone)]
pub(crate) struct SessionParts {
    pub(crate) options: WorkerOptions,
    pub(crate) retention: RetentionPeriods,
    pub(crate) store: WorkerStore,
    pub(crate) queue: Queue,
    pub(crate) registry: Registry,
    pub(crate) kinds: KindBook,
    pub(crate) pulse: Pulse,
    pub(crate) shutdown: Shutdown,
}

/// A background loop that ends with the session.
struct Background(JoinHandle<()>);

impl Background {
    fn start(run: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(tokio::spawn(run))
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Registers the worker, works under its lease, and says how that ended.
pub(crate) async fn run_session(parts: SessionParts) -> SessionEnd {
    let worker_id = WorkerId::generate();
    let registered_at = match register(&parts, worker_id).await {
        Ok(registered_at) => registered_at,
        Err(end) => return end,
    };
    reach(CrashPoint::WorkerRegistered);
    tracing::info!(%worker_id, name = %parts.options.name, "registered; taking jobs");
    parts.pulse.lease_is_held(true);
    let runs = Runs::new();
    let times = LeaseTimes {
        ttl: parts.options.lease_ttl,
        heartbeat: parts.options.heartbeat_interval,
    };
    let keeper = LeaseKeeper::new(
        parts.store.clone(),
        worker_id,
        times,
        registered_at,
        runs.clone(),
        parts.shutdown.clone(),
    );
    let (journal_sender, journal) = journal(parts.store.clone(), parts.queue.clone(), worker_id);
    let counter = RunCounter::default();
    let (settler_sender, settler) = settler(
        parts.store.clone(),
        parts.queue.clone(),
        worker_id,
        counter.clone(),
    );
    let executor = Executor {
        registry: parts.registry.clone(),
        runs: runs.clone(),
        journal: journal_sender,
        settler: settler_sender,
        lease: keeper.valid_until(),
        worker_name: parts.options.name.clone(),
        store: parts.store.clone(),
        kinds: parts.kinds.clone(),
    };
    let fetcher = Fetcher {
        reader: DoorbellReader::new(&parts.queue, &parts.options.queues, worker_id),
        store: parts.store.clone(),
        worker_id,
        kinds: parts.registry.names(),
        room: Arc::new(Semaphore::new(parts.options.concurrency)),
        executor: Arc::new(executor),
        counter: counter.clone(),
        pulse: parts.pulse.clone(),
        shutdown: parts.shutdown.clone(),
    };
    let mut lease = Background::start(keeper.keep());
    let journal = Background::start(journal.keep());
    let settler = Background::start(settler.keep());
    let counting = Background::start(counter.keep(parts.queue.clone()));
    let fetching = Background::start(fetcher.keep());
    let for_everyone = (!parts.store.is_enrolled()).then(|| {
        let signals = listen_for_cancels(parts.queue.clone(), worker_id, runs.clone());
        let maintainer = Maintainer::new(
            parts.store.clone(),
            parts.queue.clone(),
            worker_id,
            parts.retention,
        );
        // A machine of a tenant's own has a part in neither: it is told of cancellations by its heartbeat's answer.
        (
            Background::start(signals),
            Background::start(maintainer.keep()),
        )
    });

    let end = tokio::select! {
        _ = &mut lease.0 => SessionEnd::LeaseLost,
        () = drain(&parts, &runs, fetching, journal, settler) => SessionEnd::Stopped,
    };
    parts.pulse.lease_is_held(false);
    drop(for_everyone);
    drop(counting);
    if end == SessionEnd::Stopped {
        sign_off(&parts, worker_id).await;
    } else {
        runs.all_ended().await;
    }
    end
}

/// Waits for the wish to stop, lets the runs end or hands them back, and waits until everything is written.
async fn drain(
    parts: &SessionParts,
    runs: &Runs,
    mut fetching: Background,
    mut journal: Background,
    mut settler: Background,
) {
    parts.shutdown.at_least(Urgency::Drain).await;
    parts.pulse.is_draining();
    // The fetcher ends by itself, and with it its senders: then the runs hold the last ones to journal and settler.
    let _ = (&mut fetching.0).await;
    tracing::info!(count = runs.count(), "draining: no more jobs are taken");
    let drained = timeout(parts.options.drain_timeout, runs.all_ended());
    let is_drained = tokio::select! {
        drained = drained => drained.is_ok(),
        () = parts.shutdown.at_least(Urgency::Now) => false,
    };
    if !is_drained {
        tracing::warn!(
            count = runs.count(),
            "handing back the jobs that did not end in time"
        );
        runs.stop_all(StopReason::WorkerStopping);
        if timeout(HAND_BACK_TIMEOUT, runs.all_ended()).await.is_err() {
            tracing::error!(
                count = runs.count(),
                "some runs do not stop; others take their jobs over"
            );
            return;
        }
    }
    // Both end by themselves once the last sender is gone.
    let _ = (&mut journal.0).await;
    let _ = (&mut settler.0).await;
}

/// Tries until Postgres answers, or once on an enrolled machine; an end when the worker is to stop meanwhile. Returns the
/// moment before the registration that succeeded was sent.
async fn register(parts: &SessionParts, worker_id: WorkerId) -> Result<Instant, SessionEnd> {
    let worker = NewWorker {
        id: worker_id,
        name: parts.options.name.clone(),
        queues: parts.options.queues.clone(),
        kinds: parts.registry.declarations(),
        concurrency: u32::try_from(parts.options.concurrency).unwrap_or(u32::MAX),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        lease: parts.options.lease_ttl,
    };
    let mut backoff = Backoff::new();
    loop {
        let sent_at = Instant::now();
        let registered = tokio::select! {
            registered = parts.store.register(&worker) => registered,
            () = parts.shutdown.at_least(Urgency::Drain) => return Err(SessionEnd::Stopped),
        };
        match registered {
            Ok(()) => return Ok(sent_at),
            Err(error) => {
                if backoff.is_fresh() {
                    tracing::warn!(%error, "the worker cannot register now; trying again");
                }
                if parts.store.is_enrolled() {
                    return Err(SessionEnd::NotRegistered);
                }
                tokio::select! {
                    () = backoff.pause() => {}
                    () = parts.shutdown.at_least(Urgency::Drain) => return Err(SessionEnd::Stopped),
                }
            }
        }
    }
}

async fn sign_off(parts: &SessionParts, worker_id: WorkerId) {
    reach(CrashPoint::WorkerDrained);
    for queue in &parts.options.queues {
        if let Err(error) = parts.queue.forget_worker(queue, worker_id).await {
            tracing::debug!(%error, "this worker's name stays in Redis until the maintenance removes it");
            break;
        }
    }
    reach(CrashPoint::NameForgotten);
    match parts.store.sign_off(worker_id).await {
        Ok(()) => tracing::info!("signed off"),
        Err(error) => tracing::warn!(%error, "could not sign off; the lease ends by itself"),
    }
    reach(CrashPoint::SignedOff);
}

async fn listen_for_cancels(queue: Queue, worker_id: WorkerId, runs: Runs) {
    let mut reader = SignalReader::new(&queue, worker_id);
    let mut backoff = Backoff::new();
    loop {
        match reader.read().await {
            Ok(signals) => {
                backoff = Backoff::new();
                for signal in signals {
                    let run = Run {
                        job_id: signal.job_id,
                        dispatch: signal.dispatch,
                    };
                    runs.stop(run, StopReason::Cancelled);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "cancel signals come with the heartbeat until Redis is back");
                backoff.pause().await;
            }
        }
    }
}
