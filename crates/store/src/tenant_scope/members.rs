//! Who belongs to the tenant, and in which role.

use gantry_domain::{AuditAction, Member, MembershipSource, Role, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult, SqlErr};
use serde_json::json;

use super::TenantScope;
use crate::StoreError;
use crate::statement::{column, statement, word};

/// How a person stands to a tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TenantStanding {
    /// They belong to it.
    Member(Role),
    /// They do not, or it was deleted.
    Stranger,
    /// People never made such a tenant here: it is an identity provider's, or unknown.
    NotMadeHere,
}

/// What became of a wish about a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberChange {
    /// So it is now.
    Done(Member),
    /// Nobody of this id ever signed in, or their account has ended.
    UnknownPerson,
    /// They are no member.
    NotAMember,
    /// They are one already.
    AlreadyAMember,
    /// The identity provider alone may change this member or tenant.
    ManagedByProvider,
    /// A tenant keeps one owner at least.
    LastOwner,
    /// The tenant has as many members as it may have.
    TooMany,
    /// Only an owner may make, change or remove an owner.
    OwnersOnly,
    /// Whoever wishes it belongs to the tenant no longer.
    ActorGone,
    /// Whoever wishes it has become this, which is not enough.
    ActorDemoted(Role),
}

/// How many members a tenant may have.
pub const MEMBER_LIMIT_COUNT: u32 = 10_000;

const MEMBER_COLUMNS: &str =
    "memberships.user_id, memberships.role, memberships.source, memberships.created_at,
    memberships.accepted_at, (SELECT email FROM users WHERE users.id = memberships.user_id
        AND (memberships.accepted_at IS NOT NULL OR memberships.source = 'provider')) AS email";

impl TenantScope<'_> {
    /// How the person stands to the tenant.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn standing_of(&self, user_id: UserId) -> Result<TenantStanding, StoreError> {
        let transaction = self.begin().await?;
        let row = transaction
            .query_one_raw(statement(
                "SELECT tenants.issuer, tenants.deleted_at IS NOT NULL AS is_deleted, memberships.role,
                    memberships.accepted_at IS NULL AND memberships.source = 'gantry' AS is_new
                 FROM tenants LEFT JOIN memberships
                    ON memberships.tenant_id = tenants.id AND memberships.user_id = $1
                 WHERE tenants.id = current_tenant_id()",
                [user_id.as_uuid().into()],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(TenantStanding::NotMadeHere);
        };
        if column(&row, "is_deleted")? {
            return Ok(TenantStanding::Stranger);
        }
        // To act in a tenant is to accept that one belongs to it.
        if column::<Option<bool>>(&row, "is_new")? == Some(true) {
            // A tenant goes with its last owner unless somebody else acts in it: one or the other comes first.
            if !lock_tenant(&transaction).await? {
                return Ok(TenantStanding::Stranger);
            }
            transaction
                .execute_raw(statement(
                    "UPDATE memberships SET accepted_at = now() WHERE tenant_id = current_tenant_id() AND user_id = $1",
                    [user_id.as_uuid().into()],
                ))
                .await?;
        }
        transaction.commit().await?;
        let role: Option<String> = column(&row, "role")?;
        let issuer: String = column(&row, "issuer")?;
        Ok(match role {
            Some(_) => TenantStanding::Member(word(&row, "role")?),
            None if issuer == MembershipSource::Gantry.as_str() => TenantStanding::Stranger,
            None => TenantStanding::NotMadeHere,
        })
    }

    /// At most `limit` members by id, those after `after`.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_members(
        &self,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Vec<Member>, StoreError> {
        let transaction = self.begin().await?;
        let sql = format!(
            "SELECT {MEMBER_COLUMNS} FROM memberships
             WHERE tenant_id = current_tenant_id() AND ($1::uuid IS NULL OR user_id > $1) ORDER BY user_id LIMIT $2"
        );
        let after = after.map(UserId::as_uuid);
        let rows = transaction
            .query_all_raw(statement(&sql, [after.into(), i64::from(limit).into()]))
            .await?;
        transaction.commit().await?;
        rows.iter().map(member).collect()
    }

    /// Makes someone a member.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn add_member(
        &self,
        user_id: UserId,
        role: Role,
        by: UserId,
    ) -> Result<MemberChange, StoreError> {
        let transaction = self.begin().await?;
        let by = match acting_role(&transaction, by).await? {
            Ok(role) => role,
            Err(refused) => return Ok(refused),
        };
        if !manages(by) {
            return Ok(MemberChange::ActorDemoted(by));
        }
        if role == Role::Owner && by != Role::Owner {
            return Ok(MemberChange::OwnersOnly);
        }
        if count_members(&transaction).await? >= i64::from(MEMBER_LIMIT_COUNT) {
            return Ok(MemberChange::TooMany);
        }
        let sql = format!(
            "INSERT INTO memberships (tenant_id, user_id, role, source) VALUES (current_tenant_id(), $1, $2, 'gantry')
             ON CONFLICT DO NOTHING RETURNING {MEMBER_COLUMNS}"
        );
        let added = transaction
            .query_one_raw(statement(
                &sql,
                [user_id.as_uuid().into(), role.as_str().into()],
            ))
            .await;
        let row = match added {
            Ok(Some(row)) => row,
            Ok(None) => return Ok(MemberChange::AlreadyAMember),
            Err(error) => {
                let is_unknown = matches!(
                    error.sql_err(),
                    Some(SqlErr::ForeignKeyConstraintViolation(_))
                );
                return if is_unknown {
                    Ok(MemberChange::UnknownPerson)
                } else {
                    Err(error.into())
                };
            }
        };
        let added = member(&row)?;
        // The tenant sees whether someone is gone as soon as they are its member; the transaction takes that back.
        if is_gone(&transaction, user_id).await? {
            return Ok(MemberChange::UnknownPerson);
        }
        let detail = json!({"role": role});
        self.audit(&transaction, AuditAction::MemberAdded, user_id, detail)
            .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(added))
    }

    /// Gives a member another role.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn change_role(
        &self,
        user_id: UserId,
        role: Role,
        by: UserId,
    ) -> Result<MemberChange, StoreError> {
        let transaction = self.begin().await?;
        let (before, by) = match changeable(&transaction, user_id, by).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        if !manages(by) {
            return Ok(MemberChange::ActorDemoted(by));
        }
        if role == Role::Owner && by != Role::Owner {
            return Ok(MemberChange::OwnersOnly);
        }
        if before.role == Role::Owner
            && role != Role::Owner
            && is_last_owner(&transaction, user_id).await?
        {
            return Ok(MemberChange::LastOwner);
        }
        let sql = format!(
            "UPDATE memberships SET role = $2, updated_at = now()
             WHERE tenant_id = current_tenant_id() AND user_id = $1 RETURNING {MEMBER_COLUMNS}"
        );
        let row = transaction
            .query_one_raw(statement(
                &sql,
                [user_id.as_uuid().into(), role.as_str().into()],
            ))
            .await?;
        let Some(row) = row else {
            return Ok(MemberChange::NotAMember);
        };
        let changed = member(&row)?;
        let detail = json!({"from": before.role, "to": role});
        self.audit(
            &transaction,
            AuditAction::MemberRoleChanged,
            user_id,
            detail,
        )
        .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(changed))
    }

    /// Ends a membership; anyone may end their own.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn remove_member(
        &self,
        user_id: UserId,
        by: UserId,
    ) -> Result<MemberChange, StoreError> {
        let transaction = self.begin().await?;
        let is_leaving = user_id == by;
        let (removed, by) = match changeable(&transaction, user_id, by).await? {
            Ok(found) => found,
            Err(refused) => return Ok(refused),
        };
        if !is_leaving && !manages(by) {
            return Ok(MemberChange::ActorDemoted(by));
        }
        if removed.role == Role::Owner && is_last_owner(&transaction, user_id).await? {
            return Ok(MemberChange::LastOwner);
        }
        transaction
            .execute_raw(statement(
                "DELETE FROM memberships WHERE user_id = $1 AND tenant_id = current_tenant_id()",
                [user_id.as_uuid().into()],
            ))
            .await?;
        let detail = json!({"role": removed.role});
        self.audit(&transaction, AuditAction::MemberRemoved, user_id, detail)
            .await?;
        transaction.commit().await?;
        Ok(MemberChange::Done(removed))
    }
}

/// The member, if `by` may deal with someone of their role, and what `by` is. The tenant's row is locked, so that changes
/// take turns and no two of them remove the last two owners.
async fn changeable(
    transaction: &DatabaseTransaction,
    user_id: UserId,
    by: UserId,
) -> Result<Result<(Member, Role), MemberChange>, StoreError> {
    let by = match acting_role(transaction, by).await? {
        Ok(role) => role,
        Err(refused) => return Ok(Err(refused)),
    };
    let sql = format!(
        "SELECT {MEMBER_COLUMNS} FROM memberships WHERE tenant_id = current_tenant_id() AND user_id = $1"
    );
    let row = transaction
        .query_one_raw(statement(&sql, [user_id.as_uuid().into()]))
        .await?;
    let Some(row) = row else {
        return Ok(Err(MemberChange::NotAMember));
    };
    let found = member(&row)?;
    if found.source == MembershipSource::Provider {
        return Ok(Err(MemberChange::ManagedByProvider));
    }
    if found.role == Role::Owner && by != Role::Owner {
        return Ok(Err(MemberChange::OwnersOnly));
    }
    Ok(Ok((found, by)))
}

/// What `by` is in the tenant now that its row is locked, so that nobody acts by a role they have just lost.
async fn acting_role(
    transaction: &DatabaseTransaction,
    by: UserId,
) -> Result<Result<Role, MemberChange>, StoreError> {
    if !lock_tenant(transaction).await? {
        return Ok(Err(MemberChange::ManagedByProvider));
    }
    let row = transaction
        .query_one_raw(statement(
            "SELECT role FROM memberships WHERE tenant_id = current_tenant_id() AND user_id = $1",
            [by.as_uuid().into()],
        ))
        .await?;
    row.map_or(Ok(Err(MemberChange::ActorGone)), |row| {
        Ok(Ok(word(&row, "role")?))
    })
}

/// Whether someone of that role chooses members.
fn manages(role: Role) -> bool {
    matches!(role, Role::Owner | Role::Admin)
}

/// Locks the tenant's row; says whether people made the tenant here, so that its members are theirs to choose.
async fn lock_tenant(transaction: &DatabaseTransaction) -> Result<bool, StoreError> {
    let sql = "SELECT FROM tenants WHERE id = current_tenant_id() AND issuer = 'gantry' AND deleted_at IS NULL
        FOR UPDATE";
    Ok(transaction
        .query_one_raw(statement(sql, []))
        .await?
        .is_some())
}

/// Whether no other owner is there whose account has not ended.
async fn is_last_owner(
    transaction: &DatabaseTransaction,
    user_id: UserId,
) -> Result<bool, StoreError> {
    let sql = "SELECT FROM memberships
        WHERE tenant_id = current_tenant_id() AND role = 'owner' AND user_id <> $1 AND NOT EXISTS (
            SELECT FROM directory_entries WHERE kind = 'user' AND id = memberships.user_id AND deleted_at IS NOT NULL)
        LIMIT 1";
    let other = transaction.query_one_raw(statement(sql, [user_id.as_uuid().into()]));
    Ok(other.await?.is_none())
}

/// Whether a member's account has ended.
async fn is_gone(transaction: &DatabaseTransaction, user_id: UserId) -> Result<bool, StoreError> {
    let sql =
        "SELECT FROM directory_entries WHERE kind = 'user' AND id = $1 AND deleted_at IS NOT NULL";
    let gone = transaction.query_one_raw(statement(sql, [user_id.as_uuid().into()]));
    Ok(gone.await?.is_some())
}

async fn count_members(transaction: &DatabaseTransaction) -> Result<i64, StoreError> {
    let sql = "SELECT count(*) AS members FROM memberships WHERE tenant_id = current_tenant_id()";
    let row = transaction.query_one_raw(statement(sql, [])).await?;
    row.map_or(Ok(0), |row| column(&row, "members"))
}

fn member(row: &QueryResult) -> Result<Member, StoreError> {
    Ok(Member {
        user_id: UserId::from_uuid(column(row, "user_id")?),
        email: column(row, "email")?,
        role: word(row, "role")?,
        source: word(row, "source")?,
        created_at: column(row, "created_at")?,
        accepted_at: column(row, "accepted_at")?,
    })
}
