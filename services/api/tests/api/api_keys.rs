//! API keys: how programs sign in, and what they may do.

mod ending;

use gantry_api::{Access, OPERATIONS};
use gantry_domain::{TenantId, UserId};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

const KEYS: &str = "/api/v1/api-keys";
const ME: &str = "/api/v1/users/me";
const JOBS: &str = "/api/v1/jobs";

fn wish(scopes: &[&str]) -> Value {
    json!({"name": "nightly import", "scopes": scopes, "expires_in_days": 30})
}

impl TestApi {
    /// Makes a key as someone, and reads the answer.
    async fn key_of(&self, user: &str, tenant: &str, scopes: &[&str]) -> Value {
        let request = self.request_as(user, tenant, Method::POST, KEYS);
        let answer = request.json(&wish(scopes)).send().await.unwrap();
        json_of(answer, StatusCode::CREATED).await
    }

    /// Makes a key of the usual caller.
    async fn key(&self, scopes: &[&str]) -> Value {
        self.key_of("alice", "acme", scopes).await
    }

    /// A request of a program.
    fn with_key(&self, key: &Value, method: Method, path: &str) -> RequestBuilder {
        let text = key["key"].as_str().unwrap();
        self.anonymous(method, path).bearer_auth(text)
    }

    async fn me_with(&self, key: &Value) -> Response {
        self.with_key(key, Method::GET, ME).send().await.unwrap()
    }

    /// A tenant of Alice's with Mia as a member.
    async fn tenant_with_member(&self) -> String {
        for user in ["alice", "mia"] {
            let request = self.anonymous(Method::GET, ME);
            let answer = request.header("X-Dev-User-Id", user).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
        }
        let made = self
            .anonymous(Method::POST, "/api/v1/tenants")
            .header("X-Dev-User-Id", "alice")
            .json(&json!({"name": "Acme"}))
            .send();
        let made = json_of(made.await.unwrap(), StatusCode::CREATED).await;
        let tenant = made["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/tenants/{tenant}/members");
        let member = json!({"user_id": UserId::for_subject("dev", "mia"), "role": "member"});
        let added = self.request_as("alice", &tenant, Method::POST, &path);
        json_of(
            added.json(&member).send().await.unwrap(),
            StatusCode::CREATED,
        )
        .await;
        tenant
    }

    fn member_path(tenant: &str) -> String {
        let mia = UserId::for_subject("dev", "mia");
        format!("/api/v1/tenants/{tenant}/members/{mia}")
    }
}

fn path_of(key: &Value) -> String {
    format!("{KEYS}/{}", key["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_with_a_key_acts_for_the_person_who_made_it() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:submit", "jobs:read"]).await;
    assert!(
        key["key"]
            .as_str()
            .unwrap()
            .starts_with(key["prefix"].as_str().unwrap())
    );
    let me = json_of(api.me_with(&key).await, StatusCode::OK).await;
    assert_eq!(me["id"], json!(UserId::for_subject("dev", "alice")));
    assert_eq!(
        me["tenant_id"],
        json!(TenantId::for_organization("dev", "acme"))
    );

    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
    let submitted = api
        .with_key(&key, Method::POST, JOBS)
        .json(&job)
        .send()
        .await;
    let job = json_of(submitted.unwrap(), StatusCode::ACCEPTED).await;
    assert_eq!(job["created_by"], me["id"]);
    let listed = api.get(JOBS).await;
    assert_eq!(listed["items"][0]["id"], job["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_secret_is_shown_once_and_stored_nowhere() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    let secret = key["key"].as_str().unwrap().rsplit('_').next().unwrap();
    let shown = api.get(&path_of(&key)).await;
    assert_eq!(shown.get("key"), None);
    assert_eq!(shown["name"], "nightly import");
    assert_eq!(shown["scopes"], json!(["jobs:read"]));
    let listed = api.get(KEYS).await;
    assert_eq!(listed["items"], json!([shown]));
    for table in ["api_keys", "audit_events"] {
        let rows = api
            .database
            .text(&format!(
                "SELECT string_agg(row::text, '') FROM {table} AS row"
            ))
            .await
            .unwrap();
        assert!(!rows.contains(secret), "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_allows_what_its_scopes_name_and_nothing_else() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    let read = api.with_key(&key, Method::GET, JOBS).send().await.unwrap();
    assert_eq!(read.status(), StatusCode::OK);
    let job = json!({"kind": "test.anything", "payload": 1});
    let submit = api.with_key(&key, Method::POST, JOBS).json(&job).send();
    let problem = problem_of(
        submit.await.unwrap(),
        StatusCode::FORBIDDEN,
        "missing_scope",
    )
    .await;
    assert!(problem["detail"].as_str().unwrap().contains("jobs:submit"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_with_every_scope_reaches_no_operation_that_is_for_people() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let scopes: Vec<&str> = gantry_api::Right::ALL
        .iter()
        .filter(|right| !right.is_for_people_only())
        .map(|right| right.as_str())
        .collect();
    let key = api.key_of("alice", &tenant, &scopes).await;
    for (method, pattern, access) in OPERATIONS {
        let is_for_people = match access {
            Access::SignedIn | Access::Operator => true,
            Access::Right(right) | Access::RightInPath(right) => right.is_for_people_only(),
            Access::Anyone | Access::AnyCaller => false,
        };
        if !is_for_people {
            continue;
        }
        let path = pattern
            .replace("{tenant_id}", &tenant)
            .replace("{user_id}", &UserId::for_subject("dev", "mia").to_string())
            .replace("{id}", key["id"].as_str().unwrap())
            .replace("{queue}", "default");
        let request = api.with_key(&key, method.parse().unwrap(), &path);
        let answer = request.json(&json!({})).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{method} {pattern}");
        problem_of(answer, StatusCode::FORBIDDEN, "people_only").await;
    }
    assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_never_leaves_its_tenant() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let key = api
        .key_of("alice", &tenant, &["tenant:read", "jobs:read"])
        .await;
    let own_space = TenantId::for_person("dev", "alice").to_string();
    for other in [&own_space, "acme", "two words"] {
        let request = api.with_key(&key, Method::GET, JOBS);
        let answer = request.header("X-Tenant-Id", other).send().await.unwrap();
        problem_of(answer, StatusCode::FORBIDDEN, "forbidden").await;
    }
    let request = api.with_key(&key, Method::GET, JOBS);
    let answer = request.header("X-Tenant-Id", &tenant).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
    for (named, status) in [
        (&own_space, StatusCode::NOT_FOUND),
        (&tenant, StatusCode::OK),
    ] {
        let path = format!("/api/v1/tenants/{named}");
        let answer = api.with_key(&key, Method::GET, &path).send().await;
        assert_eq!(answer.unwrap().status(), status);
    }
    // Nor does the key of one tenant show in another.
    let answer = api.request(Method::GET, &path_of(&key)).send().await;
    problem_of(answer.unwrap(), StatusCode::NOT_FOUND, "api_key_not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_a_key_more_than_they_have_and_nobody_gives_it_rights_of_people() {
    let api = TestApi::start().await;
    let post = |body: Value| api.request(Method::POST, KEYS).json(&body).send();
    // Alice is a member there.
    let answer = post(wish(&["jobs:read", "audit:read"])).await.unwrap();
    problem_of(answer, StatusCode::FORBIDDEN, "missing_right").await;
    for (body, path) in [
        (wish(&[]), "scopes"),
        (wish(&["jobs:fly"]), "scopes"),
        (wish(&["keys:manage"]), "scopes"),
        (wish(&["tenant:manage"]), "scopes"),
        (
            json!({"name": "x", "scopes": "jobs:read", "expires_in_days": 1}),
            "scopes",
        ),
        (
            json!({"name": "x", "scopes": ["jobs:read"], "expires_in_days": 366}),
            "expires_in_days",
        ),
        (
            json!({"name": "x", "scopes": ["jobs:read"], "expires_in_days": 0}),
            "expires_in_days",
        ),
        (
            json!({"name": "x", "scopes": ["jobs:read"]}),
            "expires_in_days",
        ),
        (
            json!({"name": "", "scopes": ["jobs:read"], "expires_in_days": 1}),
            "name",
        ),
        (
            json!({"name": "a\nb", "scopes": ["jobs:read"], "expires_in_days": 1}),
            "name",
        ),
    ] {
        let answer = post(body.clone()).await.unwrap();
        let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request");
        assert_eq!(paths_of(&problem.await), [path], "{body}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_key_is_refused_without_a_hint() {
    let api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    let genuine = key["key"].as_str().unwrap();
    let (head, secret) = genuine.rsplit_once('_').unwrap();
    let other = api.key(&["jobs:read"]).await;
    let other_secret = other["key"].as_str().unwrap().rsplit('_').next().unwrap();
    let mut details = Vec::new();
    for forged in [
        "gk_".to_owned(),
        "gk_x".to_owned(),
        format!("{head}_"),
        format!("{head}_{}", secret.to_ascii_lowercase()),
        format!("{head}_{other_secret}"),
        format!("{head}_{}", "a".repeat(43)),
        format!("gk_0000000000000000_{secret}"),
        format!("{genuine}x"),
        format!("{genuine}_{secret}"),
        format!("gk_' OR 1=1--____{secret}"),
        format!("gk_{}", "x".repeat(7_000)),
    ] {
        let request = api.anonymous(Method::GET, ME).bearer_auth(&forged);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["www-authenticate"], "Bearer");
        let problem = problem_of(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
        details.push(problem["detail"].as_str().unwrap().to_owned());
    }
    details.dedup();
    assert_eq!(details, ["The API key is not valid."]);
    assert_eq!(api.me_with(&key).await.status(), StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_sees_their_own_keys_and_an_administrator_all() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let owners = api.key_of("alice", &tenant, &["jobs:read"]).await;
    let members = api.key_of("mia", &tenant, &["jobs:read"]).await;
    for (user, expected) in [("alice", vec![&members, &owners]), ("mia", vec![&members])] {
        let request = api.request_as(user, &tenant, Method::GET, KEYS);
        let listed = json_of(request.send().await.unwrap(), StatusCode::OK).await;
        let ids: Vec<&Value> = listed["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|key| &key["id"])
            .collect();
        let expected: Vec<&Value> = expected.into_iter().map(|key| &key["id"]).collect();
        assert_eq!(ids, expected, "{user}");
    }
    let request = api.request_as("mia", &tenant, Method::DELETE, &path_of(&owners));
    problem_of(
        request.send().await.unwrap(),
        StatusCode::FORBIDDEN,
        "not_the_owner",
    )
    .await;
    let request = api.request_as("alice", &tenant, Method::DELETE, &path_of(&members));
    assert_eq!(
        request.send().await.unwrap().status(),
        StatusCode::NO_CONTENT
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_audited_and_so_is_what_is_done_with_them() {
    let api = TestApi::start().await;
    let tenant = api.tenant_with_member().await;
    let key = api
        .key_of("alice", &tenant, &["schedules:create", "schedules:control"])
        .await;
    let schedule = json!({"name": "s", "cron": "0 0 1 1 *", "kind": "test.anything", "payload": 1});
    let made = api
        .with_key(&key, Method::POST, "/api/v1/schedules")
        .json(&schedule)
        .send();
    let made = json_of(made.await.unwrap(), StatusCode::CREATED).await;
    let path = format!("/api/v1/schedules/{}", made["id"].as_str().unwrap());
    let deleted = api.with_key(&key, Method::DELETE, &path).send().await;
    assert_eq!(deleted.unwrap().status(), StatusCode::NO_CONTENT);
    let revoked = api
        .request_as("alice", &tenant, Method::DELETE, &path_of(&key))
        .send();
    assert_eq!(revoked.await.unwrap().status(), StatusCode::NO_CONTENT);

    let request = api.request_as("alice", &tenant, Method::GET, "/api/v1/audit");
    let audit = json_of(request.send().await.unwrap(), StatusCode::OK).await;
    let told: Vec<(&str, &str)> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| {
            (
                event["action"].as_str().unwrap(),
                event["actor_kind"].as_str().unwrap(),
            )
        })
        .filter(|(action, _)| action.starts_with("api_key") || action.starts_with("schedule"))
        .collect();
    assert_eq!(
        told,
        [
            ("api_key.revoked", "person"),
            ("schedule.deleted", "api_key"),
            ("api_key.created", "person"),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_of_a_key_count_as_those_of_its_maker_and_guesses_by_address() {
    let mut api = TestApi::start().await;
    let key = api.key(&["jobs:read"]).await;
    api.restart_with(&[
        ("GANTRY_RATE_LIMITS", "on"),
        ("GANTRY_RATE_LIMIT_FREE_PER_HOUR", "2"),
        ("GANTRY_RATE_LIMIT_ANONYMOUS_PER_HOUR", "1"),
    ])
    .await;
    for status in [StatusCode::UNAUTHORIZED, StatusCode::TOO_MANY_REQUESTS] {
        let guess = format!("gk_0000000000000000_{}", "a".repeat(43));
        let answer = api.anonymous(Method::GET, ME).bearer_auth(guess).send();
        assert_eq!(answer.await.unwrap().status(), status);
    }
    for status in [
        StatusCode::OK,
        StatusCode::OK,
        StatusCode::TOO_MANY_REQUESTS,
    ] {
        assert_eq!(api.me_with(&key).await.status(), status);
    }
    let person = api.request(Method::GET, ME).send().await.unwrap();
    assert_eq!(person.status(), StatusCode::TOO_MANY_REQUESTS);
}
