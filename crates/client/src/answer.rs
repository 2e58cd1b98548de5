//! Reading an answer of the API: its body up to a limit, a problem where it refuses.

use reqwest::{Response, StatusCode};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::{ClientError, Result};
use crate::problem::Problem;

/// The largest answer that is read, in bytes; a larger one is an error. A job's payload and result together stay far
/// below.
pub const ANSWER_LIMIT_BYTES: usize = 32 * 1024 * 1024;

/// The document in a successful answer.
///
/// # Errors
/// [`ClientError::Refused`] for a problem document, [`ClientError::UnexpectedAnswer`] for anything else.
pub(crate) async fn document<T: DeserializeOwned>(response: Response) -> Result<T> {
    let response = accepted(response).await?;
    let (url, status) = (response.url().clone(), response.status());
    let body = body(response).await?;
    serde_json::from_slice(&body).map_err(|fault| ClientError::UnexpectedAnswer {
        url,
        status,
        reason: fault.to_string(),
    })
}

/// The same answer when it is a success, else the problem it tells.
pub(crate) async fn accepted(response: Response) -> Result<Response> {
    if response.status().is_success() {
        Ok(response)
    } else {
        Err(refusal(response).await)
    }
}

async fn refusal(response: Response) -> ClientError {
    let (url, status) = (response.url().clone(), response.status());
    match body(response).await {
        Ok(body) => serde_json::from_slice::<Problem>(&body).map_or_else(
            |_| no_problem_document(url, status),
            |problem| ClientError::Refused(Box::new(problem)),
        ),
        Err(error) => error,
    }
}

fn no_problem_document(url: Url, status: StatusCode) -> ClientError {
    ClientError::UnexpectedAnswer {
        url,
        status,
        reason: "a refusal of the API is a problem+json document".to_owned(),
    }
}

async fn body(mut response: Response) -> Result<Vec<u8>> {
    let (url, status) = (response.url().clone(), response.status());
    let mut body = Vec::new();
    while let Some(chunk) = response
        .chunk()
        .await
        .map_err(|error| ClientError::unreachable(&url, &error))?
    {
        if body.len() + chunk.len() > ANSWER_LIMIT_BYTES {
            return Err(ClientError::UnexpectedAnswer {
                url,
                status,
                reason: format!("it is larger than {ANSWER_LIMIT_BYTES} bytes"),
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}
