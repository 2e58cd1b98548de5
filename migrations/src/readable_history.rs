//! The fourth migration: the services may read which migrations were applied.

use sea_orm_migration::prelude::*;

/// The fourth migration.
pub struct ReadableHistory;

impl MigrationName for ReadableHistory {
    fn name(&self) -> &str {
        "m0004_readable_history"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ReadableHistory {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("GRANT SELECT ON seaql_migrations TO gantry_api, gantry_worker")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("REVOKE SELECT ON seaql_migrations FROM gantry_api, gantry_worker")
            .await?;
        Ok(())
    }
}
