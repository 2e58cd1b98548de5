//! Tenants that people made and whose last owner is gone: who has belonged to them longest owns them from then on.

use gantry_domain::{AuditAction, Role, TenantId, UserId};
use sea_orm::ConnectionTrait;
use serde_json::json;
use uuid::Uuid;

use super::Writing;
use crate::StoreError;
use crate::statement::{column, statement, word};

impl Writing<'_> {
    /// Gives every tenant that this person, whose entry is buried, alone owned to whoever follows them; the schema's
    /// function chooses, for those too who end their account themselves.
    pub(super) async fn replace_last_owner(&self, user_id: UserId) -> Result<(), StoreError> {
        let sql = "SELECT tenant_id, user_id, former_role FROM replace_last_owner($1)";
        let values = [user_id.as_uuid().into()];
        let promoted = self.transaction.query_all_raw(statement(sql, values));
        let promoted = promoted.await?;
        for row in promoted {
            let tenant_id = TenantId::from_uuid(column(&row, "tenant_id")?);
            let heir: Uuid = column(&row, "user_id")?;
            let before: Role = word(&row, "former_role")?;
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
