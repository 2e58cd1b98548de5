//! Pure words of the job service: ids, jobs, the state machine, retry arithmetic, timetables, kinds and log lines.

mod api_key;
mod attempt;
mod audit;
mod batch;
mod cohort;
mod concurrency_limit;
mod cron;
mod departure;
mod dependency;
mod directory;
mod doorbell;
mod email;
mod email_address;
mod enrolment;
mod failure;
mod idempotency_key;
mod ids;
mod internal_kind;
mod job;
mod kind;
mod limits;
mod log;
mod membership;
mod name;
mod on_conflict;
mod pause;
mod priority;
mod profile;
mod queue_status;
mod request_rate;
mod retention;
mod retry;
mod role;
mod schedule;
mod state;
mod submission;
mod tenant_shard;
mod time_zone;
mod timetable;
mod word;
mod worker;

pub use api_key::ApiKeySummary;
pub use attempt::{Attempt, AttemptOutcome};
pub use audit::{ActorKind, AuditAction, AuditEvent, AuditOrigin};
pub use batch::{Batch, StateCounts};
pub use cohort::Cohorts;
pub use concurrency_limit::{ConcurrencyLimit, LimitScope, LimitSubject};
pub use cron::{CRON_LIMIT_CHARACTERS, Cron, InvalidCron};
pub use departure::{
    AccountDeletion, DELETION_GRACE_DAYS, DELETION_RETURN_DAYS, EXPORT_KIND, ExportItem,
    ExportPart, ExportPlace, ExportSection, export_declaration, export_job,
};
pub use dependency::{Dependency, OnParentFailure, ParentReference, ParentResult};
pub use directory::{
    DirectoryEvent, DirectoryMembership, DirectoryNotice, DirectoryOrganization, DirectoryUser,
};
pub use doorbell::Doorbell;
pub use email::{EMAIL_KIND, EmailRequest, EmailTemplate};
pub use email_address::{EMAIL_LIMIT_BYTES, EmailAddress, InvalidEmailAddress};
pub use enrolment::{EnrolToken, WorkerToken, WorkerTokenState};
pub use failure::{JobFailure, failure_code};
pub use idempotency_key::{IdempotencyKey, InvalidIdempotencyKey};
pub use ids::{
    ApiKeyId, AuditEventId, BatchId, EnrolTokenId, InvalidId, JobId, MembershipId, ProfileId,
    ScheduleId, TenantId, UserId, WorkerId, WorkerTokenId,
};
pub use internal_kind::INTERNAL_KINDS;
pub use job::{Job, JobSummary};
pub use kind::{Kind, KindDeclaration, RetryDelays, RetryPolicy};
pub use limits::{
    API_KEY_LIMIT_COUNT, API_KEY_LIMIT_DAYS, API_KEY_NAME_LIMIT_CHARACTERS,
    BATCH_LIMIT_DEPENDENCIES, BATCH_LIMIT_JOBS, BULK_LIMIT_JOBS, CHILD_LIMIT_COUNT,
    CHILDREN_LIMIT_BYTES, CONCURRENCY_LIMIT_COUNT, CONCURRENCY_LIMIT_MOST_JOBS,
    DEPENDENCY_LIMIT_COUNT, ENROL_QUEUE_LIMIT_COUNT, ENROL_TOKEN_DEFAULT_SECONDS,
    ENROL_TOKEN_LIMIT_COUNT, ENROL_TOKEN_LIMIT_SECONDS, IDEMPOTENCY_KEY_LIMIT_CHARACTERS,
    LOG_ATTEMPT_LIMIT_BYTES, LOG_ATTEMPT_LIMIT_LINES, LOG_LINE_LIMIT_BYTES, LOG_TAIL_LIMIT_LINES,
    LOG_TRUNCATED_TEXT, MAX_ATTEMPTS_LIMIT, MAX_LOSSES, PAGE_DEFAULT_ITEMS, PAGE_LIMIT_ITEMS,
    PAUSE_LIMIT_COUNT, PAUSE_REASON_LIMIT_CHARACTERS, PAYLOAD_LIMIT_BYTES,
    PERSON_NAME_LIMIT_CHARACTERS, PROGRESS_LIMIT_BYTES, RESULT_LIMIT_BYTES,
    RETRY_BASE_LIMIT_SECONDS, RETRY_MAX_LIMIT_SECONDS, SCHEDULE_GRACE_SECONDS,
    SCHEDULE_LIMIT_COUNT, SCHEDULE_PREVIEW_TICKS, SOFT_DEADLINE_GRACE_SECONDS,
    TAG_LIMIT_CHARACTERS, TAG_LIMIT_COUNT, TENANT_QUEUE_LIMIT_COUNT, TIMEOUT_LIMIT_SECONDS,
    UNIQUE_KEY_LIMIT_CHARACTERS, WORKER_TOKEN_LIFETIME_SECONDS, WORKER_TOKEN_LIMIT_COUNT,
};
pub use log::{InvalidLogCursor, LogCursor, LogLevel, LogLine, LogStream};
pub use membership::{Member, MembershipSource, Tenant};
pub use name::{CohortName, InvalidName, KindName, QueueName, ScheduleName};
pub use on_conflict::OnConflict;
pub use pause::{Pause, PauseScope, PauseSubject, RunningJobs};
pub use priority::Priority;
pub use profile::Profile;
pub use queue_status::{QueueDepth, QueueRates, QueueStatus};
pub use request_rate::{AgreedRate, REQUEST_RATE_LIMIT_PER_HOUR, RequestBudget, RequestRate, Tier};
pub use retention::{InvalidRetention, RETENTION_LIMIT_DAYS, RetentionPeriods};
pub use retry::{retry_budget_is_spent, retry_delay, soft_deadline};
pub use role::Role;
pub use schedule::{Firing, MissedPolicy, NewSchedule, Schedule, ScheduleSummary, ScheduleTerms};
pub use state::{Cause, JobState, TRANSITIONS, Transition};
pub use submission::NewJob;
pub use tenant_shard::TenantShard;
pub use time_zone::{InvalidTimeZone, TimeZone};
pub use timetable::Timetable;
pub use word::UnknownWord;
pub use worker::{WorkerState, WorkerSummary};
