//! The audit log: who did what, from where, to which resource.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::word::word_enum;
use crate::{AuditEventId, TenantId};

word_enum! {
    /// What sort of actor did something.
    ActorKind, "kind of actor" {
        /// A person who signed in.
        Person = "person",
        /// A program with an API key.
        ApiKey = "api_key",
        /// A worker with a token of its own.
        Worker = "worker",
        /// The identity provider.
        Provider = "provider",
        /// The service itself.
        Gantry = "gantry",
    }
}

word_enum! {
    /// What was done. The word before the dot names the sort of resource.
    AuditAction, "audited action" {
        /// A tenant was made by a person.
        TenantCreated = "tenant.created",
        /// A tenant got another name.
        TenantRenamed = "tenant.renamed",
        /// A tenant was deleted.
        TenantDeleted = "tenant.deleted",
        /// A tenant's retention periods were set or removed.
        TenantRetentionChanged = "tenant.retention_changed",
        /// A tenant got another tier or another rate of requests.
        TenantTierChanged = "tenant.tier_changed",
        /// Someone became a member; the resource is the person.
        MemberAdded = "member.added",
        /// A member got another role.
        MemberRoleChanged = "member.role_changed",
        /// A member was removed, or left.
        MemberRemoved = "member.removed",
        /// A profile was registered.
        ProfileCreated = "profile.created",
        /// A profile got another name or cohort.
        ProfileChanged = "profile.changed",
        /// A profile that waited became that of the owner of its address.
        ProfileLinked = "profile.linked",
        /// A profile was deleted.
        ProfileDeleted = "profile.deleted",
        /// An archive of everything that is a person's was asked for.
        AccountExported = "account.exported",
        /// A person wished their account to end.
        AccountDeletionRequested = "account.deletion_requested",
        /// A person took that wish back.
        AccountDeletionCancelled = "account.deletion_cancelled",
        /// An account ended; the resource is the person.
        AccountDeleted = "account.deleted",
        /// An API key was made.
        ApiKeyCreated = "api_key.created",
        /// An API key was revoked by hand.
        ApiKeyRevoked = "api_key.revoked",
        /// A queue, a tenant or a person was paused.
        PauseBegun = "pause.begun",
        /// A pause was ended.
        PauseEnded = "pause.ended",
        /// A concurrency limit was set.
        LimitSet = "limit.set",
        /// A concurrency limit was removed.
        LimitRemoved = "limit.removed",
        /// A job was cancelled, or told to end.
        JobCancelled = "job.cancelled",
        /// A job was queued again by hand.
        JobRedriven = "job.redriven",
        /// All jobs that match were queued again.
        JobsRedriven = "job.redriven_matching",
        /// All jobs that match were cancelled.
        JobsCancelled = "job.cancelled_matching",
        /// A schedule was deleted.
        ScheduleDeleted = "schedule.deleted",
        /// A token was minted that lets a machine in.
        EnrolTokenMinted = "enrol_token.minted",
        /// Such a token was taken back unused.
        EnrolTokenWithdrawn = "enrol_token.withdrawn",
        /// A machine was let in; the resource is its worker token.
        WorkerEnrolled = "worker_token.issued",
        /// A machine renewed its worker token.
        WorkerTokenRenewed = "worker_token.renewed",
        /// A worker token was revoked.
        WorkerTokenRevoked = "worker_token.revoked",
        /// Something was read that only owners, admins and operators may see; the resource is the operation's path.
        AdminRead = "admin.read",
    }
}

/// Who does something, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditOrigin {
    /// What sort of actor.
    pub actor_kind: ActorKind,
    /// Which one: a user's, key's or token's id.
    pub actor_id: Option<String>,
    /// The address the request came from.
    pub source_address: Option<IpAddr>,
    /// The request.
    pub request_id: Option<String>,
}

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditEvent {
    /// The entry.
    pub id: AuditEventId,
    /// When.
    pub at: DateTime<Utc>,
    /// Which tenant it concerns; null for what concerns the whole installation.
    pub tenant_id: Option<TenantId>,
    /// What sort of actor.
    pub actor_kind: ActorKind,
    /// Which one: a user's, key's or token's id.
    pub actor_id: Option<String>,
    /// What was done. A word of a later version is handed on as it is.
    pub action: String,
    /// To what: an id or a name.
    pub resource_id: String,
    /// The address the request came from.
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    pub source_address: Option<IpAddr>,
    /// The request.
    pub request_id: Option<String>,
    /// What else is worth knowing, by action.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub detail: serde_json::Value,
}
