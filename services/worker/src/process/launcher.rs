//! The last stage before the program: limits itself, ties its life to the guardian's, and becomes the program.

use std::{
    env, fmt,
    fs::File,
    io::{self, Seek, Write},
    os::{fd::AsFd, unix::net::UnixStream, unix::process::CommandExt},
    process::{Command, ExitCode},
};

use nix::{
    sys::{
        memfd::{MFdFlags, memfd_create},
        prctl,
        resource::{Resource, getrlimit, setrlimit},
        signal::{SigSet, Signal},
        stat::{Mode, umask},
    },
    unistd::{Pid, dup2_stdin, getppid, setsid},
};

use super::{
    program::ResourceLimits,
    protocol::{Launch, LaunchPlan},
};

/// What programs create is for their own user alone.
const UMASK: Mode = Mode::from_bits_truncate(0o077);

/// When the machine runs out of memory the kernel ends programs before workers (range -1000 to 1000).
const OUT_OF_MEMORY_SCORE_ADJUSTMENT: &str = "500";

/// Becomes the program described on stdin; returns only when that fails, after telling the guardian why.
pub(super) fn launch(guardian: Pid) -> ExitCode {
    let Ok(mut socket) = io::stdin()
        .as_fd()
        .try_clone_to_owned()
        .map(UnixStream::from)
    else {
        return ExitCode::FAILURE;
    };
    let failure = become_program(guardian, &mut socket);
    // A guardian that is gone needs no answer.
    let _ = write!(socket, "{failure}");
    ExitCode::FAILURE
}

fn become_program(guardian: Pid, socket: &mut UnixStream) -> LaunchFailure {
    match prepare(guardian, socket) {
        Ok(mut command) => {
            let source = command.exec();
            LaunchFailure {
                attempted: format!("start {}", command.get_program().display()),
                source,
            }
        }
        Err(failure) => failure,
    }
}

fn prepare(guardian: Pid, socket: &mut UnixStream) -> Result<Command, LaunchFailure> {
    die_with(guardian).map_err(failure("tie it to its guardian"))?;
    setsid().map_err(failure("give it a session of its own"))?;
    SigSet::empty()
        .thread_set_mask()
        .map_err(failure("unblock its signals"))?;
    let launch = Launch::read_from(socket).map_err(failure("read what to start"))?;
    let plan = launch.plan().map_err(failure("understand what to start"))?;
    provide_stdin(launch.stdin()).map_err(failure("provide its stdin"))?;
    env::set_current_dir(&plan.working_folder).map_err(failure("enter its working folder"))?;
    umask(UMASK);
    prefer_for_out_of_memory();
    let command = command_of(&plan);
    limit_resources(plan.limits).map_err(failure("limit what it may use"))?;
    Ok(command)
}

/// The kernel forgets this wish only for an executable that gains privileges, which `no_new_privs` rules out.
fn die_with(guardian: Pid) -> io::Result<()> {
    prctl::set_no_new_privs()?;
    prctl::set_pdeathsig(Signal::SIGKILL)?;
    if getppid() == guardian {
        Ok(())
    } else {
        Err(io::Error::other("the guardian is already gone"))
    }
}

/// From memory, not from a pipe: the program may ignore it, and nobody has to feed it.
fn provide_stdin(bytes: &[u8]) -> io::Result<()> {
    let mut file = File::from(memfd_create("stdin", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(bytes)?;
    file.rewind()?;
    Ok(dup2_stdin(file)?)
}

/// Refused in some containers; then the kernel's own choice stands.
fn prefer_for_out_of_memory() {
    let _ = std::fs::write("/proc/self/oom_score_adj", OUT_OF_MEMORY_SCORE_ADJUSTMENT);
}

fn command_of(plan: &LaunchPlan) -> Command {
    let mut command = Command::new(&plan.executable);
    command
        .args(&plan.arguments)
        .env_clear()
        .envs(plan.environment.iter().map(|(name, value)| (name, value)));
    command
}

/// The last thing before the program starts, because the limits hold for the launcher too.
fn limit_resources(limits: ResourceLimits) -> io::Result<()> {
    let wanted = [
        (Resource::RLIMIT_CORE, Some(0)),
        (Resource::RLIMIT_FSIZE, limits.file_size_limit_bytes),
        (Resource::RLIMIT_NOFILE, Some(limits.open_files)),
        (Resource::RLIMIT_CPU, limits.cpu_limit_seconds),
        (Resource::RLIMIT_AS, limits.memory_limit_bytes),
    ];
    for (resource, limit) in wanted {
        if let Some(limit) = limit {
            lower_limit(resource, limit)?;
        }
    }
    Ok(())
}

fn lower_limit(resource: Resource, limit: u64) -> io::Result<()> {
    let (_, hard_limit) = getrlimit(resource)?;
    let limit = limit.min(hard_limit);
    Ok(setrlimit(resource, limit, limit)?)
}

/// What could not be done, and what the system answered.
struct LaunchFailure {
    attempted: String,
    source: io::Error,
}

fn failure<E: Into<io::Error>>(attempted: &'static str) -> impl Fn(E) -> LaunchFailure {
    move |source| LaunchFailure {
        attempted: attempted.to_owned(),
        source: source.into(),
    }
}

impl fmt::Display for LaunchFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "cannot {}: {}", self.attempted, self.source)
    }
}
