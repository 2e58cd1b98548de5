//! Every operation, asked for by every role, a stranger and nobody, answers as the table of rights says.

use gantry_api::{Access, OPERATIONS, Reach, Right};
use gantry_domain::{JobId, Role, UserId};
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, problem_of};

/// The one operator, who belongs to no tenant but their own.
const OPERATOR: &str = "olga";
/// Someone of another tenant.
const STRANGER: &str = "sam";
/// A member who owns what the others look at.
const COLLEAGUE: &str = "carl";

/// Who is what in the tenant.
const MEMBERS: [(&str, Role); 5] = [
    ("alice", Role::Owner),
    ("adam", Role::Admin),
    ("mia", Role::Member),
    ("vera", Role::Viewer),
    (COLLEAGUE, Role::Member),
];

/// Whose resource is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Colleagues,
}

struct World {
    api: TestApi,
}

impl World {
    async fn start() -> Self {
        let api = TestApi::start_with_operators(OPERATOR).await;
        let world = Self { api };
        for user in [OPERATOR, STRANGER]
            .iter()
            .chain(MEMBERS.map(|m| m.0).iter())
        {
            let me = world.alone(user, Method::GET, "/api/v1/users/me").send();
            assert_eq!(me.await.unwrap().status(), StatusCode::OK);
        }
        world
    }

    /// A request of someone in their own space.
    fn alone(&self, user: &str, method: Method, path: &str) -> RequestBuilder {
        self.api
            .anonymous(method, path)
            .header("X-Dev-User-Id", user)
    }

    /// A tenant with all [`MEMBERS`].
    async fn tenant(&self) -> String {
        let made = self
            .alone("alice", Method::POST, "/api/v1/tenants")
            .json(&json!({"name": "Acme"}))
            .send();
        let tenant = json_of(made.await.unwrap(), StatusCode::CREATED).await;
        let tenant = tenant["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/tenants/{tenant}/members");
        for (user, role) in &MEMBERS[1..] {
            let member = json!({"user_id": id_of(user), "role": role});
            let added = self.api.request_as("alice", &tenant, Method::POST, &path);
            let added = added.json(&member).send().await.unwrap();
            json_of(added, StatusCode::CREATED).await;
        }
        tenant
    }

    async fn change_role(&self, user: &str, tenant: &str, role: Role) {
        let path = format!("/api/v1/tenants/{tenant}/members/{}", id_of(user));
        let changed = self.api.request_as("alice", tenant, Method::PATCH, &path);
        let changed = changed.json(&json!({"role": role})).send();
        json_of(changed.await.unwrap(), StatusCode::OK).await;
    }

    /// The path of an operation with something of a viewer, who made it while they were more.
    async fn path_of_viewer(&self, pattern: &str, viewer: &str, tenant: &str) -> String {
        self.change_role(viewer, tenant, Role::Member).await;
        let path = self.path(pattern, viewer, tenant).await;
        self.change_role(viewer, tenant, Role::Viewer).await;
        path
    }

    /// Posts for a member, and reads the id of what came of it.
    async fn made(&self, user: &str, tenant: &str, path: &str, body: &Value) -> Value {
        let request = self.api.request_as(user, tenant, Method::POST, path);
        let answer = request.json(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
        answer.json().await.unwrap()
    }

    /// The path of an operation with something of `owner` in place of each variable part.
    async fn path(&self, pattern: &str, owner: &str, tenant: &str) -> String {
        let id = if !pattern.contains("{id}") {
            String::new()
        } else if pattern.starts_with("/api/v1/schedules") {
            let name = format!("schedule-{}", JobId::generate());
            let schedule = json!({
                "name": name, "cron": "0 0 1 1 *", "kind": "test.echo", "payload": {"text": "hello"},
            });
            text(
                &self
                    .made(owner, tenant, "/api/v1/schedules", &schedule)
                    .await["id"],
            )
        } else if pattern.starts_with("/api/v1/profiles") {
            let profile = json!({"email": format!("{}@example.com", JobId::generate())});
            text(
                &self
                    .made("alice", tenant, "/api/v1/profiles", &profile)
                    .await["id"],
            )
        } else if pattern.starts_with("/api/v1/api-keys") {
            let key = json!({"name": "ours", "scopes": ["jobs:read"], "expires_in_days": 1});
            text(&self.made(owner, tenant, "/api/v1/api-keys", &key).await["id"])
        } else if pattern.starts_with("/api/v1/batches") {
            let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
            let batch =
                json!({"jobs": [job], "callback": {"kind": "test.anything", "payload": {}}});
            text(&self.made(owner, tenant, "/api/v1/jobs/batch", &batch).await["batch_id"])
        } else {
            let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
            text(&self.made(owner, tenant, "/api/v1/jobs", &job).await["id"])
        };
        pattern
            .replace("{id}", &id)
            .replace("{tenant_id}", tenant)
            .replace("{tenant}", tenant)
            .replace("{user_id}", &id_of(owner).to_string())
            .replace("{source}", "clerk")
            .replace("{queue}", "default")
            .replace("{kind}", "test.echo")
            .replace("{name}", "test.echo")
    }
}

fn id_of(user: &str) -> UserId {
    UserId::for_subject("dev", user)
}

fn text(id: &Value) -> String {
    id.as_str().expect("an id").to_owned()
}

/// With a body where the method has one; what is wrong with it is only said to those who have the right.
async fn send(request: RequestBuilder, method: &str) -> Response {
    let request = match method {
        "POST" | "PUT" | "PATCH" => request.json(&json!({})),
        _ => request,
    };
    request.send().await.unwrap()
}

/// The right is there: whatever else may be wrong with the request.
fn assert_allowed(answer: &Response, what: &str) {
    let status = answer.status();
    let is_refused = [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::NOT_FOUND,
        StatusCode::METHOD_NOT_ALLOWED,
    ];
    assert!(
        !is_refused.contains(&status) && status.as_u16() < 500,
        "{what}: {status}"
    );
}

/// What a role reaches of an operation: all, something, or nothing and why.
fn expected(access: Access, role: Role, whose: Whose) -> Result<(), &'static str> {
    match access {
        Access::Anyone | Access::AnyCaller | Access::SignedIn => Ok(()),
        Access::Operator => Err("not_an_operator"),
        Access::Right(right) | Access::RightInPath(right) => match (right.reach(role), whose) {
            (Reach::All, _) | (Reach::Own, Whose::Own) => Ok(()),
            (Reach::Nothing, _) => Err("missing_right"),
            (Reach::Own, Whose::Colleagues) if right == Right::EndMemberships => {
                Err("missing_right")
            }
            (Reach::Own, Whose::Colleagues) => Err("not_the_owner"),
        },
    }
}

/// Operations that deal with one thing that someone made, so that it matters whose it is.
fn has_an_owner(path: &str) -> bool {
    path.contains("{id}") || path.contains("/members/{user_id}")
}

/// Operations after which the tenant or its members are not what they were.
fn changes_the_tenant(method: &str, path: &str) -> bool {
    path.starts_with("/api/v1/tenants/{tenant_id}") && ["PATCH", "DELETE"].contains(&method)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_the_table_says() {
    let world = World::start().await;
    let lasting = world.tenant().await;
    for (method, pattern, access) in OPERATIONS {
        for (user, role) in &MEMBERS[..4] {
            for whose in [Whose::Own, Whose::Colleagues] {
                if whose == Whose::Colleagues && !has_an_owner(pattern) {
                    continue;
                }
                let what = format!("{role} {method} {pattern} {whose:?}");
                let tenant = if changes_the_tenant(method, pattern) {
                    world.tenant().await
                } else {
                    lasting.clone()
                };
                let path = match (whose, role) {
                    (Whose::Colleagues, _) => world.path(pattern, COLLEAGUE, &tenant).await,
                    (Whose::Own, Role::Viewer) => {
                        world.path_of_viewer(pattern, user, &tenant).await
                    }
                    (Whose::Own, _) => world.path(pattern, user, &tenant).await,
                };
                let request = world
                    .api
                    .request_as(user, &tenant, method.parse().unwrap(), &path);
                let answer = send(request, method).await;
                match expected(*access, *role, whose) {
                    Ok(()) => assert_allowed(&answer, &what),
                    Err(code) => {
                        assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{what}");
                        problem_of(answer, StatusCode::FORBIDDEN, code).await;
                    }
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_finds_nothing_of_another_tenant() {
    let world = World::start().await;
    let tenant = world.tenant().await;
    for (method, pattern, access) in OPERATIONS {
        let path = world.path(pattern, COLLEAGUE, &tenant).await;
        let parsed: Method = method.parse().unwrap();
        let what = format!("{method} {pattern}");
        // From their own space, the tenant's things are not there.
        let answer = send(world.alone(STRANGER, parsed.clone(), &path), method).await;
        let is_of_tenant = pattern.contains("{id}") || matches!(access, Access::RightInPath(_));
        match access {
            Access::Operator => {
                problem_of(answer, StatusCode::FORBIDDEN, "not_an_operator").await;
            }
            _ if is_of_tenant => assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{what}"),
            _ => assert_allowed(&answer, &what),
        }
        // Naming the tenant does not let them in.
        if let Access::Right(_) = access {
            let request = world.api.request_as(STRANGER, &tenant, parsed, &path);
            let answer = send(request, method).await;
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{what}");
            problem_of(answer, StatusCode::FORBIDDEN, "not_a_member").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_does_anything_without_credentials_but_what_is_for_anyone() {
    let world = World::start().await;
    let tenant = world.tenant().await;
    for (method, pattern, access) in OPERATIONS {
        let path = world.path(pattern, COLLEAGUE, &tenant).await;
        let request = world.api.anonymous(method.parse().unwrap(), &path);
        let answer = send(request, method).await;
        match access {
            Access::Anyone => assert_allowed(&answer, pattern),
            _ => {
                problem_of(answer, StatusCode::UNAUTHORIZED, "unauthenticated").await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_does_what_concerns_everyone_and_nothing_within_a_tenant() {
    let world = World::start().await;
    let tenant = world.tenant().await;
    for (method, pattern, access) in OPERATIONS {
        let path = world.path(pattern, COLLEAGUE, &tenant).await;
        let parsed: Method = method.parse().unwrap();
        let what = format!("{method} {pattern}");
        match access {
            Access::Operator => {
                let answer = send(world.alone(OPERATOR, parsed, &path), method).await;
                // A limit that was never set is not there to be removed.
                let is_limit = answer.status() == StatusCode::NOT_FOUND && *method == "DELETE";
                if !is_limit {
                    assert_allowed(&answer, &what);
                }
            }
            Access::RightInPath(_) => {
                let answer = send(world.alone(OPERATOR, parsed, &path), method).await;
                assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{what}");
            }
            _ => {}
        }
    }
}
