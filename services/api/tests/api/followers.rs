//! A log is told only to those who may read it: also once they follow it.

use gantry_domain::{JobId, UserId};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::support::{EventStream, TestApi, json_of};

const KEYS: &str = "/api/v1/api-keys";

struct World {
    api: TestApi,
    tenant: String,
    job_id: JobId,
}

impl World {
    /// A tenant of Ann's with Ben as a member, and a job that waits there.
    async fn start() -> Self {
        let api = TestApi::start().await;
        for user in ["ann", "ben"] {
            let me = api.request_as(user, "elsewhere", Method::GET, "/api/v1/users/me");
            assert_eq!(me.send().await.unwrap().status(), StatusCode::OK);
        }
        let made = api.request_as("ann", "elsewhere", Method::POST, "/api/v1/tenants");
        let made = made.json(&json!({"name": "Physics"})).send().await.unwrap();
        let made = json_of(made, StatusCode::CREATED).await;
        let mut world = Self {
            api,
            tenant: made["id"].as_str().unwrap().to_owned(),
            job_id: JobId::generate(),
        };
        let member = json!({"user_id": UserId::for_subject("dev", "ben"), "role": "member"});
        let members = format!("/api/v1/tenants/{}/members", world.tenant);
        world.ann(Method::POST, &members, &member).await;
        let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
        let job = world.ann(Method::POST, "/api/v1/jobs", &job).await;
        world.job_id = job["id"].as_str().unwrap().parse().unwrap();
        world
    }

    /// What Ann gets for asking.
    async fn ann(&self, method: Method, path: &str, body: &Value) -> Value {
        let request = self.api.request_as("ann", &self.tenant, method, path);
        let answer = request.json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap_or_default()
    }

    fn logs(&self) -> String {
        format!("/api/v1/jobs/{}/logs?follow=true", self.job_id)
    }

    fn as_ben(&self) -> RequestBuilder {
        let logs = self.logs();
        self.api.request_as("ben", &self.tenant, Method::GET, &logs)
    }

    /// The job runs and says something, while somebody who may not hear it listens.
    async fn is_silent_and_over(&self, mut stream: EventStream) {
        let worker = self.api.worker().await;
        let told = stream.rest().await;
        assert_eq!(told, [], "a stream that is over told something");
        let claimed = worker.claim(self.job_id, 1).await;
        worker.log(&claimed, 1..=1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_a_removed_member_ends_and_that_of_others_goes_on() {
    let world = World::start().await;
    let ben = EventStream::of(world.as_ben()).await;
    let path = world.logs();
    let ann = world
        .api
        .request_as("ann", &world.tenant, Method::GET, &path);
    let mut ann = EventStream::of(ann).await;
    let id = UserId::for_subject("dev", "ben");
    let member = format!("/api/v1/tenants/{}/members/{id}", world.tenant);
    world.ann(Method::DELETE, &member, &Value::Null).await;

    world.is_silent_and_over(ben).await;
    assert_eq!(ann.lines(1).await, ["1.1"]);
    let refused = world.as_ben().send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_stream_of_a_revoked_key_ends() {
    let world = World::start().await;
    let wish = json!({"name": "tail", "scopes": ["jobs:read"], "expires_in_days": 1});
    let key = world.ann(Method::POST, KEYS, &wish).await;
    let request = world.api.anonymous(Method::GET, &world.logs());
    let stream = EventStream::of(request.bearer_auth(key["key"].as_str().unwrap())).await;
    let path = format!("{KEYS}/{}", key["id"].as_str().unwrap());
    world.ann(Method::DELETE, &path, &Value::Null).await;

    world.is_silent_and_over(stream).await;
}
