//! How long a tenant's finished jobs, results and logs are kept.

use gantry_domain::{AuditAction, RetentionPeriods};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::TenantScope;
use crate::StoreError;
use crate::statement::{column, count, integer, statement};

impl TenantScope<'_> {
    /// The tenant's own periods; none when those of the installation hold.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_retention(&self) -> Result<Option<RetentionPeriods>, StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT jobs_days, results_days, logs_days FROM tenant_retention";
        let row = transaction.query_one_raw(statement(sql, [])).await?;
        transaction.commit().await?;
        let Some(row) = row else {
            return Ok(None);
        };
        let days = |name| count(name, column(&row, name)?);
        let periods = RetentionPeriods::new(
            days("jobs_days")?,
            days("results_days")?,
            days("logs_days")?,
        );
        let periods = periods.map_err(|error| StoreError::UnknownContent {
            column: "jobs_days",
            reason: error.to_string(),
        })?;
        Ok(Some(periods))
    }

    /// Whether anybody has signed in for the tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn is_known(&self) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let sql = "SELECT FROM tenants WHERE id = current_tenant_id()";
        let row = transaction.query_one_raw(statement(sql, [])).await?;
        transaction.commit().await?;
        Ok(row.is_some())
    }

    /// Lets the periods of the installation hold for the tenant again.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn clear_retention(&self) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let sql = "DELETE FROM tenant_retention WHERE tenant_id = current_tenant_id()";
        transaction.execute_raw(statement(sql, [])).await?;
        let detail = json!({ "periods": null });
        self.audit(
            &transaction,
            AuditAction::TenantRetentionChanged,
            self.tenant_id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(())
    }

    /// Gives the tenant periods of its own.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn set_retention(&self, periods: RetentionPeriods) -> Result<(), StoreError> {
        let transaction = self.begin().await?;
        let sql = "
            INSERT INTO tenant_retention (tenant_id, jobs_days, results_days, logs_days)
            VALUES (current_tenant_id(), $1, $2, $3)
            ON CONFLICT (tenant_id) DO UPDATE SET jobs_days = excluded.jobs_days,
                results_days = excluded.results_days, logs_days = excluded.logs_days, updated_at = now()";
        let values = [
            integer(periods.jobs_days()).into(),
            integer(periods.results_days()).into(),
            integer(periods.logs_days()).into(),
        ];
        transaction.execute_raw(statement(sql, values)).await?;
        let detail = json!({
            "jobs_days": periods.jobs_days(), "results_days": periods.results_days(), "logs_days": periods.logs_days(),
        });
        self.audit(
            &transaction,
            AuditAction::TenantRetentionChanged,
            self.tenant_id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}
