//! The tenant itself: making it, its name, and its end.

use gantry_domain::{AuditAction, MembershipSource, Role, Tenant, TenantId, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::json;

use super::TenantScope;
use crate::door::Door;
use crate::statement::{column, statement, word};
use crate::{StoreError, enrolment};

/// What became of a wish about a tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantChange {
    /// So it is now.
    Done(Tenant),
    /// There is no such tenant.
    NotFound,
    /// It is the identity provider's, or a person's own space.
    ManagedByProvider,
    /// The person owns as many tenants as they may.
    TooMany,
}

/// How many tenants one person may own.
pub const OWNED_TENANT_LIMIT_COUNT: u32 = 100;

const TENANT_COLUMNS: &str =
    "tenants.id, tenants.name, tenants.created_at, tenants.issuer = 'gantry' AS is_made_here";

impl TenantScope<'_> {
    /// Makes the tenant, under an id that was just generated, with its first owner.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn found(&self, name: &str, owner: UserId) -> Result<TenantChange, StoreError> {
        let transaction = self.begin().await?;
        name_person(&transaction, owner).await?;
        if count_owned(&transaction, owner).await? >= i64::from(OWNED_TENANT_LIMIT_COUNT) {
            return Ok(TenantChange::TooMany);
        }
        let sql = format!(
            "INSERT INTO tenants (id, issuer, external_id, name) VALUES (current_tenant_id(), $1, $2, $3)
             RETURNING {TENANT_COLUMNS}"
        );
        let values = [
            MembershipSource::Gantry.as_str().into(),
            self.tenant_id.to_string().into(),
            name.into(),
        ];
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let Some(row) = row else {
            return Ok(TenantChange::NotFound);
        };
        let founded = tenant(&row, Role::Owner)?;
        transaction
            .execute_raw(statement(
                "INSERT INTO memberships (tenant_id, user_id, role, source, accepted_at)
                 VALUES (current_tenant_id(), $1, 'owner', 'gantry', now())",
                [owner.as_uuid().into()],
            ))
            .await?;
        let detail = json!({"name": name});
        self.audit(
            &transaction,
            AuditAction::TenantCreated,
            self.tenant_id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(TenantChange::Done(founded))
    }

    /// At most `limit` tenants by id that are not deleted, those after `after`: this one, and those the person is a
    /// member of. `role` is theirs in this one.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_tenants_of(
        &self,
        person: UserId,
        role: Role,
        after: Option<TenantId>,
        limit: u32,
    ) -> Result<Vec<Tenant>, StoreError> {
        let transaction = self.begin().await?;
        name_person(&transaction, person).await?;
        let sql = format!(
            "SELECT {TENANT_COLUMNS}, memberships.role FROM tenants
             LEFT JOIN memberships ON memberships.tenant_id = tenants.id AND memberships.user_id = current_person_id()
             WHERE tenants.id = ANY (
                ARRAY (SELECT tenant_id FROM memberships WHERE user_id = current_person_id()) || current_tenant_id())
                AND tenants.deleted_at IS NULL AND ($1::uuid IS NULL OR tenants.id > $1)
             ORDER BY tenants.id LIMIT $2"
        );
        let after = after.map(TenantId::as_uuid);
        let rows = transaction
            .query_all_raw(statement(&sql, [after.into(), i64::from(limit).into()]))
            .await?;
        transaction.commit().await?;
        rows.iter()
            .map(|row| {
                let is_this = self.tenant_id == TenantId::from_uuid(column(row, "id")?);
                let role = if is_this { role } else { word(row, "role")? };
                tenant(row, role)
            })
            .collect()
    }

    /// The tenant, as someone of that role sees it; none when it was deleted.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_tenant(&self, role: Role) -> Result<Option<Tenant>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {TENANT_COLUMNS} FROM tenants WHERE id = current_tenant_id() AND deleted_at IS NULL"
        );
        let row = transaction.query_one_raw(statement(&sql, [])).await?;
        transaction.commit().await?;
        row.map(|row| tenant(&row, role)).transpose()
    }

    /// Gives the tenant another name.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn rename(&self, name: &str, role: Role) -> Result<TenantChange, StoreError> {
        let transaction = self.begin().await?;
        if let Some(refused) = refusal(&transaction).await? {
            return Ok(refused);
        }
        let sql = format!(
            "UPDATE tenants SET name = $1, updated_at = now() WHERE id = current_tenant_id() RETURNING {TENANT_COLUMNS}"
        );
        let row = transaction
            .query_one_raw(statement(&sql, [name.into()]))
            .await?;
        let Some(row) = row else {
            return Ok(TenantChange::NotFound);
        };
        let renamed = tenant(&row, role)?;
        let detail = json!({"name": name});
        self.audit(
            &transaction,
            AuditAction::TenantRenamed,
            self.tenant_id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(TenantChange::Done(renamed))
    }

    /// Deletes the tenant: from now on it lets nobody in, its waiting jobs are paused, its schedules stand still and its
    /// machines are put out. Its rows stay.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn delete_tenant(
        &self,
        by: (UserId, &str, Role),
    ) -> Result<TenantChange, StoreError> {
        let (user_id, user_name, role) = by;
        let transaction = self.begin().await?;
        if let Some(refused) = refusal(&transaction).await? {
            return Ok(refused);
        }
        let sql = format!(
            "UPDATE tenants SET deleted_at = now(), updated_at = now() WHERE id = current_tenant_id()
             RETURNING {TENANT_COLUMNS}"
        );
        let row = transaction.query_one_raw(statement(&sql, [])).await?;
        let Some(row) = row else {
            return Ok(TenantChange::NotFound);
        };
        let deleted = tenant(&row, role)?;
        self.audit(
            &transaction,
            AuditAction::TenantDeleted,
            self.tenant_id,
            json!({}),
        )
        .await?;
        transaction
            .execute_raw(statement(
                "UPDATE schedules SET paused_at = now(), next_run_at = NULL, updated_at = now() WHERE paused_at IS NULL",
                [],
            ))
            .await?;
        enrolment::revoke_all(&transaction, user_id).await?;
        // Pauses are behind the operators' door; from here on this transaction stands in it.
        transaction
            .execute_raw(statement(
                "SELECT set_config('app.door', $1, true)",
                [Door::Operate.name().into()],
            ))
            .await?;
        transaction
            .execute_raw(statement(
                "INSERT INTO pauses (scope, subject, reason, paused_by, paused_by_name)
                 VALUES ('tenant', current_tenant_id()::text, 'The tenant was deleted.', $1, $2)
                 ON CONFLICT (scope, subject) DO NOTHING",
                [user_id.as_uuid().into(), user_name.into()],
            ))
            .await?;
        transaction.commit().await?;
        Ok(TenantChange::Done(deleted))
    }
}

/// Says whose rows the transaction may see beyond the tenant's.
async fn name_person(transaction: &DatabaseTransaction, person: UserId) -> Result<(), StoreError> {
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.person_id', $1, true)",
            [person.to_string().into()],
        ))
        .await?;
    Ok(())
}

/// Locks the tenant's row, where people made it here; otherwise why it cannot be changed.
async fn refusal(transaction: &DatabaseTransaction) -> Result<Option<TenantChange>, StoreError> {
    let sql = "SELECT deleted_at IS NOT NULL AS is_deleted, issuer = 'gantry' AS is_made_here
         FROM tenants WHERE id = current_tenant_id()";
    let lock =
        "SELECT FROM tenants WHERE id = current_tenant_id() AND issuer = 'gantry' FOR UPDATE";
    transaction.query_one_raw(statement(lock, [])).await?;
    let Some(row) = transaction.query_one_raw(statement(sql, [])).await? else {
        return Ok(Some(TenantChange::NotFound));
    };
    if column(&row, "is_deleted")? {
        return Ok(Some(TenantChange::NotFound));
    }
    let is_made_here: bool = column(&row, "is_made_here")?;
    Ok((!is_made_here).then_some(TenantChange::ManagedByProvider))
}

async fn count_owned(transaction: &DatabaseTransaction, owner: UserId) -> Result<i64, StoreError> {
    // One after the other, or several at once would each find room. Tenants that others made the person an owner of do not
    // count before the person has acted in them.
    transaction
        .execute_raw(statement(
            "SELECT pg_advisory_xact_lock(hashtextextended('tenants of ' || $1::text, 0))",
            [owner.to_string().into()],
        ))
        .await?;
    let row = transaction
        .query_one_raw(statement(
            "SELECT count(*) AS owned FROM memberships JOIN tenants ON tenants.id = memberships.tenant_id
             WHERE memberships.user_id = $1 AND memberships.role = 'owner' AND memberships.accepted_at IS NOT NULL
                AND tenants.deleted_at IS NULL",
            [owner.as_uuid().into()],
        ))
        .await?;
    row.map_or(Ok(0), |row| column(&row, "owned"))
}

fn tenant(row: &QueryResult, role: Role) -> Result<Tenant, StoreError> {
    let is_made_here: bool = column(row, "is_made_here")?;
    Ok(Tenant {
        id: TenantId::from_uuid(column(row, "id")?),
        name: column(row, "name")?,
        source: if is_made_here {
            MembershipSource::Gantry
        } else {
            MembershipSource::Provider
        },
        role,
        created_at: column(row, "created_at")?,
    })
}
