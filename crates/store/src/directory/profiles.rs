//! The profiles of someone who signs up: those that wait for the address, or else one of their own, and a welcome for each.

use gantry_domain::{
    CohortName, DirectoryUser, Doorbell, EmailRequest, EmailTemplate, NewJob, ProfileId, TenantId,
    UserId,
};
use sea_orm::ConnectionTrait;

use super::Writing;
use crate::StoreError;
use crate::statement::{column, statement};
use crate::transitions::submit_within;

/// How many waiting profiles are linked at once; any further ones are with the person's next notice.
const LINKED_AT_ONCE: u32 = 100;

/// A profile that has just become somebody's.
pub(super) struct LinkedProfile {
    id: ProfileId,
    tenant_id: TenantId,
}

impl Writing<'_> {
    /// Links every profile that waits for the person's address. Nothing but an address that the provider has verified, and
    /// that is the person's primary one, gives a profile to anybody; and none that is somebody's is ever given again.
    pub(super) async fn link_profiles(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<Vec<LinkedProfile>, StoreError> {
        let Some(email) = &user.verified_email else {
            return Ok(Vec::new());
        };
        let sql = "
            UPDATE profiles SET user_id = $1, linked_at = now(), updated_at = now(), name = COALESCE(name, $3)
            WHERE user_id IS NULL AND id IN (
                SELECT id FROM profiles AS waiting
                WHERE email_folded = $2 AND user_id IS NULL
                    AND NOT EXISTS (
                        SELECT FROM profiles AS own WHERE own.tenant_id = waiting.tenant_id AND own.user_id = $1)
                    AND NOT EXISTS (
                        SELECT FROM tenants WHERE tenants.id = waiting.tenant_id AND tenants.deleted_at IS NOT NULL)
                ORDER BY id LIMIT $4 FOR UPDATE
            )
            RETURNING id, tenant_id";
        let values = [
            user_id.as_uuid().into(),
            email.folded().into(),
            user.display_name().into(),
            i64::from(LINKED_AT_ONCE).into(),
        ];
        let rows = self
            .transaction
            .query_all_raw(statement(sql, values))
            .await?;
        rows.iter()
            .map(|row| {
                Ok(LinkedProfile {
                    id: ProfileId::from_uuid(column(row, "id")?),
                    tenant_id: TenantId::from_uuid(column(row, "tenant_id")?),
                })
            })
            .collect()
    }

    /// Makes a profile in the person's own space, unless the person has one anywhere.
    pub(super) async fn create_profile(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
    ) -> Result<Option<LinkedProfile>, StoreError> {
        let tenant_id = TenantId::for_person(&self.notice.issuer, &user.subject);
        self.write_tenant(tenant_id, &user.subject, None).await?;
        let cohort: &CohortName = self.cohorts.of(user.cohort.as_deref());
        let sql = "
            INSERT INTO profiles (id, tenant_id, user_id, email, email_folded, name, cohort, linked_at)
            SELECT $1, $2, $3, $4, $5, $6, $7, now()
            WHERE NOT EXISTS (SELECT FROM profiles WHERE user_id = $3)
            ON CONFLICT DO NOTHING";
        let id = ProfileId::generate();
        let email = user.verified_email.as_ref();
        let values = [
            id.as_uuid().into(),
            tenant_id.as_uuid().into(),
            user_id.as_uuid().into(),
            email.map(|email| email.as_str().to_owned()).into(),
            email.map(|email| email.folded()).into(),
            user.display_name().into(),
            cohort.as_str().into(),
        ];
        let made = self.transaction.execute_raw(statement(sql, values)).await?;
        Ok((made.rows_affected() == 1).then_some(LinkedProfile { id, tenant_id }))
    }

    /// One mail for each profile, in the transaction that gave it to the person: so exactly one.
    pub(super) async fn welcome(
        &self,
        user_id: UserId,
        user: &DirectoryUser,
        profiles: &[LinkedProfile],
    ) -> Result<Vec<Doorbell>, StoreError> {
        let jobs: Vec<NewJob> = profiles
            .iter()
            .map(|profile| {
                let request = EmailRequest {
                    template: EmailTemplate::Welcome,
                    to: user.verified_email.clone(),
                    name: user.display_name(),
                    profile_id: profile.id,
                };
                request.job(profile.tenant_id, user_id)
            })
            .collect();
        let accepted = submit_within(self.transaction, &jobs).await?;
        let accepted = accepted.iter().zip(&jobs);
        Ok(accepted
            .filter_map(|(one, job)| one.doorbell(job))
            .collect())
    }
}
