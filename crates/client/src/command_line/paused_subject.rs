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
        #[arg(id = "paused_tenant", value_name = "TENANT")]
        tenant: TenantId,
    },
    /// Those one person submitted, in whatever tenant
    User {
        /// The person's id
        #[arg(id = "paused_user", value_name = "USER")]
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
