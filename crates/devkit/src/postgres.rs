//! A private PostgreSQL server: durable, on loopback only, with its own data folder and password.

mod cluster;
mod programs;

use std::io::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::port::free_loopback_port;
use crate::process::ServiceProcess;
use cluster::{Cluster, SUPERUSER};
use programs::Programs;

/// Recovery after a `kill -9` on a slow disk takes a while; a server that is still not there after this is broken.
const READY_LIMIT: Duration = Duration::from_secs(60);
/// Enough for several test processes in parallel, each with pools of its own.
const CONNECTION_LIMIT: u16 = 300;
/// PostgreSQL cuts longer names off.
const DATABASE_NAME_LIMIT: usize = 63;

/// A running PostgreSQL server whose data lies in its folder.
///
/// Writes are as durable as in production (`fsync` and `synchronous_commit` are on). It has no unix socket: nothing
/// outside the folder, and no limit on the length of the folder's path.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: Folder,
    programs: Programs,
    account: Option<Account>,
    cluster: Cluster,
    port: u16,
    connection_limit: u16,
    server: ServiceProcess,
}

impl PrivatePostgres {
    /// Starts a server in `folder` and waits until it accepts connections. Data of an earlier run is kept.
    pub fn start(folder: &Folder) -> Result<Self> {
        let programs = Programs::find()?;
        let account = Account::for_servers()?;
        let cluster = Cluster::open(folder, &programs, account.as_ref())?;
        let port = free_loopback_port()?;
        let limits = (port, CONNECTION_LIMIT);
        let server = start_server(folder, &programs, account.as_ref(), &cluster, limits)?;
        Ok(Self {
            folder: folder.clone(),
            programs,
            account,
            cluster,
            port,
            connection_limit: CONNECTION_LIMIT,
            server,
        })
    }

    /// The address of `database` for the superuser, password included; the same for as long as this value lives.
    pub fn url(&self, database: &str) -> String {
        let Cluster { password, .. } = &self.cluster;
        format!(
            "postgres://{SUPERUSER}:{password}@127.0.0.1:{}/{database}",
            self.port
        )
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The number of the server's main process.
    pub fn pid(&self) -> i32 {
        self.server.pid()
    }

    /// The server's process, to look after.
    pub fn process(&mut self) -> &mut ServiceProcess {
        &mut self.server
    }

    /// Makes `database` unless it exists already.
    ///
    /// # Errors
    /// [`Error::DatabaseName`] for a name that would need quoting.
    pub fn create_database(&self, database: &str) -> Result<()> {
        if !is_plain_name(database) {
            return Err(Error::DatabaseName {
                name: database.to_owned(),
            });
        }
        self.run_sql(&format!(
            "SELECT 'CREATE DATABASE {database}' \
             WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{database}') \\gexec\n"
        ))
    }

    /// Stops the server in an orderly way: transactions are rolled back, everything committed is on disk.
    pub fn stop(&mut self) -> Result<()> {
        self.server.stop().map(drop)
    }

    /// Kills the server's main process (SIGKILL); the others notice and end by themselves.
    pub fn kill(&mut self) -> Result<()> {
        self.server.kill()
    }

    /// Starts the server again on the same port, after stopping it when it runs.
    pub fn restart(&mut self) -> Result<()> {
        self.server.stop()?;
        self.server = start_server(
            &self.folder,
            &self.programs,
            self.account.as_ref(),
            &self.cluster,
            (self.port, self.connection_limit),
        )?;
        Ok(())
    }

    /// Starts the server again as [`Self::restart`] does, so that it takes at most `limit` connections from now on.
    pub fn restart_with_connection_limit(&mut self, limit: u16) -> Result<()> {
        self.connection_limit = limit;
        self.restart()
    }

    fn run_sql(&self, script: &str) -> Result<()> {
        let mut psql = Command::new(&self.programs.psql)
            .args([
                "--no-psqlrc",
                "--quiet",
                "--set=ON_ERROR_STOP=1",
                "--host=127.0.0.1",
                "--dbname=postgres",
            ])
            .args(["--username", SUPERUSER, "--no-password"])
            .arg(format!("--port={}", self.port))
            .env("PGPASSWORD", &self.cluster.password)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(Error::while_trying("start psql"))?;
        if let Some(mut input) = psql.stdin.take() {
            input
                .write_all(script.as_bytes())
                .map_err(Error::while_trying("send SQL to psql"))?;
        }
        let output = psql
            .wait_with_output()
            .map_err(Error::while_trying("wait for psql"))?;
        if output.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&output.stderr)
            .trim_end()
            .to_owned();
        Err(Error::CommandFailed {
            command: "psql".to_owned(),
            status: output.status,
            output: said,
        })
    }
}

/// Whether a PostgreSQL server could be started on this system.
pub(crate) fn is_installed() -> bool {
    Programs::find().is_ok()
}

/// Starts the server and waits until it is ready. After a `kill -9` the previous server's last processes may hold its
/// shared memory for another moment: that is waited for too.
fn start_server(
    folder: &Folder,
    programs: &Programs,
    account: Option<&Account>,
    cluster: &Cluster,
    (port, connection_limit): (u16, u16),
) -> Result<ServiceProcess> {
    let deadline = Instant::now() + READY_LIMIT;
    loop {
        let mut command = server_command(programs, cluster, port, connection_limit);
        if let Some(account) = account {
            account.run(&mut command);
        }
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client to leave.
        let mut server =
            ServiceProcess::spawn(folder, "postgres", &mut command)?.stopped_by(Signal::SIGINT);
        let pid = server.pid();
        match server.wait_until(READY_LIMIT, || cluster.check_ready(pid)) {
            Ok(()) => return Ok(server),
            Err(Error::EndedEarly { tail, .. })
                if predecessor_lingers(&tail) && Instant::now() < deadline => {}
            Err(error) => return Err(error),
        }
    }
}

fn server_command(
    programs: &Programs,
    cluster: &Cluster,
    port: u16,
    connection_limit: u16,
) -> Command {
    let mut command = Command::new(&programs.postgres);
    command
        .arg("-D")
        .arg(&cluster.data)
        .current_dir(&cluster.data);
    let settings = [
        format!("port={port}"),
        format!("max_connections={connection_limit}"),
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        "fsync=on".to_owned(),
        "synchronous_commit=on".to_owned(),
        "timezone=UTC".to_owned(),
        "log_timezone=UTC".to_owned(),
    ];
    for setting in settings {
        command.arg("-c").arg(setting);
    }
    command
}

fn predecessor_lingers(log: &str) -> bool {
    log.contains("pre-existing shared memory block")
}

fn is_plain_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= DATABASE_NAME_LIMIT
        && name
            .bytes()
            .next()
            .is_some_and(|first| !first.is_ascii_digit())
        && name.bytes().all(allowed)
}
