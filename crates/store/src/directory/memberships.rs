//! Memberships: who belongs to which organization, told in any order with the two themselves.

use gantry_domain::{
    AuditAction, DirectoryMembership, Doorbell, MembershipId, Role, TenantId, UserId,
};
use sea_orm::ConnectionTrait;
use serde_json::{Value as Json, json};

use super::Writing;
use super::entries::{Entry, Subject, bury, keep, lock};
use crate::StoreError;
use crate::statement::statement;

/// What a notice about a membership is about, with everything of it locked.
struct Standing {
    user_id: UserId,
    tenant_id: TenantId,
    membership_id: MembershipId,
    entry: Entry,
    /// Whether the person or the organization is gone.
    is_orphaned: bool,
}

impl Standing {
    const fn subject(&self) -> Subject {
        Subject::Membership(self.membership_id, self.user_id)
    }
}

impl Writing<'_> {
    /// Lets a person belong to an organization, which both may be told of later.
    pub(super) async fn change_membership(
        &self,
        membership: &DirectoryMembership,
        role: Role,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let standing = self.lock_standing(membership).await?;
        if standing.is_orphaned || !self.is_news(membership, &standing.entry) {
            return Ok(None);
        }
        let external_id = membership.external_id.as_deref();
        keep(
            self.transaction,
            standing.subject(),
            self.notice.changed_at,
            external_id,
        )
        .await?;
        if standing.entry.is_deleted {
            // What was made while the membership ended does not come back with the person.
            self.end_what_lets_in(&standing).await?;
        }
        let organization = &membership.organization;
        self.write_tenant(
            standing.tenant_id,
            &organization.external_id,
            organization.name.as_deref(),
        )
        .await?;
        self.write_subject(standing.user_id, &membership.subject)
            .await?;
        let values = || {
            [
                standing.tenant_id.as_uuid().into(),
                standing.user_id.as_uuid().into(),
                role.as_str().into(),
            ]
        };
        // Two statements, because the door leaves a membership that the tenant's own people made alone.
        for (action, sql) in [
            (
                AuditAction::MemberAdded,
                "INSERT INTO memberships (tenant_id, user_id, role, source) VALUES ($1, $2, $3, 'provider')
                 ON CONFLICT DO NOTHING",
            ),
            (
                AuditAction::MemberRoleChanged,
                "UPDATE memberships SET role = $3, updated_at = now()
                 WHERE tenant_id = $1 AND user_id = $2 AND role <> $3 AND source = 'provider'",
            ),
        ] {
            let written = self
                .transaction
                .execute_raw(statement(sql, values()))
                .await?;
            if written.rows_affected() == 1 {
                self.audit_member(&standing, action, json!({"role": role}))
                    .await?;
            }
        }
        Ok(Some(Vec::new()))
    }

    /// Ends a membership.
    pub(super) async fn delete_membership(
        &self,
        membership: &DirectoryMembership,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let standing = self.lock_standing(membership).await?;
        if !self.is_end_of(membership, &standing.entry) {
            return Ok(None);
        }
        // Nothing is kept of whoever is gone.
        let external_id = membership.external_id.as_deref();
        let external_id = external_id.filter(|_| !standing.is_orphaned);
        bury(
            self.transaction,
            standing.subject(),
            self.notice.changed_at,
            external_id,
        )
        .await?;
        // Also where the membership was never told of, and a token alone vouched for the person; and before it ends, for with
        // it would go, unaudited, what lets in by it.
        self.end_what_lets_in(&standing).await?;
        let sql =
            "DELETE FROM memberships WHERE tenant_id = $1 AND user_id = $2 AND source = 'provider'";
        let values = [
            standing.tenant_id.as_uuid().into(),
            standing.user_id.as_uuid().into(),
        ];
        let ended = self.transaction.execute_raw(statement(sql, values)).await?;
        if ended.rows_affected() == 1 {
            self.audit_member(&standing, AuditAction::MemberRemoved, json!({}))
                .await?;
        }
        Ok(Some(Vec::new()))
    }

    /// Ends the API keys that the person made in the tenant, and the enrol tokens that nobody used.
    async fn end_what_lets_in(&self, standing: &Standing) -> Result<(), StoreError> {
        for (action, change) in [
            (
                AuditAction::ApiKeyRevoked,
                "UPDATE api_keys SET revoked_at = now()
                 WHERE tenant_id = $1 AND created_by = $2 AND revoked_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
            (
                AuditAction::EnrolTokenWithdrawn,
                "DELETE FROM enrol_tokens WHERE tenant_id = $1 AND created_by = $2 AND used_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
        ] {
            let subjects = [standing.tenant_id.as_uuid(), standing.user_id.as_uuid()];
            self.audit_each(action, change, subjects).await?;
        }
        Ok(())
    }

    async fn audit_member(
        &self,
        standing: &Standing,
        action: AuditAction,
        detail: Json,
    ) -> Result<(), StoreError> {
        let member = standing.user_id.to_string();
        self.audit(Some(standing.tenant_id), action, member, detail)
            .await
    }

    async fn lock_standing(
        &self,
        membership: &DirectoryMembership,
    ) -> Result<Standing, StoreError> {
        let user_id = self.user_id(&membership.subject);
        let tenant_id = self.tenant_id(&membership.organization);
        let membership_id = MembershipId::of(tenant_id, user_id);
        let user = lock(self.transaction, Subject::User(user_id)).await?;
        let organization = lock(self.transaction, Subject::Organization(tenant_id)).await?;
        Ok(Standing {
            user_id,
            tenant_id,
            membership_id,
            entry: lock(
                self.transaction,
                Subject::Membership(membership_id, user_id),
            )
            .await?,
            is_orphaned: user.is_deleted || organization.is_deleted,
        })
    }

    /// A membership that ended never comes back; but the person may, under another one that began later.
    fn is_news(&self, membership: &DirectoryMembership, entry: &Entry) -> bool {
        if is_same(membership, entry) {
            return entry.admits(self.notice.changed_at);
        }
        entry
            .changed_at
            .is_none_or(|last| last < self.notice.changed_at)
    }

    /// The end of a membership counts whenever it is told, unless the person has begun another since.
    fn is_end_of(&self, membership: &DirectoryMembership, entry: &Entry) -> bool {
        if is_same(membership, entry) {
            return !entry.is_deleted;
        }
        entry
            .changed_at
            .is_none_or(|last| last <= self.notice.changed_at)
    }
}

/// Whether the notice is about the membership that was told of last.
fn is_same(membership: &DirectoryMembership, entry: &Entry) -> bool {
    match (&membership.external_id, &entry.external_id) {
        (Some(told), Some(known)) => told == known,
        _ => true,
    }
}
