//! Group commit: submissions that arrive together share one INSERT and one commit.

mod dependent;
mod keyed;

use std::sync::Arc;

use gantry_crash_points::{CrashPoint, reach};
use gantry_domain::NewJob;
use gantry_store::{Accepted, ApiStore, KeyedSubmission, StoreError, SubmitOutcome, UnknownParent};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::doorbells::Doorbells;
use crate::problem::ApiError;

/// How many submissions may wait; a further one is answered 503.
const WAITING_LIMIT: usize = 1_024;
/// How many KiB of request bodies the waiting submissions may come to; a further one is answered 503.
const WAITING_LIMIT_KIB: usize = 128 * 1_024;
/// How many submissions share one INSERT.
const SHARED_LIMIT: usize = 500;

/// Where submissions are handed in.
pub struct Submissions {
    sender: mpsc::Sender<Waiting>,
    memory: Arc<Semaphore>,
    store: ApiStore,
    doorbells: Doorbells,
}

/// What became of the jobs of one request; those that were not accepted are given back.
pub enum Submitted {
    /// All were accepted.
    Accepted(Vec<(NewJob, Accepted)>),
    /// None was: an earlier request used the key.
    RequestKeyUsed(Vec<NewJob>),
    /// None was: some name parents that are no jobs of the tenant.
    UnknownParents {
        /// The jobs.
        jobs: Vec<NewJob>,
        /// The places of those parents.
        parents: Vec<UnknownParent>,
    },
    /// None was: other live jobs hold the unique keys of some.
    UniqueKeysTaken {
        /// The jobs.
        jobs: Vec<NewJob>,
        /// The places of those with a taken key.
        places: Vec<usize>,
    },
}

impl Submitted {
    /// The jobs of a request with what became of them.
    fn of(jobs: Vec<NewJob>, outcome: SubmitOutcome) -> Self {
        match outcome {
            SubmitOutcome::Accepted(accepted) => {
                Self::Accepted(jobs.into_iter().zip(accepted).collect())
            }
            SubmitOutcome::RequestKeyUsed => Self::RequestKeyUsed(jobs),
            SubmitOutcome::UnknownParents(parents) => Self::UnknownParents { jobs, parents },
            SubmitOutcome::UniqueKeysTaken(places) => Self::UniqueKeysTaken { jobs, places },
        }
    }
}

/// The jobs of one request, accepted all or none.
struct Waiting {
    submission: KeyedSubmission,
    reply: Reply,
}

/// Where the outcome goes.
struct Reply {
    sender: oneshot::Sender<Result<Submitted, ApiError>>,
    /// Given back once the request is answered.
    _memory: OwnedSemaphorePermit,
}

impl Submissions {
    /// Starts the writing; it ends, with everything answered, after `closing`.
    pub fn start(
        store: ApiStore,
        doorbells: Doorbells,
        closing: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING_LIMIT);
        let writer = Writer {
            store: store.clone(),
            doorbells: doorbells.clone(),
            receiver,
        };
        let submissions = Self {
            store,
            doorbells,
            sender,
            memory: Arc::new(Semaphore::new(WAITING_LIMIT_KIB)),
        };
        (submissions, tokio::spawn(writer.run(closing)))
    }

    /// Accepts the jobs of one request, all or none, and rings for them. `length_bytes` is the size of its body.
    ///
    /// # Errors
    /// Too much waits already, the process is ending, or Postgres refused or cannot be reached.
    pub async fn submit(
        &self,
        submission: KeyedSubmission,
        length_bytes: usize,
    ) -> Result<Submitted, ApiError> {
        let weight_kib = u32::try_from(length_bytes / 1_024 + 1).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory)
            .try_acquire_many_owned(weight_kib)
            .map_err(|_| ApiError::Overloaded)?;
        if submission.jobs.iter().any(|job| !job.parents.is_empty()) {
            return self.submit_dependent(submission).await;
        }
        let (sender, answered) = oneshot::channel();
        let reply = Reply {
            sender,
            _memory: memory,
        };
        self.sender
            .try_send(Waiting { submission, reply })
            .map_err(|refused| match refused {
                mpsc::error::TrySendError::Full(_) => ApiError::Overloaded,
                mpsc::error::TrySendError::Closed(_) => ApiError::Stopping,
            })?;
        answered.await.unwrap_or(Err(ApiError::Stopping))
    }
}

/// Takes what waits, without waiting for more, and writes it.
struct Writer {
    store: ApiStore,
    doorbells: Doorbells,
    receiver: mpsc::Receiver<Waiting>,
}

impl Writer {
    async fn run(mut self, closing: CancellationToken) {
        let mut waiting = Vec::with_capacity(SHARED_LIMIT);
        loop {
            let received = tokio::select! {
                received = self.receiver.recv_many(&mut waiting, SHARED_LIMIT) => received,
                () = closing.cancelled(), if !self.receiver.is_closed() => {
                    self.receiver.close();
                    continue;
                }
            };
            if received == 0 {
                return;
            }
            reach(CrashPoint::SubmissionsGathered);
            self.write(std::mem::take(&mut waiting)).await;
        }
    }

    /// Jobs without keys share one statement; those with keys share a transaction of their own, so that a conflict holds
    /// up nobody without.
    async fn write(&self, waiting: Vec<Waiting>) {
        let (keyed, plain): (Vec<Waiting>, Vec<Waiting>) = waiting
            .into_iter()
            .partition(|waiting| has_keys(&waiting.submission));
        if !plain.is_empty() {
            self.write_plain(plain).await;
        }
        if !keyed.is_empty() {
            self.write_keyed(keyed).await;
        }
    }

    /// One statement for all; where Postgres refuses it, one for each, so that a bad row fails nobody else's.
    async fn write_plain(&self, waiting: Vec<Waiting>) {
        let mut jobs = Vec::new();
        let mut requests = Vec::with_capacity(waiting.len());
        for Waiting { submission, reply } in waiting {
            requests.push((submission.jobs.len(), reply));
            jobs.extend(submission.jobs);
        }
        let shared = self.store.submit(&jobs).await;
        reach(CrashPoint::SubmissionsCommitted);
        let is_shared = requests.len() > 1;
        let mut shared = match shared {
            Err(StoreError::Statement(_)) if is_shared => None,
            outcome => Some(outcome.map(Vec::into_iter).map_err(ApiError::from)),
        };
        let mut jobs = jobs.into_iter();
        for (count, reply) in requests {
            let own: Vec<NewJob> = jobs.by_ref().take(count).collect();
            let outcome = match &mut shared {
                Some(Ok(accepted)) => Ok(accepted.by_ref().take(count).collect()),
                Some(Err(error)) => Err(error.clone()),
                None => self.store.submit(&own).await.map_err(ApiError::from),
            };
            reply.send(outcome.map(|accepted| self.accepted(own, accepted)));
        }
    }

    /// Rings for accepted jobs.
    fn accepted(&self, jobs: Vec<NewJob>, accepted: Vec<Accepted>) -> Submitted {
        self.doorbells.ring(ApiStore::doorbells(&jobs, &accepted));
        Submitted::Accepted(jobs.into_iter().zip(accepted).collect())
    }
}

/// Whether it needs the statement that knows all columns and keys.
fn has_keys(submission: &KeyedSubmission) -> bool {
    let is_rare = |job: &NewJob| job.unique_key.is_some() || job.retry.is_some();
    submission.request_key.is_some() || submission.jobs.iter().any(is_rare)
}

impl Reply {
    /// Whoever hung up meanwhile has their jobs accepted all the same.
    fn send(self, outcome: Result<Submitted, ApiError>) {
        let _ = self.sender.send(outcome);
    }
}
