//! A failure as one readable block: what happened, every fault, and what to tell the operator.

use std::fmt::Write;

use gantry_client::{ClientError, Problem};

use super::text::printable;
use crate::command_line::failure::Failure;

/// The block, without a line end.
pub(super) fn explain(failure: &Failure) -> String {
    match failure {
        Failure::Client(ClientError::Refused(problem)) => explain_refusal(problem),
        Failure::Client(error @ ClientError::Unreachable { .. }) => {
            format!(
                "{error}\n  is it running, and is GANTRY_URL (or --url) right? `gantry dev` starts one on this machine"
            )
        }
        other => other.to_string(),
    }
}

fn explain_refusal(problem: &Problem) -> String {
    let mut block = printable(&problem.to_string());
    for fault in &problem.errors {
        append(
            &mut block,
            &printable(&fault.path),
            &printable(&fault.message),
        );
    }
    if let Some(job_id) = problem.job_id {
        append(&mut block, "job", &job_id.to_string());
    }
    if problem.status == 401 {
        append(
            &mut block,
            "who are you?",
            "set GANTRY_TOKEN, or GANTRY_DEV_USER_ID for an API in development mode",
        );
    }
    for (label, value) in [
        ("code", &problem.code),
        ("request id", &problem.request_id),
        ("trace id", &problem.trace_id),
    ] {
        if let Some(value) = value {
            append(&mut block, label, &printable(value));
        }
    }
    block
}

fn append(block: &mut String, label: &str, text: &str) {
    write!(block, "\n  {label}: {text}").expect("writing to a String cannot fail");
}
