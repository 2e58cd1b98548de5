//! The audit log of the whole installation.

use gantry_domain::{AuditAction, AuditEvent, AuditEventId, TenantId};
use sea_orm::DatabaseTransaction;

use super::OperatorScope;
use crate::StoreError;
use crate::audit::{self, AuditEntry, AuditFilter, AuditReach};

impl OperatorScope<'_> {
    /// At most `limit` entries of all tenants that match, newest first, those after `before` in that order.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn read_audit(
        &self,
        filter: &AuditFilter,
        before: Option<AuditEventId>,
        limit: u32,
    ) -> Result<Vec<AuditEvent>, StoreError> {
        let transaction = self.begin().await?;
        let events = audit::list(
            &transaction,
            AuditReach::Installation,
            filter,
            before,
            limit,
        )
        .await?;
        transaction.commit().await?;
        Ok(events)
    }

    /// Writes down that an operator reads what `operation`, a path, tells of these resources.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn write_down_read(
        &self,
        tenant_id: Option<TenantId>,
        operation: &str,
        resources: serde_json::Value,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        self.audit(
            &transaction,
            tenant_id,
            AuditAction::AdminRead,
            operation,
            resources,
        )
        .await?;
        Ok(transaction.commit().await?)
    }

    /// Writes down that something was done to `resource_id`, which concerns that tenant, or the whole installation.
    pub(super) async fn audit(
        &self,
        transaction: &DatabaseTransaction,
        tenant_id: Option<TenantId>,
        action: AuditAction,
        resource_id: impl ToString,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            tenant_id,
            action,
            resource_id: resource_id.to_string(),
            detail,
        };
        audit::write(transaction, self.origin, entry).await
    }
}
