//! Command kinds: each job runs a program that the operator declared in the kinds file.

mod children_file;
mod parents_file;

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use async_trait::async_trait;
use gantry_domain::{JobFailure, KindDeclaration, failure_code};
use serde_json::{Value, json};
use tokio::task::spawn_blocking;

use crate::job_program::{JobProgram, ProgramEnd, ProgramRunner};
use crate::kinds_file::{CommandKind, ExitVerdict, PARENTS_FILE_NAME, PAYLOAD_FILE_NAME};
use crate::payload_check::{PayloadCheck, UnusableSchema};
use crate::process::{Program, ScratchFileError, ScratchFolder, StopLadder};
use crate::{Handler, HandlerError, JobContext, StagedChildren};

/// How long a command has to end after SIGTERM before it is killed.
pub const COMMAND_STOP_GRACE: Duration = Duration::from_secs(10);
/// The largest result file of a command, in bytes; a larger one fails the job as `result_too_large`.
pub const RESULT_FILE_LIMIT_BYTES: usize = 1024 * 1024;

/// The program ended with an exit code that is no success.
const EXIT_CODE: &str = "exit_code";
/// The program succeeded without leaving the result file that its kind promises.
const RESULT_MISSING: &str = "result_missing";
/// The result file cannot be used.
const RESULT_INVALID: &str = "result_invalid";

/// Runs the jobs of one command kind.
///
/// The program finds its payload as JSON on stdin and in the file that `GANTRY_PAYLOAD_FILE` names, and itself in the
/// scratch folder `GANTRY_SCRATCH`, which is also its `HOME` and `TMPDIR` unless the operator set those;
/// `GANTRY_JOB_ID` and `GANTRY_ATTEMPT` tell what it runs for. Beyond that its environment holds what the operator
/// passes or sets and nothing else. For a job that has waited for others `GANTRY_PARENTS_FILE` names a file with what
/// came of them; a kind with a children file finds its path in `GANTRY_CHILDREN_FILE`. At the soft deadline its process group gets
/// the kind's signal for it, if there is one; what it makes of that is judged like any end of its own. To stop it, its process group gets SIGTERM and, [`COMMAND_STOP_GRACE`] later,
/// SIGKILL.
pub struct CommandHandler {
    kind: CommandKind,
    payload: PayloadCheck,
    programs: ProgramRunner,
}

impl CommandHandler {
    /// A handler for one kind of the kinds file.
    ///
    /// # Errors
    /// The payload schema cannot be used.
    pub fn new(kind: CommandKind, programs: ProgramRunner) -> Result<Self, UnusableSchema> {
        Ok(Self {
            payload: PayloadCheck::new(&kind.declaration.payload_schema)?,
            kind,
            programs,
        })
    }
}

#[async_trait]
impl Handler for CommandHandler {
    fn declaration(&self) -> KindDeclaration {
        self.kind.declaration.clone()
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        self.payload.check(&job.payload)?;
        let mut program = self.start(&job).await?;
        let _notice = self
            .kind
            .soft_deadline_signal
            .map(|signal| program.notify_at(job.soft_deadline, signal));
        while let Some(line) = program.next_line().await {
            let pattern = self.kind.progress_pattern.as_ref();
            if let Some(progress) = pattern.and_then(|pattern| pattern.progress_in(&line.text)) {
                job.progress.report(progress).await;
            }
        }
        let end = program
            .end()
            .await
            .context("the worker ended before the program did")?;
        self.conclude(end, &job.children).await
    }
}

impl CommandHandler {
    async fn start(&self, job: &JobContext) -> anyhow::Result<JobProgram> {
        let payload = job.payload.to_string().into_bytes();
        let scratch = self.programs.scratch_folder(job)?;
        scratch
            .write_file(PAYLOAD_FILE_NAME, &payload)
            .await
            .context("the payload could not be written for the program")?;
        if job.parents.exist() {
            let parents = parents_file::content(&job.parents).await?;
            scratch
                .write_file(PARENTS_FILE_NAME, &parents)
                .await
                .context("the results of the parents could not be written for the program")?;
        }
        let program = Program {
            executable: self.kind.program.clone(),
            arguments: self.kind.arguments.iter().map(OsString::from).collect(),
            environment: self.environment(job, scratch.path()),
            working_folder: scratch.path().to_owned(),
            stdin: payload,
            limits: self.kind.limits,
            stop: StopLadder::terminate_then_kill(COMMAND_STOP_GRACE),
            lease: Some(job.lease.clone()),
        };
        Ok(self.programs.start(program, scratch, job).await?)
    }

    fn environment(&self, job: &JobContext, scratch: &Path) -> Vec<(OsString, OsString)> {
        let declared = &self.kind.environment;
        let is_free = |name: &str| declared.iter().all(|(declared, _)| declared != name);
        let folders = ["HOME", "TMPDIR"]
            .into_iter()
            .filter(|name| is_free(name))
            .map(|name| (name.into(), scratch.into()));
        let told = [
            (
                "GANTRY_PAYLOAD_FILE",
                scratch.join(PAYLOAD_FILE_NAME).into_os_string(),
            ),
            ("GANTRY_SCRATCH", scratch.into()),
            ("GANTRY_JOB_ID", job.job_id.to_string().into()),
            ("GANTRY_ATTEMPT", job.attempt.to_string().into()),
        ];
        let parents = job.parents.exist().then_some(PARENTS_FILE_NAME);
        let files = [
            ("GANTRY_PARENTS_FILE", parents),
            ("GANTRY_CHILDREN_FILE", self.kind.children_file.as_deref()),
        ];
        let files = files
            .into_iter()
            .filter_map(|(variable, name)| Some((variable, scratch.join(name?).into_os_string())));
        declared
            .iter()
            .cloned()
            .chain(folders)
            .chain(
                told.into_iter()
                    .chain(files)
                    .map(|(name, value)| (name.into(), value)),
            )
            .collect()
    }

    async fn conclude(
        &self,
        end: ProgramEnd,
        children: &StagedChildren,
    ) -> Result<Value, HandlerError> {
        let exit_code = end.exit_code(&self.program_name())?;
        match self.kind.exit_codes.verdict(exit_code) {
            ExitVerdict::Success => self.result(end.scratch, children).await,
            ExitVerdict::Retry => Err(HandlerError::Retry(self.failure(&end, exit_code))),
            ExitVerdict::Final => Err(HandlerError::Final(self.failure(&end, exit_code))),
        }
    }

    fn failure(&self, end: &ProgramEnd, exit_code: i32) -> JobFailure {
        let message = format!(
            "{} {}{}",
            self.program_name(),
            end.exit.outcome,
            end.told_on_stderr()
        );
        JobFailure::new(EXIT_CODE, message).with_detail(json!({
            "exit_code": exit_code,
            "maximum_resident_bytes": end.exit.maximum_resident_bytes,
        }))
    }

    fn program_name(&self) -> String {
        let name = self.kind.program.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// What the program left in its result file, or that it succeeded; with the jobs that are to follow.
    async fn result(
        &self,
        scratch: ScratchFolder,
        children: &StagedChildren,
    ) -> Result<Value, HandlerError> {
        let (result_file, children_file) = (&self.kind.result_file, &self.kind.children_file);
        if result_file.is_none() && children_file.is_none() {
            return Ok(succeeded());
        }
        let names = (result_file.clone(), children_file.clone());
        let left_behind = spawn_blocking(move || {
            let (result, children) = &names;
            let result = result
                .as_ref()
                .map_or_else(|| Ok(succeeded()), |name| read_result(&scratch, name))?;
            let children = children.as_ref().map_or_else(
                || Ok(Vec::new()),
                |name| children_file::read(&scratch, name),
            )?;
            Ok::<_, HandlerError>((result, children))
        });
        let (result, jobs) = left_behind
            .await
            .context("what the program left behind was not read to its end")??;
        if let Some(name) = children_file {
            children_file::stage(children, name, jobs).await?;
        }
        Ok(result)
    }
}

/// The result of a program that leaves none.
fn succeeded() -> Value {
    json!({ "exit_code": 0 })
}

fn read_result(scratch: &ScratchFolder, name: &str) -> Result<Value, HandlerError> {
    let content = scratch
        .read_file(Path::new(name), RESULT_FILE_LIMIT_BYTES)
        .map_err(|error| unusable_result(name, &error))?;
    serde_json::from_slice(&content).map_err(|error| {
        let message = format!("the result file {name} is not JSON: {error}");
        HandlerError::Retry(JobFailure::new(RESULT_INVALID, message))
    })
}

fn unusable_result(name: &str, error: &ScratchFileError) -> HandlerError {
    let failure =
        |code: &str| JobFailure::new(code, format!("the result file {name} is unusable: {error}"));
    match error {
        ScratchFileError::Missing => HandlerError::Retry(failure(RESULT_MISSING)),
        ScratchFileError::TooLarge { .. } => {
            HandlerError::Final(failure(failure_code::RESULT_TOO_LARGE))
        }
        ScratchFileError::NotRegular | ScratchFileError::Unreadable(_) => {
            HandlerError::Retry(failure(RESULT_INVALID))
        }
    }
}
