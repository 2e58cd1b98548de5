//! What the identity provider tells is written down: each notice once, in the order of its changes, in one transaction.

mod entries;
mod memberships;
mod organizations;
mod people;
mod profiles;
mod succession;

use gantry_domain::{
    ActorKind, AuditAction, AuditOrigin, Cohorts, DirectoryEvent, DirectoryNotice, Doorbell,
    TenantId,
};
use sea_orm::{ConnectionTrait, DatabaseTransaction, Value};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::StoreError;
use crate::audit::{self, AuditEntry};
use crate::connection::Pool;
use crate::door::Door;
use crate::statement::statement;

/// What became of a notice.
#[derive(Debug, Clone, PartialEq)]
pub enum DirectoryOutcome {
    /// It is written down; the words for the jobs that came of it.
    Applied(Vec<Doorbell>),
    /// The same notice was taken before.
    Duplicate,
    /// Something later, or the end of what it tells of, was told before.
    Outdated,
}

/// One notice on its way into the tables.
struct Writing<'a> {
    transaction: &'a DatabaseTransaction,
    notice: &'a DirectoryNotice,
    cohorts: &'a Cohorts,
}

/// Takes a notice, unless it was taken before.
pub(crate) async fn apply(
    connection: &Pool,
    notice: &DirectoryNotice,
    cohorts: &Cohorts,
) -> Result<DirectoryOutcome, StoreError> {
    let transaction = connection.begin().await?;
    transaction
        .execute_raw(statement(
            "SELECT set_config('app.door', $1, true)",
            [Door::Directory.name().into()],
        ))
        .await?;
    if !is_first(&transaction, notice).await? {
        return Ok(DirectoryOutcome::Duplicate);
    }
    let writing = Writing {
        transaction: &transaction,
        notice,
        cohorts,
    };
    let outcome = writing.event().await?;
    transaction.commit().await?;
    Ok(outcome)
}

/// Whoever meets the same notice under way waits for its end here: if it fails, this one takes its place.
async fn is_first(
    transaction: &DatabaseTransaction,
    notice: &DirectoryNotice,
) -> Result<bool, StoreError> {
    let sql = "INSERT INTO webhook_deliveries (issuer, id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    let values = [
        notice.issuer.as_str().into(),
        notice.delivery_id.as_str().into(),
    ];
    let written = transaction.execute_raw(statement(sql, values)).await?;
    Ok(written.rows_affected() == 1)
}

impl Writing<'_> {
    /// Writes down that the provider did it, by its notice.
    async fn audit(
        &self,
        tenant_id: Option<TenantId>,
        action: AuditAction,
        resource_id: String,
        detail: Json,
    ) -> Result<(), StoreError> {
        let origin = AuditOrigin {
            actor_kind: ActorKind::Provider,
            actor_id: None,
            source_address: None,
            request_id: Some(self.notice.delivery_id.clone()),
        };
        let entry = AuditEntry {
            tenant_id,
            action,
            resource_id,
            detail,
        };
        audit::write(self.transaction, Some(&origin), entry).await
    }

    /// Makes a change of many rows, and writes an entry for each of them. The change's parameters are `subjects`, from the
    /// first on; it returns `tenant_id`, `resource_id` and `detail`.
    async fn audit_each<const COUNT: usize>(
        &self,
        action: AuditAction,
        change: &str,
        subjects: [Uuid; COUNT],
    ) -> Result<(), StoreError> {
        let sql = format!(
            "WITH changed AS ({change})
             INSERT INTO audit_events (id, tenant_id, actor_kind, action, resource_id, request_id, detail)
             SELECT new_audit_event_id(), tenant_id, 'provider', ${}, resource_id, ${}, detail FROM changed",
            COUNT + 1,
            COUNT + 2,
        );
        let words = [action.as_str(), &self.notice.delivery_id];
        let values = subjects.map(Value::from).into_iter();
        let changing = statement(&sql, values.chain(words.map(Value::from)));
        self.transaction.execute_raw(changing).await?;
        Ok(())
    }

    async fn event(&self) -> Result<DirectoryOutcome, StoreError> {
        let doorbells = match &self.notice.event {
            DirectoryEvent::UserChanged(user) => self.change_user(user).await?,
            DirectoryEvent::UserDeleted { subject } => self.delete_user(subject).await?,
            DirectoryEvent::OrganizationChanged(organization) => {
                self.change_organization(organization).await?
            }
            DirectoryEvent::OrganizationDeleted { external_id } => {
                self.delete_organization(external_id).await?
            }
            DirectoryEvent::MembershipChanged(membership, role) => {
                self.change_membership(membership, *role).await?
            }
            DirectoryEvent::MembershipDeleted(membership) => {
                self.delete_membership(membership).await?
            }
        };
        Ok(doorbells.map_or(DirectoryOutcome::Outdated, DirectoryOutcome::Applied))
    }
}
