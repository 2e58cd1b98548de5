//! A Gantry of the benchmark's own: durable servers, the release binaries, and tokens that are really checked.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;

use anyhow::Context;
use gantry_devkit::Stack;
use tempfile::TempDir;

use crate::client::Client;
use crate::database::Database;
use crate::issuer::Issuer;
use crate::processes::cpu_seconds;

/// The kind that does nothing but answer.
pub const NO_OP_KIND: &str = "system.ping";
/// The kind that does not end before its worker dies, and ends at once when it is started again.
pub const HOLDING_KIND: &str = "bench.hold.v1";

/// How many jobs a worker runs at the same time.
const WORKER_CONCURRENCY: u32 = 256;
const PERSON: &str = "bench";

/// A running Gantry.
pub struct Installation {
    /// Its processes and servers.
    pub stack: Stack,
    /// Its database.
    pub database: Database,
    token: String,
    api: SocketAddr,
    /// Holds the kinds file and what the jobs of [`HOLDING_KIND`] leave; removed with the installation.
    _folder: TempDir,
}

/// Seconds of processor time by process.
#[derive(Debug, Clone, Copy)]
pub struct CpuSeconds {
    /// The API.
    pub api: f64,
    /// The worker.
    pub worker: f64,
    /// Redis.
    pub redis: f64,
    /// PostgreSQL, all its processes.
    pub postgres: f64,
}

impl Installation {
    /// Starts the servers, the API and `workers` workers.
    ///
    /// # Errors
    /// Something does not start.
    pub async fn start(workers: usize) -> anyhow::Result<Self> {
        let issuer = Issuer::start().await?;
        let folder = TempDir::new()?;
        let kinds = write_kinds(&folder)?;
        let mut builder = Stack::builder()
            .workers(0)
            .environment("GANTRY_LOG_FORMAT", "json")
            // As in the images.
            .environment("MALLOC_ARENA_MAX", 1)
            .environment("GANTRY_WORKER_CONCURRENCY", WORKER_CONCURRENCY)
            .environment("GANTRY_KINDS_FILE", kinds.display());
        for (name, value) in issuer.settings() {
            builder = builder.environment(name, value);
        }
        // The stack waits for the API, which asks the issuer for its keys: both must be able to go on.
        let mut stack = tokio::task::spawn_blocking(move || builder.start()).await??;
        for _ in 0..workers {
            stack.start_worker()?;
        }
        let database = Database::connect(&stack.database_url()).await?;
        let api = stack.api_url();
        let api = api
            .strip_prefix("http://")
            .context("the API has no address")?;
        Ok(Self {
            api: api.parse()?,
            token: issuer.token(PERSON)?,
            database,
            stack,
            _folder: folder,
        })
    }

    /// A new connection of the one person who submits.
    ///
    /// # Errors
    /// The API does not listen.
    pub async fn client(&self) -> anyhow::Result<Client> {
        Client::connect(self.api, &self.token).await
    }

    /// What every process has cost so far; the first worker stands for all.
    ///
    /// # Errors
    /// A process is gone.
    pub fn cpu_seconds(&mut self) -> anyhow::Result<CpuSeconds> {
        Ok(CpuSeconds {
            api: cpu_seconds(self.stack.api().pid())?,
            worker: cpu_seconds(self.worker_pid()?)?,
            redis: cpu_seconds(self.stack.redis().process().pid())?,
            postgres: cpu_seconds(self.stack.postgres().process().pid())?,
        })
    }

    /// The first worker's process.
    ///
    /// # Errors
    /// There is none.
    pub fn worker_pid(&mut self) -> anyhow::Result<i32> {
        let worker = self.stack.workers().first().context("no worker runs")?;
        Ok(worker.pid())
    }
}

impl CpuSeconds {
    /// What was used since `before`, for each 1,000 of `jobs`.
    pub fn per_thousand_jobs(self, before: Self, jobs: f64) -> Self {
        let each = |after: f64, before: f64| (after - before) / jobs * 1_000.0;
        Self {
            api: each(self.api, before.api),
            worker: each(self.worker, before.worker),
            redis: each(self.redis, before.redis),
            postgres: each(self.postgres, before.postgres),
        }
    }

    /// All of it together.
    pub fn sum(self) -> f64 {
        self.api + self.worker + self.redis + self.postgres
    }
}

/// Declares [`HOLDING_KIND`].
fn write_kinds(folder: &TempDir) -> anyhow::Result<PathBuf> {
    let path = folder.path().join("kinds.toml");
    let started = folder.path().join("started");
    // The first start of a job leaves a folder and waits; the second finds it.
    let script = format!(
        "mkdir {}-$GANTRY_JOB_ID && sleep 300 || true",
        started.display()
    );
    let kinds = format!(
        "[[kind]]\nname = \"{HOLDING_KIND}\"\ndescription = \"Waits until its worker dies.\"\n\
         program = \"/bin/sh\"\narguments = [\"-c\", \"{script}\"]\npayload_schema = {{ type = \"object\" }}\n\
         timeout_seconds = 600\nmemory_limit_mb = 512\n"
    );
    fs::write(&path, kinds)?;
    Ok(path)
}
