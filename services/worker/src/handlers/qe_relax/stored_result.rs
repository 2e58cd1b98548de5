//! The result of a relaxation as it is stored, within the limit for results.

use gantry_quantum_espresso::RelaxResult;
use serde::Serialize;

/// The result of a relaxation as it is stored.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StoredRelaxResult {
    /// What the relaxation came to.
    #[serde(flatten)]
    pub result: RelaxResult,
    /// Whether the forces of every step but the last were left out, because the result was too large with them.
    pub earlier_forces_omitted: bool,
}

impl StoredRelaxResult {
    /// Leaves the forces of all steps but the last out if the JSON text would be above `limit_bytes` with them. Step
    /// numbers, energies and largest forces stay, and with at most 500 steps and 200 atoms fit into 1 MiB.
    ///
    /// # Errors
    /// The result cannot be written as JSON.
    pub fn within(limit_bytes: usize, result: RelaxResult) -> serde_json::Result<Self> {
        let mut stored = Self {
            result,
            earlier_forces_omitted: false,
        };
        if serde_json::to_string(&stored)?.len() > limit_bytes {
            stored.omit_earlier_forces();
        }
        Ok(stored)
    }

    fn omit_earlier_forces(&mut self) {
        self.earlier_forces_omitted = true;
        if let Some((_, earlier)) = self.result.steps.split_last_mut() {
            for step in earlier {
                step.forces_ev_angstrom = Vec::new();
            }
        }
    }
}
