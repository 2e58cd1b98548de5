//! End to end: 32 keep-alive connections submit no-op jobs one after the other, until the last result is committed.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use tokio::task::{JoinSet, LocalSet};
use tokio::time::Instant;

use crate::database::Start;
use crate::figures::Figures;
use crate::installation::{Installation, NO_OP_KIND};
use crate::processes::{peak_mib, resident_mib};

const CONNECTIONS: usize = 32;
const WARM_UP: Duration = Duration::from_secs(3);
const MEASURED: Duration = Duration::from_secs(12);
const END_LIMIT: Duration = Duration::from_secs(120);

pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut installation = Installation::start(1).await?;
    figures.add(
        "API memory idle",
        "MiB",
        resident_mib(installation.stack.api().pid())?,
    );
    figures.add(
        "worker memory idle",
        "MiB",
        resident_mib(installation.worker_pid()?)?,
    );
    submit_for(&installation, WARM_UP).await?;
    installation
        .database
        .wait_until_all_ended(END_LIMIT)
        .await?;
    installation.database.vacuum().await?;

    let last_before = installation.database.newest_job().await?;
    let wal_before = installation.database.wal_bytes().await?;
    let cpu_before = installation.cpu_seconds()?;
    let jobs = submit_for(&installation, MEASURED).await?;
    installation
        .database
        .wait_until_all_ended(END_LIMIT)
        .await?;
    let cpu = installation
        .cpu_seconds()?
        .per_thousand_jobs(cpu_before, jobs);
    let wal = installation.database.wal_bytes().await? - wal_before;
    let seconds = installation
        .database
        .span_seconds(Start::Accepted, &last_before)
        .await?;

    figures.add("end to end", "jobs/s", jobs / seconds);
    figures.add("CPU, all", "s/1000 jobs", cpu.sum());
    figures.add("CPU, API", "s/1000 jobs", cpu.api);
    figures.add("CPU, worker", "s/1000 jobs", cpu.worker);
    figures.add("CPU, Redis", "s/1000 jobs", cpu.redis);
    figures.add("CPU, PostgreSQL", "s/1000 jobs", cpu.postgres);
    figures.add("write-ahead log", "bytes/job", wal / jobs);
    figures.add(
        "API memory at most",
        "MiB",
        peak_mib(installation.stack.api().pid())?,
    );
    figures.add(
        "worker memory at most",
        "MiB",
        peak_mib(installation.worker_pid()?)?,
    );
    installation.stack.stop()?;
    Ok(())
}

/// Submits on all connections for a while; says how many jobs were accepted.
async fn submit_for(installation: &Installation, duration: Duration) -> anyhow::Result<f64> {
    let accepted = Rc::new(Cell::new(0_u32));
    let tasks = LocalSet::new();
    let mut submitting = JoinSet::new();
    let until = Instant::now() + duration;
    for _ in 0..CONNECTIONS {
        let mut client = installation.client().await?;
        let accepted = Rc::clone(&accepted);
        submitting.spawn_local_on(
            async move {
                while Instant::now() < until {
                    client.submit(NO_OP_KIND).await?;
                    accepted.set(accepted.get() + 1);
                }
                anyhow::Ok(())
            },
            &tasks,
        );
    }
    tasks
        .run_until(async {
            while let Some(ended) = submitting.join_next().await {
                ended??;
            }
            anyhow::Ok(())
        })
        .await?;
    Ok(f64::from(accepted.get()))
}
