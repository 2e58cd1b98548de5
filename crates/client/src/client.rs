//! The API's endpoints as methods.

use std::time::Duration;

use gantry_domain::{
    Attempt, BatchId, IdempotencyKey, Job, JobId, JobSummary, Kind, LogLine, QueueName,
    QueueStatus, WorkerSummary,
};
use reqwest::{RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::answer;
use crate::bulk::{BulkOrder, BulkOutcome};
use crate::client_builder::ClientBuilder;
use crate::error::{ClientError, Result};
use crate::job_filter::JobFilter;
use crate::log_follower::{FollowOptions, LogFollower};
use crate::log_query::LogQuery;
use crate::page::Page;
use crate::submission::Submission;
use crate::user::CurrentUser;
use crate::why::Why;

/// How long one call may take, from the first byte sent to the last one received. A followed log is no such call.
const CALL_LIMIT: Duration = Duration::from_secs(30);

/// The API's endpoints as methods. Cheap to clone; clones share their connections.
///
/// [`Client::follow_logs`] gives a [`LogFollower`] that stays with a job's log through restarts of the API, and neither
/// repeats nor silently skips a line.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    api_url: Url,
}

impl Client {
    /// A client for the API at `base_url`, for instance `https://gantry.example.org`, that says nothing about who is
    /// calling until told so.
    pub fn builder(base_url: &str) -> ClientBuilder {
        ClientBuilder::new(base_url)
    }

    pub(crate) fn new(http: reqwest::Client, api_url: Url) -> Self {
        Self { http, api_url }
    }

    /// Hands in a job; when this returns it is in the database.
    pub async fn submit(&self, submission: &Submission) -> Result<Job> {
        self.post("jobs", submission).await
    }

    /// Hands in a job under an idempotency key: however often this is called with the same submission, within a day it
    /// makes one job.
    pub async fn submit_once(
        &self,
        submission: &Submission,
        idempotency_key: &IdempotencyKey,
    ) -> Result<Job> {
        let url = self.url("jobs");
        let request = self.http.post(url.clone()).json(submission);
        let request = request.header("Idempotency-Key", idempotency_key.as_str());
        self.call(request, &url).await
    }

    /// Hands in jobs, all or none.
    pub async fn submit_batch(&self, submissions: &[Submission]) -> Result<Vec<Job>> {
        let batch = Batch {
            jobs: submissions,
            callback: None,
        };
        let accepted: Page<Job> = self.post("jobs/batch", &batch).await?;
        Ok(accepted.items)
    }

    /// Hands in jobs, all or none, and with them a job that is queued when all of them have ended, however they did. Its
    /// own parents and policy are left out.
    pub async fn submit_batch_with_callback(
        &self,
        submissions: &[Submission],
        callback: &Submission,
    ) -> Result<AcceptedBatch> {
        let callback = Some(callback);
        let batch = Batch {
            jobs: submissions,
            callback,
        };
        self.post("jobs/batch", &batch).await
    }

    /// How far a batch is that was handed in with a callback.
    pub async fn batch(&self, id: BatchId) -> Result<gantry_domain::Batch> {
        self.get(&format!("batches/{id}"), &()).await
    }

    /// One page of jobs, the newest first.
    pub async fn jobs(&self, filter: &JobFilter) -> Result<Page<JobSummary>> {
        self.get("jobs", filter).await
    }

    /// One job with its payload and result.
    pub async fn job(&self, id: JobId) -> Result<Job> {
        self.get(&format!("jobs/{id}"), &()).await
    }

    /// The attempts at a job, the first one first.
    pub async fn attempts(&self, id: JobId) -> Result<Vec<Attempt>> {
        let page: Page<Attempt> = self.get(&format!("jobs/{id}/attempts"), &()).await?;
        Ok(page.items)
    }

    /// One page of a job's stored log.
    pub async fn logs(&self, id: JobId, query: &LogQuery) -> Result<Page<LogLine>> {
        self.get(&format!("jobs/{id}/logs"), query).await
    }

    /// Follows a job's log until the job ends.
    pub fn follow_logs(&self, id: JobId, options: FollowOptions) -> LogFollower {
        let url = self.url(&format!("jobs/{id}/logs"));
        LogFollower::new(self.http.clone(), url, options)
    }

    /// Asks for the end of a job; one that runs ends a little later.
    pub async fn cancel(&self, id: JobId) -> Result<Job> {
        self.post(&format!("jobs/{id}/cancel"), &Nothing {}).await
    }

    /// Puts a failed or cancelled job back into its queue.
    pub async fn retry(&self, id: JobId) -> Result<Job> {
        self.post(&format!("jobs/{id}/retry"), &Nothing {}).await
    }

    /// Asks for the end of the jobs that match, up to the API's limit.
    pub async fn cancel_matching(&self, order: &BulkOrder) -> Result<BulkOutcome> {
        self.post("jobs/cancel", order).await
    }

    /// Puts the failed and cancelled jobs that match back into their queues, up to the API's limit.
    pub async fn retry_matching(&self, order: &BulkOrder) -> Result<BulkOutcome> {
        self.post("jobs/retry", order).await
    }

    /// The kinds that workers have announced.
    pub async fn kinds(&self) -> Result<Vec<Kind>> {
        let page: Page<Kind> = self.get("kinds", &()).await?;
        Ok(page.items)
    }

    /// The worker processes.
    pub async fn workers(&self) -> Result<Vec<WorkerSummary>> {
        let page: Page<WorkerSummary> = self.get("workers", &()).await?;
        Ok(page.items)
    }

    /// The queues, with what waits and runs in each.
    pub async fn queues(&self) -> Result<Vec<QueueStatus>> {
        let page: Page<QueueStatus> = self.get("queues", &()).await?;
        Ok(page.items)
    }

    /// One queue.
    pub async fn queue(&self, name: &QueueName) -> Result<QueueStatus> {
        self.get(&format!("queues/{name}"), &()).await
    }

    /// Why a job is where it is.
    pub async fn why(&self, id: JobId) -> Result<Why> {
        self.get(&format!("jobs/{id}/why"), &()).await
    }

    /// Who the API takes the caller for.
    pub async fn current_user(&self) -> Result<CurrentUser> {
        self.get("users/me", &()).await
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &impl Serialize,
    ) -> Result<T> {
        let url = self.url(path);
        self.call(self.http.get(url.clone()).query(query), &url)
            .await
    }

    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let url = self.url(path);
        self.call(self.http.post(url.clone()).json(body), &url)
            .await
    }

    pub(crate) async fn put<T: DeserializeOwned>(
        &self,
        path: &str,
        body: &impl Serialize,
    ) -> Result<T> {
        let url = self.url(path);
        self.call(self.http.put(url.clone()).json(body), &url).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Result<()> {
        let url = self.url(path);
        let response = self.send(self.http.delete(url.clone()), &url).await?;
        answer::accepted(response).await.map(drop)
    }

    async fn call<T: DeserializeOwned>(&self, request: RequestBuilder, url: &Url) -> Result<T> {
        answer::document(self.send(request, url).await?).await
    }

    async fn send(&self, request: RequestBuilder, url: &Url) -> Result<Response> {
        request
            .timeout(CALL_LIMIT)
            .send()
            .await
            .map_err(|error| ClientError::unreachable(url, &error))
    }

    fn url(&self, path: &str) -> Url {
        self.api_url
            .join(path)
            .expect("paths of endpoints are made of plain words and ids")
    }
}

/// The body of a batch.
#[derive(Serialize)]
struct Batch<'a> {
    jobs: &'a [Submission],
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<&'a Submission>,
}

/// The jobs of a batch with a callback, as they were accepted.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct AcceptedBatch {
    /// In the order of the submissions.
    pub items: Vec<Job>,
    /// The batch's id.
    pub batch_id: BatchId,
    /// The callback.
    pub callback: Job,
}

/// The body of a request that needs none.
#[derive(Serialize)]
pub(crate) struct Nothing {}
