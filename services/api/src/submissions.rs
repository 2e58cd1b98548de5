//! Group commit: submissions that arrive together share one INSERT and one commit.

use std::sync::Arc;

use gantry_domain::NewJob;
use gantry_store::{Accepted, ApiStore, StoreError};
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
    sender: mpsc::Sender<Submission>,
    memory: Arc<Semaphore>,
}

/// The jobs of one request, accepted all or none.
struct Submission {
    jobs: Vec<NewJob>,
    answer: oneshot::Sender<Result<AcceptedJobs, ApiError>>,
    /// Given back once the request is answered.
    memory: OwnedSemaphorePermit,
}

/// The jobs of one request with what the database made of them.
type AcceptedJobs = Vec<(NewJob, Accepted)>;

impl Submissions {
    /// Starts the writing; it ends, with everything answered, after `closing`.
    pub fn start(
        store: ApiStore,
        doorbells: Doorbells,
        closing: CancellationToken,
    ) -> (Self, JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING_LIMIT);
        let writer = Writer {
            store,
            doorbells,
            receiver,
        };
        let submissions = Self {
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
        jobs: Vec<NewJob>,
        length_bytes: usize,
    ) -> Result<AcceptedJobs, ApiError> {
        let weight_kib = u32::try_from(length_bytes / 1_024 + 1).unwrap_or(u32::MAX);
        let memory = Arc::clone(&self.memory)
            .try_acquire_many_owned(weight_kib)
            .map_err(|_| ApiError::Overloaded)?;
        let (answer, answered) = oneshot::channel();
        let submission = Submission {
            jobs,
            answer,
            memory,
        };
        self.sender
            .try_send(submission)
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
    receiver: mpsc::Receiver<Submission>,
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
            self.write(std::mem::take(&mut waiting)).await;
        }
    }

    /// One statement for all; where Postgres refuses it, one for each, so that a bad row fails nobody else's.
    async fn write(&self, submissions: Vec<Submission>) {
        let mut jobs = Vec::new();
        let mut requests = Vec::with_capacity(submissions.len());
        for submission in submissions {
            requests.push((submission.jobs.len(), submission.answer, submission.memory));
            jobs.extend(submission.jobs);
        }
        let shared = self.store.submit(&jobs).await;
        let is_shared = requests.len() > 1;
        let mut shared = match shared {
            Err(StoreError::Statement(_)) if is_shared => None,
            outcome => Some(outcome.map(Vec::into_iter).map_err(ApiError::from)),
        };
        let mut jobs = jobs.into_iter();
        for (count, answer, memory) in requests {
            let own: Vec<NewJob> = jobs.by_ref().take(count).collect();
            let outcome = match &mut shared {
                Some(Ok(accepted)) => Ok(accepted.by_ref().take(count).collect()),
                Some(Err(error)) => Err(error.clone()),
                None => self.store.submit(&own).await.map_err(ApiError::from),
            };
            self.answer(own, outcome, answer);
            drop(memory);
        }
    }

    fn answer(
        &self,
        jobs: Vec<NewJob>,
        outcome: Result<Vec<Accepted>, ApiError>,
        answer: oneshot::Sender<Result<AcceptedJobs, ApiError>>,
    ) {
        let outcome = outcome.map(|accepted| {
            self.doorbells.ring(ApiStore::doorbells(&jobs, &accepted));
            jobs.into_iter().zip(accepted).collect()
        });
        // Whoever hung up meanwhile has their jobs accepted all the same.
        let _ = answer.send(outcome);
    }
}
