//! Idle: what an API and a worker ask of the database, and how much memory they hold, while nobody wants anything.

use std::time::Duration;

use tokio::time::sleep;

use crate::figures::Figures;
use crate::installation::Installation;

const SETTLING: Duration = Duration::from_secs(10);
const MEASURED: Duration = Duration::from_secs(30);

pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut installation = Installation::start(1).await?;
    sleep(SETTLING).await;
    let before = installation.database.transactions().await?;
    let cpu_before = installation.cpu_seconds()?;
    sleep(MEASURED).await;
    let statements = installation.database.transactions().await? - before;
    let cpu = installation.cpu_seconds()?.sum() - cpu_before.sum();
    let seconds = MEASURED.as_secs_f64();
    figures.add("idle statements", "1/s", statements / seconds);
    figures.add("idle CPU", "ms/s", cpu / seconds * 1_000.0);
    installation.stack.stop()?;
    Ok(())
}
