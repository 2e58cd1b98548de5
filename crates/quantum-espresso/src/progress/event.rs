//! What a line of `pw.x` output can tell.

/// One thing that `pw.x` reported.
#[derive(Debug, Clone, PartialEq)]
pub enum ProgressEvent {
    /// The program introduced itself, for example as `6.7MaX`.
    ProgramStarted {
        /// Its version.
        version: String,
    },
    /// What the program expects to allocate; known before it allocates the larger part.
    MemoryEstimated {
        /// Of one process.
        megabytes: f64,
    },
    /// One SCF iteration ended.
    ScfIterationFinished {
        /// Counted from one within the ionic step.
        iteration: u32,
        /// How far the energy may still be from self-consistency.
        accuracy_ry: f64,
    },
    /// The electrons of one ionic step are self-consistent.
    ScfFinished {
        /// The total energy, as printed (eight decimals).
        energy_ry: f64,
    },
    /// The forces of one ionic step are known.
    IonicStepFinished {
        /// Counted from one within this process.
        step: u32,
        /// The total energy of the step, as printed.
        energy_ry: f64,
        /// The norm of the forces on all free axes.
        total_force_ry_bohr: f64,
    },
    /// BFGS says that it converged, which is a claim and not yet a verdict.
    ConvergenceClaimed {
        /// SCF cycles so far.
        scf_cycles: u32,
        /// BFGS steps so far.
        bfgs_steps: u32,
    },
    /// BFGS ran out of ways to lower the energy; it will claim convergence nevertheless.
    HistoryExhausted,
    /// The electrons did not become self-consistent.
    ScfNotConverged {
        /// After this many iterations.
        iterations: u32,
    },
    /// `nstep` ionic steps were made.
    StepLimitReached,
    /// A `prefix.EXIT` file was noticed.
    StoppedOnRequest,
    /// `max_seconds` passed.
    TimeLimitReached,
    /// The program gave up.
    FatalError {
        /// The routine that did.
        routine: String,
        /// What it printed, on one line.
        message: String,
    },
    /// The final coordinates follow.
    FinalCoordinatesBegun,
    /// The program ended in order, which says nothing about convergence.
    JobDone,
}

/// What the output of one process came to.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RunMarkers {
    /// Ionic steps whose forces are known.
    pub ionic_steps: u32,
    /// BFGS claimed convergence.
    pub convergence_claimed: bool,
    /// BFGS stopped because its history was used up.
    pub history_exhausted: bool,
    /// Final coordinates were printed.
    pub final_coordinates: bool,
    /// The SCF iterations after which the electrons were not self-consistent.
    pub scf_not_converged_after: Option<u32>,
    /// `nstep` was reached.
    pub step_limit_reached: bool,
    /// An EXIT file stopped the run.
    pub stopped_on_request: bool,
    /// `max_seconds` stopped the run.
    pub time_limit_reached: bool,
    /// The first fatal error: its routine and what it printed.
    pub fatal_error: Option<String>,
    /// The program ended in order.
    pub job_done: bool,
}
