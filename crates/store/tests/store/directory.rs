//! What the identity provider tells: taken once, in the order of its changes, and never beyond an end.

mod keys;
mod memberships;
mod order;
mod organizations;
mod profiles;
mod succession;

use chrono::{DateTime, Utc};
use gantry_domain::{
    Cohorts, DirectoryEvent, DirectoryMembership, DirectoryNotice, DirectoryOrganization,
    DirectoryUser, Doorbell, Role, TenantId, UserId,
};
use gantry_store::DirectoryOutcome;

use crate::fixture::Fixture;

pub const ISSUER: &str = "https://issuer.test";

/// A provider that tells a fixture's store of people and organizations.
pub struct Provider {
    pub fixture: Fixture,
}

impl Provider {
    pub async fn new() -> Self {
        Self {
            fixture: Fixture::new().await,
        }
    }

    /// Tells of a change that was made at that second.
    pub async fn tell(&self, second: i64, event: DirectoryEvent) -> DirectoryOutcome {
        let delivery_id = uuid();
        self.tell_as(&delivery_id, second, event).await
    }

    /// The same under this id of the delivery.
    pub async fn tell_as(
        &self,
        delivery_id: &str,
        second: i64,
        event: DirectoryEvent,
    ) -> DirectoryOutcome {
        let notice = notice(delivery_id, second, event);
        let taken = self.fixture.api.take_notice(&notice, &cohorts()).await;
        taken.unwrap()
    }

    pub async fn number(&self, sql: &str) -> i64 {
        self.fixture.database.number(sql).await
    }

    pub async fn text(&self, sql: &str) -> Option<String> {
        self.fixture.database.text(sql).await
    }

    pub async fn profiles(&self) -> i64 {
        self.fixture.count_of("profiles").await
    }

    pub async fn welcome_jobs(&self) -> i64 {
        self.number("SELECT count(*) FROM jobs WHERE kind = 'email.send' AND state = 'queued'")
            .await
    }
}

pub fn notice(delivery_id: &str, second: i64, event: DirectoryEvent) -> DirectoryNotice {
    DirectoryNotice {
        issuer: ISSUER.to_owned(),
        delivery_id: delivery_id.to_owned(),
        changed_at: at(second),
        event,
    }
}

pub fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
}

pub fn cohorts() -> Cohorts {
    let names = ["default", "beta"].map(|name| name.parse().unwrap());
    Cohorts::new(names).unwrap()
}

pub fn uuid() -> String {
    gantry_domain::JobId::generate().to_string()
}

/// A person without a verified address.
pub fn person(subject: &str) -> DirectoryUser {
    DirectoryUser {
        subject: subject.to_owned(),
        verified_email: None,
        first_name: Some("Ada".to_owned()),
        last_name: None,
        cohort: None,
    }
}

pub fn changed(user: DirectoryUser) -> DirectoryEvent {
    DirectoryEvent::UserChanged(user)
}

/// A person who has proven to own this address, which is their primary one.
pub fn owner_of(subject: &str, email: &str) -> DirectoryEvent {
    changed(DirectoryUser {
        verified_email: Some(email.parse().unwrap()),
        ..person(subject)
    })
}

pub fn gone(subject: &str) -> DirectoryEvent {
    DirectoryEvent::UserDeleted {
        subject: subject.to_owned(),
    }
}

pub fn organization(name: &str) -> DirectoryEvent {
    DirectoryEvent::OrganizationChanged(DirectoryOrganization {
        external_id: "org_acme".to_owned(),
        name: Some(name.to_owned()),
    })
}

pub fn membership(external_id: &str) -> DirectoryMembership {
    DirectoryMembership {
        external_id: Some(external_id.to_owned()),
        organization: DirectoryOrganization {
            external_id: "org_acme".to_owned(),
            name: Some("Acme".to_owned()),
        },
        subject: "ada".to_owned(),
    }
}

pub fn joined(external_id: &str, role: Role) -> DirectoryEvent {
    DirectoryEvent::MembershipChanged(membership(external_id), role)
}

pub fn left(external_id: &str) -> DirectoryEvent {
    DirectoryEvent::MembershipDeleted(membership(external_id))
}

pub fn ada() -> UserId {
    UserId::for_subject(ISSUER, "ada")
}

pub fn own_space() -> TenantId {
    TenantId::for_person(ISSUER, "ada")
}

pub fn applied() -> DirectoryOutcome {
    DirectoryOutcome::Applied(Vec::new())
}

/// The words for the jobs that came of a notice.
pub fn doorbells(outcome: DirectoryOutcome) -> Vec<Doorbell> {
    match outcome {
        DirectoryOutcome::Applied(doorbells) => doorbells,
        other => panic!("{other:?}"),
    }
}
