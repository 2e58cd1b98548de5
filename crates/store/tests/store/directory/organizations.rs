//! Organizations that end.

use gantry_domain::{DirectoryEvent, TenantId};

use super::{ISSUER, Provider, applied, organization};
use crate::fixture::{first_run, new_job, new_schedule};

#[tokio::test]
async fn an_organization_that_is_gone_starts_nothing_any_more() {
    let provider = Provider::new().await;
    let fixture = &provider.fixture;
    let acme = TenantId::for_organization(ISSUER, "org_acme");
    provider.tell(1, organization("Acme")).await;
    let worker = fixture.worker().await;
    let job = || new_job(acme);
    let waiting = fixture.submit(job()).await;
    let others = fixture.queued().await;
    for tenant_id in [acme, fixture.tenant_id] {
        let scope = fixture.api.tenant(tenant_id);
        scope
            .create_schedule(&new_schedule("hourly"))
            .await
            .unwrap();
    }
    let external_id = "org_acme".to_owned();
    let end = DirectoryEvent::OrganizationDeleted { external_id };
    assert_eq!(provider.tell(2, end).await, applied());

    assert!(fixture.claim(worker, first_run(waiting)).await.is_none());
    let late = fixture.submit(job()).await;
    assert!(fixture.claim(worker, first_run(late)).await.is_none());
    let due =
        "SELECT string_agg(tenant_id::text, ' ') FROM schedules WHERE next_run_at IS NOT NULL";
    let expected = Some(fixture.tenant_id.to_string());
    assert_eq!(provider.text(due).await, expected);
    assert!(fixture.claim(worker, others).await.is_some());
}

#[tokio::test]
async fn an_organization_whose_end_is_told_first_is_closed_too() {
    let provider = Provider::new().await;
    let external_id = "org_acme".to_owned();
    let end = DirectoryEvent::OrganizationDeleted { external_id };
    assert_eq!(provider.tell(1, end).await, applied());
    let closed = "SELECT count(*) FROM tenants JOIN pauses ON subject = tenants.id::text WHERE deleted_at IS NOT NULL";
    assert_eq!(provider.number(closed).await, 1);
}
