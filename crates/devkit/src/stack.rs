//! A whole Gantry on this machine: PostgreSQL, Redis, the schema, one API and some workers, each a process of its own.

use std::env;
use std::fmt::Display;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::binaries::Binaries;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::port::free_loopback_port;
use crate::postgres::PrivatePostgres;
use crate::process::ServiceProcess;
use crate::redis::PrivateRedis;

const DATABASE: &str = "gantry";
/// The name of the stack's own API.
const API: &str = "api";
const MIGRATION_LIMIT: Duration = Duration::from_secs(120);
const READY_LIMIT: Duration = Duration::from_secs(60);

/// What services take over from the environment of whoever starts the stack; everything else is set by the stack or
/// by [`StackBuilder::environment`], so that settings left over in a shell do not contradict them.
const INHERITED: [&str; 8] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "SENTRY_DSN",
];
const INHERITED_PREFIXES: [&str; 3] = ["GANTRY_", "OTEL_", "RUST_"];

/// How a stack is to be started: see [`Stack::builder`].
#[derive(Debug)]
pub struct StackBuilder {
    folder: Option<PathBuf>,
    workers: usize,
    http_port: Option<u16>,
    environment: Vec<(String, String)>,
}

impl StackBuilder {
    /// Keeps the data in `folder` from one run to the next, in place of a temporary folder.
    #[must_use]
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = Some(folder.into());
        self
    }

    /// How many workers to start; one unless told otherwise.
    #[must_use]
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers;
        self
    }

    /// The API's port on 127.0.0.1; a free one unless told otherwise.
    #[must_use]
    pub fn http_port(mut self, port: u16) -> Self {
        self.http_port = Some(port);
        self
    }

    /// Sets an environment variable for the API and the workers, over the stack's own choice (except their addresses and
    /// the workers' names).
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>, value: impl Display) -> Self {
        self.environment.push((name.into(), value.to_string()));
        self
    }

    /// Starts everything in order and returns when the API and every worker are ready.
    pub fn start(self) -> Result<Stack> {
        let binaries = Binaries::locate()?;
        let folder = match &self.folder {
            Some(path) => Folder::named(path)?,
            None => Folder::temporary()?,
        };
        let postgres = PrivatePostgres::start(&folder)?;
        postgres.create_database(DATABASE)?;
        let redis = PrivateRedis::start(&folder)?;
        // Where this stack's workers alone write: the usual place may belong to another user of the machine.
        let scratch = folder.path().join("scratch");
        let mut environment = vec![setting("GANTRY_WORKER_SCRATCH_DIR", scratch.display())];
        environment.extend(inherited_environment());
        environment.extend(shared_environment(&postgres, &redis));
        migrate(&folder, &binaries, &environment, "up")?;
        environment.extend(self.environment);

        let api_port = self.http_port.map_or_else(free_loopback_port, Ok)?;
        let api_address = SocketAddr::from((Ipv4Addr::LOCALHOST, api_port));
        let api = start_api(&folder, &binaries, API, &environment, api_address)?;
        let workers = Vec::with_capacity(self.workers);
        let mut stack = Stack {
            api,
            workers,
            worker_addresses: Vec::new(),
            redis,
            postgres,
            folder,
            binaries,
            environment,
            api_address,
        };
        for _ in 0..self.workers {
            stack.start_worker()?;
        }
        Ok(stack)
    }
}

/// A running Gantry. Its parts can be killed, frozen and started again one by one; everything ends with this value.
#[derive(Debug)]
pub struct Stack {
    // Dropped in this order: services before the servers they use.
    api: ServiceProcess,
    workers: Vec<ServiceProcess>,
    worker_addresses: Vec<SocketAddr>,
    redis: PrivateRedis,
    postgres: PrivatePostgres,
    folder: Folder,
    binaries: Binaries,
    environment: Vec<(String, String)>,
    api_address: SocketAddr,
}

impl Stack {
    /// A stack in a temporary folder with one worker and the development identity, until told otherwise.
    pub fn builder() -> StackBuilder {
        StackBuilder {
            folder: None,
            workers: 1,
            http_port: None,
            environment: Vec::new(),
        }
    }

    /// The API's address, without a slash at the end.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.api_address)
    }

    /// The database's address, for its owner.
    pub fn database_url(&self) -> String {
        self.postgres.url(DATABASE)
    }

    /// Redis's address.
    pub fn redis_url(&self) -> String {
        self.redis.url()
    }

    /// The folder with the data and every process's log.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The API's process.
    pub fn api(&mut self) -> &mut ServiceProcess {
        &mut self.api
    }

    /// The workers' processes, in the order in which they were started; those that have ended are still among them.
    pub fn workers(&mut self) -> &mut [ServiceProcess] {
        &mut self.workers
    }

    /// Where the workers' health endpoints listen, in the order of [`Self::workers`].
    pub fn worker_addresses(&self) -> &[SocketAddr] {
        &self.worker_addresses
    }

    /// The database server.
    pub fn postgres(&mut self) -> &mut PrivatePostgres {
        &mut self.postgres
    }

    /// The Redis server.
    pub fn redis(&mut self) -> &mut PrivateRedis {
        &mut self.redis
    }

    /// Sends Redis one command, and returns the first line of its answer; see [`PrivateRedis::command`].
    pub fn ask_redis(&self, words: &str) -> Result<String> {
        self.redis.command(words)
    }

    /// Every process of the stack: the servers, then the services that depend on them.
    pub fn processes(&mut self) -> impl Iterator<Item = &mut ServiceProcess> {
        [self.postgres.process(), self.redis.process(), &mut self.api]
            .into_iter()
            .chain(&mut self.workers)
    }

    /// Starts the API again at the same address, after stopping it when it runs.
    pub fn restart_api(&mut self) -> Result<()> {
        self.restart_api_with(&[])
    }

    /// Starts the API again at the same address, with environment variables of its own over those of the stack.
    pub fn restart_api_with(&mut self, own: &[(&str, &str)]) -> Result<()> {
        self.api.stop()?;
        let mut environment = self.environment.clone();
        environment.extend(own.iter().map(|(name, value)| setting(name, value)));
        self.api = start_api(
            &self.folder,
            &self.binaries,
            API,
            &environment,
            self.api_address,
        )?;
        Ok(())
    }

    /// Applies the migrations that are missing.
    pub fn migrate_up(&self) -> Result<()> {
        migrate(&self.folder, &self.binaries, &self.environment, "up")
    }

    /// Undoes the newest migration.
    pub fn migrate_down(&self) -> Result<()> {
        migrate(&self.folder, &self.binaries, &self.environment, "down")
    }

    /// Starts one more worker under a name of its own (`worker-1`, `worker-2`, …) and waits until it is ready.
    pub fn start_worker(&mut self) -> Result<&mut ServiceProcess> {
        self.start_worker_with(&[])
    }

    /// Starts one more worker, with environment variables of its own over those of the stack.
    pub fn start_worker_with(&mut self, own: &[(&str, &str)]) -> Result<&mut ServiceProcess> {
        let place = self.launch_worker_with(own)?;
        self.workers[place].wait_until_ready(self.worker_addresses[place], READY_LIMIT)?;
        Ok(&mut self.workers[place])
    }

    /// Starts one more worker as [`Self::start_worker_with`] does, without waiting for anything, and returns its place
    /// among [`Self::workers`].
    pub fn launch_worker_with(&mut self, own: &[(&str, &str)]) -> Result<usize> {
        let name = format!("worker-{}", self.workers.len() + 1);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_loopback_port()?));
        let worker = self.spawn_worker_at(&name, address, own)?;
        self.workers.push(worker);
        self.worker_addresses.push(address);
        Ok(self.workers.len() - 1)
    }

    /// Starts a worker that may end before it is ready. It is the caller's, and not among [`Self::workers`].
    pub fn spawn_worker(&self, name: &str, own: &[(&str, &str)]) -> Result<ServiceProcess> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_loopback_port()?));
        self.spawn_worker_at(name, address, own)
    }

    /// Runs `gantry-worker enroll` with environment variables of its own, and waits until it has ended well.
    pub fn enroll_worker(&self, name: &str, own: &[(&str, &str)]) -> Result<()> {
        let mut environment = self.environment.clone();
        environment.extend(own.iter().map(|(name, value)| setting(name, value)));
        environment.push(setting("GANTRY_WORKER_NAME", name));
        let mut command = std::process::Command::new(&self.binaries.worker);
        command
            .arg("enroll")
            .env_clear()
            .envs(environment.iter().map(|(name, value)| (name, value)));
        let mut enrolling = ServiceProcess::spawn(&self.folder, name, &mut command)?;
        let status = enrolling.wait_for_exit(READY_LIMIT)?;
        if status.success() {
            return Ok(());
        }
        Err(Error::CommandFailed {
            command: "gantry-worker enroll".to_owned(),
            status,
            output: enrolling.log_tail(),
        })
    }

    /// Starts one more API with environment variables of its own, waits until it is ready, and says its address. It is
    /// the caller's.
    pub fn spawn_api(
        &self,
        name: &str,
        own: &[(&str, &str)],
    ) -> Result<(ServiceProcess, SocketAddr)> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_loopback_port()?));
        let mut environment = self.environment.clone();
        environment.extend(own.iter().map(|(name, value)| setting(name, value)));
        let api = start_api(&self.folder, &self.binaries, name, &environment, address)?;
        Ok((api, address))
    }

    fn spawn_worker_at(
        &self,
        name: &str,
        address: SocketAddr,
        own: &[(&str, &str)],
    ) -> Result<ServiceProcess> {
        let mut environment = self.environment.clone();
        environment.extend(own.iter().map(|(name, value)| setting(name, value)));
        environment.push(setting("GANTRY_WORKER_NAME", name));
        environment.push(setting("GANTRY_WORKER_HTTP_ADDR", address));
        ServiceProcess::start(&self.folder, name, &self.binaries.worker, &environment)
    }

    /// Stops the API, then the workers, then the servers, each in an orderly way.
    pub fn stop(mut self) -> Result<()> {
        self.api.stop()?;
        for worker in &mut self.workers {
            if worker.exit_status()?.is_none() {
                worker.terminate()?;
            }
        }
        for worker in &mut self.workers {
            worker.stop()?;
        }
        self.redis.stop()?;
        self.postgres.stop()
    }
}

fn start_api(
    folder: &Folder,
    binaries: &Binaries,
    name: &str,
    environment: &[(String, String)],
    address: SocketAddr,
) -> Result<ServiceProcess> {
    let own = [setting("GANTRY_HTTP_ADDR", address)];
    let mut api = ServiceProcess::start(
        folder,
        name,
        &binaries.api,
        &[environment, &own[..]].concat(),
    )?;
    api.wait_until_ready(address, READY_LIMIT)?;
    Ok(api)
}

fn migrate(
    folder: &Folder,
    binaries: &Binaries,
    environment: &[(String, String)],
    direction: &str,
) -> Result<()> {
    let mut command = std::process::Command::new(&binaries.migrate);
    command
        .arg(direction)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)));
    let mut migration = ServiceProcess::spawn(folder, "migrate", &mut command)?;
    let status = migration.wait_for_exit(MIGRATION_LIMIT)?;
    if status.success() {
        return Ok(());
    }
    Err(Error::CommandFailed {
        command: format!("gantry-migrate {direction}"),
        status,
        output: migration.log_tail(),
    })
}

fn inherited_environment() -> Vec<(String, String)> {
    let wanted = |name: &str| {
        INHERITED.contains(&name)
            || INHERITED_PREFIXES
                .iter()
                .any(|prefix| name.starts_with(prefix))
    };
    env::vars().filter(|(name, _)| wanted(name)).collect()
}

fn shared_environment(postgres: &PrivatePostgres, redis: &PrivateRedis) -> [(String, String); 6] {
    [
        setting(
            "GANTRY_ENROLLED_DATABASE_URL",
            without_login(&postgres.url(DATABASE)),
        ),
        setting("GANTRY_ENROLLED_REDIS_URL", without_login(&redis.url())),
        setting("DATABASE_URL", postgres.url(DATABASE)),
        setting("REDIS_URL", redis.url()),
        setting("APP_ENV", "development"),
        setting("AUTH_MODE", "dev-bypass"),
    ]
}

/// The address of a server for those who have a login of their own.
fn without_login(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (_, server) = rest.rsplit_once('@').unwrap_or(("", rest));
    format!("{scheme}://{server}")
}

fn setting(name: &str, value: impl Display) -> (String, String) {
    (name.to_owned(), value.to_string())
}
