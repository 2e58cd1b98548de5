//! Every way a request can fail, with its HTTP status, code and words: RFC 9457 problem documents.

mod answer;
mod api_key;
mod causes;
mod control;
mod document;
mod enrolment;
mod people;
mod rate_limit;
mod schedule;
mod tenancy;

pub use api_key::ApiKeyError;
pub use control::ControlError;
pub use document::{PROBLEM_JSON, Problem};
pub use enrolment::EnrolmentError;
pub use people::PeopleError;
pub use rate_limit::RateLimited;
pub use schedule::ScheduleError;
pub use tenancy::TenancyError;

use actix_web::http::StatusCode;
use gantry_auth::AuthError;
use gantry_domain::{
    BATCH_LIMIT_JOBS, IDEMPOTENCY_KEY_LIMIT_CHARACTERS, JobId, JobState, PAYLOAD_LIMIT_BYTES,
};

use self::causes::classify_auth;
use crate::faults::Fault;

/// Why a request failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ApiError {
    /// The body is no JSON.
    #[error("The body is not valid JSON: {reason} at line {line}, column {column}.")]
    MalformedJson {
        /// What the reader stumbled over.
        reason: String,
        /// Where, from 1.
        line: usize,
        /// Where in the line, from 1.
        column: usize,
    },
    /// The connection broke while the body was read.
    #[error("The body ended before it was complete.")]
    IncompleteBody,
    /// The body did not arrive in time.
    #[error("The body did not arrive within {limit_seconds} seconds.")]
    BodyTooSlow {
        /// How long it may take.
        limit_seconds: u64,
    },
    /// The body is larger than the limit.
    #[error("The body is larger than {limit_bytes} bytes.")]
    BodyTooLarge {
        /// The limit.
        limit_bytes: usize,
    },
    /// A payload is larger than the limit.
    #[error("The payload at {path} is larger than {PAYLOAD_LIMIT_BYTES} bytes as JSON.")]
    PayloadTooLarge {
        /// Which payload.
        path: String,
    },
    /// The body is not announced as JSON.
    #[error("Send the body as Content-Type: application/json, without Content-Encoding.")]
    UnsupportedMediaType,
    /// The request was read, and has faults.
    #[error("Each fault is listed in errors with its place.")]
    InvalidRequest(Vec<Fault>),
    /// No worker ever announced the kind.
    #[error(
        "No worker has announced a kind of this name; GET /api/v1/kinds lists those there are."
    )]
    UnknownKind(Vec<Fault>),
    /// A batch with more jobs than allowed.
    #[error("A batch holds 1 to {BATCH_LIMIT_JOBS} jobs.")]
    BatchSize,
    /// A cursor that this API did not hand out.
    #[error("The cursor is not one of this list: use next_cursor of the page before, unchanged.")]
    BadCursor,
    /// A log cursor that cannot be read.
    #[error("The log cursor must be ATTEMPT.SEQ, for instance 1.42.")]
    BadLogCursor,
    /// An id in the path that is no UUID.
    #[error("The id in the path is not a UUID.")]
    BadId,
    /// No such job in the caller's tenant.
    #[error("There is no such job.")]
    JobNotFound,
    /// No such batch in the caller's tenant.
    #[error("There is no such batch; only those with a callback are kept as batches.")]
    BatchNotFound,
    /// No such kind.
    #[error("There is no such kind; GET /api/v1/kinds lists those there are.")]
    KindNotFound,
    /// A job that someone else of the tenant submitted.
    #[error("Only who submitted the job, or an owner or admin of the tenant, may do this.")]
    NotTheOwner,
    /// The job ended in another way before.
    #[error("The job has already ended as {0}.")]
    JobAlreadyEnded(JobState),
    /// The job has not failed and was not cancelled.
    #[error("Only a failed or cancelled job can be run again.")]
    JobNotRedrivable,
    /// A header that is no idempotency key.
    #[error(
        "Idempotency-Key must be 1 to {IDEMPOTENCY_KEY_LIMIT_CHARACTERS} visible ASCII characters without spaces, sent once."
    )]
    BadIdempotencyKey,
    /// Another request was made under the same idempotency key.
    #[error("This Idempotency-Key was used for another request; use a new key for a new request.")]
    IdempotencyKeyReused,
    /// Another live job holds the unique key.
    #[error("A live job of this kind holds this unique_key; it is free again when that has ended.")]
    UniqueKeyTaken {
        /// That job; none when it has ended just now.
        live_job_id: Option<JobId>,
        /// Where the key stands in the request, if it does.
        faults: Vec<Fault>,
    },
    /// Others were faster with the same keys again and again.
    #[error("Other requests with the same key came in between; nothing was accepted.")]
    KeyContended,
    /// A request about schedules.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// A request about people.
    #[error(transparent)]
    People(#[from] PeopleError),
    /// A request of operators.
    #[error(transparent)]
    Control(#[from] ControlError),
    /// A request about tenants and members, or a right that is missing.
    #[error(transparent)]
    Tenancy(#[from] TenancyError),
    /// A request with or about API keys.
    #[error(transparent)]
    ApiKey(#[from] ApiKeyError),
    /// One request too many.
    #[error(transparent)]
    RateLimited(#[from] RateLimited),
    /// A request about machines of tenants' own.
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    /// No such route.
    #[error("There is nothing at this path; GET /api/v1/openapi.json lists what there is.")]
    RouteNotFound,
    /// The route exists, the method does not.
    #[error("This path answers {allowed} only.")]
    MethodNotAllowed {
        /// The methods, separated by commas.
        allowed: String,
    },
    /// Sign-in refused.
    #[error("{}", .0.public_message())]
    Auth(AuthError),
    /// The API has not reached its database since its start.
    #[error("The API is starting: it has not reached its database yet.")]
    Starting,
    /// Postgres does not answer.
    #[error(
        "The database does not answer at the moment; whether the request took effect is unknown."
    )]
    DatabaseUnavailable {
        /// For the log.
        cause: String,
    },
    /// More submissions wait than memory is set aside for.
    #[error("Too many submissions are waiting; nothing was accepted.")]
    Overloaded,
    /// More log followers than allowed.
    #[error("{limit} log followers are connected to this process, as many as it takes.")]
    TooManyFollowers {
        /// The limit.
        limit: usize,
    },
    /// The process is ending.
    #[error("The API is stopping; nothing was accepted.")]
    Stopping,
    /// A defect.
    #[error("Something went wrong that should not have; the operator finds it by the request_id.")]
    Internal {
        /// For the log.
        cause: String,
    },
    /// An answer of the framework itself.
    #[error("The request was refused: {0}.")]
    Framework(StatusCode),
}

impl ApiError {
    /// A defect, with words for the log.
    pub fn internal(cause: impl ToString) -> Self {
        Self::Internal {
            cause: cause.to_string(),
        }
    }

    /// The status, the code and the title: the one place where they are decided.
    fn classify(&self) -> (StatusCode, &'static str, &'static str) {
        use StatusCode as Status;
        match self {
            Self::MalformedJson { .. } => (
                Status::BAD_REQUEST,
                "malformed_json",
                "The body is not JSON",
            ),
            Self::IncompleteBody => (
                Status::BAD_REQUEST,
                "incomplete_body",
                "The body is incomplete",
            ),
            Self::BadCursor | Self::BadLogCursor => (
                Status::BAD_REQUEST,
                "bad_cursor",
                "The cursor cannot be read",
            ),
            Self::BadId => (Status::BAD_REQUEST, "bad_id", "The id cannot be read"),
            Self::BodyTooSlow { .. } => (
                Status::REQUEST_TIMEOUT,
                "body_too_slow",
                "The body took too long",
            ),
            Self::BodyTooLarge { .. } => (
                Status::PAYLOAD_TOO_LARGE,
                "body_too_large",
                "The body is too large",
            ),
            Self::PayloadTooLarge { .. } => (
                Status::PAYLOAD_TOO_LARGE,
                "payload_too_large",
                "A payload is too large",
            ),
            Self::UnsupportedMediaType => (
                Status::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "The body is not announced as JSON",
            ),
            Self::InvalidRequest(_) => (
                Status::UNPROCESSABLE_ENTITY,
                "invalid_request",
                "The request has faults",
            ),
            Self::UnknownKind(_) => (
                Status::UNPROCESSABLE_ENTITY,
                "unknown_kind",
                "The kind is not known",
            ),
            Self::BatchSize => (
                Status::UNPROCESSABLE_ENTITY,
                "batch_size",
                "The batch is empty or too large",
            ),
            Self::JobNotFound => (Status::NOT_FOUND, "job_not_found", "There is no such job"),
            Self::BatchNotFound => (
                Status::NOT_FOUND,
                "batch_not_found",
                "There is no such batch",
            ),
            Self::KindNotFound => (Status::NOT_FOUND, "kind_not_found", "There is no such kind"),
            Self::RouteNotFound => (
                Status::NOT_FOUND,
                "route_not_found",
                "There is nothing here",
            ),
            Self::MethodNotAllowed { .. } => (
                Status::METHOD_NOT_ALLOWED,
                "method_not_allowed",
                "The method is not allowed here",
            ),
            Self::NotTheOwner => (
                Status::FORBIDDEN,
                "not_the_owner",
                "The job is someone else's",
            ),
            Self::JobAlreadyEnded(_) => (
                Status::CONFLICT,
                "job_already_ended",
                "The job has already ended",
            ),
            Self::JobNotRedrivable => (
                Status::CONFLICT,
                "job_not_redrivable",
                "The job cannot be run again",
            ),
            Self::BadIdempotencyKey => (
                Status::BAD_REQUEST,
                "bad_idempotency_key",
                "The idempotency key cannot be read",
            ),
            Self::IdempotencyKeyReused => (
                Status::CONFLICT,
                "idempotency_key_reused",
                "The idempotency key was used before",
            ),
            Self::UniqueKeyTaken { .. } => (
                Status::CONFLICT,
                "unique_key_taken",
                "The unique key is taken",
            ),
            Self::KeyContended => (
                Status::SERVICE_UNAVAILABLE,
                "key_contended",
                "Too many use this key at once",
            ),
            Self::Schedule(error) => error.classify(),
            Self::Control(error) => error.classify(),
            Self::Enrolment(error) => error.classify(),
            Self::Tenancy(error) => error.classify(),
            Self::People(error) => error.classify(),
            Self::ApiKey(error) => error.classify(),
            Self::RateLimited(error) => error.classify(),
            Self::Auth(error) => classify_auth(error),
            Self::Starting => (
                Status::SERVICE_UNAVAILABLE,
                "starting",
                "The API is starting",
            ),
            Self::Stopping => (
                Status::SERVICE_UNAVAILABLE,
                "stopping",
                "The API is stopping",
            ),
            Self::DatabaseUnavailable { .. } => (
                Status::SERVICE_UNAVAILABLE,
                "database_unavailable",
                "The database does not answer",
            ),
            Self::Overloaded => (
                Status::SERVICE_UNAVAILABLE,
                "overloaded",
                "Too much is waiting",
            ),
            Self::TooManyFollowers { .. } => (
                Status::SERVICE_UNAVAILABLE,
                "too_many_followers",
                "Too many followers",
            ),
            Self::Internal { .. } => (
                Status::INTERNAL_SERVER_ERROR,
                "internal",
                "Something went wrong",
            ),
            Self::Framework(status) => (*status, "refused", "The request was refused"),
        }
    }

    /// What only the log may know.
    pub fn cause(&self) -> Option<String> {
        match self {
            Self::Internal { cause } | Self::DatabaseUnavailable { cause } => Some(cause.clone()),
            Self::Auth(error) => Some(error.to_string()),
            _ => None,
        }
    }

    /// The document for the caller.
    pub fn problem(&self, request_id: &str, trace_id: Option<String>) -> Problem {
        let (status, code, title) = self.classify();
        let errors = match self {
            Self::InvalidRequest(faults)
            | Self::UnknownKind(faults)
            | Self::UniqueKeyTaken { faults, .. } => faults.clone(),
            _ => Vec::new(),
        };
        let job_id = match self {
            Self::UniqueKeyTaken { live_job_id, .. } => *live_job_id,
            _ => None,
        };
        Problem {
            kind: format!("urn:gantry:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: self.to_string(),
            code,
            request_id: request_id.to_owned(),
            trace_id,
            job_id,
            errors,
        }
    }
}
