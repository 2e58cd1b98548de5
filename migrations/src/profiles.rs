//! Profiles, what the identity provider last told, and the door through which its notices are written down.

use sea_orm_migration::prelude::*;

/// The migration that adds profiles and the directory of the identity provider.
pub struct Profiles;

impl MigrationName for Profiles {
    fn name(&self) -> &str {
        "m0012_profiles"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Profiles {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("profiles/tables.sql"),
            include_str!("profiles/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("profiles/down.sql"))
            .await?;
        Ok(())
    }
}
