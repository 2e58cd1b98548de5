//! The guardian's own process: starts one program, obeys the worker, and leaves nothing of the program behind.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Write},
    os::{
        fd::{AsFd, OwnedFd, RawFd},
        unix::net::UnixStream,
    },
    process::{Command as Executable, ExitCode, Stdio},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use nix::{
    sys::{
        prctl,
        resource::{UsageWho, getrusage},
        signal::{SigSet, Signal, kill, killpg},
        time::TimeVal,
    },
    unistd::{Pid, close, dup2_stderr, dup2_stdout, getpid},
};
use rustix::{
    io::Errno,
    process::{WaitId, WaitIdOptions, WaitOptions, WaitStatus, wait, waitid},
};

use super::{
    descendants::descendants_of,
    guardian::{LAUNCH, THIS_EXECUTABLE},
    protocol::{Command, Ending, Launch, Report, to_line},
};

/// Signals that end other processes politely. The guardian outlives them, because what becomes of the program is the
/// worker's decision.
const POLITE_SIGNALS: [Signal; 6] = [
    Signal::SIGHUP,
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
];

/// Runs as the guardian until its program and everything that descends from it has ended.
pub(super) fn supervise() -> ExitCode {
    match watch_over_one_program() {
        Ok(()) => ExitCode::SUCCESS,
        // The worker sees its socket close; the program dies with this process.
        Err(_) => ExitCode::FAILURE,
    }
}

fn watch_over_one_program() -> io::Result<()> {
    close_inherited_files()?;
    ignore_polite_signals()?;
    prctl::set_child_subreaper(true)?;
    let mut worker = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let launch = Launch::read_from(&mut worker)?;
    let (program, launcher) = match start_launcher() {
        Ok(started) => started,
        Err(error) => {
            return report(
                &worker,
                &Report::StartFailed {
                    reason: error.to_string(),
                },
            );
        }
    };
    obey_in_the_background(worker.try_clone()?, Arc::clone(&program));
    announce(&worker, &program)?;
    let refusal = hand_over(launch, launcher);
    let ending = program.wait_for_end()?;
    end_every_descendant()?;
    report(
        &worker,
        &if refusal.is_empty() {
            ended(ending)?
        } else {
            Report::StartFailed { reason: refusal }
        },
    )
}

/// Whatever the worker's own parent left open is not for the program. Comes first, while this process has no open
/// file of its own.
fn close_inherited_files() -> io::Result<()> {
    const LAST_STANDARD_STREAM: RawFd = 2;
    let open_files: Vec<RawFd> = fs::read_dir("/proc/self/fd")?
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .collect();
    for file in open_files
        .into_iter()
        .filter(|file| *file > LAST_STANDARD_STREAM)
    {
        // The one that listed the others is closed already.
        let _ = close(file);
    }
    Ok(())
}

/// Before the program can do anything, so that the worker knows what to kill even if this process is killed next.
fn announce(worker: &UnixStream, program: &WatchedProgram) -> io::Result<()> {
    let process_id = program.process.as_raw();
    report(worker, &Report::Launching { process_id })
}

fn ignore_polite_signals() -> io::Result<()> {
    Ok(POLITE_SIGNALS
        .into_iter()
        .collect::<SigSet>()
        .thread_block()?)
}

/// Started by the main thread: the kernel ties the launcher's life to the thread that started it.
fn start_launcher() -> io::Result<(Arc<WatchedProgram>, UnixStream)> {
    let (ours, theirs) = UnixStream::pair()?;
    let launcher = Executable::new(THIS_EXECUTABLE)
        .arg(LAUNCH)
        .arg(getpid().to_string())
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()?;
    leave_output_to_the_program()?;
    let process = Pid::from_raw(launcher.id().cast_signed());
    Ok((
        Arc::new(WatchedProgram {
            process,
            reaped: Mutex::new(false),
        }),
        ours,
    ))
}

/// So that the worker sees the end of the output when the program closes it.
fn leave_output_to_the_program() -> io::Result<()> {
    let nowhere = File::options().write(true).open("/dev/null")?;
    dup2_stdout(&nowhere)?;
    Ok(dup2_stderr(&nowhere)?)
}

/// Returns why the program could not be started, or nothing once it has been.
fn hand_over(launch: Launch, mut launcher: UnixStream) -> String {
    // A launcher that is gone shows in its exit status.
    let _ = launch.write_to(&mut launcher);
    let mut refusal = Vec::new();
    let _ = launcher.read_to_end(&mut refusal);
    String::from_utf8_lossy(&refusal).into_owned()
}

/// The program, from its launcher's first moment until it has been reaped.
struct WatchedProgram {
    process: Pid,
    /// Held while signalling, so that the process id cannot become another process's meanwhile.
    reaped: Mutex<bool>,
}

impl WatchedProgram {
    /// To the group; to the process alone while it has not made its group yet.
    fn signal(&self, signal: Signal) {
        let reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
        if !*reaped && killpg(self.process, signal).is_err() {
            // Only a process that has just ended cannot be signalled, and it needs no signal.
            let _ = kill(self.process, signal);
        }
    }

    /// Reaps the program, and until then every orphan that was left to this process.
    fn wait_for_end(&self) -> io::Result<Ending> {
        loop {
            wait_for_any_end()?;
            let mut reaped = self.reaped.lock().unwrap_or_else(PoisonError::into_inner);
            while let Some((process, status)) = wait(WaitOptions::NOHANG)? {
                if process.as_raw_nonzero().get() == self.process.as_raw() {
                    *reaped = true;
                    return Ok(ending_of(status));
                }
            }
        }
    }
}

/// Leaves the ended process unreaped.
fn wait_for_any_end() -> io::Result<()> {
    loop {
        match waitid(WaitId::All, WaitIdOptions::EXITED | WaitIdOptions::NOWAIT) {
            Err(Errno::INTR) => {}
            ended => return Ok(ended.map(drop)?),
        }
    }
}

fn ending_of(status: WaitStatus) -> Ending {
    match status.terminating_signal() {
        Some(signal) => Ending::Signalled(signal),
        None => Ending::Exited(status.exit_status().unwrap_or_default()),
    }
}

/// Each round kills what is there and waits for one end; children of the killed come back here as orphans.
fn end_every_descendant() -> io::Result<()> {
    loop {
        for process in descendants_of(getpid())? {
            // It may have ended by itself meanwhile.
            let _ = kill(process, Signal::SIGKILL);
        }
        match wait(WaitOptions::empty()) {
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::CHILD) => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn ended(ending: Ending) -> io::Result<Report> {
    const BYTES_PER_KIBIBYTE: u64 = 1024;
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(Report::Ended {
        ending,
        maximum_resident_bytes: usage.max_rss().unsigned_abs() * BYTES_PER_KIBIBYTE,
        cpu_seconds: seconds(usage.user_time()) + seconds(usage.system_time()),
    })
}

fn seconds(time: TimeVal) -> f64 {
    let whole = Duration::from_secs(time.tv_sec().unsigned_abs());
    (whole + Duration::from_micros(time.tv_usec().unsigned_abs())).as_secs_f64()
}

/// A worker that is gone needs no report.
fn report(mut worker: &UnixStream, report: &Report) -> io::Result<()> {
    match worker.write_all(&to_line(report)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(()),
    }
}

fn obey_in_the_background(worker: UnixStream, program: Arc<WatchedProgram>) {
    thread::spawn(move || {
        obey(worker, &program);
        // The worker is gone, frozen beyond its lease, or not understood: it may no longer keep a program running.
        program.signal(Signal::SIGKILL);
    });
}

/// Until the worker is gone or the time it bought has passed.
fn obey(worker: UnixStream, program: &WatchedProgram) {
    let mut worker = BufReader::new(worker);
    let mut lease_ends_at = None;
    while let Some(command) = next_command(&mut worker, lease_ends_at) {
        match command {
            Command::Signal(number) => match Signal::try_from(number) {
                Ok(signal) => program.signal(signal),
                Err(_) => return,
            },
            Command::LiveFor { milliseconds } => {
                lease_ends_at = Some(Instant::now() + Duration::from_millis(milliseconds));
            }
        }
    }
}

fn next_command(
    worker: &mut BufReader<UnixStream>,
    lease_ends_at: Option<Instant>,
) -> Option<Command> {
    let patience = lease_ends_at.map(|end| end.saturating_duration_since(Instant::now()));
    // A timeout of zero is refused, which ends the program just as a timeout does.
    worker.get_ref().set_read_timeout(patience).ok()?;
    let mut line = Vec::new();
    worker.read_until(b'\n', &mut line).ok()?;
    serde_json::from_slice(&line).ok()
}
