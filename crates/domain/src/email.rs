//! `email.send`: the kind of job that sends a mail, and what such a job is told.

use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::word::word_enum;
use crate::{
    EMAIL_LIMIT_BYTES, EmailAddress, JobId, KindDeclaration, KindName, NewJob, OnParentFailure,
    PERSON_NAME_LIMIT_CHARACTERS, Priority, ProfileId, RetryPolicy, TenantId, UserId,
};

/// The kind's name.
pub const EMAIL_KIND: &str = "email.send";
/// How long one attempt at sending may take, in seconds.
const TIMEOUT_SECONDS: u32 = 60;

word_enum! {
    /// Which mail.
    EmailTemplate, "mail" {
        /// To someone who has just got a profile.
        Welcome = "welcome",
    }
}

/// What a job of the kind is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmailRequest {
    /// Which mail.
    pub template: EmailTemplate,
    /// To which address; without one there is nobody to send it to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<EmailAddress>,
    /// What to call the person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The profile it is about.
    pub profile_id: ProfileId,
}

impl EmailRequest {
    /// The kind as the worker announces it.
    pub fn declaration() -> KindDeclaration {
        KindDeclaration {
            name: kind(),
            description:
                "Sends a mail; writes down what it would send until a mail provider is configured."
                    .to_owned(),
            payload_schema: json!({
                "type": "object",
                "additionalProperties": false,
                "required": ["template", "profile_id"],
                "properties": {
                    "template": { "enum": EmailTemplate::ALL },
                    "to": { "type": "string", "minLength": 3, "maxLength": EMAIL_LIMIT_BYTES },
                    "name": { "type": "string", "minLength": 1, "maxLength": PERSON_NAME_LIMIT_CHARACTERS },
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
