//! A machine with a job that waits for it, and jobs elsewhere.

use gantry_store::Run;

use super::machine::{Machine, queued_in};
use crate::fixture::{Fixture, tenant};

/// The machine of one tenant, with a job that waits in its queue; and jobs of the tenant and of another elsewhere.
pub struct World {
    pub fixture: Fixture,
    pub machine: Machine,
    pub own: Run,
    pub elsewhere: Run,
    pub others: Run,
}

pub async fn world() -> World {
    let fixture = Fixture::new().await;
    fixture.worker().await;
    let machine = Machine::enrolled(&fixture, fixture.tenant_id, "own-gpu").await;
    World {
        own: queued_in(&fixture, fixture.tenant_id, "own-gpu").await,
        elsewhere: queued_in(&fixture, fixture.tenant_id, "default").await,
        others: queued_in(&fixture, tenant("other"), "own-gpu").await,
        machine,
        fixture,
    }
}
