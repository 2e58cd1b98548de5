//! When the provider last changed something, kept beyond its end, and locked while a notice about it is written down.

use chrono::{DateTime, Utc};
use gantry_domain::{MembershipId, TenantId, UserId};
use sea_orm::{ConnectionTrait, DatabaseTransaction};
use uuid::Uuid;

use crate::StoreError;
use crate::statement::{column, statement};

/// What an entry is about.
#[derive(Debug, Clone, Copy)]
pub(super) enum Subject {
    User(UserId),
    Organization(TenantId),
    /// Of a person.
    Membership(MembershipId, UserId),
}

impl Subject {
    const fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Organization(_) => "organization",
            Self::Membership(..) => "membership",
        }
    }

    const fn id(self) -> Uuid {
        match self {
            Self::User(id) => id.as_uuid(),
            Self::Organization(id) => id.as_uuid(),
            Self::Membership(id, _) => id.as_uuid(),
        }
    }

    /// Whose membership it is; none of what is no membership.
    fn member(self) -> Option<Uuid> {
        match self {
            Self::User(_) | Self::Organization(_) => None,
            Self::Membership(_, user_id) => Some(user_id.as_uuid()),
        }
    }
}

/// What was told of something so far.
#[derive(Debug)]
pub(super) struct Entry {
    /// None before the first notice.
    pub changed_at: Option<DateTime<Utc>>,
    pub is_deleted: bool,
    pub external_id: Option<String>,
    /// Whether the person was sent a welcome.
    pub is_welcomed: bool,
}

impl Entry {
    pub(super) const fn is_new(&self) -> bool {
        self.changed_at.is_none()
    }

    /// Whether nothing later was told, and not its end.
    pub(super) fn admits(&self, changed_at: DateTime<Utc>) -> bool {
        !self.is_deleted && self.changed_at.is_none_or(|last| last <= changed_at)
    }
}

/// The entry, made if it is not there, and locked until the transaction ends. A transaction that locks several takes the
/// person's first, then the organization's, then the membership's, so that no two wait for each other.
pub(super) async fn lock(
    transaction: &DatabaseTransaction,
    subject: Subject,
) -> Result<Entry, StoreError> {
    let make = "INSERT INTO directory_entries (kind, id, user_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let values = [
        subject.kind().into(),
        subject.id().into(),
        subject.member().into(),
    ];
    transaction.execute_raw(statement(make, values)).await?;
    let read = "SELECT changed_at, deleted_at IS NOT NULL AS is_deleted, external_id,
            welcomed_at IS NOT NULL AS is_welcomed
        FROM directory_entries WHERE kind = $1 AND id = $2 FOR UPDATE";
    let values = [subject.kind().into(), subject.id().into()];
    let row = transaction.query_one_raw(statement(read, values)).await?;
    let row = row.ok_or_else(|| StoreError::UnknownContent {
        column: "id",
        reason: "the entry that was just made is not there".to_owned(),
    })?;
    Ok(Entry {
        changed_at: column(&row, "changed_at")?,
        is_deleted: column(&row, "is_deleted")?,
        external_id: column(&row, "external_id")?,
        is_welcomed: column(&row, "is_welcomed")?,
    })
}

/// Keeps what a notice said of a locked entry.
pub(super) async fn keep(
    transaction: &DatabaseTransaction,
    subject: Subject,
    changed_at: DateTime<Utc>,
    external_id: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE directory_entries SET changed_at = $3, external_id = $4, deleted_at = NULL
        WHERE kind = $1 AND id = $2";
    write(transaction, sql, subject, changed_at, external_id).await
}

/// Keeps that what a locked entry is about is gone.
pub(super) async fn bury(
    transaction: &DatabaseTransaction,
    subject: Subject,
    changed_at: DateTime<Utc>,
    external_id: Option<&str>,
) -> Result<(), StoreError> {
    let sql = "UPDATE directory_entries
        SET changed_at = greatest(changed_at, $3), external_id = COALESCE($4, external_id), deleted_at = now()
        WHERE kind = $1 AND id = $2";
    write(transaction, sql, subject, changed_at, external_id).await
}

/// Keeps that the person of a locked entry was sent a welcome; this outlives their profiles.
pub(super) async fn keep_welcome(
    transaction: &DatabaseTransaction,
    user_id: UserId,
) -> Result<(), StoreError> {
    let sql = "UPDATE directory_entries SET welcomed_at = now() WHERE kind = 'user' AND id = $1";
    let values = [user_id.as_uuid().into()];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}

async fn write(
    transaction: &DatabaseTransaction,
    sql: &str,
    subject: Subject,
    changed_at: DateTime<Utc>,
    external_id: Option<&str>,
) -> Result<(), StoreError> {
    let values = [
        subject.kind().into(),
        subject.id().into(),
        changed_at.into(),
        external_id.map(str::to_owned).into(),
    ];
    transaction.execute_raw(statement(sql, values)).await?;
    Ok(())
}
