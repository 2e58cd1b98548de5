//! Writing down who signed in.

use gantry_domain::{TenantId, UserId};
use sea_orm::ConnectionTrait;

use crate::StoreError;
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::statement;

/// Who signed in, and for which tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// The identity provider's own name for itself.
    pub issuer: String,
    /// The tenant the person acts for.
    pub tenant_id: TenantId,
    /// The provider's word for that tenant: an organization's id, or the subject for a person's own space.
    pub tenant_external_id: String,
    /// The person.
    pub user_id: UserId,
    /// The provider's word for the person.
    pub subject: String,
    /// The person's address, where the provider told it.
    pub email: Option<String>,
}

/// What became of a sign-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInOutcome {
    /// It is written down.
    Remembered,
    /// The account is gone, and nothing is written down: a credential that outlives it brings it back to nobody.
    AccountDeleted,
    /// The organization is gone, and its tenant lets nobody in.
    TenantDeleted,
}

pub(crate) async fn remember(
    connection: &Pool,
    signed_in: &SignedIn,
) -> Result<SignInOutcome, StoreError> {
    let transaction = connection.begin().await?;
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.door', $1, true)",
            [Door::Identity.name().into()],
        ))
        .await?;
    let person = transaction
        .execute_raw(statement(
            "INSERT INTO users (id, issuer, subject, email)
             SELECT $1, $2, $3, $4 WHERE NOT EXISTS (
                SELECT FROM directory_entries WHERE kind = 'user' AND id = $1 AND deleted_at IS NOT NULL)
             ON CONFLICT (id) DO UPDATE
             SET email = COALESCE(excluded.email, users.email), last_seen_at = now()",
            [
                signed_in.user_id.as_uuid().into(),
                signed_in.issuer.as_str().into(),
                signed_in.subject.as_str().into(),
                signed_in.email.clone().into(),
            ],
        ))
        .await?;
    if person.rows_affected() == 0 {
        return Ok(SignInOutcome::AccountDeleted);
    }
    transaction
        .execute_raw(statement(
            "INSERT INTO tenants (id, issuer, external_id)
             SELECT $1, $2, $3 WHERE NOT EXISTS (
                SELECT FROM directory_entries WHERE kind = 'organization' AND id = $1 AND deleted_at IS NOT NULL)
             ON CONFLICT (id) DO NOTHING",
            [
                signed_in.tenant_id.as_uuid().into(),
                signed_in.issuer.as_str().into(),
                signed_in.tenant_external_id.as_str().into(),
            ],
        ))
        .await?;
    let is_open = transaction
        .query_one_raw(statement(
            "SELECT FROM tenants WHERE id = $1 AND deleted_at IS NULL",
            [signed_in.tenant_id.as_uuid().into()],
        ))
        .await?
        .is_some();
    if !is_open {
        return Ok(SignInOutcome::TenantDeleted);
    }
    transaction.commit().await?;
    Ok(SignInOutcome::Remembered)
}
