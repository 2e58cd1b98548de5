//! The schema contract: entities, tenant scope and the only writer of job state.
#![doc = include_str!("../README.md")]

mod agreed_rate;
mod api_keys;
mod api_store;
mod audit;
mod connection;
mod directory;
mod dispatch_rules;
mod door;
mod enrolment;
mod entities;
mod error;
mod idempotency_keys;
mod identity;
mod job_logs;
mod kinds;
mod operator_scope;
mod parent_results;
mod pauses;
mod person_scope;
mod profiles;
mod queues;
mod schedules;
mod statement;
mod tenant_scope;
mod transitions;
mod waiting_line;
mod webhook_deliveries;
mod worker_store;
mod workers;

pub use api_keys::StoredApiKey;
pub use api_store::ApiStore;
pub use audit::AuditFilter;
pub use connection::StoreOptions;
pub use directory::DirectoryOutcome;
pub use enrolment::{
    EndedWorkerToken, EnrolOutcome, EnrolledWorker, LoginClosing, MintOutcome, NewEnrolToken,
    NewWorkerToken, RenewOutcome, RevokeOutcome, SecretHash,
};
pub use error::StoreError;
pub use identity::{SignInOutcome, SignedIn};
pub use job_logs::RunLogLine;
pub use operator_scope::{Crowd, LimitOutcome, OperatorScope, PauseOutcome, PauseWish};
pub use parent_results::{PARENTS_PAGE_BYTES, PARENTS_PAGE_ITEMS};
pub use person_scope::{AskedExport, DeletionReturn, ExportJob, PersonScope};
pub use tenant_scope::{
    ApiKeyCreation, BulkChange, BulkMode, JobFacts, JobFilter, KeptRequest, LogSelection,
    MEMBER_LIMIT_COUNT, MakerStanding, MemberChange, NewApiKey, NewProfile,
    OWNED_TENANT_LIMIT_COUNT, ProfileChange, ScheduleChange, ScheduleCreation, TenantChange,
    TenantScope, TenantStanding, UniqueKey,
};
pub use transitions::{
    Accepted, CancelOutcome, ClaimedJob, Completion, EndedRun, FailedRun, Failure, KeyedSubmission,
    RedriveOutcome, RequestKey, Rescued, Run, RunProgress, SettledDependencies, StagedCompletion,
    SubmitOutcome, SweptJobs, UnknownParent, YieldedRun,
};
pub use worker_store::{
    FiredSchedules, FreedPlace, LogRange, PartitionDrop, PlacedItem, Purge, PutOffSchedule,
    SweptLines, Upcoming, WorkerStore,
};
pub use workers::{CancelRequest, LeaseRenewal, NewWorker, ReconciliationFrame};
