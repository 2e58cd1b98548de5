//! Batches: jobs handed in together, with a job that follows them.

use sea_orm_migration::prelude::*;

/// The migration that adds batches.
pub struct Batches;

impl MigrationName for Batches {
    fn name(&self) -> &str {
        "m0008_batches"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Batches {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("batches/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared("DROP TABLE batches")
            .await?;
        Ok(())
    }
}
