//! Jobs with delays of their own before a retry.

use sea_orm_migration::prelude::*;

/// The migration that adds retry policies to jobs.
pub struct RetryPolicies;

impl MigrationName for RetryPolicies {
    fn name(&self) -> &str {
        "m0009_retry_policies"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for RetryPolicies {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("retry_policies/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "ALTER TABLE jobs DROP COLUMN retry_base_seconds, DROP COLUMN retry_max_seconds",
            )
            .await?;
        Ok(())
    }
}
