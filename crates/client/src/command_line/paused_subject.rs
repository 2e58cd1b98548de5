//! What is paused or resumed, as the command line says it.

use clap::Subcommand;
use gantry_domain::{PauseSubject, QueueName, TenantId, UserId};

/// Whose jobs.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum PausedSubject {
    /// Those of a queue
    Queue {
        /// The queue's name (see `gantry queues`)
        queue: QueueName,
    },
    /// Those of a tenant
    Tenant {
        /// The tenant's id
        tenant: TenantId,
    },
    /// Those one person submitted, in whatever tenant
    User {
        /// The person's id
        user: UserId,
    },
}

impl From<PausedSubject> for PauseSubject {
    fn from(subject: PausedSubject) -> Self {
        match subject {
            PausedSubject::Queue { queue } => Self::Queue(queue),
            PausedSubject::Tenant { tenant } => Self::Tenant(tenant),
            PausedSubject::User { user } => Self::User(user),
        }
    }
}
