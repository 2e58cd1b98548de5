//! A real program run as a process of its own, which can be stopped, killed, frozen and thawed.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::deadline::wait_for;
use crate::error::{Error, Result};
use crate::folder::Folder;
use crate::log_file::LogFile;
use crate::readiness;

/// How long a process may take to end after being asked before it is killed.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// A killed process is gone at once; the limit only keeps a broken system from hanging its caller.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// A running program whose output goes to `<name>.log` in its folder and which ends with the folder's owner.
#[derive(Debug)]
pub struct ServiceProcess {
    name: String,
    child: Child,
    log: LogFile,
    stop_signal: Signal,
    /// Keeps the guardian, and with it a temporary folder, until this process has ended.
    _folder: Folder,
}

impl ServiceProcess {
    /// Starts `program` with exactly the environment in `environment`.
    pub fn start(
        folder: &Folder,
        name: &str,
        program: &Path,
        environment: &[(String, String)],
    ) -> Result<Self> {
        let mut command = Command::new(program);
        command
            .env_clear()
            .envs(environment.iter().map(|(key, value)| (key, value)));
        Self::spawn(folder, name, &mut command)
    }

    /// Starts `command`, its input closed and its output in the log.
    pub(crate) fn spawn(folder: &Folder, name: &str, command: &mut Command) -> Result<Self> {
        let (log, output) = LogFile::open(folder.path().join(format!("{name}.log")))?;
        let errors = output
            .try_clone()
            .map_err(Error::while_trying(format!("share the log of {name}")))?;
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = folder.spawn(command)?;
        Ok(Self {
            name: name.to_owned(),
            child,
            log,
            stop_signal: Signal::SIGTERM,
            _folder: folder.clone(),
        })
    }

    /// Makes `signal` the one that asks for an orderly end, in place of SIGTERM.
    pub(crate) fn stopped_by(mut self, signal: Signal) -> Self {
        self.stop_signal = signal;
        self
    }

    /// The name it was started under.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The process's number.
    pub fn pid(&self) -> i32 {
        self.process().as_raw()
    }

    /// The file that takes its output.
    pub fn log_path(&self) -> PathBuf {
        self.log.path().to_owned()
    }

    /// The last few kilobytes it has written since it was started.
    pub fn log_tail(&self) -> String {
        self.log.tail()
    }

    /// How it ended, or `None` while it runs.
    pub fn exit_status(&mut self) -> Result<Option<ExitStatus>> {
        self.child
            .try_wait()
            .map_err(Error::while_trying(format!("look after {}", self.name)))
    }

    /// Asks it to end in an orderly way (SIGTERM for Gantry's services).
    pub fn terminate(&mut self) -> Result<()> {
        self.send(self.stop_signal)
    }

    /// Ends it at once (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) -> Result<()> {
        self.send(Signal::SIGKILL)?;
        self.wait_for_exit(KILL_LIMIT).map(drop)
    }

    /// Freezes it (SIGSTOP): it stays alive and holds its connections, but does nothing.
    pub fn freeze(&mut self) -> Result<()> {
        self.send(Signal::SIGSTOP)
    }

    /// Lets a frozen process go on (SIGCONT).
    pub fn thaw(&mut self) -> Result<()> {
        self.send(Signal::SIGCONT)
    }

    /// Waits until it has ended.
    ///
    /// # Errors
    /// [`Error::StillRunning`] when it has not ended after `limit`.
    pub fn wait_for_exit(&mut self, limit: Duration) -> Result<ExitStatus> {
        wait_for(limit, || self.exit_status().transpose()).unwrap_or_else(|| {
            Err(Error::StillRunning {
                name: self.name.clone(),
                pid: self.pid(),
                seconds: limit.as_secs(),
            })
        })
    }

    /// Waits until `GET /readyz` on `address` answers 200.
    ///
    /// # Errors
    /// [`Error::EndedEarly`] or [`Error::NotReady`], with the end of the log.
    pub fn wait_until_ready(&mut self, address: SocketAddr, limit: Duration) -> Result<()> {
        self.wait_until(limit, || readiness::check(address))
    }

    /// Waits until `probe` says yes; its `Err` says what it saw instead.
    pub(crate) fn wait_until(
        &mut self,
        limit: Duration,
        mut probe: impl FnMut() -> std::result::Result<(), String>,
    ) -> Result<()> {
        let mut last_seen = String::new();
        let outcome = wait_for(limit, || match self.exit_status() {
            Err(error) => Some(Err(error)),
            Ok(Some(status)) => Some(Err(self.ended_early(status))),
            Ok(None) => probe().map_err(|seen| last_seen = seen).ok().map(Ok),
        });
        outcome.unwrap_or_else(|| {
            Err(Error::NotReady {
                name: self.name.clone(),
                seconds: limit.as_secs(),
                last_seen,
                log: self.log_path(),
                tail: self.log_tail(),
            })
        })
    }

    /// Asks for an orderly end and waits for it; kills it when that takes more than ten seconds.
    pub fn stop(&mut self) -> Result<ExitStatus> {
        if let Some(status) = self.exit_status()? {
            return Ok(status);
        }
        self.send(self.stop_signal)?;
        // A frozen process notices the request only when it is thawed.
        self.send(Signal::SIGCONT)?;
        match self.wait_for_exit(STOP_LIMIT) {
            Err(Error::StillRunning { .. }) => {
                self.send(Signal::SIGKILL)?;
                self.wait_for_exit(KILL_LIMIT)
            }
            ended => ended,
        }
    }

    fn ended_early(&self, status: ExitStatus) -> Error {
        Error::EndedEarly {
            name: self.name.clone(),
            status,
            log: self.log_path(),
            tail: self.log_tail(),
        }
    }

    /// Sends only to a process that has not been waited for, so that the number cannot have passed to another one.
    fn send(&mut self, signal: Signal) -> Result<()> {
        if self.exit_status()?.is_some() {
            return Err(Error::NotRunning {
                name: self.name.clone(),
            });
        }
        kill(self.process(), signal).map_err(Error::while_trying(format!(
            "send {signal} to {}",
            self.name
        )))
    }

    fn process(&self) -> Pid {
        Pid::from_raw(
            i32::try_from(self.child.id()).expect("process numbers fit pid_t, which is an i32"),
        )
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        // What could not be stopped here is ended by the folder's guardian.
        let _ = self.stop();
    }
}
