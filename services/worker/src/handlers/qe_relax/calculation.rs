//! One run of `pw.x` on a checked input, from its scratch folder to the verdict.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use anyhow::Context;
use gantry_domain::JobFailure;
use gantry_quantum_espresso::{
    ProcessExit, ProgressEvent, ProgressReader, RESULT_FILE_LIMIT_BYTES, RelaxInput, RunMarkers,
    RunSettings, StartMode, Verdict, judge,
};
use tokio::task::spawn_blocking;

use super::QeRelax;
use super::progress::RelaxProgress;
use crate::job_program::JobProgram;
use crate::process::{
    OutputStream, Program, ResourceLimits, ScratchFileError, ScratchFolder, StopLadder,
};
use crate::{HandlerError, JobContext};

/// How failures name the program.
const PROGRAM_NAME: &str = "pw.x";
/// The input in the scratch folder.
const INPUT_FILE_NAME: &str = "input";
/// The name of every run; each has a scratch folder of its own.
const PREFIX: &str = "job";
/// Where `pw.x` keeps its files, below the scratch folder.
const OUTPUT_FOLDER: &str = "./out";
/// The result, below the scratch folder.
const RESULT_FILE: &str = "out/job.save/data-file-schema.xml";
/// Asks `pw.x` to stop, which it notices after an SCF iteration.
const STOP_FILE_NAME: &str = "job.EXIT";
/// How long `pw.x` has to notice that file, and again to act on SIGTERM.
const STOP_GRACE: Duration = Duration::from_secs(5);
const BYTES_PER_MB: f64 = 1024.0 * 1024.0;

/// `pw.x` says that it will need more memory than it may use.
const MEMORY_LIMIT: &str = "memory_limit";

/// What the output of `pw.x` told.
struct Told {
    markers: RunMarkers,
    /// What `pw.x` expects to need, if that is more than it may use.
    excessive_memory_mb: Option<f64>,
}

impl QeRelax {
    pub(super) async fn calculate(
        &self,
        job: &JobContext,
        input: RelaxInput,
        max_wall_seconds: Option<u32>,
    ) -> Result<Verdict, HandlerError> {
        let mut program = self.start(job, &input, max_wall_seconds).await?;
        let told = self.follow(job, &mut program).await;
        let end = program
            .end()
            .await
            .context("the worker ended before pw.x did")?;
        if let Some(needed_mb) = told.excessive_memory_mb {
            return Err(self.needs_too_much_memory(needed_mb));
        }
        let exit = ProcessExit::Code(end.exit_code(PROGRAM_NAME)?);
        judged(job, input, exit, told.markers, end.scratch).await
    }

    async fn start(
        &self,
        job: &JobContext,
        input: &RelaxInput,
        max_wall_seconds: Option<u32>,
    ) -> anyhow::Result<JobProgram> {
        let text = input.emit(&RunSettings {
            pseudo_dir: self.installation.pseudo_dir.clone(),
            outdir: OUTPUT_FOLDER.to_owned(),
            prefix: PREFIX.to_owned(),
            start: StartMode::FromScratch,
            max_seconds: max_wall_seconds,
        })?;
        let scratch = self.programs.scratch_folder(job)?;
        scratch
            .write_file(INPUT_FILE_NAME, text.as_bytes())
            .await
            .context("the input could not be written for pw.x")?;
        let program = Program {
            executable: self.installation.program.clone(),
            arguments: vec!["-in".into(), INPUT_FILE_NAME.into()],
            environment: environment(scratch.path()),
            working_folder: scratch.path().to_owned(),
            stdin: Vec::new(),
            limits: ResourceLimits {
                memory_limit_bytes: Some(self.memory_limit_bytes),
                ..ResourceLimits::default()
            },
            stop: StopLadder::terminate_then_kill(STOP_GRACE)
                .after_creating(scratch.path().join(STOP_FILE_NAME), STOP_GRACE),
            lease: Some(job.lease.clone()),
        };
        Ok(self.programs.start(program, scratch, job).await?)
    }

    /// Reads the output to its end, and reports progress on the way.
    async fn follow(&self, job: &JobContext, program: &mut JobProgram) -> Told {
        let mut reader = ProgressReader::new();
        let mut progress = RelaxProgress::default();
        let mut excessive_memory_mb = None;
        while let Some(line) = program.next_line().await {
            if line.stream != OutputStream::Stdout {
                continue;
            }
            let Some(event) = reader.read_line(&line.text) else {
                continue;
            };
            if let ProgressEvent::MemoryEstimated { megabytes } = event
                && megabytes > self.memory_limit_mb()
            {
                excessive_memory_mb = Some(megabytes);
                program.give_up();
            }
            if progress.take(&event)
                && let Ok(report) = serde_json::to_value(&progress)
            {
                job.progress.report(report).await;
            }
        }
        Told {
            markers: reader.markers().clone(),
            excessive_memory_mb,
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a memory limit is far below 2^52 bytes, and is compared with an estimate"
    )]
    fn memory_limit_mb(&self) -> f64 {
        self.memory_limit_bytes as f64 / BYTES_PER_MB
    }

    fn needs_too_much_memory(&self, needed_mb: f64) -> HandlerError {
        let message = format!(
            "pw.x expects to need {needed_mb:.0} MB, above the limit of {:.0} MB: take a smaller cell, a lower cutoff \
             or fewer k-points, or ask the worker's operator to raise GANTRY_QE_MEMORY_LIMIT_MB",
            self.memory_limit_mb()
        );
        HandlerError::Final(JobFailure::new(MEMORY_LIMIT, message))
    }
}

/// One core, and no helper process of Open MPI outside the process group.
fn environment(scratch: &Path) -> Vec<(OsString, OsString)> {
    vec![
        ("OMPI_MCA_ess_singleton_isolated".into(), "1".into()),
        ("OMP_NUM_THREADS".into(), "1".into()),
        ("HOME".into(), scratch.into()),
        ("TMPDIR".into(), scratch.into()),
    ]
}

/// Reads the result file and judges, then removes the scratch folder, all where it may block.
async fn judged(
    job: &JobContext,
    input: RelaxInput,
    exit: ProcessExit,
    markers: RunMarkers,
    scratch: ScratchFolder,
) -> Result<Verdict, HandlerError> {
    let judging = spawn_blocking(move || {
        let file = scratch.read_file(Path::new(RESULT_FILE), RESULT_FILE_LIMIT_BYTES);
        let text = file
            .as_ref()
            .ok()
            .map(|content| String::from_utf8_lossy(content));
        (judge(&input, exit, &markers, text.as_deref()), file.err())
    });
    let (verdict, fault) = judging.await.context("the result file was not read")?;
    if let Some(fault) = fault
        && !matches!(fault, ScratchFileError::Missing)
    {
        job.log.warn(format!("data-file-schema.xml: {fault}")).await;
    }
    Ok(verdict)
}
