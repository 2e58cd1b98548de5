//! Schedules: jobs submitted whenever a timetable says so, and the right of workers to submit them.

use sea_orm_migration::prelude::*;

/// The migration that adds schedules.
pub struct Schedules;

impl MigrationName for Schedules {
    fn name(&self) -> &str {
        "m0002_schedules"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Schedules {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("schedules/table.sql"),
            include_str!("schedules/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("schedules/down.sql"))
            .await?;
        Ok(())
    }
}
