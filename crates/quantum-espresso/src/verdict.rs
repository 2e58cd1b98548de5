//! Judges a run of `pw.x` by its exit, its output and its result file, not by what it claims.

mod convergence;

use crate::input::RelaxInput;
use crate::payload::{FinalGeometry, GeometryAtom, Magnetization, RelaxResult, RelaxStep};
use crate::progress::RunMarkers;
use crate::result::{ResultDocument, ResultStep};
use crate::units::{RYDBERG_EV, RYDBERG_PER_BOHR_EV_PER_ANGSTROM};

/// How the process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessExit {
    /// With an exit code.
    Code(i32),
    /// By a signal.
    Signal(i32),
}

/// What a run came to.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// There is a result, converged or not.
    Finished(Box<RelaxResult>),
    /// An EXIT file stopped the run; the scratch folder can be restarted from.
    Stopped,
    /// The same input would fail again.
    Failed {
        /// For the user.
        reason: String,
    },
    /// Something outside the input went wrong: wipe the scratch folder and start again.
    Retry {
        /// For the operator.
        reason: String,
    },
}

/// Exit codes of runs that end in order: converged or not, SCF failure or stop, steps exhausted.
const ORDERLY_EXIT_CODES: [i32; 3] = [0, 2, 3];

/// The exit code of a run that its time limit stopped while it was still being set up.
const STOPPED_BEFORE_FIRST_STEP: i32 = 255;

/// The routines of pw.x that fail when its scratch disk does, not its input.
const DISK_ROUTINES: [&str; 3] = ["create_directory", "davcio", "diropn"];

/// Judges a run. `result_file` is the text of `outdir/prefix.save/data-file-schema.xml`, if there
/// is one.
///
/// A run counts as converged when its exit code is 0, final coordinates are printed, the largest
/// force component on a free axis is within `forc_conv_thr` and the last energy change within
/// `etot_conv_thr`.
pub fn judge(
    input: &RelaxInput,
    exit: ProcessExit,
    markers: &RunMarkers,
    result_file: Option<&str>,
) -> Verdict {
    if let Some(error) = &markers.fatal_error {
        return fatal(error);
    }
    match exit {
        ProcessExit::Signal(signal) => Verdict::Retry {
            reason: format!("pw.x was ended by signal {signal}"),
        },
        ProcessExit::Code(_) if markers.stopped_on_request => Verdict::Stopped,
        ProcessExit::Code(code) if ORDERLY_EXIT_CODES.contains(&code) => {
            finished(input, code, markers, result_file)
        }
        ProcessExit::Code(STOPPED_BEFORE_FIRST_STEP) if markers.time_limit_reached => {
            Verdict::Failed {
                reason: "the run reached its time limit before it began: allow it more time"
                    .to_owned(),
            }
        }
        ProcessExit::Code(code) => Verdict::Failed {
            reason: unexplained(code),
        },
    }
}

fn fatal(error: &str) -> Verdict {
    let reason = format!("pw.x stopped with an error in {error}");
    let routine = error.split(':').next().unwrap_or_default();
    if DISK_ROUTINES.contains(&routine) {
        Verdict::Retry { reason }
    } else {
        Verdict::Failed { reason }
    }
}

fn unexplained(code: i32) -> String {
    let likely = match code {
        1 => ": most often too little memory for this cell and cutoff",
        4 | 7 => ": most often a cell or cutoff that is absurd",
        _ => "",
    };
    format!("pw.x ended with exit code {code} without saying why{likely}")
}

fn finished(
    input: &RelaxInput,
    code: i32,
    markers: &RunMarkers,
    result_file: Option<&str>,
) -> Verdict {
    let Some(text) = result_file else {
        return Verdict::Retry {
            reason: format!("pw.x ended with exit code {code} but left no data-file-schema.xml"),
        };
    };
    let document = match ResultDocument::read(text) {
        Ok(document) => document,
        Err(error) => {
            return Verdict::Retry {
                reason: error.to_string(),
            };
        }
    };
    if document.atoms.len() != input.structure().atoms.len() {
        return Verdict::Retry {
            reason: format!(
                "data-file-schema.xml has {} atoms where the input has {}",
                document.atoms.len(),
                input.structure().atoms.len()
            ),
        };
    }
    let steps = steps(input, &document);
    let not_converged_reason = convergence::objection(input, code, markers, &document, &steps);
    Verdict::Finished(Box::new(result(
        input,
        document,
        steps,
        not_converged_reason,
    )))
}

fn steps(input: &RelaxInput, document: &ResultDocument) -> Vec<RelaxStep> {
    (1..)
        .zip(&document.steps)
        .map(|(step, read)| RelaxStep {
            step,
            energy_ry: read.energy_ry,
            max_force_ry_bohr: largest_free_force(input, read),
            forces_ev_angstrom: read
                .forces_ry_bohr
                .iter()
                .map(|force| force.map(|component| component * RYDBERG_PER_BOHR_EV_PER_ANGSTROM))
                .collect(),
        })
        .collect()
}

fn largest_free_force(input: &RelaxInput, step: &ResultStep) -> f64 {
    let free_components = input
        .structure()
        .atoms
        .iter()
        .zip(&step.forces_ry_bohr)
        .flat_map(|(atom, force)| atom.fixed.into_iter().zip(force))
        .filter(|(fixed, _)| !fixed);
    free_components.fold(0.0, |largest, (_, component)| component.abs().max(largest))
}

fn result(
    input: &RelaxInput,
    document: ResultDocument,
    steps: Vec<RelaxStep>,
    not_converged_reason: Option<String>,
) -> RelaxResult {
    let unfinished_scf = if document.scf_converged {
        0
    } else {
        document.last_scf_iterations
    };
    let finished_scf: u32 = document.steps.iter().map(|step| step.scf_iterations).sum();
    let atoms = document
        .atoms
        .into_iter()
        .zip(&input.structure().atoms)
        .map(|((symbol, position_angstrom), given)| GeometryAtom {
            symbol,
            position_angstrom,
            fixed: given.fixed,
        })
        .collect();
    RelaxResult {
        converged: not_converged_reason.is_none(),
        not_converged_reason,
        total_energy_ry: document.total_energy_ry,
        total_energy_ev: document.total_energy_ry * RYDBERG_EV,
        final_geometry: FinalGeometry {
            cell_angstrom: document.cell_angstrom,
            atoms,
        },
        magnetization: document
            .magnetization
            .map(|(total, absolute)| Magnetization { total, absolute }),
        ionic_steps: u32::try_from(steps.len()).unwrap_or(u32::MAX),
        scf_iterations: finished_scf + unfinished_scf,
        max_force_free_ry_bohr: steps.last().map(|step| step.max_force_ry_bohr),
        steps,
        qe_version: document.qe_version,
        cpu_seconds: document.cpu_seconds,
        wall_seconds: document.wall_seconds,
    }
}
