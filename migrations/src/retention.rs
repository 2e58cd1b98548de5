//! Retention: logs in a partition for each day, periods for each tenant, and the right to delete what is past its period.

use sea_orm_migration::prelude::*;

/// The migration that lets finished jobs, their results and their logs be deleted.
pub struct Retention;

impl MigrationName for Retention {
    fn name(&self) -> &str {
        "m0006_retention"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Retention {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        // Whatever takes a strong lock on `jobs` comes last: all is one transaction, so a lock is held to its end.
        for part in [
            include_str!("retention/periods.sql"),
            include_str!("retention/partitions.sql"),
            include_str!("retention/partition_functions.sql"),
            include_str!("retention/jobs.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("retention/down.sql"))
            .await?;
        Ok(())
    }
}
