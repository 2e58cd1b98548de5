//! Starts guardians from the worker, and recognises at start-up that this process is to be one.

use std::{
    env, io,
    os::{fd::OwnedFd, unix::net::UnixStream as BlockingUnixStream},
    path::{Path, PathBuf},
    process::{ExitCode, Stdio},
};

use nix::unistd::Pid;
use tokio::{
    io::AsyncWriteExt,
    net::UnixStream,
    process::{Child, Command},
};

use super::{
    ProcessError, Program, RunningProgram, STDIN_LIMIT_BYTES, guardian_process, launcher,
    protocol::Launch,
};

/// The first argument of a process that is to be a guardian.
const SUPERVISE: &str = "supervise";
/// The first argument of a process that is to be a launcher; its guardian's process id follows.
pub(super) const LAUNCH: &str = "launch";
/// The executable of the calling process, even after a newer one has taken its place on disk.
pub(super) const THIS_EXECUTABLE: &str = "/proc/self/exe";

/// Starts programs, each under a guardian of its own.
///
/// Three processes stand between a job and its program, all of them the same executable:
///
/// ```text
/// worker ──socket──▶ guardian ──socket──▶ launcher ──exec──▶ program
///    ▲                  │ adopts every orphan, kills and reaps whatever is left
///    └── stdout, stderr of the program, read line by line ◀──┘
/// ```
///
/// - The **guardian** notices the worker's death (even by SIGKILL) as the end of its socket, and a worker that is
///   frozen as a lease that is not renewed. It is the subreaper of everything the program starts, so that a process
///   that leaves the group or the session is still found and killed.
/// - The **launcher** puts limits on itself and asks the kernel to be killed when the guardian dies, then becomes
///   the program.
///
/// The program's end is the end of the run: whatever it left running is killed before the exit is reported.
#[derive(Debug, Clone)]
pub struct Guardian {
    executable: PathBuf,
}

impl Guardian {
    /// Guardians are this same executable, whose `main` begins with [`take_over_when_supervising`].
    pub fn of_this_executable() -> Self {
        Self::of_executable(Path::new(THIS_EXECUTABLE))
    }

    /// Guardians are another executable whose `main` begins with [`take_over_when_supervising`].
    pub fn of_executable(executable: &Path) -> Self {
        Self {
            executable: executable.to_owned(),
        }
    }

    /// Starts a program. Dropping what is returned kills it.
    ///
    /// # Errors
    /// When the guardian cannot be started or stdin is too large. A program that cannot be started is not an error
    /// here, but the outcome of the run.
    pub async fn start(&self, program: Program) -> Result<RunningProgram, ProcessError> {
        if program.stdin.len() > STDIN_LIMIT_BYTES {
            return Err(ProcessError::StdinTooLarge {
                size_bytes: program.stdin.len(),
                limit_bytes: STDIN_LIMIT_BYTES,
            });
        }
        let unavailable = |source| ProcessError::GuardianUnavailable {
            executable: self.executable.clone(),
            source,
        };
        let (guardian, mut socket) = self.spawn().map_err(unavailable)?;
        socket
            .write_all(&Launch::of(&program).to_bytes())
            .await
            .map_err(unavailable)?;
        Ok(RunningProgram::watch(
            guardian,
            socket,
            program.stop,
            program.lease,
        ))
    }

    /// In a process group of its own, so that Ctrl-C in the worker's terminal leaves the decision to the worker, and
    /// without environment, which may hold the worker's secrets.
    fn spawn(&self) -> io::Result<(Child, UnixStream)> {
        let (ours, theirs) = BlockingUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let guardian = Command::new(&self.executable)
            .arg(SUPERVISE)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        Ok((guardian, UnixStream::from_std(ours)?))
    }
}

/// Must be the first thing in `main`, before any thread: when this process was started to be a guardian or a launcher
/// it does that work and returns the code to exit with.
pub fn take_over_when_supervising() -> Option<ExitCode> {
    let mut arguments = env::args().skip(1);
    match arguments.next()?.as_str() {
        SUPERVISE => Some(guardian_process::supervise()),
        LAUNCH => {
            let guardian = arguments.next()?.parse().ok()?;
            Some(launcher::launch(Pid::from_raw(guardian)))
        }
        _ => None,
    }
}
