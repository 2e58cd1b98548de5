//! Who belongs to an organization, told before or after both of them.

use gantry_domain::{DirectoryEvent, Role};
use gantry_store::DirectoryOutcome::Outdated;

use super::{Provider, applied, doorbells, gone, joined, left, organization, owner_of};

async fn role(provider: &Provider) -> Option<String> {
    provider.text("SELECT role FROM memberships").await
}

#[tokio::test]
async fn a_membership_may_be_told_before_its_organization_and_its_person() {
    let provider = Provider::new().await;
    let told = provider.tell(3, joined("orgmem_1", Role::Admin)).await;
    assert_eq!(told, applied());
    assert_eq!(role(&provider).await.as_deref(), Some("admin"));
    assert_eq!(
        provider.tell(1, organization("Acme Corporation")).await,
        applied()
    );
    let name = provider.text("SELECT name FROM tenants").await;
    assert_eq!(name.as_deref(), Some("Acme Corporation"));
    // The person gets a profile and a welcome when they are told of themselves.
    assert_eq!(provider.welcome_jobs().await, 0);
    let told = provider.tell(1, owner_of("ada", "ada@example.com")).await;
    assert_eq!(doorbells(told).len(), 1);
    assert_eq!(provider.fixture.count_of("users").await, 1);
}

#[tokio::test]
async fn roles_change_in_order() {
    let provider = Provider::new().await;
    provider.tell(2, joined("orgmem_1", Role::Member)).await;
    assert_eq!(
        provider.tell(1, joined("orgmem_1", Role::Owner)).await,
        Outdated
    );
    assert_eq!(role(&provider).await.as_deref(), Some("member"));
    assert_eq!(
        provider.tell(3, joined("orgmem_1", Role::Viewer)).await,
        applied()
    );
    assert_eq!(role(&provider).await.as_deref(), Some("viewer"));
}

#[tokio::test]
async fn a_membership_that_ended_stays_ended_and_the_person_may_come_back_under_another() {
    let provider = Provider::new().await;
    provider.tell(1, joined("orgmem_1", Role::Admin)).await;
    assert_eq!(provider.tell(3, left("orgmem_1")).await, applied());
    for second in [2, 4] {
        let late = provider.tell(second, joined("orgmem_1", Role::Admin)).await;
        assert_eq!(late, Outdated);
    }
    assert_eq!(role(&provider).await, None);
    // One that is older than the end of the other.
    assert_eq!(
        provider.tell(2, joined("orgmem_0", Role::Admin)).await,
        Outdated
    );
    assert_eq!(
        provider.tell(5, joined("orgmem_2", Role::Member)).await,
        applied()
    );
    // The first one's end is told once more.
    assert_eq!(provider.tell(3, left("orgmem_1")).await, Outdated);
    assert_eq!(role(&provider).await.as_deref(), Some("member"));
}

#[tokio::test]
async fn an_end_that_is_told_first_lets_the_beginning_pass() {
    let provider = Provider::new().await;
    assert_eq!(provider.tell(2, left("orgmem_1")).await, applied());
    assert_eq!(
        provider.tell(1, joined("orgmem_1", Role::Admin)).await,
        Outdated
    );
    assert_eq!(provider.fixture.count_of("memberships").await, 0);
}

#[tokio::test]
async fn nobody_who_is_gone_belongs_to_anything_and_nothing_that_is_gone_has_members() {
    let provider = Provider::new().await;
    provider.tell(1, joined("orgmem_1", Role::Admin)).await;
    provider.tell(2, gone("ada")).await;
    assert_eq!(role(&provider).await, None);
    assert_eq!(
        provider.tell(9, joined("orgmem_2", Role::Admin)).await,
        Outdated
    );

    let provider = Provider::new().await;
    provider.tell(1, joined("orgmem_1", Role::Admin)).await;
    let external_id = "org_acme".to_owned();
    let end = DirectoryEvent::OrganizationDeleted { external_id };
    provider.tell(2, end).await;
    assert_eq!(role(&provider).await, None);
    assert_eq!(
        provider.tell(9, joined("orgmem_2", Role::Admin)).await,
        Outdated
    );
}

#[tokio::test]
async fn a_membership_that_people_of_gantry_made_is_left_alone() {
    let provider = Provider::new().await;
    provider.tell(1, joined("orgmem_1", Role::Viewer)).await;
    provider
        .fixture
        .database
        .execute("UPDATE memberships SET source = 'gantry'")
        .await;
    assert_eq!(
        provider.tell(2, joined("orgmem_1", Role::Owner)).await,
        applied()
    );
    assert_eq!(role(&provider).await.as_deref(), Some("viewer"));
    assert_eq!(provider.tell(3, left("orgmem_1")).await, applied());
    assert_eq!(role(&provider).await.as_deref(), Some("viewer"));
}
