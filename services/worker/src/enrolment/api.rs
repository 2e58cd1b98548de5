//! What a machine asks the API: to be let in, and to have its token renewed.

use std::time::Duration;

use gantry_domain::{QueueName, TenantId, WorkerTokenId};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

/// How long an answer may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(20);

/// Why the API did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiFailure {
    /// It cannot be reached, or does not answer as it should; trying again may help.
    #[error("the API cannot be asked: {0}")]
    Unreachable(String),
    /// It refuses.
    #[error("{detail} ({code})")]
    Refused {
        /// The stable word for why.
        code: String,
        /// The same for people.
        detail: String,
    },
}

/// What a machine that was let in is given.
#[derive(Deserialize)]
pub(super) struct Enrolled {
    pub(super) id: WorkerTokenId,
    pub(super) token: SecretString,
    pub(super) tenant_id: TenantId,
    pub(super) queues: Vec<QueueName>,
    pub(super) database_url: SecretString,
    pub(super) redis_url: SecretString,
    pub(super) redis_prefix: String,
}

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: String,
}

#[derive(Deserialize)]
struct Renewed {}

/// The API as a machine knows it.
#[derive(Debug, Clone)]
pub(super) struct Api {
    http: Client,
    url: Url,
}

impl Api {
    pub(super) fn new(url: Url) -> Result<Self, ApiFailure> {
        let http = Client::builder()
            .timeout(ANSWER_TIMEOUT)
            // A token goes to the API that was named and to no other.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| unreachable_api(&error))?;
        Ok(Self { http, url })
    }

    pub(super) async fn enroll(
        &self,
        enrol_token: &SecretString,
        name: &str,
    ) -> Result<Enrolled, ApiFailure> {
        let body = json!({ "token": enrol_token.expose_secret(), "name": name });
        self.post("enroll", &body).await
    }

    pub(super) async fn renew(&self, token: &SecretString) -> Result<(), ApiFailure> {
        let body = json!({ "token": token.expose_secret() });
        self.post::<Renewed>("tokens/renew", &body).await.map(drop)
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &Value) -> Result<T, ApiFailure> {
        let base = self.url.as_str().trim_end_matches('/');
        let request = self.http.post(format!("{base}/api/v1/workers/{path}"));
        let answer = request
            .json(body)
            .send()
            .await
            .map_err(|error| unreachable_api(&error))?;
        if answer.status().is_success() {
            return answer.json().await.map_err(|error| unreachable_api(&error));
        }
        Err(refusal(answer).await)
    }
}

/// What the API can do nothing about now is no refusal.
async fn refusal(answer: Response) -> ApiFailure {
    let status = answer.status();
    let may_pass = status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS;
    match answer.json::<Problem>().await {
        Ok(problem) if !may_pass => ApiFailure::Refused {
            code: problem.code,
            detail: problem.detail,
        },
        Ok(problem) => ApiFailure::Unreachable(problem.detail),
        Err(_) => ApiFailure::Unreachable(format!("it answered {status}")),
    }
}

fn unreachable_api(error: &reqwest::Error) -> ApiFailure {
    // The causes say what the error itself does not, and neither holds what was sent.
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    ApiFailure::Unreachable(text)
}
