//! People make tenants, choose who belongs to them, and end them.

use gantry_domain::{TenantId, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, Webhook, json_of, paths_of, problem_of};

const TENANTS: &str = "/api/v1/tenants";

struct World {
    api: TestApi,
    tenant: String,
}

impl World {
    /// A tenant of `ann` in which nobody else is yet; `ben` and `cleo` have signed in once.
    async fn start() -> Self {
        let api = TestApi::start().await;
        for user in ["ben", "cleo"] {
            let me = api.request_as(user, "elsewhere", Method::GET, "/api/v1/users/me");
            assert_eq!(me.send().await.unwrap().status(), StatusCode::OK);
        }
        let made = api
            .anonymous(Method::POST, TENANTS)
            .header("X-Dev-User-Id", "ann")
            .json(&json!({"name": " Physics "}));
        let tenant = json_of(made.send().await.unwrap(), StatusCode::CREATED).await;
        assert_eq!(tenant["name"], "Physics");
        assert_eq!(tenant["role"], "owner");
        assert_eq!(tenant["source"], "gantry");
        let tenant = tenant["id"].as_str().unwrap().to_owned();
        Self { api, tenant }
    }

    fn path(&self) -> String {
        format!("{TENANTS}/{}", self.tenant)
    }

    fn members(&self) -> String {
        format!("{}/members", self.path())
    }

    fn member(&self, user: &str) -> String {
        format!("{}/{}", self.members(), id_of(user))
    }

    async fn ask(
        &self,
        user: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> reqwest::Response {
        let request = self.api.request_as(user, &self.tenant, method, path);
        let request = match body {
            Some(body) => request.json(&body),
            None => request,
        };
        request.send().await.unwrap()
    }

    async fn add(&self, by: &str, user: &str, role: &str) -> reqwest::Response {
        let body = json!({"user_id": id_of(user), "role": role});
        self.ask(by, Method::POST, &self.members(), Some(body))
            .await
    }

    async fn added(&self, user: &str, role: &str) {
        let answer = self.add("ann", user, role).await;
        json_of(answer, StatusCode::CREATED).await;
    }
}

fn id_of(user: &str) -> UserId {
    UserId::for_subject("dev", user)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_acts_in_the_tenant_until_they_are_removed() {
    let world = World::start().await;
    let jobs = "/api/v1/jobs";
    let before = world.ask("ben", Method::GET, jobs, None).await;
    problem_of(before, StatusCode::FORBIDDEN, "not_a_member").await;

    world.added("ben", "member").await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
    let submitted = world.ask("ben", Method::POST, jobs, Some(job)).await;
    let submitted = json_of(submitted, StatusCode::ACCEPTED).await;
    assert_eq!(submitted["tenant_id"], world.tenant);
    let seen = world.ask("ann", Method::GET, jobs, None).await;
    let seen = json_of(seen, StatusCode::OK).await;
    assert_eq!(seen["items"][0]["id"], submitted["id"]);

    let removed = world
        .ask("ann", Method::DELETE, &world.member("ben"), None)
        .await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    let after = world.ask("ben", Method::GET, jobs, None).await;
    problem_of(after, StatusCode::FORBIDDEN, "not_a_member").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_persons_tenants_are_those_they_belong_to_and_the_one_they_act_in() {
    let world = World::start().await;
    world.added("ben", "viewer").await;
    let list = world.ask("ben", Method::GET, TENANTS, None).await;
    let list = json_of(list, StatusCode::OK).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["id"], world.tenant);
    assert_eq!(list["items"][0]["role"], "viewer");

    let own = world
        .api
        .anonymous(Method::GET, &format!("{TENANTS}?limit=1"))
        .header("X-Dev-User-Id", "ben");
    let first = json_of(own.send().await.unwrap(), StatusCode::OK).await;
    let cursor = first["next_cursor"]
        .as_str()
        .expect("there is a second page");
    let rest = world
        .api
        .anonymous(Method::GET, &format!("{TENANTS}?cursor={cursor}"))
        .header("X-Dev-User-Id", "ben");
    let second = json_of(rest.send().await.unwrap(), StatusCode::OK).await;
    let mut ids = [&first, &second].map(|page| page["items"][0]["id"].as_str().unwrap().to_owned());
    let mut expected = [
        world.tenant.clone(),
        TenantId::for_person("dev", "ben").to_string(),
    ];
    ids.sort();
    expected.sort();
    assert_eq!(ids, expected);
    assert_eq!(second["next_cursor"], json!(null));

    let elsewhere = world
        .api
        .anonymous(Method::GET, &world.path())
        .header("X-Dev-User-Id", "cleo");
    problem_of(
        elsewhere.send().await.unwrap(),
        StatusCode::NOT_FOUND,
        "tenant_not_found",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn members_are_listed_a_page_at_a_time_with_their_addresses() {
    let world = World::start().await;
    world.added("ben", "admin").await;
    let cleo = world
        .api
        .request_as("cleo", "elsewhere", Method::GET, "/api/v1/users/me");
    let cleo = cleo.header("X-Dev-User-Email", "cleo@example.com");
    cleo.send().await.unwrap();
    world.added("cleo", "viewer").await;
    // Being added shows nobody's address; acting in the tenant does.
    let before = world.ask("ann", Method::GET, &world.members(), None).await;
    let before = json_of(before, StatusCode::OK).await;
    let is_hidden = |member: &Value| member["email"].is_null();
    assert!(before["items"].as_array().unwrap().iter().all(is_hidden));
    let mut members = Vec::new();
    let mut path = format!("{}?limit=2", world.members());
    loop {
        let page = world.ask("cleo", Method::GET, &path, None).await;
        let page = json_of(page, StatusCode::OK).await;
        members.extend(page["items"].as_array().unwrap().clone());
        let Some(cursor) = page["next_cursor"].as_str() else {
            break;
        };
        path = format!("{}?limit=2&cursor={cursor}", world.members());
    }
    assert_eq!(members.len(), 3);
    let cleo = members
        .iter()
        .find(|member| member["user_id"] == id_of("cleo").to_string())
        .unwrap();
    assert_eq!(cleo["email"], "cleo@example.com");
    assert_eq!(cleo["role"], "viewer");
    assert_eq!(cleo["source"], "gantry");
    assert!(cleo["accepted_at"].is_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_always_stays_and_only_owners_deal_with_owners() {
    let world = World::start().await;
    world.added("ben", "admin").await;
    let ann = world.member("ann");
    for (method, body) in [
        (Method::DELETE, None),
        (Method::PATCH, Some(json!({"role": "member"}))),
    ] {
        let by_owner = world.ask("ann", method.clone(), &ann, body.clone()).await;
        problem_of(by_owner, StatusCode::CONFLICT, "last_owner").await;
        let by_admin = world.ask("ben", method, &ann, body).await;
        problem_of(by_admin, StatusCode::FORBIDDEN, "owners_only").await;
    }
    let answer = world.add("ben", "cleo", "owner").await;
    problem_of(answer, StatusCode::FORBIDDEN, "owners_only").await;
    let promote = Some(json!({"role": "owner"}));
    let ben = world.member("ben");
    let answer = world.ask("ben", Method::PATCH, &ben, promote.clone()).await;
    problem_of(answer, StatusCode::FORBIDDEN, "owners_only").await;

    let answer = world.ask("ann", Method::PATCH, &ben, promote).await;
    assert_eq!(json_of(answer, StatusCode::OK).await["role"], "owner");
    let answer = world.ask("ann", Method::DELETE, &ann, None).await;
    assert_eq!(answer.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_owners_who_leave_at_once_one_stays() {
    let world = World::start().await;
    world.added("ben", "owner").await;
    let (ann, ben) = (world.member("ann"), world.member("ben"));
    let (first, second) = tokio::join!(
        world.ask("ann", Method::DELETE, &ann, None),
        world.ask("ben", Method::DELETE, &ben, None),
    );
    let mut statuses = [first.status().as_u16(), second.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [204, 409]);
    assert_eq!(
        world
            .api
            .database
            .text("SELECT count(*)::text FROM memberships WHERE role = 'owner'")
            .await
            .as_deref(),
        Some("1")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_kept_from_making_tenants_by_being_made_an_owner_of_others() {
    let world = World::start().await;
    world.added("ben", "owner").await;
    let filled = "INSERT INTO tenants (id, issuer, external_id, name)
         SELECT gen_random_uuid(), 'gantry', n::text, 'Trap' FROM generate_series(1, 100) AS n";
    world.api.database.execute(filled).await;
    let owned = format!(
        "INSERT INTO memberships (tenant_id, user_id, role, source)
         SELECT id, '{}', 'owner', 'gantry' FROM tenants WHERE name = 'Trap'",
        id_of("ben")
    );
    world.api.database.execute(&owned).await;
    let body = Some(json!({"name": "Own"}));
    let made = world.ask("ben", Method::POST, TENANTS, body.clone()).await;
    json_of(made, StatusCode::CREATED).await;
    let accepted = "UPDATE memberships SET accepted_at = now()";
    world.api.database.execute(accepted).await;
    let refused = world.ask("ben", Method::POST, TENANTS, body).await;
    problem_of(
        refused,
        StatusCode::UNPROCESSABLE_ENTITY,
        "too_many_tenants",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_cannot_be_met_says_why() {
    let world = World::start().await;
    world.added("ben", "member").await;
    let again = world.add("ann", "ben", "viewer").await;
    problem_of(again, StatusCode::CONFLICT, "already_a_member").await;
    let unknown = world.add("ann", "nobody", "viewer").await;
    problem_of(unknown, StatusCode::NOT_FOUND, "user_not_found").await;
    let stranger = world
        .ask("ann", Method::DELETE, &world.member("cleo"), None)
        .await;
    problem_of(stranger, StatusCode::NOT_FOUND, "member_not_found").await;
    let body = json!({"user_id": "no-id", "role": "king", "since": 1});
    let faulty = world
        .ask("ann", Method::POST, &world.members(), Some(body))
        .await;
    let problem = problem_of(faulty, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["user_id", "role", "since"]);
    for name in [
        json!(""),
        json!("  "),
        json!("x".repeat(101)),
        json!("a\u{7}b"),
        json!(7),
    ] {
        let body = Some(json!({ "name": name }));
        let faulty = world.ask("ann", Method::PATCH, &world.path(), body).await;
        problem_of(faulty, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    }
    let bad_id = world
        .ask("ann", Method::GET, "/api/v1/tenants/no-id", None)
        .await;
    problem_of(bad_id, StatusCode::BAD_REQUEST, "bad_id").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_gone_becomes_no_member_and_counts_as_no_owner() {
    let world = World::start().await;
    world.added("ben", "owner").await;
    for user in ["ben", "cleo"] {
        let gone = Webhook::new("user.deleted", 0, json!({"id": user, "deleted": true}));
        assert_eq!(gone.outcome(&world.api).await, "applied");
    }
    let refused = world.add("ann", "cleo", "member").await;
    problem_of(refused, StatusCode::NOT_FOUND, "user_not_found").await;
    let body = json!({"role": "member"});
    let (ann, ben) = (world.member("ann"), world.member("ben"));
    let demoted = world.ask("ann", Method::PATCH, &ann, Some(body)).await;
    problem_of(demoted, StatusCode::CONFLICT, "last_owner").await;
    let removed = world.ask("ann", Method::DELETE, &ben, None).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_identity_provider_made_is_not_changed_here() {
    let world = World::start().await;
    // The organization of the usual caller, and a person's own space.
    for (tenant, header) in [
        (TenantId::for_organization("dev", "acme"), Some("acme")),
        (TenantId::for_person("dev", "alice"), None),
    ] {
        let path = format!("{TENANTS}/{tenant}");
        let request = |method, body: Option<Value>| {
            let request = world
                .api
                .anonymous(method, &path)
                .header("X-Dev-User-Id", "alice");
            let request = match header {
                Some(name) => request.header("X-Tenant-Id", name),
                None => request,
            };
            match body {
                Some(body) => request.json(&body),
                None => request,
            }
        };
        let shown = request(Method::GET, None).send().await.unwrap();
        let shown = json_of(shown, StatusCode::OK).await;
        assert_eq!(shown["source"], "provider");
        if shown["role"] == "owner" {
            let renamed = request(Method::PATCH, Some(json!({"name": "Mine"})));
            let renamed = renamed.send().await.unwrap();
            problem_of(renamed, StatusCode::CONFLICT, "managed_by_provider").await;
            let deleted = request(Method::DELETE, None).send().await.unwrap();
            problem_of(deleted, StatusCode::CONFLICT, "managed_by_provider").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_tenant_lets_nobody_in_and_starts_nothing() {
    let world = World::start().await;
    let worker = world.api.worker().await;
    let job = json!({"kind": "test.echo", "payload": {"text": "hello"}});
    let job = world
        .ask("ann", Method::POST, "/api/v1/jobs", Some(job))
        .await;
    let job = json_of(job, StatusCode::ACCEPTED).await;
    let schedule = json!({
        "name": "yearly", "cron": "0 0 1 1 *", "kind": "test.echo", "payload": {"text": "hello"},
    });
    let schedule = world
        .ask("ann", Method::POST, "/api/v1/schedules", Some(schedule))
        .await;
    json_of(schedule, StatusCode::CREATED).await;

    let deleted = world.ask("ann", Method::DELETE, &world.path(), None).await;
    assert_eq!(deleted.status(), StatusCode::NO_CONTENT);
    let shown = world.ask("ann", Method::GET, &world.path(), None).await;
    problem_of(shown, StatusCode::NOT_FOUND, "tenant_not_found").await;
    let jobs = world.ask("ann", Method::GET, "/api/v1/jobs", None).await;
    problem_of(jobs, StatusCode::FORBIDDEN, "not_a_member").await;
    let job_id = job["id"].as_str().unwrap().parse().unwrap();
    assert!(worker.try_claim(job_id, 1).await.is_none());
    let standing = world
        .api
        .database
        .text("SELECT count(*)::text FROM schedules WHERE next_run_at IS NOT NULL")
        .await;
    assert_eq!(standing.as_deref(), Some("0"));
}
