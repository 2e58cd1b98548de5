//! Drain: 50,000 no-op jobs wait, then a worker is started.

use std::time::Duration;

use crate::database::Start;
use crate::figures::Figures;
use crate::installation::{Installation, NO_OP_KIND};

const JOBS: u32 = 50_000;
/// How many are handed in with one request.
const BATCH_JOBS: u32 = 500;
const END_LIMIT: Duration = Duration::from_secs(300);

pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    // Its kinds must be known before jobs of them are accepted.
    let mut installation = Installation::start(1).await?;
    let worker = &mut installation.stack.workers()[0];
    worker.terminate()?;
    worker.wait_for_exit(END_LIMIT)?;
    let last_before = installation.database.newest_job().await?;
    let mut client = installation.client().await?;
    for _ in 0..JOBS / BATCH_JOBS {
        client.submit_batch(NO_OP_KIND, BATCH_JOBS as usize).await?;
    }
    installation.database.vacuum().await?;
    installation.stack.start_worker()?;
    installation
        .database
        .wait_until_all_ended(END_LIMIT)
        .await?;
    let seconds = installation
        .database
        .span_seconds(Start::Started, &last_before)
        .await?;
    figures.add("drain of 50,000", "jobs/s", f64::from(JOBS) / seconds);
    installation.stack.stop()?;
    Ok(())
}
