//! `email.send`: writes down which mail it would send; there is no mail provider yet that could send one.

use async_trait::async_trait;
use gantry_domain::{EmailRequest, JobFailure, KindDeclaration, failure_code};
use serde_json::{Value, json};

use crate::{Handler, HandlerError, JobContext};

/// `email.send`: writes down which mail it would send, and to nobody's address but in the job itself.
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
        let text = match &request.to {
            Some(_) => format!("would send the mail {}", request.template.as_str()),
            None => format!(
                "nobody to send the mail {} to: the person has no verified address",
                request.template.as_str()
            ),
        };
        job.log.info(text).await;
        Ok(json!({ "template": request.template, "sent": false }))
    }
}
