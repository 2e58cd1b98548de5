//! A worker of one's own: `cargo run -p gantry-worker --example word_count`, with `DATABASE_URL` and `REDIS_URL` set.

mod handler;

use std::env;
use std::time::Duration;

use anyhow::Context;
use gantry_queue::QueueOptions;
use gantry_store::StoreOptions;
use gantry_worker::{Shutdown, WorkerBuilder, WorkerOptions};

use handler::WordCount;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let store = StoreOptions {
        database_url: env::var("DATABASE_URL").context("DATABASE_URL is not set")?,
        max_connections: 4,
        behind_transaction_pooler: false,
        statement_timeout: Duration::from_secs(20),
    };
    let queue = QueueOptions {
        redis_url: env::var("REDIS_URL").context("REDIS_URL is not set")?,
        key_prefix: "gantry".to_owned(),
        machine_of: None,
    };
    let worker = WorkerBuilder::new(options()?)
        .handler(WordCount)?
        .build(&store, &queue, shutdown)
        .await?;
    Ok(worker.run().await?)
}

fn options() -> anyhow::Result<WorkerOptions> {
    Ok(WorkerOptions {
        name: "word-count".to_owned(),
        queues: vec!["default".parse()?],
        concurrency: 4,
        lease_ttl: Duration::from_secs(10),
        heartbeat_interval: Duration::from_secs(2),
        drain_timeout: Duration::from_secs(30),
        http_addr: ([127, 0, 0, 1], 0).into(),
    })
}
