//! Latency at light load: from the moment a job was to be sent until another session sees its result committed.

use std::collections::HashMap;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::LocalSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};

use crate::client::job_id;
use crate::figures::Figures;
use crate::installation::{Installation, NO_OP_KIND};

const RATE_PER_SECOND: u32 = 50;
const JOBS: u32 = 1_000;
const WARM_UP_JOBS: u32 = 100;
const CONNECTIONS: usize = 8;
/// The grain of the figures.
const LOOK_INTERVAL: Duration = Duration::from_millis(1);

pub async fn measure(figures: &mut Figures) -> anyhow::Result<()> {
    let mut installation = Installation::start(1).await?;
    let mut milliseconds = LocalSet::new()
        .run_until(latencies(&mut installation))
        .await?;
    milliseconds.drain(..WARM_UP_JOBS as usize);
    milliseconds.sort_by(f64::total_cmp);
    let percentile = |percent: usize| milliseconds[(milliseconds.len() - 1) * percent / 100];
    figures.add("latency p50 at 50/s", "ms", percentile(50));
    figures.add("latency p95 at 50/s", "ms", percentile(95));
    figures.add("latency p99 at 50/s", "ms", percentile(99));
    installation.stack.stop()?;
    Ok(())
}

/// The latency of every job, in the order in which they were sent.
async fn latencies(installation: &mut Installation) -> anyhow::Result<Vec<f64>> {
    let (sender, mut sent) = mpsc::unbounded_channel();
    let mut clients = Vec::new();
    for _ in 0..CONNECTIONS {
        let (orders, mut due) = mpsc::unbounded_channel::<Instant>();
        let mut client = installation.client().await?;
        let sender = sender.clone();
        tokio::task::spawn_local(async move {
            while let Some(at) = due.recv().await {
                let id = match client.submit(NO_OP_KIND).await {
                    Ok(answer) => job_id(&answer),
                    Err(error) => Err(error),
                };
                let _ = sender.send((at, id));
            }
        });
        clients.push(orders);
    }
    drop(sender);
    tokio::task::spawn_local(async move {
        let start = Instant::now() + Duration::from_millis(100);
        for number in 0..JOBS + WARM_UP_JOBS {
            let at = start + Duration::from_secs(1) * number / RATE_PER_SECOND;
            sleep_until(at).await;
            let _ = clients[number as usize % CONNECTIONS].send(at);
        }
    });

    let mut waiting = HashMap::new();
    let mut measured = Vec::new();
    let mut look = interval(LOOK_INTERVAL);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while measured.len() < (JOBS + WARM_UP_JOBS) as usize {
        look.tick().await;
        while let Ok((at, id)) = sent.try_recv() {
            waiting.insert(id?, at);
        }
        if waiting.is_empty() {
            sleep(LOOK_INTERVAL).await;
            continue;
        }
        let ids: Vec<String> = waiting.keys().cloned().collect();
        let ended = installation.database.succeeded_of(&ids).await?;
        let now = Instant::now();
        for id in ended {
            if let Some(at) = waiting.remove(&id) {
                measured.push((at, (now - at).as_secs_f64() * 1_000.0));
            }
        }
    }
    measured.sort_by_key(|(at, _)| *at);
    Ok(measured.into_iter().map(|(_, latency)| latency).collect())
}
