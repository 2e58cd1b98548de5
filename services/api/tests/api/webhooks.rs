//! What the identity provider tells by webhook: who is believed, and what is answered.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{TestApi, Webhook, json_of, problem_of};

const PATH: &str = "/api/v1/webhooks/clerk";

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_is_written_down_at_both_addresses_and_once_however_often_it_is_sent() {
    let api = TestApi::start().await;
    for (subject, path) in [("user_ada", PATH), ("user_bob", "/api/webhooks/clerk")] {
        let sign_up = Webhook::sign_up(subject, &format!("{subject}@example.com"));
        for expected in ["applied", "duplicate", "duplicate"] {
            let answer = json_of(sign_up.send_to(&api, path).await, StatusCode::OK).await;
            assert_eq!(answer, json!({"outcome": expected}));
        }
    }
    let people = "SELECT string_agg(email || ' ' || cohort, ', ' ORDER BY email) FROM profiles";
    let expected = "user_ada@example.com beta, user_bob@example.com beta";
    assert_eq!(api.database.text(people).await.as_deref(), Some(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_rings_for_its_welcome() {
    let api = TestApi::start().await;
    let worker = api
        .worker_with(vec![gantry_domain::EmailRequest::declaration()])
        .await;
    let mut doorbells = worker.doorbells();
    let sign_up = Webhook::sign_up("user_ada", "ada@example.com");
    assert_eq!(sign_up.outcome(&api).await, "applied");
    let read = doorbells.read(1).await.unwrap();
    let welcome = api.database.text("SELECT id FROM jobs").await.unwrap();
    assert!(format!("{read:?}").contains(&welcome), "{read:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_sendings_at_once_make_one_profile_and_one_welcome() {
    let api = TestApi::start().await;
    let sign_up = Webhook::sign_up("user_ada", "ada@example.com");
    let api = std::sync::Arc::new(api);
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let (api, mut sign_up) = (api.clone(), sign_up.clone());
        // Half of them are the same message, the others tell the same under ids of their own.
        if number % 2 == 0 {
            sign_up.id = format!("msg_{number}");
        }
        tasks.spawn(async move { sign_up.send(&api).await.status() });
    }
    let statuses = tasks.join_all().await;
    assert!(
        statuses.iter().all(|status| *status == StatusCode::OK),
        "{statuses:?}"
    );
    for table in ["profiles", "users", "jobs"] {
        let count = format!("SELECT count(*) FROM {table}");
        assert_eq!(api.database.number(&count).await, 1, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_prove_where_it_comes_from_is_refused_and_changes_nothing() {
    let api = TestApi::start().await;
    let own = Webhook::sign_up("user_ada", "ada@example.com");
    let mut forgeries = vec![own.clone(); 3];
    forgeries[0].secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD".to_owned();
    forgeries[1].timestamp -= 301;
    forgeries[2].timestamp += 302;
    for forged in forgeries {
        problem_of(
            forged.send(&api).await,
            StatusCode::BAD_REQUEST,
            "bad_signature",
        )
        .await;
    }
    let unsigned = api.anonymous(Method::POST, PATH).body(own.body.clone());
    let answer = unsigned.send().await.unwrap();
    problem_of(answer, StatusCode::BAD_REQUEST, "bad_signature").await;
    // A person's credentials are no signature.
    let signed_in = api.request(Method::POST, PATH).body(own.body.clone());
    let answer = signed_in.send().await.unwrap();
    problem_of(answer, StatusCode::BAD_REQUEST, "bad_signature").await;
    assert_eq!(
        api.database.number("SELECT count(*) FROM profiles").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_secret_nothing_is_taken() {
    let api = TestApi::start_with_settings(&[("CLERK_WEBHOOK_SIGNING_SECRET", "")]).await;
    let answer = Webhook::sign_up("user_ada", "ada@example.com")
        .send(&api)
        .await;
    let problem = problem_of(
        answer,
        StatusCode::SERVICE_UNAVAILABLE,
        "webhooks_not_configured",
    );
    let problem = problem.await;
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("CLERK_WEBHOOK_SIGNING_SECRET"), "{detail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sender_nobody_knows_is_not_found_and_a_large_body_is_not_read() {
    let api = TestApi::start().await;
    let own = Webhook::sign_up("user_ada", "ada@example.com");
    let answer = own.send_to(&api, "/api/v1/webhooks/other").await;
    problem_of(answer, StatusCode::NOT_FOUND, "webhook_source_not_found").await;
    let large = Webhook::with_body(" ".repeat(1024 * 1024 + 1));
    problem_of(
        large.send(&api).await,
        StatusCode::PAYLOAD_TOO_LARGE,
        "body_too_large",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_signed_is_answered_and_nothing_is_an_error_of_the_api() {
    let api = TestApi::start().await;
    let hostile = [
        json!(null),
        json!(7),
        json!([]),
        json!({}),
        json!("\u{0}"),
        json!({"id": "a\u{0}b"}),
        json!({"id": "user_ada", "first_name": "\u{0}\u{0}", "last_name": "a\u{0}b"}),
        json!({"id": "user_ada", "updated_at": 1e308}),
        json!({"id": "user_ada", "updated_at": i64::MIN}),
        json!({"id": "user_ada", "updated_at": i64::MAX}),
        json!({"id": "user_ada", "email_addresses": "x", "primary_email_address_id": ["x"]}),
        json!({"id": "user_ada", "public_metadata": {"cohort": "\u{0}"}}),
        json!({"id": "o".repeat(255), "name": "\u{1F600}".repeat(5_000)}),
        json!({"id": "m", "organization": {"id": "o", "name": ""}, "public_user_data": {"user_id": "u"}, "role": "\u{0}"}),
    ];
    for sort in [
        "user.created",
        "user.deleted",
        "organization.updated",
        "organization.deleted",
        "organizationMembership.created",
        "organizationMembership.deleted",
        "session.created",
        "\u{0}",
    ] {
        for data in &hostile {
            let body: Value = json!({"type": sort, "data": data, "timestamp": data["updated_at"]});
            let answer = Webhook::with_body(body.to_string()).send(&api).await;
            let status = answer.status();
            let is_answered = status == StatusCode::OK || status == StatusCode::BAD_REQUEST;
            assert!(
                is_answered,
                "{body}: {status} {}",
                answer.text().await.unwrap()
            );
        }
    }
    for body in ["", "{", "\u{feff}{}", "nul"] {
        let answer = Webhook::with_body(body.to_owned()).send(&api).await;
        problem_of(answer, StatusCode::BAD_REQUEST, "malformed_webhook").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_answered_as_taken_that_is_not_committed() {
    let api = TestApi::start().await;
    let sign_up = Webhook::sign_up("user_ada", "ada@example.com");
    api.database
        .execute("ALTER TABLE profiles RENAME TO elsewhere")
        .await;
    let refused = sign_up.send(&api).await.status();
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    api.database
        .execute("ALTER TABLE elsewhere RENAME TO profiles")
        .await;
    assert_eq!(sign_up.outcome(&api).await, "applied");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_the_provider_has_deleted_does_not_come_in_any_more() {
    let api = TestApi::start().await;
    let me = || api.request_as("user_ada", "acme", Method::GET, "/api/v1/users/me");
    let gone = Webhook::new(
        "user.deleted",
        0,
        json!({"id": "user_ada", "deleted": true}),
    );
    assert_eq!(gone.outcome(&api).await, "applied");
    let answer = me().send().await.unwrap();
    problem_of(answer, StatusCode::FORBIDDEN, "account_deleted").await;
    let late = Webhook::sign_up("user_ada", "ada@example.com");
    assert_eq!(late.outcome(&api).await, "outdated");
}
