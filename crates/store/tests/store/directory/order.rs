//! Notices come twice, late and in any order.

use gantry_domain::DirectoryEvent;
use gantry_store::DirectoryOutcome::{Duplicate, Outdated};
use gantry_store::{SignInOutcome, SignedIn};
use tokio::task::JoinSet;

use super::{
    ISSUER, Provider, ada, applied, changed, cohorts, doorbells, gone, notice, organization,
    own_space, owner_of, person,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_deliveries_of_one_notice_at_once_one_is_taken() {
    let provider = Provider::new().await;
    let mut tasks = JoinSet::new();
    for _ in 0..50 {
        let api = provider.fixture.api.clone();
        tasks.spawn(async move {
            let notice = notice("msg_1", 1, owner_of("ada", "ada@example.com"));
            api.take_notice(&notice, &cohorts()).await.unwrap()
        });
    }
    let outcomes = tasks.join_all().await;
    let taken: Vec<_> = outcomes
        .into_iter()
        .filter(|outcome| *outcome != Duplicate)
        .collect();
    assert_eq!(taken.len(), 1);
    assert_eq!(doorbells(taken[0].clone()).len(), 1);
    assert_eq!(provider.profiles().await, 1);
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_fifty_notices_of_one_sign_up_at_once_come_one_profile_and_one_welcome() {
    let provider = Provider::new().await;
    let mut tasks = JoinSet::new();
    for number in 0..50 {
        let api = provider.fixture.api.clone();
        tasks.spawn(async move {
            let id = format!("msg_{number}");
            let notice = notice(&id, number % 3, owner_of("ada", "ada@example.com"));
            api.take_notice(&notice, &cohorts()).await.unwrap()
        });
    }
    tasks.join_all().await;
    assert_eq!(provider.profiles().await, 1);
    assert_eq!(provider.welcome_jobs().await, 1);
    let last = provider
        .text("SELECT changed_at FROM directory_entries")
        .await;
    let latest = super::at(2).timestamp();
    let last_second =
        provider.number("SELECT extract(epoch FROM changed_at) FROM directory_entries");
    assert_eq!(last_second.await, latest, "{last:?}");
}

#[tokio::test]
async fn a_change_that_is_told_late_changes_nothing() {
    let provider = Provider::new().await;
    let named = |name: &str| {
        let mut user = person("ada");
        user.first_name = Some(name.to_owned());
        user.verified_email = Some("ada@example.com".parse().unwrap());
        changed(user)
    };
    // The update comes before the creation.
    assert_eq!(doorbells(provider.tell(2, named("Second")).await).len(), 1);
    assert_eq!(provider.tell(1, named("First")).await, Outdated);
    let name = "SELECT first_name FROM users";
    assert_eq!(provider.text(name).await.as_deref(), Some("Second"));
    assert_eq!(provider.tell(3, named("Third")).await, applied());
    assert_eq!(provider.text(name).await.as_deref(), Some("Third"));
    assert_eq!(provider.profiles().await, 1);
    assert_eq!(provider.welcome_jobs().await, 1);
}

#[tokio::test]
async fn nobody_who_is_gone_comes_back() {
    let provider = Provider::new().await;
    provider.tell(1, owner_of("ada", "ada@example.com")).await;
    assert_eq!(provider.tell(5, gone("ada")).await, applied());
    for second in [2, 9] {
        let told = provider.tell(second, owner_of("ada", "ada@example.net"));
        assert_eq!(told.await, Outdated);
    }
    let email = provider.text("SELECT email FROM users").await;
    assert_eq!(email.as_deref(), Some("ada@example.com"));
    assert_eq!(provider.tell(9, gone("ada")).await, Outdated);

    // Someone whose end is told before anything else.
    assert_eq!(provider.tell(5, gone("bob")).await, applied());
    assert_eq!(provider.tell(4, changed(person("bob"))).await, Outdated);
    assert_eq!(provider.fixture.count_of("users").await, 1);
    assert_eq!(provider.profiles().await, 1);
}

#[tokio::test]
async fn an_organization_is_renamed_in_order_and_stays_gone() {
    let provider = Provider::new().await;
    assert_eq!(provider.tell(2, organization("Second")).await, applied());
    assert_eq!(provider.tell(1, organization("First")).await, Outdated);
    let name = "SELECT name FROM tenants WHERE external_id = 'org_acme'";
    assert_eq!(provider.text(name).await.as_deref(), Some("Second"));
    let external_id = "org_acme".to_owned();
    let end = DirectoryEvent::OrganizationDeleted { external_id };
    assert_eq!(provider.tell(3, end.clone()).await, applied());
    assert_eq!(provider.tell(4, organization("Fourth")).await, Outdated);
    let open = "SELECT count(*) FROM tenants WHERE deleted_at IS NULL";
    assert_eq!(provider.number(open).await, 0);
    assert_eq!(provider.tell(5, end).await, Outdated);
}

#[tokio::test]
async fn a_notice_that_could_not_be_written_is_taken_when_it_comes_again() {
    let provider = Provider::new().await;
    let database = &provider.fixture.database;
    database
        .execute("REVOKE INSERT ON jobs FROM gantry_api")
        .await;
    let first = notice("msg_1", 1, owner_of("ada", "ada@example.com"));
    let refused = provider.fixture.api.take_notice(&first, &cohorts()).await;
    refused.unwrap_err();
    for table in [
        "profiles",
        "users",
        "webhook_deliveries",
        "directory_entries",
    ] {
        assert_eq!(provider.fixture.count_of(table).await, 0, "{table}");
    }
    database.execute("GRANT INSERT ON jobs TO gantry_api").await;
    let again = provider.fixture.api.take_notice(&first, &cohorts()).await;
    assert_eq!(doorbells(again.unwrap()).len(), 1);
    let third = provider.fixture.api.take_notice(&first, &cohorts()).await;
    assert_eq!(third.unwrap(), Duplicate);
}

#[tokio::test]
async fn notes_of_deliveries_are_forgotten_after_a_week() {
    let provider = Provider::new().await;
    for (id, days) in [("msg_1", 8), ("msg_2", 9), ("msg_3", 6)] {
        provider.tell_as(id, 1, changed(person(id))).await;
        let age = format!(
            "UPDATE webhook_deliveries SET received_at = now() - interval '{days} days' WHERE id = '{id}'"
        );
        provider.fixture.database.execute(&age).await;
    }
    let workers = &provider.fixture.workers;
    assert_eq!(workers.forget_webhook_deliveries(1).await.unwrap(), 1);
    assert_eq!(workers.forget_webhook_deliveries(9).await.unwrap(), 1);
    let left = provider.text("SELECT string_agg(id, ' ') FROM webhook_deliveries");
    assert_eq!(left.await.as_deref(), Some("msg_3"));
}

#[tokio::test]
async fn the_credential_of_someone_who_is_gone_brings_nobody_back() {
    let provider = Provider::new().await;
    let signed_in = SignedIn {
        issuer: ISSUER.to_owned(),
        tenant_id: own_space(),
        tenant_external_id: "ada".to_owned(),
        user_id: ada(),
        subject: "ada".to_owned(),
        email: Some("ada@example.com".to_owned()),
    };
    let api = &provider.fixture.api;
    let outcome = api.remember(&signed_in).await.unwrap();
    assert_eq!(outcome, SignInOutcome::Remembered);
    provider.tell(1, gone("ada")).await;
    for _ in 0..2 {
        let outcome = api.remember(&signed_in).await.unwrap();
        assert_eq!(outcome, SignInOutcome::AccountDeleted);
        provider.fixture.database.execute("DELETE FROM users").await;
    }
    assert_eq!(provider.fixture.count_of("users").await, 0);
}
