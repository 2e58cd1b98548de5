//! The audit log tells who did what, to those who may know, and nobody changes it.

use gantry_api::{Access, OPERATIONS, Reach};
use gantry_domain::{JobId, Role, TenantId, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{TestApi, json_of, paths_of, problem_of};

fn id_of(user: &str) -> String {
    UserId::for_subject("dev", user).to_string()
}

/// A tenant that `ann` made.
async fn tenant(api: &TestApi) -> String {
    let made = api
        .anonymous(Method::POST, "/api/v1/tenants")
        .header("X-Dev-User-Id", "ann")
        .header("X-Request-Id", "the-founding")
        .json(&json!({"name": "Physics"}));
    let tenant = json_of(made.send().await.unwrap(), StatusCode::CREATED).await;
    tenant["id"].as_str().unwrap().to_owned()
}

async fn read(api: &TestApi, user: &str, tenant: &str, query: &str) -> Vec<Value> {
    let path = format!("/api/v1/audit{query}");
    let answer = api
        .request_as(user, tenant, Method::GET, &path)
        .send()
        .await;
    let page = json_of(answer.unwrap(), StatusCode::OK).await;
    page["items"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_did_what_to_which_resource_and_from_where() {
    let api = TestApi::start().await;
    let tenant = tenant(&api).await;
    let entries = read(&api, "ann", &tenant, "?action=tenant.created").await;
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(entry["actor_kind"], "person");
    assert_eq!(entry["actor_id"], id_of("ann"));
    assert_eq!(entry["resource_id"], tenant);
    assert_eq!(entry["tenant_id"], tenant);
    assert_eq!(entry["source_address"], "127.0.0.1");
    assert_eq!(entry["request_id"], "the-founding");
    assert_eq!(entry["detail"], json!({"name": "Physics"}));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_owners_and_admins_may_see_is_written_down_when_they_see_it() {
    let api = TestApi::start().await;
    let tenant = tenant(&api).await;
    let patterns: Vec<&str> = OPERATIONS
        .iter()
        .filter(|(method, _, access)| *method == "GET" && is_for_admins(*access))
        .map(|(_, pattern, _)| *pattern)
        .collect();
    assert!(patterns.len() >= 7, "{patterns:?}");
    let unknown = JobId::generate().to_string();
    for pattern in patterns {
        let path = pattern.replace("{id}", &unknown);
        let read_it = api.request_as("ann", &tenant, Method::GET, &path);
        assert!(!read_it.send().await.unwrap().status().is_server_error());
        let query = format!("?action=admin.read&resource_id={pattern}");
        let entries = read(&api, "ann", &tenant, &query).await;
        assert_eq!(entries[0]["actor_id"], id_of("ann"), "{pattern}");
        assert_eq!(entries[0]["source_address"], "127.0.0.1");
        let expected = match pattern.contains("{id}") {
            true => json!({"id": unknown}),
            false => json!({}),
        };
        assert_eq!(entries[0]["detail"], expected, "{pattern}");
    }
    // What every member sees is not.
    let jobs = api.request_as("ann", &tenant, Method::GET, "/api/v1/jobs");
    assert_eq!(jobs.send().await.unwrap().status(), StatusCode::OK);
    let query = "?action=admin.read&resource_id=/api/v1/jobs";
    assert!(read(&api, "ann", &tenant, query).await.is_empty());
}

/// Whether members may not ask for it, or not for all of it.
fn is_for_admins(access: Access) -> bool {
    match access {
        Access::Right(right) | Access::RightInPath(right) => {
            right.reach(Role::Member) != Reach::All
        }
        _ => false,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changes_a_tenant_is_written_down_and_found_by_what_it_was() {
    let api = TestApi::start().await;
    let tenant = tenant(&api).await;
    let me = api.request_as("ben", "elsewhere", Method::GET, "/api/v1/users/me");
    me.send().await.unwrap();
    let path = format!("/api/v1/tenants/{tenant}");
    let member = format!("{path}/members/{}", id_of("ben"));
    let job = api.request_as("ann", &tenant, Method::POST, "/api/v1/jobs");
    let job = job
        .json(&json!({"kind": "test.echo", "payload": {"text": "hello"}}))
        .send();
    let job = json_of(job.await.unwrap(), StatusCode::ACCEPTED).await;
    let job = job["id"].as_str().unwrap();
    let steps = [
        (Method::PATCH, path.clone(), json!({"name": "Chemistry"})),
        (
            Method::POST,
            format!("{path}/members"),
            json!({"user_id": id_of("ben"), "role": "viewer"}),
        ),
        (Method::PATCH, member.clone(), json!({"role": "member"})),
        (Method::DELETE, member, json!({})),
        (
            Method::POST,
            "/api/v1/jobs/cancel".to_owned(),
            json!({"kind": "test.echo"}),
        ),
        (Method::POST, format!("/api/v1/jobs/{job}/retry"), json!({})),
        (
            Method::POST,
            "/api/v1/jobs/cancel".to_owned(),
            json!({"kind": "test.echo"}),
        ),
        (
            Method::POST,
            "/api/v1/jobs/retry".to_owned(),
            json!({"kind": "test.echo"}),
        ),
    ];
    for (method, path, body) in steps {
        let answer = api.request_as("ann", &tenant, method, &path).json(&body);
        let answer = answer.send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {answer:?}");
    }
    let actions: Vec<String> = read(&api, "ann", &tenant, "")
        .await
        .iter()
        .rev()
        .map(|entry| entry["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(
        actions,
        [
            "tenant.created",
            "tenant.renamed",
            "member.added",
            "member.role_changed",
            "member.removed",
            "job.cancelled_matching",
            "job.redriven",
            "job.cancelled_matching",
            "job.redriven_matching",
            "admin.read",
        ]
    );
    let found = read(&api, "ann", &tenant, "?action=member.role_changed").await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0]["detail"],
        json!({"from": "viewer", "to": "member"})
    );
    let of_ben = format!("?resource_id={}", id_of("ben"));
    assert_eq!(read(&api, "ann", &tenant, &of_ben).await.len(), 3);
    let by_nobody = format!("?actor_id={}", id_of("ben"));
    assert_eq!(read(&api, "ann", &tenant, &by_nobody).await.len(), 0);

    let answer = api.request_as("ann", &tenant, Method::GET, "/api/v1/audit?action=sneezed");
    let answer = answer.send().await.unwrap();
    let problem = problem_of(answer, StatusCode::UNPROCESSABLE_ENTITY, "invalid_request").await;
    assert_eq!(paths_of(&problem), ["action"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_do_is_seen_by_operators_and_by_the_tenant_it_concerns() {
    let api = TestApi::start_with_operators("olga").await;
    let acme = TenantId::for_organization("dev", "acme");
    for path in [
        "/api/v1/queues/default".to_owned(),
        format!("/api/v1/tenants/{acme}"),
    ] {
        for verb in ["pause", "resume"] {
            let path = format!("{path}/{verb}");
            let answer = api.request_as("olga", "operations", Method::POST, &path);
            let answer = answer.json(&json!({})).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
        }
    }
    let path = "/api/v1/installation/audit?actor_id=".to_owned() + &id_of("olga");
    let answer = api
        .request_as("olga", "operations", Method::GET, &path)
        .send()
        .await;
    let page = json_of(answer.unwrap(), StatusCode::OK).await;
    let seen: Vec<(&str, &Value)> = page["items"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|entry| (entry["action"].as_str().unwrap(), &entry["tenant_id"]))
        .collect();
    let acme = json!(acme);
    assert_eq!(
        seen,
        [
            ("pause.begun", &Value::Null),
            ("pause.ended", &Value::Null),
            ("pause.begun", &acme),
            ("pause.ended", &acme),
            ("admin.read", &Value::Null),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_operators_read_of_a_tenant_that_tenant_can_see() {
    let api = TestApi::start_with_operators("olga").await;
    let tenant = tenant(&api).await;
    let path = format!("/api/v1/tenants/{tenant}/retention");
    let answer = api.request_as("olga", "operations", Method::GET, &path);
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);
    let query = format!("?action=admin.read&actor_id={}", id_of("olga"));
    let entries = read(&api, "ann", &tenant, &query).await;
    assert_eq!(entries.len(), 1);
    assert_eq!(
        entries[0]["resource_id"],
        "/api/v1/tenants/{tenant_id}/retention"
    );
    assert_eq!(entries[0]["detail"], json!({"tenant_id": tenant}));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_service_can_change_or_remove_an_entry() {
    let api = TestApi::start().await;
    tenant(&api).await;
    for role in ["gantry_api", "gantry_worker"] {
        for right in ["UPDATE", "DELETE", "TRUNCATE"] {
            let sql =
                format!("SELECT has_table_privilege('{role}', 'audit_events', '{right}')::text");
            assert_eq!(
                api.database.text(&sql).await.as_deref(),
                Some("false"),
                "{role} {right}"
            );
        }
    }
}
