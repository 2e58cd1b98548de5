//! The first migration: roles, tenants, users, kinds, workers, jobs, attempts, logs and their row-level security.

use sea_orm_migration::prelude::*;

/// The first migration.
pub struct Foundation;

impl MigrationName for Foundation {
    fn name(&self) -> &str {
        "m0001_foundation"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Foundation {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("foundation/roles.sql"),
            include_str!("foundation/tables.sql"),
            include_str!("foundation/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("foundation/down.sql"))
            .await?;
        Ok(())
    }
}
