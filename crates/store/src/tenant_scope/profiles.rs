//! A tenant's profiles: registering, reading and changing them; whose one is, only the identity provider's notices say.

use gantry_domain::{AuditAction, CohortName, EmailAddress, Profile, ProfileId};
use sea_orm::ConnectionTrait;
use serde_json::json;

use super::TenantScope;
use crate::StoreError;
use crate::profiles::{PROFILE_COLUMNS, profile};
use crate::statement::statement;

/// A profile for someone who is still to sign up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProfile {
    /// For whom: whoever proves to own this address.
    pub email: EmailAddress,
    /// What to call the person.
    pub name: Option<String>,
    /// The group the person belongs to.
    pub cohort: CohortName,
}

/// What is to be changed about a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProfileChange {
    /// Another name, or none any more.
    pub name: Option<Option<String>>,
    /// Another cohort.
    pub cohort: Option<CohortName>,
}

impl TenantScope<'_> {
    /// Registers a profile; none when the tenant has one for this address, however it is spelled.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn create_profile(&self, new: &NewProfile) -> Result<Option<Profile>, StoreError> {
        let sql = format!(
            "INSERT INTO profiles (id, tenant_id, email, email_folded, name, cohort)
             VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (tenant_id, email_folded) DO NOTHING
             RETURNING {PROFILE_COLUMNS}"
        );
        let values = [
            ProfileId::generate().as_uuid().into(),
            self.tenant_id.as_uuid().into(),
            new.email.as_str().into(),
            new.email.folded().into(),
            new.name.clone().into(),
            new.cohort.as_str().into(),
        ];
        let transaction = self.begin().await?;
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let created = row.as_ref().map(profile).transpose()?;
        if let Some(created) = &created {
            // Without the address: the audit log outlives people.
            let detail = json!({"cohort": created.cohort});
            self.audit(
                &transaction,
                AuditAction::ProfileCreated,
                created.id,
                detail,
            )
            .await?;
        }
        transaction.commit().await?;
        Ok(created)
    }

    /// A profile.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn find_profile(&self, id: ProfileId) -> Result<Option<Profile>, StoreError> {
        let sql = format!("SELECT {PROFILE_COLUMNS} FROM profiles WHERE id = $1");
        let transaction = self.begin().await?;
        let row = transaction
            .query_one_raw(statement(&sql, [id.as_uuid().into()]))
            .await?;
        transaction.commit().await?;
        row.as_ref().map(profile).transpose()
    }

    /// At most `limit` profiles, newest first, those after `before` in that order.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn list_profiles(
        &self,
        before: Option<ProfileId>,
        limit: u32,
    ) -> Result<Vec<Profile>, StoreError> {
        let sql = format!(
            "SELECT {PROFILE_COLUMNS} FROM profiles
             WHERE tenant_id = current_tenant_id() AND ($1::uuid IS NULL OR id < $1) ORDER BY id DESC LIMIT $2"
        );
        let before = before.map(ProfileId::as_uuid);
        let transaction = self.begin().await?;
        let rows = transaction
            .query_all_raw(statement(&sql, [before.into(), i64::from(limit).into()]))
            .await?;
        transaction.commit().await?;
        rows.iter().map(profile).collect()
    }

    /// Changes a profile's name and cohort; none when there is no such profile.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn update_profile(
        &self,
        id: ProfileId,
        change: &ProfileChange,
    ) -> Result<Option<Profile>, StoreError> {
        let sql = format!(
            "UPDATE profiles SET name = CASE WHEN $2 THEN $3 ELSE name END, cohort = COALESCE($4, cohort),
                updated_at = now()
             WHERE id = $1 RETURNING {PROFILE_COLUMNS}"
        );
        let values = [
            id.as_uuid().into(),
            change.name.is_some().into(),
            change.name.clone().flatten().into(),
            change.cohort.clone().map(String::from).into(),
        ];
        let transaction = self.begin().await?;
        let row = transaction.query_one_raw(statement(&sql, values)).await?;
        let changed = row.as_ref().map(profile).transpose()?;
        if let Some(changed) = &changed {
            let detail = json!({"cohort": changed.cohort});
            self.audit(&transaction, AuditAction::ProfileChanged, id, detail)
                .await?;
        }
        transaction.commit().await?;
        Ok(changed)
    }

    /// Deletes a profile; says whether it was there.
    ///
    /// # Errors
    /// Postgres cannot be reached.
    pub async fn delete_profile(&self, id: ProfileId) -> Result<bool, StoreError> {
        let transaction = self.begin().await?;
        let deleted = transaction
            .execute_raw(statement(
                "DELETE FROM profiles WHERE id = $1",
                [id.as_uuid().into()],
            ))
            .await?;
        let was_there = deleted.rows_affected() == 1;
        if was_there {
            self.audit(&transaction, AuditAction::ProfileDeleted, id, json!({}))
                .await?;
        }
        transaction.commit().await?;
        Ok(was_there)
    }
}
