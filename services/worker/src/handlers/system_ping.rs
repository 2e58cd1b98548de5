//! `system.ping`: returns the time and what it saw of tenant, actor and trace.

use async_trait::async_trait;
use chrono::Utc;
use gantry_domain::{JobFailure, KindDeclaration, RetryPolicy, failure_code};
use serde_json::{Value, json};

use crate::{Handler, HandlerError, JobContext};

/// `system.ping`: returns the time and what it saw of tenant, actor and trace.
#[derive(Debug, Clone, Copy)]
pub struct SystemPing;

#[async_trait]
impl Handler for SystemPing {
    fn declaration(&self) -> KindDeclaration {
        KindDeclaration {
            name: "system.ping".parse().expect("a valid kind name"),
            description: "Returns the worker's time and what it saw of tenant, actor and trace."
                .to_owned(),
            payload_schema: json!({ "type": "object", "additionalProperties": false }),
            queue: "default".parse().expect("a valid queue name"),
            timeout_seconds: 30,
            retry: RetryPolicy::default(),
        }
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        if job
            .payload
            .as_object()
            .is_none_or(|members| !members.is_empty())
        {
            return Err(HandlerError::Final(JobFailure::new(
                failure_code::INVALID_PAYLOAD,
                "the payload must be an empty object",
            )));
        }
        Ok(json!({
            "at": Utc::now(),
            "tenant_id": job.tenant_id,
            "created_by": job.created_by,
            "trace_id": job.trace_id,
            "attempt": job.attempt,
        }))
    }
}
