//! What a client of the API does, as a developer of one tenant.

use std::fmt::Display;
use std::net::SocketAddr;

use gantry_domain::{Attempt, Job, JobId};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::EventStream;
use crate::effect::EFFECT_KIND;
use crate::sign_up::{self, SignUp};

/// Calls the API. An answer that is not the expected one ends the test, with the API's words.
#[derive(Debug, Clone)]
pub struct Calls {
    http: Client,
    api: String,
    /// None for the space of one's own.
    tenant: Option<String>,
}

/// A token as it was just minted.
#[derive(Deserialize)]
struct Minted {
    token: String,
}

#[derive(Deserialize)]
struct Items<Item> {
    items: Vec<Item>,
}

#[derive(Deserialize)]
struct Created {
    id: String,
}

#[derive(Deserialize)]
struct Accepted {
    id: JobId,
}

impl Calls {
    /// Calls the API at this address.
    pub(crate) fn new(api_url: &str) -> Self {
        Self {
            http: Client::new(),
            api: format!("{api_url}/api/v1"),
            tenant: Some("fault-tests".to_owned()),
        }
    }

    /// The same for a developer of another tenant.
    #[must_use]
    pub fn as_tenant(&self, tenant: &str) -> Self {
        Self {
            tenant: Some(tenant.to_owned()),
            ..self.clone()
        }
    }

    /// The same in the developer's own space, which they own.
    #[must_use]
    pub fn in_own_space(&self) -> Self {
        Self {
            tenant: None,
            ..self.clone()
        }
    }

    /// Mints a token that lets one machine in for a queue of the tenant's own.
    pub async fn mint_enrol_token(&self, queue: &str) -> String {
        let request = self.post("workers/enrol-tokens");
        let answer = self.send(request.json(&json!({ "queues": [queue] }))).await;
        read::<Minted>(answer, StatusCode::CREATED).await.token
    }

    /// Brings a token as a machine does; says whether it was let in, by an API that may be dying.
    pub async fn try_to_enroll(&self, token: &str) -> bool {
        let request = self.post("workers/enroll");
        let body = json!({ "token": token, "name": "bench" });
        let answer = request.json(&body).send().await;
        answer.is_ok_and(|answer| answer.status() == StatusCode::CREATED)
    }

    /// Puts the newest machine out.
    pub async fn revoke_machine(&self) {
        let request = self.revocation().await;
        let answer = self.send(request).await;
        assert_eq!(answer.status(), StatusCode::OK, "the token can be revoked");
    }

    /// Puts the newest machine out at an API that may be dying.
    pub async fn try_to_revoke_machine(&self) {
        let request = self.revocation().await;
        let _ = request.send().await;
    }

    async fn revocation(&self) -> RequestBuilder {
        let answer = self.send(self.get("workers/tokens")).await;
        let tokens: Items<Created> = read(answer, StatusCode::OK).await;
        let ids = tokens.items.into_iter().map(|token| token.id);
        let newest = ids.max().expect("a machine is in");
        self.as_developer(
            self.http
                .delete(format!("{}/workers/tokens/{newest}", self.api)),
        )
    }

    /// How a submission is answered: the status, and after how many seconds it may be sent again.
    pub async fn answer_to(&self, job: &Value) -> (StatusCode, Option<String>) {
        let answer = self.send(self.post("jobs").json(job)).await;
        let retry_after = answer.headers().get("Retry-After");
        let seconds = retry_after.and_then(|value| Some(value.to_str().ok()?.to_owned()));
        (answer.status(), seconds)
    }

    /// Makes a schedule and returns its id.
    pub async fn schedule(&self, schedule: &Value) -> String {
        let answer = self.send(self.post("schedules").json(schedule)).await;
        let made: Value = read(answer, StatusCode::CREATED).await;
        made["id"]
            .as_str()
            .expect("a schedule has an id")
            .to_owned()
    }

    /// Submits one job.
    pub async fn submit(&self, job: &Value) -> JobId {
        let answer = self.send(self.post("jobs").json(job)).await;
        read::<Accepted>(answer, StatusCode::ACCEPTED).await.id
    }

    /// Submits one job to an API that may be dying: the job's id if it was accepted.
    pub async fn try_submit(&self, job: &Value) -> Option<JobId> {
        let answer = self.post("jobs").json(job).send().await.ok()?;
        if answer.status() != StatusCode::ACCEPTED {
            return None;
        }
        let accepted: Accepted = answer.json().await.ok()?;
        Some(accepted.id)
    }

    /// Submits one job under an idempotency key to an API that may be dying: the job's id if it was accepted now or
    /// before.
    pub async fn try_submit_under(&self, key: &str, job: &Value) -> Option<JobId> {
        let request = self.post("jobs").header("Idempotency-Key", key).json(job);
        let answer = request.send().await.ok()?;
        if answer.status() != StatusCode::ACCEPTED {
            return None;
        }
        let accepted: Accepted = answer.json().await.ok()?;
        Some(accepted.id)
    }

    /// Submits all of them at once, accepted together or not at all.
    pub async fn submit_all(&self, jobs: &[Value]) -> Vec<JobId> {
        let answer = self
            .send(self.post("jobs/batch").json(&json!({ "jobs": jobs })))
            .await;
        let accepted: Items<Accepted> = read(answer, StatusCode::ACCEPTED).await;
        accepted.items.iter().map(|job| job.id).collect()
    }

    /// A job as it stands.
    pub async fn job(&self, id: JobId) -> Job {
        let answer = self.send(self.get(format!("jobs/{id}"))).await;
        read(answer, StatusCode::OK).await
    }

    /// A job's attempts, first to last.
    pub async fn attempts(&self, id: JobId) -> Vec<Attempt> {
        let answer = self.send(self.get(format!("jobs/{id}/attempts"))).await;
        let attempts: Items<Attempt> = read(answer, StatusCode::OK).await;
        attempts.items
    }

    /// Asks for the end of a job; 409 says that it had ended already.
    pub async fn cancel(&self, id: JobId) -> StatusCode {
        self.send(self.post(format!("jobs/{id}/cancel")))
            .await
            .status()
    }

    /// Lets at most so many jobs of the test kind run at a time.
    pub async fn limit_effects(&self, max_running: u32) {
        let url = format!("{}/limits/kinds/{EFFECT_KIND}", self.api);
        let request = self.as_developer(self.http.put(url));
        let answer = self.send(request.json(&json!({ "max_running": max_running })));
        assert_eq!(answer.await.status(), StatusCode::OK);
    }

    /// Lets the jobs of the usual queue wait.
    pub async fn pause_default_queue(&self) {
        let request = self.post("queues/default/pause").json(&json!({}));
        let answer = self.send(request).await;
        assert_eq!(answer.status(), StatusCode::OK, "the queue can be paused");
    }

    /// Posts to an API that may be dying, with nothing in the request's body.
    pub async fn try_post(&self, path: &str) {
        let _ = self.post(path).send().await;
    }

    /// Reads what is at this path, and whatever comes of it.
    pub async fn try_get(&self, path: &str) {
        let _ = self.get(path).send().await;
    }

    /// Tells of a sign-up; says how it was answered, if it was.
    pub async fn try_tell(&self, sign_up: &SignUp) -> Option<StatusCode> {
        let mut request = self.post(sign_up::PATH).body(sign_up.body());
        for (name, value) in sign_up.headers() {
            request = request.header(name, value);
        }
        let answer = request.send().await.ok()?;
        Some(answer.status())
    }

    /// Creates a schedule of pings whose tick does not come by itself; says its id.
    pub async fn create_yearly_schedule(&self, name: &str) -> String {
        let schedule = json!({
            "name": name, "cron": "0 0 1 1 *", "kind": "system.ping", "payload": {}, "missed": "run_once",
        });
        let answer = self.send(self.post("schedules").json(&schedule)).await;
        let created: Created = read(answer, StatusCode::CREATED).await;
        created.id
    }

    /// Follows a job's log from the beginning, or from behind the event with this id.
    pub async fn follow(&self, id: JobId, last_event_id: Option<&str>) -> EventStream {
        let mut request = self.get(format!("jobs/{id}/logs?follow=true"));
        if let Some(last_event_id) = last_event_id {
            request = request.header("Last-Event-ID", last_event_id);
        }
        let answer = self.send(request).await;
        assert_eq!(answer.status(), StatusCode::OK, "the log can be followed");
        EventStream::of(answer)
    }

    /// Follows a job's log if the API takes another follower.
    pub async fn try_follow(&self, id: JobId) -> Option<EventStream> {
        let request = self.get(format!("jobs/{id}/logs?follow=true"));
        let answer = self.send(request).await;
        (answer.status() == StatusCode::OK).then(|| EventStream::of(answer))
    }

    /// Reads what is at this path of the API.
    pub async fn read(&self, path: &str) {
        let answer = self.send(self.get(path)).await;
        assert_eq!(answer.status(), StatusCode::OK, "GET {path}");
    }

    /// Whether the service at this address calls itself ready.
    pub(crate) async fn is_ready(&self, address: SocketAddr) -> bool {
        let answer = self.http.get(format!("http://{address}/readyz")).send();
        answer
            .await
            .is_ok_and(|answer| answer.status().is_success())
    }

    async fn send(&self, request: RequestBuilder) -> Response {
        request.send().await.expect("the API answers")
    }

    fn get(&self, path: impl Display) -> RequestBuilder {
        self.as_developer(self.http.get(format!("{}/{path}", self.api)))
    }

    fn post(&self, path: impl Display) -> RequestBuilder {
        self.as_developer(self.http.post(format!("{}/{path}", self.api)))
    }

    fn as_developer(&self, request: RequestBuilder) -> RequestBuilder {
        let request = request.header("X-Dev-User-Id", "fault-tester");
        match &self.tenant {
            Some(tenant) => request.header("X-Tenant-Id", tenant),
            None => request,
        }
    }
}

async fn read<Body: DeserializeOwned>(answer: Response, expected: StatusCode) -> Body {
    let status = answer.status();
    let text = answer.text().await.expect("the whole answer comes");
    assert_eq!(status, expected, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in {text}"))
}
