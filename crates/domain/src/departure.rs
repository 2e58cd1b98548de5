//! What people take along, and how they leave.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::word::word_enum;
use crate::{
    JobId, KindDeclaration, NewJob, OnParentFailure, Priority, RetryPolicy, TenantId, UserId,
};

/// How many days pass between the wish to end an account and its removal.
pub const DELETION_GRACE_DAYS: u32 = 30;
/// For how many of them the wish can be taken back.
pub const DELETION_RETURN_DAYS: u32 = 14;
/// The kind of the jobs that gather what is a person's.
pub const EXPORT_KIND: &str = "people.export";
/// How long one attempt at a part of an export may take, in seconds.
const EXPORT_TIMEOUT_SECONDS: u32 = 300;

/// An account that is to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountDeletion {
    /// When it was wished.
    pub requested_at: DateTime<Utc>,
    /// Until when the wish can be taken back; null where the identity provider has deleted the account.
    pub cancellable_until: Option<DateTime<Utc>>,
    /// When everything is removed, at the earliest.
    pub purge_after: DateTime<Utc>,
    /// What the operator finds the receipt by, when nothing else is left.
    pub receipt_id: Uuid,
}

word_enum! {
    /// A part of what is a person's, in the order in which it is exported.
    ExportSection, "section of an export" {
        /// What is known of the person.
        Account = "account",
        /// The profiles.
        Profiles = "profiles",
        /// Which tenants the person belongs to.
        Memberships = "memberships",
        /// The API keys, without what is secret.
        ApiKeys = "api_keys",
        /// The schedules the person made.
        Schedules = "schedules",
        /// What the audit log says that the person did.
        AuditEvents = "audit_events",
        /// The jobs the person handed in.
        Jobs = "jobs",
        /// The log lines of those jobs.
        Logs = "logs",
    }
}

impl ExportSection {
    /// The section after this one.
    pub fn next(self) -> Option<Self> {
        let mut rest = Self::ALL.iter().skip_while(|section| **section != self);
        rest.nth(1).copied()
    }
}

/// Where a job of an export goes on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportPlace {
    /// The export: its first job.
    pub export: JobId,
    /// In which section.
    pub section: ExportSection,
    /// After which item of it; from its beginning where there is none.
    #[serde(default)]
    pub after: Option<String>,
}

/// One item of an export, as a line of the archive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportItem {
    /// Which section it belongs to.
    pub section: ExportSection,
    /// The item.
    pub item: Value,
}

/// What a job of an export returns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportPart {
    /// The items.
    pub items: Vec<ExportItem>,
    /// Whether another job goes on from here.
    pub has_more: bool,
}

/// The kind of an export's jobs, as the worker announces it.
pub fn export_declaration() -> KindDeclaration {
    KindDeclaration {
        name: EXPORT_KIND.parse().expect("a valid kind name"),
        description:
            "Gathers what is a person's, for GET /api/v1/users/me/export; runs for nothing else."
                .to_owned(),
        payload_schema: json!({
            "type": "object",
            "additionalProperties": false,
            "required": ["export", "section"],
            "properties": {
                "export": { "type": "string", "minLength": 36, "maxLength": 36 },
                "section": { "enum": ExportSection::ALL },
                "after": { "type": ["string", "null"], "maxLength": 100 },
            },
        }),
        queue: "default".parse().expect("a valid queue name"),
        timeout_seconds: EXPORT_TIMEOUT_SECONDS,
        retry: RetryPolicy::default(),
    }
}

/// The first job of a person's export, in their own space.
pub fn export_job(own_space: TenantId, user_id: UserId) -> NewJob {
    let declaration = export_declaration();
    let id = JobId::generate();
    NewJob {
        id,
        tenant_id: own_space,
        created_by: user_id,
        kind: declaration.name,
        queue: declaration.queue,
        priority: Priority::Low,
        payload: json!(ExportPlace {
            export: id,
            section: ExportSection::Account,
            after: None,
        }),
        run_at: None,
        max_attempts: declaration.retry.max_attempts,
        retry: None,
        timeout_seconds: declaration.timeout_seconds,
        tags: Vec::new(),
        unique_key: None,
        parents: Vec::new(),
        on_parent_failure: OnParentFailure::default(),
        traceparent: None,
    }
}
