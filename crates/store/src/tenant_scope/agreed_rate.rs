//! What was agreed upon with a tenant about its requests.

use gantry_domain::AgreedRate;
use sea_orm::ConnectionTrait;

use super::TenantScope;
use crate::StoreError;
use crate::agreed_rate::{AGREED_RATE_COLUMNS, agreed_rate};
use crate::statement::statement;

impl TenantScope<'_> {
    /// The tenant's tier and its own rate; none when nobody has signed in for the tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_agreed_rate(&self) -> Result<Option<AgreedRate>, StoreError> {
        let transaction = self.begin().await?;
        let sql =
            format!("SELECT {AGREED_RATE_COLUMNS} FROM tenants WHERE id = current_tenant_id()");
        let row = transaction.query_one_raw(statement(&sql, [])).await?;
        transaction.commit().await?;
        row.as_ref().map(agreed_rate).transpose()
    }
}
