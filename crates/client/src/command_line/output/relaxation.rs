//! The course and the result of a relaxation.

use std::io::{self, IsTerminal};
use std::time::Duration;

use gantry_domain::{LogLine, LogStream};
use gantry_quantum_espresso::{FinalGeometry, ProgressEvent, ProgressReader, RelaxResult};
use indicatif::{ProgressBar, ProgressFinish};

use super::Output;
use super::details::Details;
use super::table::table;
use super::text::printable;
use crate::command_line::failure::Result;

/// How often the sign of life moves.
const TICK: Duration = Duration::from_millis(120);

/// One line that moves on a terminal, or a line per ionic step elsewhere.
pub(crate) struct ProgressLine {
    reader: ProgressReader,
    /// Only on a terminal.
    bar: Option<ProgressBar>,
    /// What the last ionic step came to, to stand before what happens now; empty before the first.
    step: String,
}

impl ProgressLine {
    pub(crate) fn new() -> Self {
        let bar = io::stderr().is_terminal().then(|| {
            // However the watching ends, the line goes with it.
            let bar = ProgressBar::new_spinner().with_finish(ProgressFinish::AndClear);
            bar.enable_steady_tick(TICK);
            bar.set_message("waiting for a worker");
            bar
        });
        Self {
            reader: ProgressReader::new(),
            bar,
            step: String::new(),
        }
    }

    /// Another attempt begins from the start.
    pub(crate) fn restart(&mut self) {
        self.reader = ProgressReader::new();
        self.step.clear();
    }

    /// Takes a line of the job's log.
    pub(crate) fn read(&mut self, line: &LogLine, output: &mut Output) -> Result<()> {
        if line.stream != LogStream::Stdout {
            return Ok(());
        }
        match self.reader.read_line(&line.text) {
            Some(ProgressEvent::IonicStepFinished {
                step,
                energy_ry,
                total_force_ry_bohr,
            }) => {
                let told = format!(
                    "step {step}: energy {energy_ry:.8} Ry, total force {total_force_ry_bohr:.6} Ry/bohr"
                );
                match &self.bar {
                    Some(bar) => bar.set_message(told.clone()),
                    None => output.notice(&told)?,
                }
                self.step = told + "; ";
            }
            Some(ProgressEvent::ScfIterationFinished { iteration, .. }) => {
                if let Some(bar) = &self.bar {
                    bar.set_message(format!("{}SCF iteration {iteration}", self.step));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

/// What a relaxation came to.
pub(crate) fn summary(result: &RelaxResult) -> String {
    let mut details = Details::default();
    details
        .line(
            "Energy",
            format!(
                "{:.8} Ry = {:.6} eV",
                result.total_energy_ry, result.total_energy_ev
            ),
        )
        .line("Converged", converged(result))
        .line("Ionic steps", result.ionic_steps.to_string())
        .line("SCF", format!("{} iterations", result.scf_iterations))
        .line("Wall time", format!("{:.1} s", result.wall_seconds))
        .line("CPU time", format!("{:.1} s", result.cpu_seconds))
        .line("Version", printable(&result.qe_version));
    format!(
        "{}\n\n{}",
        details.finish(),
        geometry(&result.final_geometry)
    )
}

fn converged(result: &RelaxResult) -> String {
    match (&result.not_converged_reason, result.converged) {
        (_, true) => "yes".to_owned(),
        (Some(reason), false) => format!("no: {}", printable(reason)),
        (None, false) => "no".to_owned(),
    }
}

/// The final positions in ångström.
fn geometry(geometry: &FinalGeometry) -> String {
    table(
        [
            "ATOM",
            "       X (Å)",
            "       Y (Å)",
            "       Z (Å)",
            "FIXED",
        ],
        geometry.atoms.iter().map(|atom| {
            let [x, y, z] = atom
                .position_angstrom
                .map(|coordinate| format!("{coordinate:>12.6}"));
            [printable(&atom.symbol), x, y, z, fixed_axes(atom.fixed)]
        }),
    )
}

fn fixed_axes(fixed: [bool; 3]) -> String {
    let axes: Vec<&str> = ["x", "y", "z"]
        .into_iter()
        .zip(fixed)
        .filter_map(|(axis, is_fixed)| is_fixed.then_some(axis))
        .collect();
    if axes.is_empty() {
        "-".to_owned()
    } else {
        axes.join(" ")
    }
}
