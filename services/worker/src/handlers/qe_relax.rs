//! `qe.relax.v1`: relaxes a structure with the `pw.x` of Quantum ESPRESSO.

mod calculation;
mod installation;
mod progress;
mod stored_result;

use anyhow::Context;
use async_trait::async_trait;
use gantry_domain::{JobFailure, KindDeclaration, RESULT_LIMIT_BYTES, RetryPolicy};
use gantry_quantum_espresso::{
    InputFaults, InputLimits, RELAX_KIND, RelaxInput, RelaxPayload, RelaxResult, Verdict,
    relax_payload_schema,
};
use serde_json::Value;

use crate::job_program::ProgramRunner;
use crate::payload_check::{PayloadCheck, PayloadFault, UnusableSchema, invalid_payload};
use crate::{Handler, HandlerError, JobContext};

pub use installation::{QeInstallation, QeNotInstalled};
pub use stored_result::StoredRelaxResult;

/// The queue of the jobs, so that a machine can be given to them alone.
const QUEUE: &str = "qe";
/// How long an attempt may take unless the submission says otherwise: six hours. The attempt then fails as
/// `deadline_exceeded`; who would rather have what was reached gives `options.max_wall_seconds`.
const TIMEOUT_SECONDS: u32 = 6 * 3600;
/// Hours of computing are at stake, and what fails twice for a reason outside the input wants a person to look.
const MAX_ATTEMPTS: u32 = 2;

/// A pseudopotential of the input is not in the worker's folder.
const MISSING_PSEUDOPOTENTIAL: &str = "missing_pseudopotential";
/// The same input would fail again.
const CALCULATION_FAILED: &str = "calculation_failed";
/// Something outside the input kept the calculation from ending.
const CALCULATION_INTERRUPTED: &str = "calculation_interrupted";

/// Runs the jobs of `qe.relax.v1`.
///
/// `pw.x` runs in a scratch folder on an input that Gantry writes from the checked model of the submitted one, with a
/// clean environment and within a memory limit. To stop it, a file `job.EXIT` asks it to end after its SCF iteration;
/// 5 s later its process group gets SIGTERM, and after another 5 s SIGKILL. A stopped calculation starts anew
/// wherever it runs next.
pub struct QeRelax {
    installation: QeInstallation,
    memory_limit_bytes: u64,
    payload: PayloadCheck,
    programs: ProgramRunner,
}

impl QeRelax {
    /// A handler on this installation; `memory_limit_bytes` bounds the address space of `pw.x`.
    ///
    /// # Errors
    /// The payload schema cannot be used.
    pub fn new(
        installation: QeInstallation,
        memory_limit_bytes: u64,
        programs: ProgramRunner,
    ) -> Result<Self, UnusableSchema> {
        Ok(Self {
            installation,
            memory_limit_bytes,
            payload: PayloadCheck::new(&relax_payload_schema())?,
            programs,
        })
    }
}

#[async_trait]
impl Handler for QeRelax {
    fn declaration(&self) -> KindDeclaration {
        KindDeclaration {
            name: RELAX_KIND.parse().expect("a valid kind name"),
            description:
                "Relaxes a structure with Quantum ESPRESSO and returns its energy and geometry."
                    .to_owned(),
            payload_schema: relax_payload_schema(),
            queue: QUEUE.parse().expect("a valid queue name"),
            timeout_seconds: TIMEOUT_SECONDS,
            retry: RetryPolicy {
                max_attempts: MAX_ATTEMPTS,
                ..RetryPolicy::default()
            },
        }
    }

    async fn run(&self, job: JobContext) -> Result<Value, HandlerError> {
        let payload = self.read_payload(&job)?;
        let input = RelaxInput::parse(&payload.input, &InputLimits::default())
            .map_err(|faults| refused(&faults))?;
        self.require_pseudopotentials(&input)?;
        for key in input.set_aside() {
            job.log
                .info(format!("{} has no effect: {}", key.path, key.reason))
                .await;
        }
        let max_wall_seconds = payload.options.and_then(|options| options.max_wall_seconds);
        match self.calculate(&job, input, max_wall_seconds).await? {
            Verdict::Finished(result) => stored(&job, *result).await,
            Verdict::Failed { reason } => Err(HandlerError::Final(JobFailure::new(
                CALCULATION_FAILED,
                reason,
            ))),
            Verdict::Retry { reason } => Err(interrupted(reason)),
            Verdict::Stopped => Err(interrupted("pw.x was asked to stop".to_owned())),
        }
    }
}

impl QeRelax {
    fn read_payload(&self, job: &JobContext) -> Result<RelaxPayload, HandlerError> {
        self.payload.check(&job.payload)?;
        serde_json::from_value(job.payload.clone()).map_err(|error| {
            invalid_payload(&[PayloadFault {
                path: String::new(),
                message: error.to_string(),
            }])
        })
    }

    fn require_pseudopotentials(&self, input: &RelaxInput) -> Result<(), HandlerError> {
        let Some(missing) = self
            .installation
            .missing_pseudopotential(input.pseudopotentials())
        else {
            return Ok(());
        };
        let message = format!(
            "the pseudopotential {missing} is not on the worker: use one that is, or ask its operator to add it"
        );
        Err(HandlerError::Final(JobFailure::new(
            MISSING_PSEUDOPOTENTIAL,
            message,
        )))
    }
}

fn refused(faults: &InputFaults) -> HandlerError {
    let faults: Vec<_> = faults
        .faults()
        .iter()
        .map(|fault| PayloadFault {
            path: fault.path.clone(),
            message: fault.message.clone(),
        })
        .collect();
    invalid_payload(&faults)
}

fn interrupted(reason: String) -> HandlerError {
    HandlerError::Retry(JobFailure::new(CALCULATION_INTERRUPTED, reason))
}

async fn stored(job: &JobContext, result: RelaxResult) -> Result<Value, HandlerError> {
    let (steps, energy_ry) = (result.ionic_steps, result.total_energy_ry);
    let ending = match &result.not_converged_reason {
        None => "converged".to_owned(),
        Some(reason) => format!("not converged ({reason})"),
    };
    job.log
        .info(format!(
            "{ending} after {steps} ionic steps: {energy_ry} Ry"
        ))
        .await;
    let stored = StoredRelaxResult::within(RESULT_LIMIT_BYTES, result)
        .and_then(serde_json::to_value)
        .context("the result cannot be written as JSON")?;
    Ok(stored)
}
