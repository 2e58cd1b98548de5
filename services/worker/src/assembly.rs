//! Putting the worker together from its settings: which handlers it has, and where its servers are.

use gantry_queue::QueueOptions;
use gantry_settings::WorkerServiceSettings;
use gantry_store::StoreOptions;
use gantry_worker::handlers::SystemPing;
use gantry_worker::{Shutdown, Worker, WorkerBuilder, WorkerOptions};
use secrecy::ExposeSecret;

/// The worker as the settings describe it.
pub(crate) async fn worker(
    settings: &WorkerServiceSettings,
    shutdown: Shutdown,
) -> anyhow::Result<Worker> {
    let builder = WorkerBuilder::new(worker_options(settings)?).handler(SystemPing)?;
    let store = StoreOptions {
        database_url: settings.database.url.expose_secret().to_owned(),
        max_connections: settings.database.max_connections,
        behind_transaction_pooler: !settings.database.statement_cache.is_on(),
    };
    let queue = QueueOptions {
        redis_url: settings.redis.url.expose_secret().to_owned(),
        key_prefix: settings.redis.prefix.clone(),
    };
    Ok(builder.build(&store, &queue, shutdown).await?)
}

fn worker_options(settings: &WorkerServiceSettings) -> anyhow::Result<WorkerOptions> {
    let worker = &settings.worker;
    let queues = worker.queues().iter().map(|name| name.parse());
    Ok(WorkerOptions {
        name: worker.name(),
        queues: queues.collect::<Result<_, _>>()?,
        concurrency: worker.concurrency(),
        lease_ttl: worker.lease_ttl(),
        heartbeat_interval: worker.heartbeat_interval(),
        drain_timeout: worker.drain_timeout(),
        http_addr: worker.http_addr,
    })
}
