//! Departures: people take their data along, end their accounts, and leave nothing behind but a receipt.

use sea_orm_migration::prelude::*;

/// The migration that adds exports and deletions of accounts.
pub struct Departures;

impl MigrationName for Departures {
    fn name(&self) -> &str {
        "m0015_departures"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Departures {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("departures/tables.sql"),
            include_str!("departures/row_security.sql"),
            include_str!("departures/export_function.sql"),
            include_str!("departures/succession_function.sql"),
            include_str!("departures/closing_functions.sql"),
            include_str!("departures/purge_functions.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("departures/down.sql"))
            .await?;
        Ok(())
    }
}
