//! The profiles of someone who signs up: one in their own space, those that wait for their address, and one welcome.

use gantry_domain::{
    AuditAction, DirectoryUser, Doorbell, EmailRequest, EmailTemplate, ProfileId, TenantId, UserId,
};
use sea_orm::{ConnectionTrait, QueryResult};
use serde_json::json;

use super::Writing;
use super::entries::keep_welcome;
use crate::StoreError;
use crate::statement::{column, statement};
use crate::transitions::submit_within;

/// How many waiting profiles are linked at once; any further ones are with the person's next notice.
const LINKED_AT_ONCE: u32 = 100;

impl Writing<'_> {
    /// Makes the profile in the person's own space, in the cohort that the provider tells, whatever others wait for the
    /// address elsewhere; its own address is still to be written. One that waits in that very space is taken over instead.
    pub(super) async fn make_own_profile(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<(), StoreError> {
        let own_space = self.own_space(user);
        self.write_tenant(own_space, &user.subject, None).await?;
        let cohort = self.cohorts.of(user.cohort.as_deref()).as_str();
        if let Some(email) = &user.verified_email {
            let sql = "
                UPDATE profiles SET user_id = $1, cohort = $4, linked_at = now(), updated_at = now()
                WHERE tenant_id = $2 AND email_folded = $3 AND user_id IS NULL
                RETURNING id, tenant_id";
            let values = [
                user_id.as_uuid().into(),
                own_space.as_uuid().into(),
                email.folded().into(),
                cohort.into(),
            ];
            let taken = self.transaction.query_all_raw(statement(sql, values));
            self.audit_links(user_id, &taken.await?).await?;
        }
        let sql = "
            INSERT INTO profiles (id, tenant_id, user_id, name, cohort, linked_at) VALUES ($1, $2, $3, $4, $5, now())
            ON CONFLICT (tenant_id, user_id) DO NOTHING";
        let values = [
            ProfileId::generate().as_uuid().into(),
            own_space.as_uuid().into(),
            user_id.as_uuid().into(),
            user.display_name().into(),
            cohort.into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }

    /// Lets the profile in the person's own space have the address that the person has proven to own, unless another
    /// profile there has it.
    pub(super) async fn refresh_address(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<(), StoreError> {
        let Some(email) = &user.verified_email else {
            return Ok(());
        };
        // The door changes the address of nobody whom the transaction does not name.
        let name = "SELECT set_config('app.person_id', $1, true)";
        let values = [user_id.to_string().into()];
        self.transaction
            .execute_raw(statement(name, values))
            .await?;
        let sql = "
            UPDATE profiles SET email = $3, email_folded = $4, updated_at = now()
            WHERE tenant_id = $2 AND user_id = $1 AND email IS DISTINCT FROM $3 AND NOT EXISTS (
                SELECT FROM profiles AS other
                WHERE other.tenant_id = $2 AND other.email_folded = $4 AND other.id <> profiles.id)";
        let values = [
            user_id.as_uuid().into(),
            self.own_space(user).as_uuid().into(),
            email.as_str().into(),
            email.folded().into(),
        ];
        self.transaction.execute_raw(statement(sql, values)).await?;
        Ok(())
    }

    /// Links every profile that waits for the person's address; it keeps the name its tenant gave it. Nothing but an address
    /// that the provider has verified, and that is the person's primary one, gives a profile to anybody; and none that is
    /// somebody's is ever given again.
    pub(super) async fn link_profiles(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<(), StoreError> {
        let Some(email) = &user.verified_email else {
            return Ok(());
        };
        let sql = "
            UPDATE profiles SET user_id = $1, linked_at = now(), updated_at = now()
            WHERE user_id IS NULL AND id IN (
                SELECT id FROM profiles AS waiting
                WHERE email_folded = $2 AND user_id IS NULL
                    AND NOT EXISTS (
                        SELECT FROM profiles AS own WHERE own.tenant_id = waiting.tenant_id AND own.user_id = $1)
                    AND NOT EXISTS (
                        SELECT FROM tenants WHERE tenants.id = waiting.tenant_id AND tenants.deleted_at IS NOT NULL)
                ORDER BY id LIMIT $3 FOR UPDATE
            )
            RETURNING id, tenant_id";
        let values = [
            user_id.as_uuid().into(),
            email.folded().into(),
            i64::from(LINKED_AT_ONCE).into(),
        ];
        let linked = self.transaction.query_all_raw(statement(sql, values));
        self.audit_links(user_id, &linked.await?).await
    }

    /// Asks for the person's one welcome, in their own space, in the transaction that keeps that it was asked for. It is held
    /// until there is an address, and a profile to find that by.
    pub(super) async fn welcome(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<Vec<Doorbell>, StoreError> {
        if user.verified_email.is_none() {
            return Ok(Vec::new());
        }
        let own_space = self.own_space(user);
        let sql = "SELECT id FROM profiles WHERE tenant_id = $1 AND user_id = $2";
        let values = [own_space.as_uuid().into(), user_id.as_uuid().into()];
        let own = self.transaction.query_one_raw(statement(sql, values));
        let Some(own) = own.await? else {
            return Ok(Vec::new());
        };
        let request = EmailRequest {
            template: EmailTemplate::Welcome,
            profile_id: ProfileId::from_uuid(column(&own, "id")?),
        };
        let job = request.job(own_space, user_id);
        let accepted = submit_within(self.transaction, std::slice::from_ref(&job)).await?;
        keep_welcome(self.transaction, user_id).await?;
        let doorbells = accepted.iter().filter_map(|one| one.doorbell(&job));
        Ok(doorbells.collect())
    }

    async fn audit_links(&self, user_id: UserId, linked: &[QueryResult]) -> Result<(), StoreError> {
        for row in linked {
            let tenant_id = TenantId::from_uuid(column(row, "tenant_id")?);
            let profile_id = ProfileId::from_uuid(column(row, "id")?);
            let detail = json!({"user_id": user_id});
            self.audit(
                Some(tenant_id),
                AuditAction::ProfileLinked,
                profile_id.to_string(),
                detail,
            )
            .await?;
        }
        Ok(())
    }

    fn own_space(&self, user: &DirectoryUser) -> TenantId {
        TenantId::for_person(&self.notice.issuer, &user.subject)
    }
}
