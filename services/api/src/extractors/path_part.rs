//! The variable part of a path, read when the handler asks for it.

use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use gantry_domain::{
    ApiKeyId, BatchId, EnrolTokenId, JobId, KindName, LimitSubject, ProfileId, QueueName,
    ScheduleId, TenantId, UserId, WorkerTokenId,
};
use gantry_telemetry::fields;
use tracing::Span;

use crate::problem::{ApiError, ControlError};

/// The variable part of a path, such as the id in `/jobs/{id}`; of several the last, for the caller's sign-in has read the
/// tenant before it.
pub struct PathPart(String);

impl FromRequest for PathPart {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let part = request.match_info().iter().last().map(|(_, part)| part);
        ready(Ok(Self(part.unwrap_or_default().to_owned())))
    }
}

impl PathPart {
    /// The job it names, from here on named in the lines about this request.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn job_id(&self) -> Result<JobId, ApiError> {
        let job_id = JobId::from_str(&self.0).map_err(|_| ApiError::BadId)?;
        Span::current().record(fields::JOB_ID, job_id.to_string());
        Ok(job_id)
    }

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The profile it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn profile_id(&self) -> Result<ProfileId, ApiError> {
        ProfileId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The API key it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn api_key_id(&self) -> Result<ApiKeyId, ApiError> {
        ApiKeyId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The batch it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn batch_id(&self) -> Result<BatchId, ApiError> {
        BatchId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The schedule it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn schedule_id(&self) -> Result<ScheduleId, ApiError> {
        ScheduleId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The enrol token it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn enrol_token_id(&self) -> Result<EnrolTokenId, ApiError> {
        EnrolTokenId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The worker token it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn worker_token_id(&self) -> Result<WorkerTokenId, ApiError> {
        WorkerTokenId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The queue it names.
    ///
    /// # Errors
    /// No queue can have that name.
    pub fn queue_name(&self) -> Result<QueueName, ApiError> {
        QueueName::from_str(&self.0).map_err(|_| ControlError::QueueNotFound.into())
    }

    /// The tenant it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn tenant_id(&self) -> Result<TenantId, ApiError> {
        TenantId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The tenant it names, or every tenant for the word `default`.
    ///
    /// # Errors
    /// It is neither a UUID nor that word.
    pub fn limited_tenant(&self) -> Result<LimitSubject, ApiError> {
        LimitSubject::of_tenant(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The person it names.
    ///
    /// # Errors
    /// It is not a UUID.
    pub fn user_id(&self) -> Result<UserId, ApiError> {
        UserId::from_str(&self.0).map_err(|_| ApiError::BadId)
    }

    /// The kind it names.
    ///
    /// # Errors
    /// No kind can have that name.
    pub fn kind_name(&self) -> Result<KindName, ApiError> {
        KindName::from_str(&self.0).map_err(|_| ApiError::KindNotFound)
    }
}
