//! `email.send`: the kind of job that sends a mail, and what such a job is told.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::word::word_enum;
use crate::{
    JobId, KindDeclaration, KindName, NewJob, OnParentFailure, Priority, ProfileId, RetryPolicy,
    TenantId, UserId,
};

/// The kind's name.
pub const EMAIL_KIND: &str = "email.send";
/// How long one attempt at sending may take, in seconds.
const TIMEOUT_SECONDS: u32 = 60;

word_enum! {
    /// Which mail.
    EmailTemplate, "mail" {
        /// To someone who has signed up and proven an address.
        Welcome = "welcome",
    }
}

/// What a job of the kind is told: neither a name nor an address, which it would keep longer than the person may want.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailRequest {
    /// Which mail.
    pub template: EmailTemplate,
    /// The profile of the person it is for.
    pub profile_id: ProfileId,
}

impl EmailRequest {
    /// The kind as the worker announces it.
    pub fn declaration() -> KindDeclaration {
        KindDeclaration {
            name: kind(),
            description:
                "Sends a mail; writes down what it would send. Only the service itself asks for it."
                    .to_owned(),
            payload_schema: json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["template", "profile_id"],
                "properties": {
                    "template": { "enum": EmailTemplate::ALL },
                    "profile_id": { "type": "string", "minLength": 36, "maxLength": 36 },
                },
            }),
            queue: "default".parse().expect("a valid queue name"),
            timeout_seconds: TIMEOUT_SECONDS,
            retry: RetryPolicy::default(),
        }
    }

    /// The job that sends it, in the name of the person it is for.
    pub fn job(&self, tenant_id: TenantId, user_id: UserId) -> NewJob {
        let declaration = Self::declaration();
        NewJob {
            id: JobId::generate(),
            tenant_id,
            created_by: user_id,
            kind: declaration.name,
            queue: declaration.queue,
            priority: Priority::Normal,
            payload: json!(self),
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
}

fn kind() -> KindName {
    EMAIL_KIND.parse().expect("a valid kind name")
}
