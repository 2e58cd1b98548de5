//! Worker enrolment: tokens for machines of tenants' own, a role that sees one tenant's queues, and the queues themselves.

use sea_orm_migration::prelude::*;

/// The migration that adds worker enrolment.
pub struct Enrolment;

impl MigrationName for Enrolment {
    fn name(&self) -> &str {
        "m0016_enrolment"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Enrolment {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for part in [
            include_str!("enrolment/role.sql"),
            include_str!("enrolment/tables.sql"),
            include_str!("enrolment/row_security.sql"),
            include_str!("enrolment/enrolled_workers.sql"),
            include_str!("enrolment/sessions.sql"),
            include_str!("enrolment/logins.sql"),
        ] {
            connection.execute_unprepared(part).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(include_str!("enrolment/down.sql"))
            .await?;
        Ok(())
    }
}
