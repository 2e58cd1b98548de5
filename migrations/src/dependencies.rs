//! Jobs that wait for other jobs.

use sea_orm_migration::prelude::*;

/// The migration that adds dependencies.
pub struct Dependencies;

impl MigrationName for Dependencies {
    fn name(&self) -> &str {
        "m0007_dependencies"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Dependencies {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("dependencies/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("dependencies/down.sql"))
            .await?;
        Ok(())
    }
}
