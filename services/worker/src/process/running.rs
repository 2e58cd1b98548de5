//! A program that runs: its lines, its stop and its exit, as the worker sees them.

use std::{
    convert::Infallible,
    future::pending,
    io,
    sync::Arc,
    time::{Duration, Instant},
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{
    fs,
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{
        UnixStream,
        unix::{OwnedReadHalf, OwnedWriteHalf},
    },
    process::Child,
    sync::{Mutex, mpsc, oneshot, watch},
    time::{self, Instant as TokioInstant},
};
use tokio_util::sync::CancellationToken;

use super::{
    output::{OutputLine, OutputStream, send_lines},
    program::{SoftStop, StopLadder},
    protocol::{Command, Ending, Report, to_line},
    {ProgramExit, ProgramOutcome, StopReason},
};

/// So many lines wait in memory for their reader before the program has to wait.
pub const OUTPUT_CHANNEL_LINES: usize = 64;

/// A program that was started. Dropping it kills the program.
#[derive(Debug)]
pub struct RunningProgram {
    lines: mpsc::Receiver<OutputLine>,
    exit: oneshot::Receiver<ProgramExit>,
    stop: StopHandle,
}

impl RunningProgram {
    pub(super) fn watch(
        mut guardian: Child,
        socket: UnixStream,
        ladder: StopLadder,
        lease: Option<watch::Receiver<TokioInstant>>,
    ) -> Self {
        let (line_sender, lines) = mpsc::channel(OUTPUT_CHANNEL_LINES);
        let (exit_sender, exit) = oneshot::channel();
        let (reason_sender, reasons) = watch::channel(None);
        let (notice_sender, notices) = watch::channel(None);
        let writers_gone = CancellationToken::new();
        if let Some(pipe) = guardian.stdout.take() {
            tokio::spawn(send_lines(
                OutputStream::Stdout,
                pipe,
                line_sender.clone(),
                writers_gone.clone(),
            ));
        }
        if let Some(pipe) = guardian.stderr.take() {
            tokio::spawn(send_lines(
                OutputStream::Stderr,
                pipe,
                line_sender,
                writers_gone.clone(),
            ));
        }
        let watch = Watch {
            ladder,
            lease,
            reasons,
            notices,
            started_at: Instant::now(),
        };
        tokio::spawn(async move {
            let exit = watch.until_end(guardian, socket).await;
            writers_gone.cancel();
            // Discarded when nobody waits any more.
            let _ = exit_sender.send(exit);
        });
        Self {
            lines,
            exit,
            stop: StopHandle {
                reasons: Arc::new(reason_sender),
                notices: Arc::new(notice_sender),
            },
        }
    }

    /// The next line of output; `None` when there will be no more. A program that closes its output may run on.
    ///
    /// The program waits while [`OUTPUT_CHANNEL_LINES`] lines wait here: keep reading, also while it is stopped.
    pub async fn next_line(&mut self) -> Option<OutputLine> {
        self.lines.recv().await
    }

    /// Begins to stop the program and returns at once. Asking again changes nothing, except that
    /// [`StopReason::LeaseLost`] cuts every waiting short.
    pub fn stop(&self, reason: StopReason) {
        self.stop.stop(reason);
    }

    /// To stop the program from elsewhere.
    pub fn stop_handle(&self) -> StopHandle {
        self.stop.clone()
    }

    /// Waits until nothing of the program is left. Lines that were not read are discarded.
    pub async fn wait(mut self) -> ProgramExit {
        self.lines.close();
        while self.lines.try_recv().is_ok() {}
        (&mut self.exit).await.unwrap_or(ProgramExit {
            outcome: ProgramOutcome::GuardianLost,
            stop_reason: Some(StopReason::Abandoned),
            maximum_resident_bytes: None,
            cpu_seconds: None,
            wall_time: Duration::ZERO,
        })
    }
}

impl Drop for RunningProgram {
    fn drop(&mut self) {
        self.stop(StopReason::Abandoned);
    }
}

/// Stops a running program.
#[derive(Debug, Clone)]
pub struct StopHandle {
    reasons: Arc<watch::Sender<Option<StopReason>>>,
    notices: Arc<watch::Sender<Option<Signal>>>,
}

impl StopHandle {
    /// Sends the program's process group one signal, and leaves it to the program what to make of it. Only the last of
    /// several that were asked for in haste may be sent.
    pub fn notify(&self, signal: Signal) {
        self.notices.send_replace(Some(signal));
    }

    /// As [`RunningProgram::stop`].
    pub fn stop(&self, reason: StopReason) {
        self.reasons.send_if_modified(|current| {
            let changes =
                current.is_none_or(|current| reason.is_immediate() && !current.is_immediate());
            if changes {
                *current = Some(reason);
            }
            changes
        });
    }
}

/// Follows one run from the worker's side.
struct Watch {
    ladder: StopLadder,
    lease: Option<watch::Receiver<TokioInstant>>,
    reasons: watch::Receiver<Option<StopReason>>,
    notices: watch::Receiver<Option<Signal>>,
    started_at: Instant,
}

impl Watch {
    async fn until_end(self, mut guardian: Child, socket: UnixStream) -> ProgramExit {
        let (reports, commands) = socket.into_split();
        let commands = Commands {
            socket: Mutex::new(commands),
        };
        let end = tokio::select! {
            end = read_end(reports) => end,
            never = self.keep_lease(&commands) => match never {},
            never = self.stop_when_asked(&commands) => match never {},
            never = self.pass_on_notices(&commands) => match never {},
        };
        // The guardian has nothing left to do; this only takes away its entry among the processes.
        let _ = guardian.wait().await;
        ProgramExit {
            stop_reason: self.stop_reason(),
            wall_time: self.started_at.elapsed(),
            outcome: end.outcome,
            maximum_resident_bytes: end.maximum_resident_bytes,
            cpu_seconds: end.cpu_seconds,
        }
    }

    /// A lease that has passed made the guardian kill the program without being asked.
    fn stop_reason(&self) -> Option<StopReason> {
        let lease_lost = self
            .lease
            .as_ref()
            .is_some_and(|lease| *lease.borrow() <= TokioInstant::now());
        if lease_lost {
            Some(StopReason::LeaseLost)
        } else {
            *self.reasons.borrow()
        }
    }

    async fn keep_lease(&self, commands: &Commands) -> Infallible {
        if let Some(mut lease) = self.lease.clone() {
            loop {
                let remaining = lease
                    .borrow_and_update()
                    .saturating_duration_since(TokioInstant::now());
                let milliseconds = u64::try_from(remaining.as_millis()).unwrap_or(u64::MAX);
                commands.send(&Command::LiveFor { milliseconds }).await;
                if lease.changed().await.is_err() {
                    break;
                }
            }
        }
        pending().await
    }

    async fn pass_on_notices(&self, commands: &Commands) -> Infallible {
        let mut notices = self.notices.clone();
        while notices.changed().await.is_ok() {
            let notice = *notices.borrow_and_update();
            if let Some(signal) = notice {
                commands.send(&Command::Signal(signal as i32)).await;
            }
        }
        pending().await
    }

    async fn stop_when_asked(&self, commands: &Commands) -> Infallible {
        let (mut gently, mut at_once) = (self.reasons.clone(), self.reasons.clone());
        let immediate = |reason: &Option<StopReason>| reason.is_some_and(StopReason::is_immediate);
        let ladder = async {
            // The sender cannot be gone unless nobody can ask any more; then nothing is to be done.
            match gently.wait_for(Option::is_some).await.map(drop) {
                Ok(()) => self.ladder.climb(commands).await,
                Err(_) => pending().await,
            }
        };
        tokio::select! {
            () = ladder => {}
            Ok(_) = at_once.wait_for(immediate) => {}
        }
        commands
            .send(&Command::Signal(Signal::SIGKILL as i32))
            .await;
        pending().await
    }
}

impl StopLadder {
    /// Everything before SIGKILL.
    async fn climb(&self, commands: &Commands) {
        if let SoftStop::CreateFile { path, grace } = &self.soft_stop {
            match fs::OpenOptions::new()
                .write(true)
                .create_new(true)
                .open(path)
                .await
            {
                Ok(_) => time::sleep(*grace).await,
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                    time::sleep(*grace).await
                }
                Err(error) => {
                    tracing::warn!(%error, "a program's stop file could not be created; going on to signals")
                }
            }
        }
        for step in &self.steps {
            commands.send(&Command::Signal(step.signal as i32)).await;
            time::sleep(step.grace).await;
        }
    }
}

/// The way to the guardian.
struct Commands {
    socket: Mutex<OwnedWriteHalf>,
}

impl Commands {
    /// A guardian that is gone shows where its reports are read.
    async fn send(&self, command: &Command) {
        let _ = self.socket.lock().await.write_all(&to_line(command)).await;
    }
}

/// What the guardian said at the end.
struct End {
    outcome: ProgramOutcome,
    maximum_resident_bytes: Option<u64>,
    cpu_seconds: Option<f64>,
}

async fn read_end(reports: OwnedReadHalf) -> End {
    let mut reports = BufReader::new(reports).lines();
    let mut program = None;
    while let Ok(Some(line)) = reports.next_line().await {
        match serde_json::from_str(&line) {
            Ok(Report::Launching { process_id }) => program = Some(Pid::from_raw(process_id)),
            Ok(Report::StartFailed { reason }) => {
                return End::without_usage(ProgramOutcome::StartFailed(reason));
            }
            Ok(Report::Ended {
                ending,
                maximum_resident_bytes,
                cpu_seconds,
            }) => {
                return End {
                    outcome: match ending {
                        Ending::Exited(code) => ProgramOutcome::Exited(code),
                        Ending::Signalled(signal) => ProgramOutcome::Signalled(signal),
                    },
                    maximum_resident_bytes: Some(maximum_resident_bytes),
                    cpu_seconds: Some(cpu_seconds),
                };
            }
            Err(_) => break,
        }
    }
    kill_without_guardian(program);
    End::without_usage(ProgramOutcome::GuardianLost)
}

/// The kernel has killed the program itself; the rest of its group is killed here.
fn kill_without_guardian(program: Option<Pid>) {
    if let Some(program) = program {
        // Nothing may be left to kill.
        let _ = killpg(program, Signal::SIGKILL);
    }
}

impl End {
    fn without_usage(outcome: ProgramOutcome) -> Self {
        Self {
            outcome,
            maximum_resident_bytes: None,
            cpu_seconds: None,
        }
    }
}
