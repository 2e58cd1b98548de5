//! API keys: how programs sign in; and the right of operators to give a tenant another tier.

use sea_orm_migration::prelude::*;

/// The migration that adds API keys.
pub struct ApiKeys;

impl MigrationName for ApiKeys {
    fn name(&self) -> &str {
        "m0014_api_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ApiKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("api_keys/table.sql"),
            include_str!("api_keys/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("api_keys/down.sql"))
            .await?;
        Ok(())
    }
}
