//! Pauses: queues, tenants and people whose waiting jobs are not dispatched, and the door of those who pause them.

use sea_orm_migration::prelude::*;

/// The migration that adds pauses.
pub struct Pauses;

impl MigrationName for Pauses {
    fn name(&self) -> &str {
        "m0004_pauses"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Pauses {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("pauses/table.sql"),
            include_str!("pauses/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("pauses/down.sql"))
            .await?;
        Ok(())
    }
}
