//! What a relaxation reports while it runs.

use gantry_quantum_espresso::ProgressEvent;
use serde::Serialize;

/// How far a relaxation is; fields appear when they are first known.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct RelaxProgress {
    /// Ionic steps that are finished.
    step: u32,
    /// The total energy of the last finished step.
    #[serde(skip_serializing_if = "Option::is_none")]
    energy_ry: Option<f64>,
    /// The norm of the forces on all free axes at the last finished step.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_force_ry_bohr: Option<f64>,
    /// SCF iterations that are finished within the current step.
    #[serde(skip_serializing_if = "Option::is_none")]
    scf_iteration: Option<u32>,
    /// How far the energy of the current step may still be from self-consistency.
    #[serde(skip_serializing_if = "Option::is_none")]
    scf_accuracy_ry: Option<f64>,
}

impl RelaxProgress {
    /// Takes an event in; says whether there is something new to report.
    pub(super) fn take(&mut self, event: &ProgressEvent) -> bool {
        match *event {
            ProgressEvent::ScfIterationFinished {
                iteration,
                accuracy_ry,
            } => {
                self.scf_iteration = Some(iteration);
                self.scf_accuracy_ry = Some(accuracy_ry);
            }
            ProgressEvent::IonicStepFinished {
                step,
                energy_ry,
                total_force_ry_bohr,
            } => {
                *self = Self {
                    step,
                    energy_ry: Some(energy_ry),
                    total_force_ry_bohr: Some(total_force_ry_bohr),
                    ..Self::default()
                };
            }
            _ => return false,
        }
        true
    }
}
