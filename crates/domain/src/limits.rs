//! What everything may measure at most; the answer at each limit stands beside it.

/// The largest payload as JSON text, in bytes; a larger one is refused with 413.
pub const PAYLOAD_LIMIT_BYTES: usize = 1024 * 1024;
/// The largest result as JSON text, in bytes; a larger one fails the job as `result_too_large`.
pub const RESULT_LIMIT_BYTES: usize = 4 * 1024 * 1024;
/// The largest progress report as JSON text, in bytes; a larger one is dropped with a warning in the job's log.
pub const PROGRESS_LIMIT_BYTES: usize = 8 * 1024;
/// How many jobs one batch may hold; a larger one is refused with 422.
pub const BATCH_LIMIT_JOBS: usize = 1_000;
/// How many parents a job may name; more are refused with 422.
pub const DEPENDENCY_LIMIT_COUNT: usize = 100;
/// How many parents the jobs of one batch may name in all; more are refused with 422.
pub const BATCH_LIMIT_DEPENDENCIES: usize = 10_000;
/// How many jobs one attempt may stage; a further one is refused to the handler.
pub const CHILD_LIMIT_COUNT: usize = 1_000;
/// How many bytes the payloads that one attempt stages may come to as JSON text; what goes beyond is refused to the handler.
pub const CHILDREN_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How many items a page holds unless the caller says otherwise.
pub const PAGE_DEFAULT_ITEMS: u32 = 50;
/// How many items a page may hold; a larger request is refused with 422.
pub const PAGE_LIMIT_ITEMS: u32 = 200;
/// How many lines from its end a log can be asked for; a larger request is refused with 422.
pub const LOG_TAIL_LIMIT_LINES: u32 = 1_000;
/// How many tags a job may carry.
pub const TAG_LIMIT_COUNT: usize = 20;
/// How long a tag may be, in characters.
pub const TAG_LIMIT_CHARACTERS: usize = 64;
/// How long a job's unique key may be, in characters.
pub const UNIQUE_KEY_LIMIT_CHARACTERS: usize = 255;
/// How long an idempotency key may be, in characters; a longer one is refused with 400.
pub const IDEMPOTENCY_KEY_LIMIT_CHARACTERS: usize = 255;
/// How many jobs one bulk operation changes at most; the answer says when more remain.
pub const BULK_LIMIT_JOBS: u32 = 1_000;
/// The longest timeout a job may ask for, in seconds: seven days.
pub const TIMEOUT_LIMIT_SECONDS: u32 = 7 * 24 * 3600;
/// The most attempts a job may ask for.
pub const MAX_ATTEMPTS_LIMIT: u32 = 100;
/// The longest delay before a first retry that a job may ask for, in seconds: a day.
pub const RETRY_BASE_LIMIT_SECONDS: u32 = 24 * 3600;
/// The longest delay before any retry that a job may ask for, in seconds: seven days.
pub const RETRY_MAX_LIMIT_SECONDS: u32 = 7 * 24 * 3600;
/// How long before its hard deadline an attempt is told that its time is running out, in seconds; of a short timeout a
/// fifth.
pub const SOFT_DEADLINE_GRACE_SECONDS: u32 = 240;
/// After this many losses a job is failed as poison.
pub const MAX_LOSSES: u32 = 3;
/// The longest log line, in bytes; the rest of a longer one is cut off.
pub const LOG_LINE_LIMIT_BYTES: usize = 16 * 1024;
/// How many log lines one attempt may store; then one line says that the log was truncated.
pub const LOG_ATTEMPT_LIMIT_LINES: u64 = 100_000;
/// How many bytes of log text one attempt may store; then one line says that the log was truncated.
pub const LOG_ATTEMPT_LIMIT_BYTES: u64 = 32 * 1024 * 1024;
/// How the line begins that says that an attempt's log was truncated; it stands on the stream `gantry`.
pub const LOG_TRUNCATED_TEXT: &str = "log truncated";
/// How many schedules a tenant may have; a further one is refused with 422.
pub const SCHEDULE_LIMIT_COUNT: u32 = 1_000;
/// How late a tick may be and still submit its job under the policy `skip`, in seconds; a later one is passed over.
pub const SCHEDULE_GRACE_SECONDS: i64 = 60;
/// How many ticks ahead a schedule shows.
pub const SCHEDULE_PREVIEW_TICKS: usize = 5;
/// How many API keys that work a tenant may have; a further one is refused with 422.
pub const API_KEY_LIMIT_COUNT: u32 = 200;
/// How long an API key may be valid, in days.
pub const API_KEY_LIMIT_DAYS: u32 = 365;
/// How long the name of an API key may be, in characters.
pub const API_KEY_NAME_LIMIT_CHARACTERS: usize = 100;
/// How many pauses may last at a time; a further one is refused with 422. Each claim looks at all of them.
pub const PAUSE_LIMIT_COUNT: u32 = 1_000;
/// How long the reason of a pause may be, in characters.
pub const PAUSE_REASON_LIMIT_CHARACTERS: usize = 500;
/// How many concurrency limits there may be; a further one is refused with 422. Each claim looks at all of them.
pub const CONCURRENCY_LIMIT_COUNT: u32 = 1_000;
/// The largest number of running jobs a concurrency limit can name; a larger one is refused with 422.
pub const CONCURRENCY_LIMIT_MOST_JOBS: u32 = 1_000_000;
/// How long a name of a person may be, in characters; a longer one is refused with 422, and one the identity provider tells
/// is cut off there.
pub const PERSON_NAME_LIMIT_CHARACTERS: usize = 100;
/// How long an enrol token can be used, in seconds, unless its minter says otherwise.
pub const ENROL_TOKEN_DEFAULT_SECONDS: u32 = 3_600;
/// The longest time for which an enrol token can be minted, in seconds.
pub const ENROL_TOKEN_LIMIT_SECONDS: u32 = 24 * 3_600;
/// How many queues one machine of a tenant's own may serve.
pub const ENROL_QUEUE_LIMIT_COUNT: usize = 16;
/// How many enrol tokens of a tenant may wait for their machines.
pub const ENROL_TOKEN_LIMIT_COUNT: u32 = 100;
/// How long a worker token is valid, in seconds, from its last renewal.
pub const WORKER_TOKEN_LIFETIME_SECONDS: u32 = 7 * 24 * 3_600;
/// How many machines of its own a tenant may have. Each may hold six connections to Postgres, of which there are few.
pub const WORKER_TOKEN_LIMIT_COUNT: u32 = 20;
/// How many queues may belong to one tenant.
pub const TENANT_QUEUE_LIMIT_COUNT: u32 = 100;
