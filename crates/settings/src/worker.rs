//! What a worker takes on, how it proves that it is alive and how it stops.

use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::error::SettingError;
use crate::http::socket_address;
use crate::value::{List, list, name, whole_number};

/// Most jobs one worker process may run at a time.
const CONCURRENCY_LIMIT: usize = 1024;

/// The behaviour of one worker process.
#[derive(Debug, Clone, Args)]
pub struct WorkerSettings {
    /// Name shown for this worker; host name and process id when unset
    #[arg(id = "worker-name", long, env = "GANTRY_WORKER_NAME", value_name = "NAME", value_parser = name)]
    name: Option<String>,

    /// Queues to take jobs from, separated by commas
    #[arg(
        id = "worker-queues", long, env = "GANTRY_WORKER_QUEUES", value_name = "QUEUES",
        default_value = "default,qe", value_parser = list(name)
    )]
    queues: List<String>,

    /// Jobs run at the same time; the number of processors when unset
    #[arg(
        id = "worker-concurrency", long, env = "GANTRY_WORKER_CONCURRENCY", value_name = "NUMBER",
        value_parser = whole_number(1..=CONCURRENCY_LIMIT)
    )]
    concurrency: Option<usize>,

    /// Address and port of the worker's health endpoints; port 0 takes a free one
    #[arg(
        id = "worker-http-addr", long, env = "GANTRY_WORKER_HTTP_ADDR", value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:8081", value_parser = socket_address
    )]
    pub http_addr: SocketAddr,

    /// TOML file that declares command kinds; none when unset
    #[arg(
        id = "kinds-file",
        long,
        env = "GANTRY_KINDS_FILE",
        value_name = "FILE"
    )]
    pub kinds_file: Option<PathBuf>,

    /// The file that `gantry-worker enroll` wrote, on a machine of a tenant's own; none for the operator's workers
    #[arg(
        id = "worker-credentials-file",
        long,
        env = "GANTRY_WORKER_CREDENTIALS_FILE",
        value_name = "FILE"
    )]
    pub credentials_file: Option<PathBuf>,

    /// Refuse to start without the credentials of an enrolled machine
    #[arg(
        id = "require-worker-token", long, env = "GANTRY_REQUIRE_WORKER_TOKEN", value_name = "BOOLEAN",
        default_value = "false", action = clap::ArgAction::Set
    )]
    pub require_token: bool,

    /// Seconds without a heartbeat after which this worker's jobs go to others
    #[arg(
        id = "worker-lease-ttl-seconds", long, env = "GANTRY_WORKER_LEASE_TTL_SECONDS", value_name = "SECONDS",
        default_value = "10", value_parser = whole_number(2..=3600_u64)
    )]
    pub lease_ttl_seconds: u64,

    /// Seconds between two heartbeats; at most half the lease
    #[arg(
        id = "worker-heartbeat-seconds", long, env = "GANTRY_WORKER_HEARTBEAT_SECONDS", value_name = "SECONDS",
        default_value = "3", value_parser = whole_number(1..=1800_u64)
    )]
    pub heartbeat_seconds: u64,

    /// Seconds that running jobs get to end after a stop signal, before they are handed back
    #[arg(
        id = "worker-drain-timeout-seconds", long, env = "GANTRY_WORKER_DRAIN_TIMEOUT_SECONDS",
        value_name = "SECONDS", default_value = "30", value_parser = whole_number(0..=86_400_u64)
    )]
    pub drain_timeout_seconds: u64,

    /// Folder in which each job gets a folder of its own
    #[arg(
        id = "worker-scratch-dir",
        long,
        env = "GANTRY_WORKER_SCRATCH_DIR",
        value_name = "FOLDER",
        default_value = "/tmp/gantry"
    )]
    pub scratch_dir: PathBuf,
}

impl WorkerSettings {
    /// The worker's name: the one given, else host name and process id.
    pub fn name(&self) -> String {
        self.name
            .clone()
            .unwrap_or_else(|| format!("{}-{}", host_name(), std::process::id()))
    }

    /// The queues to take jobs from, in the order given; never empty.
    pub fn queues(&self) -> &[String] {
        self.queues.as_slice()
    }

    /// How many jobs run at the same time.
    pub fn concurrency(&self) -> usize {
        self.concurrency.unwrap_or_else(|| {
            std::thread::available_parallelism()
                .map_or(1, NonZeroUsize::get)
                .min(CONCURRENCY_LIMIT)
        })
    }

    /// How long the worker's lease lasts without a heartbeat.
    pub fn lease_ttl(&self) -> Duration {
        Duration::from_secs(self.lease_ttl_seconds)
    }

    /// The time between two heartbeats.
    pub fn heartbeat_interval(&self) -> Duration {
        Duration::from_secs(self.heartbeat_seconds)
    }

    /// How long running jobs get to end after a stop signal.
    pub fn drain_timeout(&self) -> Duration {
        Duration::from_secs(self.drain_timeout_seconds)
    }

    pub(crate) fn check(&self) -> Result<(), SettingError> {
        if self.require_token && self.credentials_file.is_none() {
            return Err(SettingError::RequiredWhen {
                setting: "GANTRY_WORKER_CREDENTIALS_FILE",
                condition: "GANTRY_REQUIRE_WORKER_TOKEN=true: enrol this machine with `gantry-worker enroll` first",
            });
        }
        if self.heartbeat_seconds * 2 > self.lease_ttl_seconds {
            return Err(SettingError::Contradiction {
                setting: "GANTRY_WORKER_HEARTBEAT_SECONDS",
                other: "GANTRY_WORKER_LEASE_TTL_SECONDS",
                remedy: "the heartbeat must be at most half the lease",
            });
        }
        Ok(())
    }
}

/// The machine's name as far as it is usable in a worker's name.
pub(crate) fn host_name() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname")
        .ok()
        .and_then(|text| name(text.trim()).ok())
        .unwrap_or_else(|| "worker".to_owned())
}
