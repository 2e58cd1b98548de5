//! Reads the result file of `pw.x`, `data-file-schema.xml`, in its own unrounded numbers.

mod elements;

use crate::error::ResultError;
use crate::lattice::Vectors;
use crate::units::{BOHR_ANGSTROM, HARTREE_RYDBERG};
use elements::Elements;

/// The largest result file that is read.
pub const RESULT_FILE_LIMIT_BYTES: usize = 64 * 1024 * 1024;

/// A complete result file is recognized by its last element: `pw.x` does not write it atomically.
const CLOSING_TAG: &str = "</qes:espresso>";

/// What one process of `pw.x` left behind. After a restart it covers the resumed part only.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultDocument {
    /// The version of the program.
    pub qe_version: String,
    /// The ionic steps in order.
    pub steps: Vec<ResultStep>,
    /// Whether the electrons of the last geometry are self-consistent.
    pub scf_converged: bool,
    /// Whether BFGS says that it converged, true even when it gave up.
    pub optimization_converged: bool,
    /// SCF iterations at the last geometry.
    pub last_scf_iterations: u32,
    /// The total energy of the last geometry.
    pub total_energy_ry: f64,
    /// The final cell, one vector per row.
    pub cell_angstrom: Vectors,
    /// The final atoms: label and Cartesian position.
    pub atoms: Vec<(String, [f64; 3])>,
    /// Total and absolute magnetization in Bohr magnetons per cell, of a magnetic calculation.
    pub magnetization: Option<(f64, f64)>,
    /// CPU time.
    pub cpu_seconds: f64,
    /// Wall time.
    pub wall_seconds: f64,
}

/// One ionic step.
#[derive(Debug, Clone, PartialEq)]
pub struct ResultStep {
    /// SCF iterations.
    pub scf_iterations: u32,
    /// Total energy.
    pub energy_ry: f64,
    /// The forces per atom; `pw.x` writes zero along fixed axes.
    pub forces_ry_bohr: Vec<[f64; 3]>,
}

impl ResultDocument {
    /// Whether the file was written to its end; one that was not makes a restart abort.
    pub fn is_complete(text: &str) -> bool {
        text.trim_end().ends_with(CLOSING_TAG)
    }

    /// Reads a result file.
    ///
    /// # Errors
    /// A file that is cut short, too large or lacks what every relaxation writes.
    pub fn read(text: &str) -> Result<Self, ResultError> {
        if text.len() > RESULT_FILE_LIMIT_BYTES {
            return Err(ResultError::TooLarge {
                limit_bytes: RESULT_FILE_LIMIT_BYTES,
            });
        }
        if !Self::is_complete(text) {
            return Err(ResultError::Truncated);
        }
        let elements = Elements::read(text)?;
        Ok(Self {
            qe_version: elements
                .required("general_info/creator@VERSION")?
                .to_owned(),
            steps: steps(&elements)?,
            scf_converged: elements
                .logical("output/convergence_info/scf_conv/convergence_achieved")?,
            optimization_converged: elements
                .logical("output/convergence_info/opt_conv/convergence_achieved")?,
            last_scf_iterations: count(
                &elements,
                "output/convergence_info/scf_conv/n_scf_steps",
                0,
            )?,
            total_energy_ry: elements.number("output/total_energy/etot")? * HARTREE_RYDBERG,
            cell_angstrom: cell(&elements)?,
            atoms: atoms(&elements)?,
            magnetization: magnetization(&elements)?,
            cpu_seconds: elements.number("timing_info/total/cpu")?,
            wall_seconds: elements.number("timing_info/total/wall")?,
        })
    }
}

fn steps(elements: &Elements) -> Result<Vec<ResultStep>, ResultError> {
    (0..elements.all("step/total_energy/etot").len())
        .map(|step| {
            let energy = elements.numbers("step/total_energy/etot", step)?;
            let forces = elements.numbers("step/forces", step)?;
            Ok(ResultStep {
                scf_iterations: count(elements, "step/scf_conv/n_scf_steps", step)?,
                energy_ry: energy
                    .first()
                    .ok_or(ResultError::Missing("step/total_energy/etot"))?
                    * HARTREE_RYDBERG,
                forces_ry_bohr: forces
                    .as_chunks::<3>()
                    .0
                    .iter()
                    .map(|force| force.map(|component| component * HARTREE_RYDBERG))
                    .collect(),
            })
        })
        .collect()
}

fn count(elements: &Elements, path: &'static str, occurrence: usize) -> Result<u32, ResultError> {
    let text = elements
        .all(path)
        .get(occurrence)
        .ok_or(ResultError::Missing(path))?;
    let not_a_number = |_| ResultError::NotNumbers {
        path: path.to_owned(),
    };
    text.trim().parse().map_err(not_a_number)
}

fn cell(elements: &Elements) -> Result<Vectors, ResultError> {
    let vector = |path| Ok(triple(elements, path, 0)?.map(|bohr| bohr * BOHR_ANGSTROM));
    Ok([
        vector("output/atomic_structure/cell/a1")?,
        vector("output/atomic_structure/cell/a2")?,
        vector("output/atomic_structure/cell/a3")?,
    ])
}

fn atoms(elements: &Elements) -> Result<Vec<(String, [f64; 3])>, ResultError> {
    const ATOM: &str = "output/atomic_structure/atomic_positions/atom";
    const LABEL: &str = "output/atomic_structure/atomic_positions/atom@name";
    let labels = elements.all(LABEL);
    if labels.is_empty() || labels.len() != elements.all(ATOM).len() {
        return Err(ResultError::Missing(LABEL));
    }
    let position = |atom| Ok(triple(elements, ATOM, atom)?.map(|bohr| bohr * BOHR_ANGSTROM));
    labels
        .iter()
        .enumerate()
        .map(|(atom, label)| Ok((label.clone(), position(atom)?)))
        .collect()
}

fn triple(
    elements: &Elements,
    path: &'static str,
    occurrence: usize,
) -> Result<[f64; 3], ResultError> {
    let numbers = elements.numbers(path, occurrence)?;
    let wrong_count = |_| ResultError::NotNumbers {
        path: path.to_owned(),
    };
    numbers.try_into().map_err(wrong_count)
}

fn magnetization(elements: &Elements) -> Result<Option<(f64, f64)>, ResultError> {
    let is_magnetic = elements.logical("output/magnetization/lsda")?
        || elements.logical("output/magnetization/noncolin")?;
    if !is_magnetic {
        return Ok(None);
    }
    Ok(Some((
        elements.number("output/magnetization/total")?,
        elements.number("output/magnetization/absolute")?,
    )))
}
