//! Members: who belongs to a tenant and in which role, tenants that people make themselves, and the audit log.

use sea_orm_migration::prelude::*;

/// The migration that adds members and the audit log.
pub struct Members;

impl MigrationName for Members {
    fn name(&self) -> &str {
        "m0010_members"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Members {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("members/tables.sql"),
            include_str!("members/row_security.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("members/down.sql"))
            .await?;
        Ok(())
    }
}
