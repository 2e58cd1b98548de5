//! Tenants that people made, after an owner's account has ended.

use gantry_domain::{Role, TenantId, UserId};
use gantry_store::{SignInOutcome, SignedIn};

use super::{ISSUER, Provider, gone};
use crate::fixture::tenant;

fn id_of(subject: &str) -> UserId {
    UserId::for_subject(ISSUER, subject)
}

/// A tenant of Ada's with these further members, who joined one after the other.
async fn tenant_with(provider: &Provider, members: &[(&str, Role)]) -> TenantId {
    let tenant_id = tenant("physics");
    let subjects = members.iter().map(|(subject, _)| *subject);
    for subject in subjects.chain(["ada"]) {
        let signed_in = SignedIn {
            issuer: ISSUER.to_owned(),
            tenant_id: TenantId::for_person(ISSUER, subject),
            tenant_external_id: subject.to_owned(),
            user_id: id_of(subject),
            subject: subject.to_owned(),
            email: None,
        };
        let remembered = provider.fixture.api.remember(&signed_in).await.unwrap();
        assert_eq!(remembered, SignInOutcome::Remembered);
    }
    let scope = provider.fixture.api.tenant(tenant_id);
    scope.found("Physics", id_of("ada")).await.unwrap();
    for (place, (subject, role)) in members.iter().enumerate() {
        let joined = format!(
            "INSERT INTO memberships (tenant_id, user_id, role, source, created_at, accepted_at)
             VALUES ('{tenant_id}', '{}', '{}', 'gantry', now() + interval '{place} s', now())",
            id_of(subject),
            role.as_str()
        );
        provider.fixture.database.execute(&joined).await;
    }
    tenant_id
}

async fn role(provider: &Provider, subject: &str) -> Option<String> {
    let sql = format!(
        "SELECT role FROM memberships WHERE user_id = '{}'",
        id_of(subject)
    );
    provider.text(&sql).await
}

#[tokio::test]
async fn the_longest_standing_administrator_follows_the_last_owner_and_that_is_audited() {
    let provider = Provider::new().await;
    let members = [
        ("mia", Role::Member),
        ("ben", Role::Admin),
        ("cleo", Role::Admin),
    ];
    let tenant_id = tenant_with(&provider, &members).await;
    provider.tell(1, gone("ada")).await;
    assert_eq!(role(&provider, "ben").await.as_deref(), Some("owner"));
    assert_eq!(role(&provider, "cleo").await.as_deref(), Some("admin"));
    assert_eq!(role(&provider, "mia").await.as_deref(), Some("member"));
    let audited =
        "SELECT concat_ws(' ', tenant_id, actor_kind, resource_id, detail->>'from', detail->>'to')
        FROM audit_events WHERE action = 'member.role_changed'";
    let entry = format!("{tenant_id} provider {} admin owner", id_of("ben"));
    assert_eq!(provider.text(audited).await, Some(entry));
}

#[tokio::test]
async fn a_member_follows_where_no_administrator_is_left_and_a_viewer_never_does() {
    let provider = Provider::new().await;
    let members = [
        ("vic", Role::Viewer),
        ("ben", Role::Admin),
        ("mia", Role::Member),
    ];
    tenant_with(&provider, &members).await;
    // Who is gone follows nobody.
    for (second, subject) in [(1, "ben"), (2, "ada")] {
        provider.tell(second, gone(subject)).await;
    }
    assert_eq!(role(&provider, "mia").await.as_deref(), Some("owner"));
    provider.tell(3, gone("mia")).await;
    assert_eq!(role(&provider, "vic").await.as_deref(), Some("viewer"));
}

#[tokio::test]
async fn nobody_follows_while_an_owner_is_left() {
    let provider = Provider::new().await;
    let members = [("olaf", Role::Owner), ("ben", Role::Admin)];
    tenant_with(&provider, &members).await;
    provider.tell(1, gone("ada")).await;
    assert_eq!(role(&provider, "ben").await.as_deref(), Some("admin"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_owners_who_go_at_once_the_last_is_followed() {
    let provider = Provider::new().await;
    let members = [("olaf", Role::Owner), ("ben", Role::Admin)];
    tenant_with(&provider, &members).await;
    tokio::join!(
        provider.tell(1, gone("ada")),
        provider.tell(1, gone("olaf"))
    );
    assert_eq!(role(&provider, "ben").await.as_deref(), Some("owner"));
}

#[tokio::test]
async fn nobody_follows_who_has_never_acted_there_and_who_wants_to_leave_follows_last() {
    let provider = Provider::new().await;
    let members = [
        ("never", Role::Admin),
        ("leaving", Role::Admin),
        ("mia", Role::Member),
    ];
    tenant_with(&provider, &members).await;
    provider
        .fixture
        .database
        .execute(&format!(
            "UPDATE memberships SET accepted_at = NULL WHERE user_id = '{}';
             INSERT INTO account_deletions (user_id, own_tenant_id, requested_by, purge_after)
             VALUES ('{}', gen_random_uuid(), 'person', now() + interval '30 days')",
            id_of("never"),
            id_of("leaving"),
        ))
        .await;
    for (second, owner, heir) in [(1, "ada", "mia"), (2, "mia", "leaving")] {
        provider.tell(second, gone(owner)).await;
        assert_eq!(role(&provider, heir).await.as_deref(), Some("owner"));
    }
    provider.tell(3, gone("leaving")).await;
    assert_eq!(role(&provider, "never").await.as_deref(), Some("admin"));
}
