//! Agreeing upon another tier or rate with a tenant.

use gantry_domain::{AgreedRate, AuditAction, RequestRate, TenantId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::OperatorScope;
use crate::StoreError;
use crate::agreed_rate::{AGREED_RATE_COLUMNS, agreed_rate};
use crate::statement::{integer, statement};

impl OperatorScope<'_> {
    /// Gives the tenant a tier, and a rate of its own or none; says what holds now. Nothing when nobody has signed in for
    /// the tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn set_agreed_rate(
        &self,
        tenant_id: TenantId,
        agreed: AgreedRate,
    ) -> Result<Option<AgreedRate>, StoreError> {
        let transaction = self.begin().await?;
        let own_per_hour = agreed.own_rate.map(RequestRate::requests_per_hour);
        let sql = format!(
            "UPDATE tenants SET tier = $2, requests_per_hour = $3 WHERE id = $1 RETURNING {AGREED_RATE_COLUMNS}"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [
                    tenant_id.as_uuid().into(),
                    agreed.tier.as_str().into(),
                    own_per_hour.map(integer).into(),
                ],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let detail = json!({ "tier": agreed.tier, "requests_per_hour": own_per_hour });
        self.audit(
            &transaction,
            Some(tenant_id),
            AuditAction::TenantTierChanged,
            tenant_id.to_string(),
            detail,
        )
        .await?;
        transaction.commit().await?;
        agreed_rate(&row).map(Some)
    }
}
