//! What one person takes along and how they leave: each call sets the person, and their own space, for its transaction.

use gantry_domain::{
    AccountDeletion, AuditAction, AuditOrigin, DELETION_GRACE_DAYS, DELETION_RETURN_DAYS, Doorbell,
    EXPORT_KIND, ExportPart, JobId, JobState, TenantId, UserId, export_job,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, AuditEntry};
use crate::connection::Pool;
use crate::statement::{column, document, integer, statement, word};
use crate::transitions::submit_within;
use crate::{Accepted, StoreError};

/// How often a person can ask for an export, in seconds; asking again within that time gives the last one.
const EXPORT_INTERVAL_SECONDS: u32 = 3_600;

/// What one person takes along and how they leave.
#[derive(Debug, Clone, Copy)]
pub struct PersonScope<'a> {
    connection: &'a Pool,
    user_id: UserId,
    own_space: TenantId,
    origin: &'a AuditOrigin,
}

/// An export, asked for now or before.
#[derive(Debug, Clone, PartialEq)]
pub struct AskedExport {
    /// Its first job, which names it.
    pub job_id: JobId,
    /// The word for that job, if it is new.
    pub doorbells: Vec<Doorbell>,
}

/// A job of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportJob {
    /// The job.
    pub job_id: JobId,
    /// How it is doing.
    pub state: JobState,
}

/// What became of the wish to take a deletion back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeletionReturn {
    /// The account goes on.
    Returned,
    /// It is too late.
    TooLate,
    /// There was no such wish.
    NotRequested,
}

const DELETION_COLUMNS: &str = "requested_at, cancellable_until, purge_after, receipt_id";

impl<'a> PersonScope<'a> {
    pub(crate) const fn new(
        connection: &'a Pool,
        user_id: UserId,
        own_space: TenantId,
        origin: &'a AuditOrigin,
    ) -> Self {
        Self {
            connection,
            user_id,
            own_space,
            origin,
        }
    }

    /// Asks for an archive of everything that is the person's, or finds the one that was asked for within the hour.
    /// `entered` is the tenant in which they ask.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn ask_for_export(&self, entered: TenantId) -> Result<AskedExport, StoreError> {
        let transaction = self.begin().await?;
        // One at a time for each person, so that two at once make one export.
        let lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";
        let name = format!("{EXPORT_KIND}:{}", self.user_id);
        transaction
            .execute_raw(statement(lock, [name.into()]))
            .await?;
        let recent = "SELECT job_id FROM account_exports
            WHERE user_id = $1 AND requested_at > now() - make_interval(secs => $2)
            ORDER BY requested_at DESC LIMIT 1";
        let values = [
            self.user_id.as_uuid().into(),
            f64::from(EXPORT_INTERVAL_SECONDS).into(),
        ];
        if let Some(row) = transaction.query_one_raw(statement(recent, values)).await? {
            transaction.commit().await?;
            return Ok(AskedExport {
                job_id: JobId::from_uuid(column(&row, "job_id")?),
                doorbells: Vec::new(),
            });
        }
        let job = export_job(self.own_space, self.user_id);
        let accepted = submit_within(&transaction, std::slice::from_ref(&job)).await?;
        let ask = "INSERT INTO account_exports (job_id, user_id, tenant_id, entered_tenant_id)
            VALUES ($1, $2, $3, $4)";
        let values = [
            job.id.as_uuid().into(),
            self.user_id.as_uuid().into(),
            self.own_space.as_uuid().into(),
            entered.as_uuid().into(),
        ];
        transaction.execute_raw(statement(ask, values)).await?;
        self.audit(&transaction, AuditAction::AccountExported)
            .await?;
        transaction.commit().await?;
        let doorbell = |accepted: &Accepted| accepted.doorbell(&job);
        Ok(AskedExport {
            job_id: job.id,
            doorbells: accepted.iter().filter_map(doorbell).collect(),
        })
    }

    /// The jobs of an export that the person has asked for, in their order; none where there is no such export.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn export_jobs(&self, export: JobId) -> Result<Vec<ExportJob>, StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT jobs.id, jobs.state FROM account_exports JOIN jobs ON jobs.tenant_id = account_exports.tenant_id
            WHERE account_exports.job_id = $1 AND account_exports.user_id = $2 AND jobs.id >= $1 AND jobs.kind = $3
                AND jobs.created_by = $2 AND jobs.payload ->> 'export' = $1::text
            ORDER BY jobs.id";
        let values = [
            export.as_uuid().into(),
            self.user_id.as_uuid().into(),
            EXPORT_KIND.into(),
        ];
        let rows = transaction.query_all_raw(statement(sql, values)).await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                Ok(ExportJob {
                    job_id: JobId::from_uuid(column(row, "id")?),
                    state: word(row, "state")?,
                })
            })
            .collect()
    }

    /// What a job of an export has gathered; none while it has not ended well, and after its result was deleted.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn export_part(&self, job_id: JobId) -> Result<Option<ExportPart>, StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT result FROM jobs
            WHERE id = $1 AND created_by = $2 AND kind = $3 AND state = 'succeeded' AND result_deleted_at IS NULL";
        let values = [
            job_id.as_uuid().into(),
            self.user_id.as_uuid().into(),
            EXPORT_KIND.into(),
        ];
        let row = transaction.query_one_raw(statement(sql, values)).await?;
        transaction.commit().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        document("result", column(&row, "result")?).map(Some)
    }

    /// Lets the account end after its grace; asking again changes nothing.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn request_deletion(&self) -> Result<AccountDeletion, StoreError> {
        let transaction = self.begin().await?;
        let sql = "INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, cancellable_until, purge_after)
            VALUES ($1, $2, 'person', now() + make_interval(days => $3), now() + make_interval(days => $4))
            ON CONFLICT DO NOTHING";
        let values = [
            self.user_id.as_uuid().into(),
            self.own_space.as_uuid().into(),
            integer(DELETION_RETURN_DAYS).into(),
            integer(DELETION_GRACE_DAYS).into(),
        ];
        let asked = transaction.execute_raw(statement(sql, values)).await?;
        if asked.rows_affected() == 1 {
            self.audit(&transaction, AuditAction::AccountDeletionRequested)
                .await?;
        }
        let deletion = find(&transaction, self.user_id).await?;
        transaction.commit().await?;
        deletion.ok_or_else(|| StoreError::UnknownContent {
            column: "user_id",
            reason: "the wish that was just written is not there".to_owned(),
        })
    }

    /// The wish to end the account, if there is one.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_deletion(&self) -> Result<Option<AccountDeletion>, StoreError> {
        let transaction = self.begin().await?;
        let deletion = find(&transaction, self.user_id).await?;
        transaction.commit().await?;
        Ok(deletion)
    }

    /// Takes the wish back, while there is time.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn cancel_deletion(&self) -> Result<DeletionReturn, StoreError> {
        let transaction = self.begin().await?;
        // The schema's policy sees to it too.
        let sql = "DELETE FROM account_deletions
            WHERE user_id = $1 AND cancellable_until > now() AND closed_at IS NULL";
        let values = [self.user_id.as_uuid().into()];
        let returned = transaction.execute_raw(statement(sql, values)).await?;
        if returned.rows_affected() == 1 {
            self.audit(&transaction, AuditAction::AccountDeletionCancelled)
                .await?;
            transaction.commit().await?;
            return Ok(DeletionReturn::Returned);
        }
        let still_there = find(&transaction, self.user_id).await?;
        transaction.commit().await?;
        Ok(still_there.map_or(DeletionReturn::NotRequested, |_| DeletionReturn::TooLate))
    }

    async fn audit(
        &self,
        transaction: &DatabaseTransaction,
        action: AuditAction,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            tenant_id: Some(self.own_space),
            action,
            resource_id: self.user_id.to_string(),
            detail: json!({}),
        };
        audit::write(transaction, Some(self.origin), entry).await
    }

    /// A transaction that sees this person's rows and those of their own space; the settings end with it.
    async fn begin(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = self.connection.begin().await?;
        transaction
            .execute_raw(statement(
                "SELECT set_config('app.person_id', $1, true), set_config('app.tenant_id', $2, true)",
                [
                    self.user_id.to_string().into(),
                    self.own_space.to_string().into(),
                ],
            ))
            .await?;
        Ok(transaction)
    }
}

async fn find(
    transaction: &DatabaseTransaction,
    user_id: UserId,
) -> Result<Option<AccountDeletion>, StoreError> {
    let sql = format!("SELECT {DELETION_COLUMNS} FROM account_deletions WHERE user_id = $1");
    let row = transaction
        .query_one_raw(statement(&sql, [user_id.as_uuid().into()]))
        .await?;
    row.as_ref().map(deletion).transpose()
}

fn deletion(row: &QueryResult) -> Result<AccountDeletion, StoreError> {
    Ok(AccountDeletion {
        requested_at: column(row, "requested_at")?,
        cancellable_until: column(row, "cancellable_until")?,
        purge_after: column(row, "purge_after")?,
        receipt_id: column::<Uuid>(row, "receipt_id")?,
    })
}
