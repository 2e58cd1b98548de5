//! A private Redis server: append-only file, no eviction, on loopback only, with its own password.

use std::fs::{self, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::password;
use crate::port::free_loopback_port;
use crate::process::ServiceProcess;

const READY_LIMIT: Duration = Duration::from_secs(30);
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
/// Valkey is what some distributions install in Redis's place.
const PROGRAMS: [&str; 2] = ["redis-server", "valkey-server"];

/// A running Redis server whose data lies in its folder.
#[derive(Debug)]
pub struct PrivateRedis {
    folder: Folder,
    data: PathBuf,
    port: u16,
    password: String,
    server: ServiceProcess,
}

impl PrivateRedis {
    /// Starts a server in `folder` and waits until it answers. Data of an earlier run is loaded.
    pub fn start(folder: &Folder) -> Result<Self> {
        let data = folder.path().join("redis");
        fs::create_dir_all(&data)
            .map_err(Error::while_trying(format!("make {}", data.display())))?;
        let password = password::kept_in(&folder.path().join("redis.password"))?;
        let port = free_loopback_port()?;
        write_configuration(&data, port, &password)?;
        let server = start_server(folder, &data, port, &password)?;
        Ok(Self {
            folder: folder.clone(),
            data,
            port,
            password,
            server,
        })
    }

    /// The server's address, password included; the same for as long as this value lives.
    pub fn url(&self) -> String {
        format!(
            "redis://default:{}@127.0.0.1:{}/0",
            self.password, self.port
        )
    }

    /// The server's port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process number.
    pub fn pid(&self) -> i32 {
        self.server.pid()
    }

    /// The server's process, to look after.
    pub fn process(&mut self) -> &mut ServiceProcess {
        &mut self.server
    }

    /// Stops the server in an orderly way; everything is on disk.
    pub fn stop(&mut self) -> Result<()> {
        self.server.stop().map(drop)
    }

    /// Kills the server (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        self.server.kill()
    }

    /// Starts the server again on the same port, after stopping it when it runs.
    pub fn restart(&mut self) -> Result<()> {
        self.server.stop()?;
        self.server = start_server(&self.folder, &self.data, self.port, &self.password)?;
        Ok(())
    }

    /// Starts the server again on the same port with nothing in it, after killing it when it runs.
    pub fn restart_empty(&mut self) -> Result<()> {
        // A dead server is what is wanted.
        if let Err(error) = self.server.kill()
            && !matches!(error, Error::NotRunning { .. })
        {
            return Err(error);
        }
        let written = self.data.join("appendonlydir");
        if written.exists() {
            fs::remove_dir_all(&written)
                .map_err(Error::while_trying(format!("remove {}", written.display())))?;
        }
        self.restart()
    }

    /// Deletes everything in it (FLUSHALL).
    pub fn flush(&self) -> Result<()> {
        let answer = self.command("FLUSHALL")?;
        if answer == "+OK" {
            return Ok(());
        }
        Err(Error::while_trying("flush the private Redis")(
            io::Error::other(answer),
        ))
    }

    /// Sends one command, its words separated by spaces, and returns the first line of its answer as the protocol writes
    /// it, such as `+OK` or `:1`.
    pub fn command(&self, words: &str) -> Result<String> {
        command(self.port, &self.password, words)
            .map_err(Error::while_trying("ask the private Redis"))
    }
}

/// Whether a Redis server could be started on this system.
pub(crate) fn is_installed() -> bool {
    find_program().is_ok()
}

fn start_server(folder: &Folder, data: &Path, port: u16, password: &str) -> Result<ServiceProcess> {
    let mut start = Command::new(find_program()?);
    start.arg("redis.conf").current_dir(data);
    let mut server = ServiceProcess::spawn(folder, "redis", &mut start)?;
    server.wait_until(READY_LIMIT, || match command(port, password, "PING") {
        Ok(answer) if answer == "+PONG" => Ok(()),
        Ok(answer) => Err(format!("PING answered {answer:?}")),
        Err(error) => Err(error.to_string()),
    })?;
    Ok(server)
}

/// In a file and not in arguments, because any user of the machine can read those.
fn write_configuration(data: &Path, port: u16, password: &str) -> Result<()> {
    let path = data.join("redis.conf");
    let settings = format!(
        "bind 127.0.0.1\nport {port}\nrequirepass {password}\ndaemonize no\ndir ./\n\
         appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n"
    );
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&path)
        .and_then(|mut file| file.write_all(settings.as_bytes()))
        .map_err(Error::while_trying(format!("write {}", path.display())))
}

/// Sends one command after the password and returns its one-line answer.
fn command(port: u16, password: &str, command: &str) -> io::Result<String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut connection = TcpStream::connect_timeout(&address, ANSWER_LIMIT)?;
    connection.set_read_timeout(Some(ANSWER_LIMIT))?;
    write!(connection, "AUTH {password}\r\n{command}\r\n")?;
    let mut answers = BufReader::new(connection).lines();
    let mut next = || {
        answers
            .next()
            .unwrap_or_else(|| Err(io::ErrorKind::UnexpectedEof.into()))
    };
    match next()?.as_str() {
        "+OK" => next(),
        refusal => Err(io::Error::other(refusal.to_owned())),
    }
}

fn find_program() -> Result<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| PROGRAMS.map(|program| folder.join(program)))
        .find(|program| program.is_file())
        .ok_or_else(|| Error::ProgramMissing {
            program: "redis-server".to_owned(),
            hint: "Debian and Ubuntu: apt-get install redis-server",
        })
}
