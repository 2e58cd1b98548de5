//! `email.send`: writes down which mail it would send; there is no mail provider yet that could send one.

use async_trait::async_trait;
use gantry_domain::{EmailRequest, JobFailure, KindDeclaration, failure_code};
use serde_json::{Value, json};

use crate::{Handler, HandlerError, JobContext};

/// `email.send`: writes down which mail it would send to the owner of which profile, and nobody's address.
#[derive(Debug, Clone, Copy)]
pub struct EmailSend;

#[async_trait]
impl Handler for EmailSend {
    fn declaration(&self) -> KindDeclaration {
        EmailRequest::declaration()
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        let request: EmailRequest = serde_json::from_value(job.payload).map_err(|error| {
            HandlerError::Final(JobFailure::new(
                failure_code::INVALID_PAYLOAD,
                format!("the payload is no mail: {error}"),
            ))
        })?;
        let text = format!(
            "would send the mail {} to the owner of the profile {}",
            request.template.as_str(),
            request.profile_id
        );
        job.log.info(text).await;
        Ok(json!({ "template": request.template, "sent": false }))
    }
}
