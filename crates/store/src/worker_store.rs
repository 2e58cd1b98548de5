//! The store as a worker holds it: its own lease, the runs it claimed, and the maintenance.

mod departures;
mod retention;
mod schedules;
mod upcoming;
mod waiting;

pub use departures::{PlacedItem, Purge};
pub use retention::{LogRange, PartitionDrop, SweptLines};
pub use schedules::{FiredSchedules, PutOffSchedule};
pub use upcoming::Upcoming;
pub use waiting::FreedPlace;

use std::time::Duration;

use gantry_domain::{
    Doorbell, JobFailure, JobId, KindDeclaration, KindName, NewJob, ParentResult, RetentionPeriods,
    WorkerId, WorkerState, WorkerTokenState,
};

use crate::connection::{Pool, ServiceRole, check_row_security, open, open_lasting};
use crate::door::Door;
use crate::transitions::{
    self, ClaimedJob, Completion, EndedRun, FailedRun, Failure, Rescued, Run, RunProgress,
    SettledDependencies, StagedCompletion, YieldedRun,
};
use crate::{
    LeaseRenewal, NewWorker, ReconciliationFrame, RunLogLine, StoreError, StoreOptions, enrolment,
    idempotency_keys, job_logs, kinds, parent_results, webhook_deliveries, workers,
};

/// How many renewals that bring no answer fit into one lease.
const RENEWALS_WITHIN_LEASE: u32 = 4;

/// How many connections the worker of a tenant's machine opens for its usual statements. With the one for its lease that is
/// half of what its login may have.
const ENROLLED_CONNECTIONS: u32 = 2;

/// The store as a worker holds it, with the rights of the role `gantry_worker`; or, on a machine of a tenant's own, of
/// `gantry_enrolled`, which sees the jobs of its queues alone and does no maintenance.
#[derive(Debug, Clone)]
pub struct WorkerStore {
    role: ServiceRole,
    door: Option<Door>,
    runs: Pool,
    /// A connection of its own, so that a crowded pool can never let the lease end.
    lease: Pool,
}

impl WorkerStore {
    /// Prepares the pools; the first statement connects.
    ///
    /// # Errors
    /// The URL cannot be understood.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        Self::open_as(options, ServiceRole::Worker, Some(Door::Dispatch)).await
    }

    /// The same with the login that a machine of a tenant's own was given, which may have few connections.
    ///
    /// # Errors
    /// The URL cannot be understood.
    pub async fn open_enrolled(options: &StoreOptions) -> Result<Self, StoreError> {
        let options = StoreOptions {
            max_connections: options.max_connections.min(ENROLLED_CONNECTIONS),
            ..options.clone()
        };
        Self::open_as(&options, ServiceRole::Enrolled, None).await
    }

    async fn open_as(
        options: &StoreOptions,
        role: ServiceRole,
        door: Option<Door>,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            role,
            door,
            runs: open(options, options.max_connections, role, door).await?,
            lease: open_lasting(options, role, door).await?,
        })
    }

    /// Whether Postgres answers, has the schema, and holds this login by row-level security.
    ///
    /// # Errors
    /// It does not; the error says which.
    pub async fn check(&self) -> Result<(), StoreError> {
        check_row_security(&self.runs, self.role, self.door).await
    }

    /// Whether this is the store of a machine of a tenant's own.
    pub fn is_enrolled(&self) -> bool {
        self.role == ServiceRole::Enrolled
    }

    /// How the token of an enrolled machine stands; none where the login belongs to no token.
    ///
    /// # Errors
    /// Postgres cannot be reached, or does not let the login in any more.
    pub async fn token_state(&self) -> Result<Option<WorkerTokenState>, StoreError> {
        enrolment::standing(&self.runs).await
    }

    /// Announces the worker's kinds and registers it, with its first lease. A machine of a tenant's own announces none, and
    /// serves those of its kinds that were announced.
    ///
    /// # Errors
    /// Postgres cannot be reached, or an enrolled machine has no kind that was announced.
    pub async fn register(&self, worker: &NewWorker) -> Result<(), StoreError> {
        if self.is_enrolled() {
            let registering = workers::register_enrolled(&self.runs, worker);
            return self.runs.within_transaction_limit(registering).await;
        }
        self.runs
            .within_transaction_limit(workers::register(&self.runs, worker))
            .await
    }

    /// Renews the worker's lease unless it has ended. Takes a quarter of the lease at most, so that a connection that
    /// died without a word leaves time for another.
    ///
    /// # Errors
    /// Postgres cannot be reached or does not answer in time; the lease may or may not have been renewed.
    pub async fn renew_lease(
        &self,
        worker_id: WorkerId,
        state: WorkerState,
        lease: Duration,
    ) -> Result<LeaseRenewal, StoreError> {
        let renewal = workers::renew_lease(&self.lease, worker_id, state, lease);
        self.lease
            .within(lease / RENEWALS_WITHIN_LEASE, renewal)
            .await
    }

    /// Says good-bye: the lease ends now. To be called when nothing more will be written.
    ///
    /// # Errors
    /// Postgres cannot be reached; then the lease ends by itself.
    pub async fn sign_off(&self, worker_id: WorkerId) -> Result<(), StoreError> {
        workers::sign_off(&self.lease, worker_id).await
    }

    /// Takes or keeps the maintenance lease; says whether this worker holds it now.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn hold_maintenance_lease(
        &self,
        worker_id: WorkerId,
        lease: Duration,
    ) -> Result<bool, StoreError> {
        workers::hold_maintenance_lease(&self.lease, worker_id, lease).await
    }

    /// Which of these workers still hold a lease.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn alive_workers(&self, ids: &[WorkerId]) -> Result<Vec<WorkerId>, StoreError> {
        workers::alive(&self.runs, ids).await
    }

    /// Claims those of `runs` that still wait under that dispatch and are of one of `kinds`.
    ///
    /// # Errors
    /// Postgres cannot be reached; the claim may or may not have happened. Sending the same again does not bring what was
    /// claimed unknowingly; [`Self::already_claimed`] does.
    pub async fn claim(
        &self,
        worker_id: WorkerId,
        runs: &[Run],
        kinds: &[KindName],
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        transitions::claim(&self.runs, worker_id.as_uuid(), runs, kinds).await
    }

    /// Those of `runs` that this worker has claimed already; to be asked, after another claim, for runs whose claim
    /// had no answer.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn already_claimed(
        &self,
        worker_id: WorkerId,
        runs: &[Run],
    ) -> Result<Vec<ClaimedJob>, StoreError> {
        transitions::already_claimed(&self.runs, worker_id.as_uuid(), runs).await
    }

    /// Stores results; says which runs were still this worker's.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn complete(
        &self,
        worker_id: WorkerId,
        completions: &[Completion],
    ) -> Result<Vec<EndedRun>, StoreError> {
        transitions::complete(&self.runs, worker_id.as_uuid(), completions).await
    }

    /// Stores one result together with the jobs that its run has staged: both or neither.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn complete_with_children(
        &self,
        worker_id: WorkerId,
        completion: &Completion,
        children: &[NewJob],
    ) -> Result<StagedCompletion, StoreError> {
        let worker_id = worker_id.as_uuid();
        transitions::complete_with_children(&self.runs, worker_id, completion, children).await
    }

    /// What came of a job's parents, in the order of its list: those after the position `after`, as many as
    /// [`PARENTS_PAGE_ITEMS`](crate::PARENTS_PAGE_ITEMS) and [`PARENTS_PAGE_BYTES`](crate::PARENTS_PAGE_BYTES) let in,
    /// and one at least while there are more.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn parent_results(
        &self,
        job_id: JobId,
        after: Option<u32>,
    ) -> Result<Vec<ParentResult>, StoreError> {
        parent_results::read(&self.runs, job_id, after).await
    }

    /// A kind that was announced by any worker.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_kind(&self, name: &KindName) -> Result<Option<KindDeclaration>, StoreError> {
        kinds::find(&self.runs, name).await
    }

    /// Stores errors and schedules the retries; says what became of the runs that were still this worker's.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn fail(
        &self,
        worker_id: WorkerId,
        failures: &[Failure],
    ) -> Result<Vec<FailedRun>, StoreError> {
        transitions::fail(&self.runs, worker_id.as_uuid(), failures).await
    }

    /// Gives runs back so that any worker can claim their jobs; costs no attempt.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn release(
        &self,
        worker_id: WorkerId,
        runs: &[YieldedRun],
    ) -> Result<Vec<Doorbell>, StoreError> {
        transitions::release(&self.runs, worker_id.as_uuid(), runs).await
    }

    /// Gives a run back until later; costs no attempt.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn snooze(
        &self,
        worker_id: WorkerId,
        run: YieldedRun,
        delay: Duration,
    ) -> Result<Option<Run>, StoreError> {
        transitions::snooze(&self.runs, worker_id.as_uuid(), run, delay).await
    }

    /// Marks runs cancelled whose end someone asked for; says which were still this worker's.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn mark_cancelled(
        &self,
        worker_id: WorkerId,
        runs: &[Run],
        error: &JobFailure,
    ) -> Result<Vec<EndedRun>, StoreError> {
        transitions::mark_cancelled(&self.runs, worker_id.as_uuid(), runs, error).await
    }

    /// Writes what handlers last reported; says which runs were still this worker's.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn record_progress(
        &self,
        worker_id: WorkerId,
        reports: &[RunProgress],
    ) -> Result<Vec<Run>, StoreError> {
        transitions::record_progress(&self.runs, worker_id.as_uuid(), reports).await
    }

    /// Stores log lines of the runs that are still this worker's, and says how many were new.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe.
    pub async fn append_log(
        &self,
        worker_id: WorkerId,
        lines: &[RunLogLine],
    ) -> Result<u64, StoreError> {
        job_logs::append(&self.runs, worker_id.as_uuid(), lines).await
    }

    /// Queues at most `limit` scheduled jobs whose time has come.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn enqueue_due(&self, limit: u32) -> Result<Vec<Doorbell>, StoreError> {
        transitions::enqueue_due(&self.runs, limit).await
    }

    /// Marks workers lost whose lease has ended; says whether there were any, or one has signed off just now.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn mark_lost_workers(&self) -> Result<bool, StoreError> {
        transitions::mark_lost_workers(&self.runs).await
    }

    /// Takes at most `limit` jobs back from workers whose lease has ended. It looks through all jobs that wait or run.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn rescue_lost(&self, limit: u32) -> Result<Vec<Rescued>, StoreError> {
        transitions::rescue_lost(&self.runs, limit).await
    }

    /// Tells the children of those of these jobs that have ended: they are queued, wait on, or are cancelled.
    ///
    /// # Errors
    /// Postgres cannot be reached; sending the same again is safe, and [`Self::untold_parents`] finds what was left.
    pub async fn settle_dependencies(
        &self,
        parents: &[JobId],
    ) -> Result<SettledDependencies, StoreError> {
        transitions::settle_dependencies(&self.runs, parents).await
    }

    /// At most `limit` jobs that have ended without their children being told.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn untold_parents(&self, limit: u32) -> Result<Vec<JobId>, StoreError> {
        transitions::untold_parents(&self.runs, limit).await
    }

    /// Removes at most `limit` idempotency keys that are older than a day; says how many.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn forget_idempotency_keys(&self, limit: u32) -> Result<u64, StoreError> {
        idempotency_keys::forget(&self.runs, limit).await
    }

    /// Removes at most `limit` notes of webhooks that are older than seven days; says how many.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn forget_webhook_deliveries(&self, limit: u32) -> Result<u64, StoreError> {
        webhook_deliveries::forget(&self.runs, limit).await
    }

    /// Removes at most `limit` workers that ended longer ago than any job is kept, and those of tenants' machines that are
    /// too many; `periods` are those of tenants without their own. Says how many.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn forget_ended_workers(
        &self,
        periods: RetentionPeriods,
        limit: u32,
    ) -> Result<u64, StoreError> {
        workers::forget_ended(&self.runs, periods, limit).await
    }

    /// What a comparison of queues with their streams starts from.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn reconciliation_frame(&self) -> Result<ReconciliationFrame, StoreError> {
        workers::reconciliation_frame(&self.runs).await
    }
}
