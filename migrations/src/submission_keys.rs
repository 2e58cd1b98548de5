//! The third migration: keys that keep a repeated submission from becoming a second job.

use sea_orm_migration::prelude::*;

/// The third migration.
pub struct SubmissionKeys;

impl MigrationName for SubmissionKeys {
    fn name(&self) -> &str {
        "m0003_submission_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SubmissionKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("submission_keys/up.sql"))
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("submission_keys/down.sql"))
            .await?;
        Ok(())
    }
}
