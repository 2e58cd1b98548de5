//! Recovery: a worker that holds jobs is killed while a second one runs, with leases as operators get them.

use std::time::Duration;

use anyhow::bail;
use tokio::time::{Instant, sleep};

use crate::figures::Figures;
use crate::installation::{HOLDING_KIND, Installation};

const JOBS: u32 = 8;
const LIMIT: Duration = Duration::from_secs(120);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut installation = Installation::start(1).await?;
    let mut client = installation.client().await?;
    for _ in 0..JOBS {
        client.submit(HOLDING_KIND).await?;
    }
    wait_for(&mut installation, "running").await?;
    installation.stack.start_worker()?;
    installation.stack.workers()[0].kill()?;
    let killed_at = Instant::now();
    wait_for(&mut installation, "succeeded").await?;
    figures.add(
        "recovery after kill -9",
        "s",
        killed_at.elapsed().as_secs_f64(),
    );
    installation.stack.stop()?;
    Ok(())
}

/// Waits until all jobs are in a state.
async fn wait_for(installation: &mut Installation, state: &str) -> anyhow::Result<()> {
    let deadline = Instant::now() + LIMIT;
    while installation.database.count(state).await? < f64::from(JOBS) {
        if Instant::now() > deadline {
            bail!("not all jobs were {state} after {} s", LIMIT.as_secs());
        }
        sleep(LOOK_INTERVAL).await;
    }
    Ok(())
}
