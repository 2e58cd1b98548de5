//! The store as the API holds it: one tenant at a time, and the doors for signing in and submitting.

use std::collections::HashMap;

use gantry_domain::{
    AuditOrigin, Cohorts, DirectoryNotice, Doorbell, Kind, NewJob, QueueName, TenantId, UserId,
};

use crate::connection::{Pool, ServiceRole, check_row_security, open};
use crate::directory::{self, DirectoryOutcome};
use crate::door::Door;
use crate::identity::{SignInOutcome, SignedIn, remember};
use crate::transitions::{
    Accepted, DependentJobs, KeyedSubmission, SubmitOutcome, submit, submit_dependent, submit_keyed,
};
use crate::{
    OperatorScope, PersonScope, StoreError, StoreOptions, StoredApiKey, TenantScope, api_keys,
    enrolment, kinds,
};

/// How many connections submissions use; concurrent ones share a statement, so few are enough.
const SUBMIT_CONNECTIONS: u32 = 2;

/// The store as the API holds it, with the rights of the role `gantry_api`.
#[derive(Debug, Clone)]
pub struct ApiStore {
    pub(crate) tenants: Pool,
    submissions: Pool,
}

impl ApiStore {
    /// Prepares the pools; the first statement connects.
    ///
    /// # Errors
    /// The URL cannot be understood.
    pub async fn open(options: &StoreOptions) -> Result<Self, StoreError> {
        let role = ServiceRole::Api;
        Ok(Self {
            tenants: open(options, options.max_connections, role, None).await?,
            submissions: open(options, SUBMIT_CONNECTIONS, role, Some(Door::Submit)).await?,
        })
    }

    /// Whether Postgres answers, has the schema, and holds this login by row-level security.
    ///
    /// # Errors
    /// It does not; the error says which.
    pub async fn check(&self) -> Result<(), StoreError> {
        check_row_security(&self.tenants, ServiceRole::Api, None).await?;
        check_row_security(&self.submissions, ServiceRole::Api, Some(Door::Submit)).await
    }

    /// Whether Postgres answers.
    ///
    /// # Errors
    /// It does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.tenants.ping().await?)
    }

    /// Everything of one tenant, and nothing else.
    pub fn tenant(&self, tenant_id: TenantId) -> TenantScope<'_> {
        TenantScope::new(&self.tenants, tenant_id)
    }

    /// What concerns every tenant; for operators only.
    pub fn operator(&self) -> OperatorScope<'_> {
        OperatorScope::new(&self.tenants)
    }

    /// What one person takes along and how they leave; what is audited is done by the actor of `origin`.
    pub fn person<'a>(
        &'a self,
        user_id: UserId,
        own_space: TenantId,
        origin: &'a AuditOrigin,
    ) -> PersonScope<'a> {
        PersonScope::new(&self.tenants, user_id, own_space, origin)
    }

    /// Writes down who signed in and for which tenant, before anything else of theirs is written; nothing for someone whose
    /// account is gone.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn remember(&self, signed_in: &SignedIn) -> Result<SignInOutcome, StoreError> {
        self.tenants
            .within_transaction_limit(Box::pin(remember(&self.tenants, signed_in)))
            .await
    }

    /// Takes a notice of the identity provider: once, whatever often it comes, and unless something later was told before.
    /// A person who is new gets a profile, in one of the `cohorts`.
    ///
    /// # Errors
    /// Postgres cannot be reached; taking the same notice again is safe.
    pub async fn take_notice(
        &self,
        notice: &DirectoryNotice,
        cohorts: &Cohorts,
    ) -> Result<DirectoryOutcome, StoreError> {
        let taking = directory::apply(&self.tenants, notice, cohorts);
        self.tenants
            .within_transaction_limit(Box::pin(taking))
            .await
    }

    /// The API key of a public part, with the person it acts for; whether the secret is right is for the caller to find out.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_api_key(&self, public_id: &str) -> Result<Option<StoredApiKey>, StoreError> {
        self.tenants
            .within_transaction_limit(Box::pin(api_keys::find(&self.tenants, public_id)))
            .await
    }

    /// Accepts jobs of any number of tenants with one statement and one commit: all of them, or none.
    ///
    /// # Errors
    /// Postgres cannot be reached or refused a row; then no job was accepted. After a lost connection the outcome is
    /// unknown.
    pub async fn submit(&self, jobs: &[NewJob]) -> Result<Vec<Accepted>, StoreError> {
        submit(&self.submissions, jobs).await
    }

    /// Accepts the jobs of requests that carry keys of any sort, each request's all or none, with one commit. There is no
    /// answer, and nothing was accepted, when one of several requests could be accepted in part only; a single one always
    /// has its answer.
    ///
    /// # Errors
    /// As for [`Self::submit`].
    pub async fn submit_keyed(
        &self,
        submissions: &[KeyedSubmission],
    ) -> Result<Option<Vec<SubmitOutcome>>, StoreError> {
        self.submissions
            .within_transaction_limit(Box::pin(submit_keyed(&self.submissions, submissions)))
            .await
    }

    /// Accepts the jobs of one request of which some wait for others, all or none, with the words for those that do not
    /// wait. It costs several statements, and may wait for a parent that is just being written.
    ///
    /// # Errors
    /// As for [`Self::submit`].
    pub async fn submit_dependent(
        &self,
        submission: &KeyedSubmission,
    ) -> Result<(SubmitOutcome, Vec<Doorbell>), StoreError> {
        let submitting = submit_dependent(&self.tenants, submission);
        let DependentJobs { outcome, doorbells } =
            self.tenants.within_transaction_limit(submitting).await?;
        Ok((outcome, doorbells))
    }

    /// Every kind that was ever announced, by name.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn kinds(&self) -> Result<Vec<Kind>, StoreError> {
        kinds::list(&self.tenants).await
    }

    /// Whose which queue is, for those that belong to one tenant alone.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn queue_owners(&self) -> Result<HashMap<QueueName, TenantId>, StoreError> {
        enrolment::queue_owners(&self.submissions).await
    }

    /// The words for jobs that were just accepted and are to be run at once.
    pub fn doorbells(jobs: &[NewJob], accepted: &[Accepted]) -> Vec<Doorbell> {
        jobs.iter()
            .zip(accepted)
            .filter_map(|(job, accepted)| accepted.doorbell(job))
            .collect()
    }
}
