//! Points between Postgres and Redis at which a test lets a service die; a release build has nothing of them.

// `GANTRY_CRASH_AT=jobs_claimed:3` ends a process with SIGABRT when it reaches that point for the third time. It is no
// setting: it is read here alone, and only where debug assertions are on. The release profile has them off, which a test
// of `tidy` holds, so neither the variable nor the calls are in what is shipped. A cargo feature would need a second build
// of both services for the fault tests, which run the debug binaries as it is.
#[cfg(debug_assertions)]
mod armed;

macro_rules! crash_points {
    ($($(#[$meta:meta])* $variant:ident = $name:literal,)+) => {
        /// A place in a service's code after which the process may be gone.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum CrashPoint {
            $($(#[$meta])* $variant,)+
        }

        impl CrashPoint {
            /// Every point.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// Its name in `GANTRY_CRASH_AT`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }
    };
}

crash_points! {
    /// API: submissions were gathered, and none is written.
    SubmissionsGathered = "submissions_gathered",
    /// API: submissions are committed; nobody was answered, and no doorbell rang.
    SubmissionsCommitted = "submissions_committed",
    /// API: doorbells are about to ring; their jobs were answered.
    DoorbellsTaken = "doorbells_taken",
    /// API: doorbells rang.
    DoorbellsRung = "doorbells_rung",
    /// API: a cancellation is committed, and nobody was told.
    CancellationCommitted = "cancellation_committed",
    /// API: followers know of a cancellation, and the worker does not.
    CancellationPublished = "cancellation_published",
    /// API: a redrive is committed, and its doorbell did not ring.
    RedriveCommitted = "redrive_committed",
    /// API: a schedule's job is committed, and its doorbell did not ring.
    ScheduleRunCommitted = "schedule_run_committed",
    /// API: a notice of the identity provider is committed, and the doorbells of its mails did not ring.
    NoticeCommitted = "notice_committed",
    /// API: the job of an export is committed, and its doorbell did not ring.
    ExportCommitted = "export_committed",
    /// API: a pause or a limit is lifted, and no doorbell rang for those that waited.
    HoldLifted = "hold_lifted",
    /// API: a machine of a tenant's own is enrolled, and neither Redis nor the machine knows.
    MachineEnrolled = "machine_enrolled",
    /// API: a machine's token is revoked, and its user is in Redis still.
    MachineRevoked = "machine_revoked",
    /// API: the user of a machine whose token has ended is gone from Redis, and its login is in Postgres still.
    MachineUserRemoved = "machine_user_removed",
    /// Worker: registered, and nothing was read.
    WorkerRegistered = "worker_registered",
    /// Worker: doorbells were delivered, and their jobs are not claimed.
    DoorbellsDelivered = "doorbells_delivered",
    /// Worker: jobs are claimed, and none of them was started.
    JobsClaimed = "jobs_claimed",
    /// Worker: claimed jobs were started, and their doorbells are not removed.
    RunsStarted = "runs_started",
    /// Worker: doorbells of started jobs are removed.
    DoorbellsAcknowledged = "doorbells_acknowledged",
    /// Worker: log lines are stored, and nobody was told.
    LinesStored = "lines_stored",
    /// Worker: log lines are stored and published.
    LinesPublished = "lines_published",
    /// Worker: a handler has ended, and its outcome is not written.
    RunEnded = "run_ended",
    /// Worker: outcomes are written, and followers were not told.
    OutcomesWritten = "outcomes_written",
    /// Worker: those were found who wait for the places of ended runs, and their doorbells did not ring.
    NextJobsFound = "next_jobs_found",
    /// Worker: outcomes are written and published.
    OutcomesPublished = "outcomes_published",
    /// Worker: runs were given back, and their doorbells did not ring.
    RunsReleased = "runs_released",
    /// Worker: what it was told of and did not claim was given back.
    DoorbellsGivenBack = "doorbells_given_back",
    /// Worker: everything is written, and its name is in Redis still.
    WorkerDrained = "worker_drained",
    /// Worker: its name is gone from Redis, and its lease has not ended.
    NameForgotten = "name_forgotten",
    /// Worker: it has signed off, and its process goes on.
    SignedOff = "signed_off",
    /// Maintenance: due jobs are queued, and their doorbells did not ring.
    DueJobsQueued = "due_jobs_queued",
    /// Maintenance: jobs of lost workers are queued again, and their doorbells did not ring.
    LostJobsQueued = "lost_jobs_queued",
    /// Maintenance: doorbells of rescued jobs rang, and followers of those that ended were not told.
    LostJobsRung = "lost_jobs_rung",
    /// Maintenance: jobs of schedules are committed, and their doorbells did not ring.
    SchedulesFired = "schedules_fired",
    /// Maintenance: jobs that nobody was told of were found, and their doorbells did not ring.
    WaitingJobsFound = "waiting_jobs_found",
    /// Maintenance: doorbells rang again, and the position of the streams is not remembered.
    WaitingJobsRung = "waiting_jobs_rung",
    /// Maintenance: a worker that is gone was found in Redis, and its doorbells are not given back.
    GoneWorkerFound = "gone_worker_found",
}

/// Passes a point, or ends the process there if a test wants it so.
#[cfg(debug_assertions)]
pub fn reach(point: CrashPoint) {
    armed::reach(point);
}

/// Passes a point.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub const fn reach(_point: CrashPoint) {}
