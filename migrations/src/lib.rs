//! The schema's migrations, run under one lock so that any number may start at once.
#![doc = include_str!("../README.md")]

mod api_keys;
mod batches;
mod concurrency_limits;
mod departures;
mod dependencies;
mod enrolment;
mod error;
mod foundation;
mod locks;
mod members;
mod pauses;
mod profiles;
mod readable_history;
mod retention;
mod retry_policies;
mod run;
mod schedules;
mod submission_keys;

pub use error::MigrationError;
pub use run::{MigrationStatus, down, status, up};

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// Every migration, in the order in which they are applied.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(foundation::Foundation),
            Box::new(schedules::Schedules),
            Box::new(submission_keys::SubmissionKeys),
            Box::new(readable_history::ReadableHistory),
            Box::new(pauses::Pauses),
            Box::new(concurrency_limits::ConcurrencyLimits),
            Box::new(retention::Retention),
            Box::new(dependencies::Dependencies),
            Box::new(batches::Batches),
            Box::new(retry_policies::RetryPolicies),
            Box::new(members::Members),
            Box::new(profiles::Profiles),
            Box::new(api_keys::ApiKeys),
            Box::new(departures::Departures),
            Box::new(enrolment::Enrolment),
        ]
    }
}
