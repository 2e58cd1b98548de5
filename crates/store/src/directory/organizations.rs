//! Organizations, which are tenants: there, renamed, or gone for good.

use gantry_domain::{AuditAction, DirectoryOrganization, Doorbell, TenantId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::Writing;
use super::entries::{Subject, bury, keep, lock};
use crate::StoreError;
use crate::statement::statement;

impl Writing<'_> {
    /// Writes an organization down as a tenant; nothing when it comes too late.
    pub(super) async fn change_organization(
        &self,
        organization: &DirectoryOrganization,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let tenant_id = self.tenant_id(organization);
        let entry = lock(self.transaction, Subject::Organization(tenant_id)).await?;
        if !entry.admits(self.notice.changed_at) {
            return Ok(None);
        }
        keep(
            self.transaction,
            Subject::Organization(tenant_id),
            self.notice.changed_at,
            None,
        )
        .await?;
        self.write_tenant(tenant_id, &organization.external_id, None)
            .await?;
        let sql = "UPDATE tenants SET name = $2, updated_at = now() WHERE id = $1 AND name IS DISTINCT FROM $2";
        let values = [tenant_id.as_uuid().into(), organization.name.clone().into()];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(Some(Vec::new()))
    }

    /// Closes the organization's tenant, ends every membership in it, and stops what it has under way: its schedules stand
    /// still and its waiting jobs are paused.
    pub(super) async fn delete_organization(
        &self,
        external_id: &str,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let tenant_id = TenantId::for_organization(&self.notice.issuer, external_id);
        let entry = lock(self.transaction, Subject::Organization(tenant_id)).await?;
        if entry.is_deleted {
            return Ok(None);
        }
        bury(
            self.transaction,
            Subject::Organization(tenant_id),
            self.notice.changed_at,
            None,
        )
        .await?;
        self.write_tenant(tenant_id, external_id, None).await?;
        // Memberships last: with them would go, unaudited, what lets in by them.
        for (action, change) in [
            (
                AuditAction::ApiKeyRevoked,
                "UPDATE api_keys SET revoked_at = now() WHERE tenant_id = $1 AND revoked_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
            (
                AuditAction::EnrolTokenWithdrawn,
                "DELETE FROM enrol_tokens WHERE tenant_id = $1 AND used_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
            (
                AuditAction::MemberRemoved,
                "DELETE FROM memberships WHERE tenant_id = $1 AND source = 'provider'
                 RETURNING tenant_id, user_id::text AS resource_id, jsonb_build_object('role', role) AS detail",
            ),
        ] {
            self.audit_each(action, change, [tenant_id.as_uuid()]).await?;
        }
        for sql in [
            "UPDATE tenants SET deleted_at = now(), updated_at = now() WHERE id = $1 AND deleted_at IS NULL",
            "UPDATE schedules SET paused_at = now(), next_run_at = NULL, updated_at = now()
             WHERE tenant_id = $1 AND paused_at IS NULL",
            // No person has paused them: the id is nobody's.
            "INSERT INTO pauses (scope, subject, reason, paused_by, paused_by_name)
             VALUES ('tenant', $1::text, 'The organization was deleted.', '00000000-0000-0000-0000-000000000000',
                'the identity provider')
             ON CONFLICT (scope, subject) DO NOTHING",
        ] {
            let closing = statement(sql, [tenant_id.as_uuid().into()]);
            self.transaction.execute_raw(closing).await?;
        }
        self.audit(
            Some(tenant_id),
            AuditAction::TenantDeleted,
            tenant_id.to_string(),
            json!({}),
        )
        .await?;
        Ok(Some(Vec::new()))
    }

    /// Writes a tenant down, unless it is there already.
    pub(super) async fn write_tenant(
        &self,
        tenant_id: TenantId,
        external_id: &str,
        name: Option<&str>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO tenants (id, issuer, external_id, name) VALUES ($1, $2, $3, $4)
            ON CONFLICT (id) DO NOTHING";
        let values = [
            tenant_id.as_uuid().into(),
            self.notice.issuer.as_str().into(),
            external_id.into(),
            name.map(str::to_owned).into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }

    pub(super) fn tenant_id(&self, organization: &DirectoryOrganization) -> TenantId {
        TenantId::for_organization(&self.notice.issuer, &organization.external_id)
    }
}
