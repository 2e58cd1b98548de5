//! Concurrency limits: how many jobs of a tenant or kind run at a time.

use sea_orm_migration::prelude::*;

/// The migration that adds concurrency limits.
pub struct ConcurrencyLimits;

impl MigrationName for ConcurrencyLimits {
    fn name(&self) -> &str {
        "m0005_concurrency_limits"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ConcurrencyLimits {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("concurrency_limits/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP TABLE concurrency_limits")
            .await?;
        Ok(())
    }
}
