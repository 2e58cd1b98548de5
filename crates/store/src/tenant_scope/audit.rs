//! The tenant's part of the audit log.

use gantry_domain::{AuditAction, AuditEvent, AuditEventId};
use sea_orm::DatabaseTransaction;

use super::TenantScope;
use crate::StoreError;
use crate::audit::{self, AuditEntry, AuditFilter, AuditReach};

impl TenantScope<'_> {
    /// At most `limit` entries that match, newest first, those after `before` in that order.
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
        let events = audit::list(&transaction, AuditReach::Tenant, filter, before, limit).await?;
        transaction.commit().await?;
        Ok(events)
    }

    /// Writes down that an owner or admin reads what `operation`, a path, tells of these resources.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn write_down_read(
        &self,
        operation: &str,
        resources: serde_json::Value,
    ) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        self.audit(&transaction, AuditAction::AdminRead, operation, resources)
            .await?;
        Ok(transaction.commit().await?)
    }

    /// Writes down that something of this tenant was done to `resource_id`.
    pub(crate) async fn audit(
        &self,
        transaction: &DatabaseTransaction,
        action: AuditAction,
        resource_id: impl ToString,
        detail: serde_json::Value,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            tenant_id: Some(self.tenant_id),
            action,
            resource_id: resource_id.to_string(),
            detail,
        };
        audit::write(transaction, self.origin, entry).await
    }
}
