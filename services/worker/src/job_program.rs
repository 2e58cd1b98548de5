//! A program that runs for a job: its lines go to the job's log, and the job's stop signal and lease reach it.

use std::collections::VecDeque;
use std::sync::Arc;

use gantry_domain::{JobFailure, LOG_LINE_LIMIT_BYTES, LogLevel};
use nix::sys::signal::Signal;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

use crate::process::{
    Guardian, OutputLine, OutputStream, ProcessError, Program, ProgramExit, ProgramOutcome,
    RunningProgram, ScratchFolder, ScratchRoot, StopHandle,
};
use crate::{HandlerError, JobContext, JobLog, SoftDeadline, StopReason};

/// How many of the last lines on stderr are told when a program fails.
const LAST_ERROR_LINES: usize = 5;
/// How much of each is told, in bytes.
const LAST_ERROR_LINE_BYTES: usize = 200;
/// Stands at the end of a line of output that was longer than a log line may be.
const CUT_MARK: &str = " … (cut)";

/// The codes of failures that any program can have.
pub(crate) mod program_failure_code {
    /// The program was ended by a signal that did not come from Gantry.
    pub(crate) const SIGNALLED: &str = "signalled";
    /// The program could not be started at all.
    pub(crate) const PROGRAM_NOT_STARTED: &str = "program_not_started";
    /// What watched over the program was killed, and the program with it.
    pub(crate) const GUARDIAN_LOST: &str = "guardian_lost";
    /// Gantry stopped the program.
    pub(crate) const PROGRAM_STOPPED: &str = "program_stopped";
}

/// Runs the programs of jobs, each under a guardian and in a scratch folder of its own; clones share both.
#[derive(Debug, Clone)]
pub struct ProgramRunner {
    guardian: Guardian,
    scratch_root: Arc<ScratchRoot>,
}

impl ProgramRunner {
    /// Programs run under guardians of this sort, in folders below `scratch_root`.
    pub fn new(guardian: Guardian, scratch_root: ScratchRoot) -> Self {
        Self {
            guardian,
            scratch_root: Arc::new(scratch_root),
        }
    }

    /// An empty folder for one attempt at a job.
    pub(crate) fn scratch_folder(&self, job: &JobContext) -> Result<ScratchFolder, ProcessError> {
        self.scratch_root
            .create(&format!("{}-{}", job.job_id, job.attempt))
    }

    /// Starts a program for a job. It is stopped when the job is, and killed when what is returned is dropped; then
    /// the scratch folder goes too.
    pub(crate) async fn start(
        &self,
        program: Program,
        scratch: ScratchFolder,
        job: &JobContext,
    ) -> Result<JobProgram, ProcessError> {
        let running = self.guardian.start(program).await?;
        let stop_handle = running.stop_handle();
        // In a task of its own, because a log that cannot be written holds up the reading of lines.
        let stopping = AbortOnDropHandle::new(tokio::spawn({
            let (mut stop, stop_handle) = (job.stop.clone(), stop_handle.clone());
            async move { stop_handle.stop(stop.stopped().await) }
        }));
        Ok(JobProgram {
            running: Some((running, scratch)),
            stop_handle,
            log: job.log.clone(),
            last_errors: VecDeque::new(),
            _stopping: stopping,
        })
    }
}

/// A program that runs for a job.
pub(crate) struct JobProgram {
    /// Until its end is waited for.
    running: Option<(RunningProgram, ScratchFolder)>,
    stop_handle: StopHandle,
    log: JobLog,
    last_errors: VecDeque<String>,
    _stopping: AbortOnDropHandle<()>,
}

/// How a program ended, and what it left behind.
pub(crate) struct ProgramEnd {
    pub(crate) exit: ProgramExit,
    pub(crate) scratch: ScratchFolder,
    /// The last lines on stderr, on one line; empty when there were none.
    pub(crate) last_errors: String,
}

impl JobProgram {
    /// The next line of output, once it is in the job's log; none when there will be no more. All lines have the level
    /// `info`: programs write to stderr for many reasons, and the line's stream tells where it came from.
    pub(crate) async fn next_line(&mut self) -> Option<OutputLine> {
        let (running, _) = self.running.as_mut()?;
        let line = running.next_line().await?;
        if line.stream == OutputStream::Stderr {
            self.remember_error(&line.text);
        }
        self.log
            .write(line.stream.into(), LogLevel::Info, log_text(&line))
            .await;
        Some(line)
    }

    /// Sends the program's process group a signal at the soft deadline, unless what is returned is dropped before.
    pub(crate) fn notify_at(
        &self,
        soft_deadline: SoftDeadline,
        signal: Signal,
    ) -> AbortOnDropHandle<()> {
        let (program, log) = (self.stop_handle.clone(), self.log.clone());
        AbortOnDropHandle::new(tokio::spawn(async move {
            soft_deadline.passed().await;
            program.notify(signal);
            log.warn(format!(
                "the attempt's time is running out: {signal} was sent"
            ))
            .await;
        }))
    }

    /// Kills the program: whatever it comes to is of no use any more. Its last lines and its end are still to come.
    pub(crate) fn give_up(&self) {
        self.stop_handle.stop(StopReason::Abandoned);
    }

    /// Waits until nothing of the program is left. None when the runtime is shutting down.
    pub(crate) async fn end(mut self) -> Option<ProgramEnd> {
        let (exit, scratch) = self.wait_in_background()?.await.ok()?;
        let last_errors: Vec<String> = self.last_errors.drain(..).collect();
        Some(ProgramEnd {
            exit,
            scratch,
            last_errors: last_errors.join(" | "),
        })
    }

    /// In a task of its own, so that the folder outlives the program even when nobody waits any more.
    fn wait_in_background(&mut self) -> Option<JoinHandle<(ProgramExit, ScratchFolder)>> {
        let (running, scratch) = self.running.take()?;
        let runtime = Handle::try_current().ok()?;
        Some(runtime.spawn(async move { (running.wait().await, scratch) }))
    }

    fn remember_error(&mut self, line: &str) {
        if line.trim().is_empty() {
            return;
        }
        if self.last_errors.len() == LAST_ERROR_LINES {
            self.last_errors.pop_front();
        }
        let shown = &line[..line.floor_char_boundary(LAST_ERROR_LINE_BYTES)];
        self.last_errors.push_back(shown.to_owned());
    }
}

impl Drop for JobProgram {
    fn drop(&mut self) {
        self.stop_handle.stop(StopReason::Abandoned);
        drop(self.wait_in_background());
    }
}

impl ProgramEnd {
    /// The exit code of a program that ended by itself; for every other end, what it means for the job. A program that
    /// was stopped has failed even with exit code 0, because it may have left its work half done.
    pub(crate) fn exit_code(&self, program: &str) -> Result<i32, HandlerError> {
        use program_failure_code as code;
        let told = format!("{program} {}", self.exit.outcome);
        match &self.exit.outcome {
            ProgramOutcome::StartFailed(_) => Err(HandlerError::Final(JobFailure::new(
                code::PROGRAM_NOT_STARTED,
                told,
            ))),
            ProgramOutcome::GuardianLost => Err(HandlerError::Retry(JobFailure::new(
                code::GUARDIAN_LOST,
                told,
            ))),
            _ if self.exit.stop_reason.is_some() => Err(HandlerError::Retry(JobFailure::new(
                code::PROGRAM_STOPPED,
                format!("{program} was stopped and {}", self.exit.outcome),
            ))),
            ProgramOutcome::Signalled(signal) => {
                let message = format!("{told}{}{}", likely_cause(*signal), self.told_on_stderr());
                let failure = JobFailure::new(code::SIGNALLED, message);
                Err(HandlerError::Retry(failure.with_detail(json!({
                    "signal": signal,
                    "maximum_resident_bytes": self.exit.maximum_resident_bytes,
                }))))
            }
            ProgramOutcome::Exited(exit_code) => Ok(*exit_code),
        }
    }

    /// The last lines on stderr as the end of a sentence.
    pub(crate) fn told_on_stderr(&self) -> String {
        if self.last_errors.is_empty() {
            String::new()
        } else {
            format!("; last on stderr: {}", self.last_errors)
        }
    }
}

fn likely_cause(signal: i32) -> &'static str {
    if signal == nix::sys::signal::Signal::SIGKILL as i32 {
        ", most often because the machine ran out of memory"
    } else {
        ""
    }
}

fn log_text(line: &OutputLine) -> String {
    if line.truncated {
        let kept = line
            .text
            .floor_char_boundary(LOG_LINE_LIMIT_BYTES - CUT_MARK.len());
        format!("{}{CUT_MARK}", &line.text[..kept])
    } else {
        line.text.clone()
    }
}
