//! The audit log: written in the transaction of what it tells of, and read a page at a time.

use std::net::IpAddr;

use gantry_domain::{ActorKind, AuditAction, AuditEvent, AuditEventId, AuditOrigin, TenantId};
use sea_orm::{ConnectionTrait, DatabaseTransaction, QueryResult};
use serde_json::Value as Json;

use crate::StoreError;
use crate::statement::{column, parse, statement, word};

/// What is to be written into the audit log, beside who did it.
#[derive(Debug, Clone)]
pub(crate) struct AuditEntry {
    /// Which tenant it concerns; none for what concerns the whole installation.
    pub tenant_id: Option<TenantId>,
    /// What was done.
    pub action: AuditAction,
    /// To what: an id or a name.
    pub resource_id: String,
    /// What else is worth knowing; an object.
    pub detail: Json,
}

/// Which entries of the audit log to read.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Only what was done by this actor.
    pub actor_id: Option<String>,
    /// Only this action.
    pub action: Option<AuditAction>,
    /// Only what was done to this.
    pub resource_id: Option<String>,
}

/// Whose entries to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AuditReach {
    /// Those of the transaction's tenant.
    Tenant,
    /// Those of the whole installation.
    Installation,
}

impl AuditReach {
    /// The policies say as much; with it said here too, the tenant's index can be used.
    const fn condition(self) -> &'static str {
        match self {
            Self::Tenant => "tenant_id = current_tenant_id()",
            Self::Installation => "TRUE",
        }
    }
}

/// Writes an entry; it stays exactly if the transaction is committed. Without an origin the service itself did it.
pub(crate) async fn write(
    transaction: &DatabaseTransaction,
    origin: Option<&AuditOrigin>,
    entry: AuditEntry,
) -> Result<(), StoreError> {
    let kind = origin.map_or(ActorKind::Gantry, |origin| origin.actor_kind);
    let address = origin.and_then(|origin| origin.source_address);
    transaction
        .execute_raw(statement(
            "INSERT INTO audit_events
                (id, tenant_id, actor_kind, actor_id, action, resource_id, source_address, request_id, detail)
             VALUES ($1, $2, $3, $4, $5, $6, $7::text::inet, $8, $9)",
            [
                AuditEventId::generate().as_uuid().into(),
                entry.tenant_id.map(TenantId::as_uuid).into(),
                kind.as_str().into(),
                origin.and_then(|origin| origin.actor_id.clone()).into(),
                entry.action.as_str().into(),
                entry.resource_id.into(),
                address.map(|address| address.to_string()).into(),
                origin.and_then(|origin| origin.request_id.clone()).into(),
                entry.detail.into(),
            ],
        ))
        .await?;
    Ok(())
}

/// At most `limit` entries that match and that the transaction may see, newest first, those after `before` in that order.
pub(crate) async fn list(
    transaction: &DatabaseTransaction,
    reach: AuditReach,
    filter: &AuditFilter,
    before: Option<AuditEventId>,
    limit: u32,
) -> Result<Vec<AuditEvent>, StoreError> {
    let sql = format!(
        "SELECT id, at, tenant_id, actor_kind, actor_id, action, resource_id, host(source_address) AS source_address,
                request_id, detail
         FROM audit_events
         WHERE {} AND ($1::uuid IS NULL OR id < $1) AND ($2::text IS NULL OR actor_id = $2)
                AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR resource_id = $4)
         ORDER BY id DESC LIMIT $5",
        reach.condition()
    );
    let rows = transaction
        .query_all_raw(statement(
            &sql,
            [
                before.map(AuditEventId::as_uuid).into(),
                filter.actor_id.clone().into(),
                filter.action.map(AuditAction::as_str).into(),
                filter.resource_id.clone().into(),
                i64::from(limit).into(),
            ],
        ))
        .await?;
    rows.iter().map(event).collect()
}

fn event(row: &QueryResult) -> Result<AuditEvent, StoreError> {
    let tenant_id: Option<_> = column(row, "tenant_id")?;
    let source_address: Option<String> = column(row, "source_address")?;
    Ok(AuditEvent {
        id: AuditEventId::from_uuid(column(row, "id")?),
        at: column(row, "at")?,
        tenant_id: tenant_id.map(TenantId::from_uuid),
        actor_kind: word(row, "actor_kind")?,
        actor_id: column(row, "actor_id")?,
        action: column(row, "action")?,
        resource_id: column(row, "resource_id")?,
        source_address: source_address
            .map(|address| parse::<IpAddr>("source_address", &address))
            .transpose()?,
        request_id: column(row, "request_id")?,
        detail: column(row, "detail")?,
    })
}
