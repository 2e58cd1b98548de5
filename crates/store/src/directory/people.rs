//! People: there, changed, or gone for good.

use gantry_domain::{AuditAction, DELETION_GRACE_DAYS, DirectoryUser, Doorbell, TenantId, UserId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::Writing;
use super::entries::{Subject, bury, keep, lock};
use crate::StoreError;
use crate::statement::{integer, statement};

impl Writing<'_> {
    /// Writes a person down, with a profile of their own the first time, and a welcome once there is an address to send it
    /// to; nothing when it comes too late.
    pub(super) async fn change_user(
        &self,
        user: &DirectoryUser,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let user_id = self.user_id(&user.subject);
        let entry = lock(self.transaction, Subject::User(user_id)).await?;
        if !entry.admits(self.notice.changed_at) {
            return Ok(None);
        }
        keep(
            self.transaction,
            Subject::User(user_id),
            self.notice.changed_at,
            None,
        )
        .await?;
        self.write_user(user_id, user).await?;
        if entry.is_new() {
            self.make_own_profile(user_id, user).await?;
        }
        self.refresh_address(user_id, user).await?;
        self.link_profiles(user_id, user).await?;
        if entry.is_welcomed {
            return Ok(Some(Vec::new()));
        }
        self.welcome(user_id, user).await.map(Some)
    }

    /// Lets nobody in any more under this name, and ends what the provider said of it.
    pub(super) async fn delete_user(
        &self,
        subject: &str,
    ) -> Result<Option<Vec<Doorbell>>, StoreError> {
        let user_id = self.user_id(subject);
        let entry = lock(self.transaction, Subject::User(user_id)).await?;
        if entry.is_deleted {
            return Ok(None);
        }
        bury(
            self.transaction,
            Subject::User(user_id),
            self.notice.changed_at,
            None,
        )
        .await?;
        self.let_account_end(user_id, subject).await?;
        // Before the keys: whoever removes a member locks the tenant's row first too.
        self.replace_last_owner(user_id).await?;
        // Memberships last: with them would go, unaudited, what lets in by them.
        for (action, change) in [
            (
                AuditAction::ApiKeyRevoked,
                "UPDATE api_keys SET revoked_at = now() WHERE created_by = $1 AND revoked_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
            (
                AuditAction::EnrolTokenWithdrawn,
                "DELETE FROM enrol_tokens WHERE created_by = $1 AND used_at IS NULL
                 RETURNING tenant_id, id::text AS resource_id, '{}'::jsonb AS detail",
            ),
            (
                AuditAction::MemberRemoved,
                "DELETE FROM memberships WHERE user_id = $1 AND source = 'provider'
                 RETURNING tenant_id, user_id::text AS resource_id, jsonb_build_object('role', role) AS detail",
            ),
        ] {
            self.audit_each(action, change, [user_id.as_uuid()]).await?;
        }
        self.audit(
            None,
            AuditAction::AccountDeleted,
            user_id.to_string(),
            json!({}),
        )
        .await?;
        Ok(Some(Vec::new()))
    }

    /// The account takes the road of one whose person has left; nobody can take that back.
    async fn let_account_end(&self, user_id: UserId, subject: &str) -> Result<(), StoreError> {
        let own_space = TenantId::for_person(&self.notice.issuer, subject);
        let sql = "INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, purge_after)
            VALUES ($1, $2, 'provider', now() + make_interval(days => $3))
            ON CONFLICT (user_id) DO UPDATE SET requested_by = 'provider', cancellable_until = NULL";
        let values = [
            user_id.as_uuid().into(),
            own_space.as_uuid().into(),
            integer(DELETION_GRACE_DAYS).into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }

    /// Writes a person down of whom only the name is known, unless more is.
    pub(super) async fn write_subject(
        &self,
        user_id: UserId,
        subject: &str,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO users (id, issuer, subject) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
        let values = [
            user_id.as_uuid().into(),
            self.notice.issuer.as_str().into(),
            subject.into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }

    pub(super) fn user_id(&self, subject: &str) -> UserId {
        UserId::for_subject(&self.notice.issuer, subject)
    }

    async fn write_user(&self, user_id: UserId, user: &DirectoryUser) -> Result<(), StoreError> {
        let sql = "
            INSERT INTO users (id, issuer, subject, email, first_name, last_name) VALUES ($1, $2, $3, $4, $5, $6)
            ON CONFLICT (id) DO UPDATE SET email = excluded.email, first_name = excluded.first_name,
                last_name = excluded.last_name";
        let email = user.verified_email.clone().map(String::from);
        let values = [
            user_id.as_uuid().into(),
            self.notice.issuer.as_str().into(),
            user.subject.as_str().into(),
            email.into(),
            user.first_name.clone().into(),
            user.last_name.clone().into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }
}
