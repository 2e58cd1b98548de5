//! Tenants that people made and whose last owner is gone: who has belonged to them longest owns them from then on.

use gantry_domain::{AuditAction, Role, TenantId, UserId};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::Writing;
use crate::StoreError;
use crate::statement::{column, statement, word};

impl Writing<'_> {
    /// Gives every tenant that this person, whose entry is buried, alone owned to its longest-standing administrator, or
    /// else member; one without either keeps what it has.
    pub(super) async fn replace_last_owner(&self, user_id: UserId) -> Result<(), StoreError> {
        // Whoever changes members locks the tenant's row too, so that nobody counts on an owner who is about to leave.
        let lock = "
            SELECT FROM tenants WHERE issuer = 'gantry' AND deleted_at IS NULL
                AND id IN (SELECT tenant_id FROM memberships WHERE user_id = $1 AND role = 'owner')
            ORDER BY id FOR UPDATE";
        let promote = "
            WITH living AS (
                SELECT * FROM memberships
                WHERE source = 'gantry' AND tenant_id IN (
                        SELECT memberships.tenant_id FROM memberships JOIN tenants ON tenants.id = memberships.tenant_id
                        WHERE memberships.user_id = $1 AND memberships.role = 'owner' AND tenants.deleted_at IS NULL)
                    AND NOT EXISTS (
                        SELECT FROM directory_entries
                        WHERE kind = 'user' AND id = memberships.user_id AND deleted_at IS NOT NULL)
            ), heirs AS (
                SELECT DISTINCT ON (tenant_id) tenant_id, user_id, role FROM living
                WHERE role IN ('admin', 'member') AND NOT EXISTS (
                    SELECT FROM living AS owner WHERE owner.tenant_id = living.tenant_id AND owner.role = 'owner')
                ORDER BY tenant_id, role = 'admin' DESC, created_at, user_id
            )
            UPDATE memberships SET role = 'owner', updated_at = now() FROM heirs
            WHERE memberships.tenant_id = heirs.tenant_id AND memberships.user_id = heirs.user_id
            RETURNING memberships.tenant_id, memberships.user_id, heirs.role AS role";
        let values = || [user_id.as_uuid().into()];
        self.transaction
            .execute_raw(statement(lock, values()))
            .await?;
        let promoted = self
            .transaction
            .query_all_raw(statement(promote, values()))
            .await?;
        for row in promoted {
            let tenant_id = TenantId::from_uuid(column(&row, "tenant_id")?);
            let heir: Uuid = column(&row, "user_id")?;
            let before: Role = word(&row, "role")?;
            let detail = json!({"from": before, "to": Role::Owner});
            self.audit(
                Some(tenant_id),
                AuditAction::MemberRoleChanged,
                UserId::from_uuid(heir).to_string(),
                detail,
            )
            .await?;
        }
        Ok(())
    }
}
