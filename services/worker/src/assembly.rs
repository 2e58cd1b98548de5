//! Putting the worker together from its settings: which handlers it has, and where its servers are.

use std::env;
use std::path::Path;

use anyhow::Context;
use gantry_domain::RetentionPeriods;
use gantry_queue::QueueOptions;
use gantry_settings::{QuantumEspressoSettings, WorkerServiceSettings};
use gantry_store::StoreOptions;
use gantry_worker::enrolment::Credentials;
use gantry_worker::handlers::{
    CommandHandler, EmailSend, PeopleExport, QeInstallation, QeRelax, SystemPing,
};
use gantry_worker::kinds_file::read_kinds_file;
use gantry_worker::process::{Guardian, ScratchRoot};
use gantry_worker::{ProgramRunner, Shutdown, Worker, WorkerBuilder, WorkerOptions};
use secrecy::ExposeSecret;

/// The worker as the settings describe it.
pub(crate) async fn worker(
    settings: &WorkerServiceSettings,
    credentials: Option<&Credentials>,
    shutdown: Shutdown,
) -> anyhow::Result<Worker> {
    let scratch_root = ScratchRoot::open(&settings.worker.scratch_dir)
        .context("GANTRY_WORKER_SCRATCH_DIR cannot be used")?;
    let programs = ProgramRunner::new(Guardian::of_this_executable(), scratch_root);
    let mut builder = WorkerBuilder::new(worker_options(settings)?)
        .retention(retention_periods(settings)?)
        .handler(SystemPing)?
        .handler(EmailSend)?
        .handler(PeopleExport)?;
    builder = with_quantum_espresso(builder, &settings.quantum_espresso, &programs)?;
    if let Some(file) = &settings.worker.kinds_file {
        builder = with_commands(builder, file, &programs)?;
    }
    if let Some(credentials) = credentials {
        builder = builder.enrolled(credentials.clone());
    }
    let store = StoreOptions {
        database_url: settings.database.url.expose_secret().to_owned(),
        max_connections: settings.database.max_connections,
        statement_timeout: settings.database.statement_timeout(),
        behind_transaction_pooler: !settings.database.statement_cache.is_on(),
    };
    let queue = QueueOptions {
        redis_url: settings.redis.url.expose_secret().to_owned(),
        key_prefix: settings.redis.prefix.clone(),
        machine_of: credentials.map(|credentials| credentials.tenant_id),
    };
    Ok(builder.build(&store, &queue, shutdown).await?)
}

/// Without Quantum ESPRESSO on this machine its kind is not announced, and the worker serves the others.
fn with_quantum_espresso(
    builder: WorkerBuilder,
    settings: &QuantumEspressoSettings,
    programs: &ProgramRunner,
) -> anyhow::Result<WorkerBuilder> {
    let search_path = env::var_os("PATH");
    let found = QeInstallation::find(
        &settings.program,
        &settings.pseudo_dir,
        search_path.as_deref(),
    );
    match found {
        Ok(installation) => {
            let handler = QeRelax::new(
                installation,
                settings.memory_limit_bytes(),
                programs.clone(),
            )?;
            Ok(builder.handler(handler)?)
        }
        Err(reason) => {
            tracing::warn!(%reason, "qe.relax.v1 cannot run here and is not announced");
            Ok(builder)
        }
    }
}

fn with_commands(
    mut builder: WorkerBuilder,
    kinds_file: &Path,
    programs: &ProgramRunner,
) -> anyhow::Result<WorkerBuilder> {
    let kinds = read_kinds_file(kinds_file, &|name| env::var_os(name))
        .context("GANTRY_KINDS_FILE cannot be used")?;
    for kind in kinds {
        builder = builder.handler(CommandHandler::new(kind, programs.clone())?)?;
    }
    Ok(builder)
}

fn retention_periods(settings: &WorkerServiceSettings) -> anyhow::Result<RetentionPeriods> {
    let retention = &settings.retention;
    Ok(RetentionPeriods::new(
        retention.jobs_days,
        retention.results_days(),
        retention.logs_days(),
    )?)
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
